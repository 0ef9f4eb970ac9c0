package authent

import (
	"context"
	"net/http"

	"github.com/authent/authent/authent/internal/oauth"
)

// Claims is what a provider says about a person, as decoded from JSON. Numbers
// are json.Number.
type Claims map[string]any

// String returns a string claim, or a number in decimal; "" for anything else.
func (c Claims) String(name string) string { return oauth.Claims(c).String(name) }

// Object returns an object inside the claims, nil if there is none.
func (c Claims) Object(name string) Claims { return Claims(oauth.Claims(c).Object(name)) }

// Verified reads a claim that is true or false, or one of these words as a
// string, as some providers write it.
func (c Claims) Verified(name string) Verified {
	switch yes, known := oauth.Claims(c).Verified(name); {
	case !known:
		return VerifiedUnknown
	case yes:
		return VerifiedYes
	}
	return VerifiedNo
}

// Verified is what a provider says about an address.
type Verified int8

// The three answers. Only VerifiedYes ever counts as verified.
const (
	VerifiedUnknown Verified = iota
	VerifiedYes
	VerifiedNo
)

// Profile is who a person is at a provider.
type Profile struct {
	// ID is the person's id there, which never changes and is never an address.
	ID string
	// Name is what they are called. It may be "".
	Name string
	// Email is their address. It may be "".
	Email string
	// EmailVerified is what the provider says of Email.
	EmailVerified Verified
	// Image is the URL of a picture. It may be "".
	Image string
	// Claims are what the profile was made from.
	Claims Claims
}

// StandardProfile reads OpenID Connect's standard claims (OpenID Connect Core
// §5.1) as Auth.js does: sub, name or nickname or preferred_username, email,
// email_verified and picture.
func StandardProfile(c Claims) (Profile, error) {
	p := Profile{ID: c.String("sub"), Email: c.String("email"), EmailVerified: c.Verified("email_verified"), Image: c.String("picture")}
	for _, name := range []string{"name", "nickname", "preferred_username"} {
		if p.Name = c.String(name); p.Name != "" {
			break
		}
	}
	return p, nil
}

// FetchClaims gets a JSON object from a provider's URL with a client that
// OAuth.UserInfo was given. Without an error the claims are never nil: anything
// but an object, including null, is an error. Errors name the host and the path
// and hold no token; a status other than 200 is a *StatusError.
func FetchClaims(ctx context.Context, c *http.Client, url string) (Claims, error) {
	claims, err := oauth.FetchClaims(ctx, c, url)
	return Claims(claims), publicStatus(err)
}

// FetchJSON does what FetchClaims does for any JSON document but null, and decodes
// it into the pointer into. A null inside the document leaves its target
// unchanged, so a caller's maps and pointers may stay nil.
func FetchJSON(ctx context.Context, c *http.Client, url string, into any) error {
	return publicStatus(oauth.FetchJSON(ctx, c, url, into))
}

// StatusError says that a provider answered FetchClaims or FetchJSON with a
// status other than 200.
type StatusError struct {
	// Host is who answered, Path what was asked for, Status the HTTP status.
	Host, Path string
	Status     int
}

// Error implements error.
func (e *StatusError) Error() string { return (*oauth.StatusError)(e).Error() }

func publicStatus(err error) error {
	if e, ok := err.(*oauth.StatusError); ok {
		return (*StatusError)(e)
	}
	return err
}
