package provider

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"

	"github.com/authent/authent/authent"
)

// AppleClient identifies the application at Apple. Its values are on Apple's page
// "Certificates, Identifiers & Profiles". The zero AppleClient stands for the
// environment's AUTH_APPLE_ID and AUTH_APPLE_SECRET.
type AppleClient struct {
	// ID is the identifier of the Services ID. If "" and PrivateKey too, the
	// environment's AUTH_APPLE_ID.
	ID string
	// TeamID is the id of the team, 10 letters and digits.
	TeamID string
	// KeyID is the id of the key, 10 letters and digits.
	KeyID string
	// PrivateKey is the content of the key's file AuthKey_{KeyID}.p8, a PKCS #8 key in
	// PEM. If "", the client secret is the environment's AUTH_APPLE_SECRET, a token that
	// was signed elsewhere and must be replaced within six months.
	PrivateKey authent.Secret
}

const (
	appleIssuer = "https://appleid.apple.com"
	// appleNewIssuer is the same server's name in Apple's discovery document.
	appleNewIssuer = "https://account.apple.com"
	// appleSecretLifetime is long enough for one request and for clocks that differ. Apple
	// allows six months.
	appleSecretLifetime = 10 * time.Minute
)

// Apple returns sign-in with Apple. Its id is "apple". Apple accepts only callback URLs
// with https, and none on localhost. A private key that cannot be used fails the sign-in,
// and the log says why.
//
// The name comes from the browser, at the first sign-in only: people may claim any name.
// The address belongs to the person or to Apple's relay, and is always verified.
func Apple(c AppleClient) authent.Provider {
	p := standard("apple", "Apple", appleIssuer, Client{ID: c.ID})
	p.OAuth.OtherIssuers = []string{appleNewIssuer}
	// https://developer.apple.com/documentation/signinwithapplejs/incorporating-sign-in-with-apple-into-other-platforms
	p.OAuth.Declined = []string{"user_cancelled_authorize"}
	p.OAuth.Scopes = []string{"openid", "name", "email"}
	p.OAuth.FormPost = true // Apple requires it of who asks for name or email
	p.OAuth.AuthStyle = oauth2.AuthStyleInParams
	p.OAuth.PostedName = appleName
	if c.PrivateKey != "" {
		key, err := c.key()
		p.OAuth.NewClientSecret = func(now time.Time) (authent.Secret, error) {
			if err != nil {
				return "", err
			}
			return c.secret(key, now)
		}
	}
	return p
}

// key reads PrivateKey.
func (c AppleClient) key() (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(c.PrivateKey))
	if block == nil {
		return nil, errors.New("provider: read Apple's PrivateKey: it is not PEM: pass the content of the .p8 file")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(*ecdsa.PrivateKey)
	switch {
	case err != nil || !ok || key.Curve != elliptic.P256():
		return nil, errors.New("provider: read Apple's PrivateKey: it is not a PKCS #8 key for ES256: pass the content of the .p8 file")
	case c.ID == "" || c.TeamID == "" || c.KeyID == "":
		return nil, errors.New("provider: sign Apple's client secret: set ID, TeamID and KeyID too")
	}
	return key, nil
}

// secret returns a signed token that stands for the client secret.
func (c AppleClient) secret(key *ecdsa.PrivateKey, now time.Time) (authent.Secret, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", c.KeyID))
	if err != nil {
		return "", err
	}
	signed, err := jwt.Signed(signer).Claims(map[string]any{
		"iss": c.TeamID, "sub": c.ID, "aud": appleIssuer,
		"iat": now.Unix(), "exp": now.Add(appleSecretLifetime).Unix(),
	}).Serialize()
	return authent.Secret(signed), err
}

// appleName returns the name in the form that the browser posted.
func appleName(user authent.Claims) string {
	name := user.Object("name")
	return strings.TrimSpace(name.String("firstName") + " " + name.String("lastName"))
}
