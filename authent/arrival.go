package authent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"
	"unicode"

	"golang.org/x/oauth2"

	"github.com/authent/authent/authent/internal/input"
	"github.com/authent/authent/authent/internal/oauth"
	"github.com/authent/authent/authent/internal/seal"
)

// arrival is somebody who came back from a provider, and what the provider said
// about them.
type arrival struct {
	provider *Provider
	profile  Profile
	// account is the row for it, without UserID, tokens sealed.
	account Account
	// email is the profile's address as it is stored, "" if there is none that
	// can be used.
	email string
}

// arrive checks a provider's answer to a flow that returns to the URL callback,
// uses the flow up, and asks the provider who the person is.
func (a *Auth) arrive(ctx context.Context, p *Provider, f flow, answer url.Values, callback string) (*arrival, error) {
	told, err := a.oauth[p.ID].Answer(ctx, f.sent(callback), answer, func() error { return a.useState(ctx, f) })
	if err != nil {
		return nil, err
	}
	profile, err := p.OAuth.profile(Claims(told.Claims))
	if err != nil {
		return nil, err
	}
	profile.Name = cmp.Or(told.Name, profile.Name)
	return a.newArrival(p, profile, told.Tokens)
}

// maxAccountID is how many bytes a provider's id of a person may have.
const maxAccountID = 255

// profile reads from the claims who the person is.
func (o *OAuth) profile(claims Claims) (Profile, error) {
	p, err := o.Profile(claims)
	if err != nil {
		return Profile{}, fmt.Errorf("%w: read the profile: %w", errOAuthCallback, err)
	}
	if p.ID == "" || len(p.ID) > maxAccountID || !seal.IsText(p.ID) {
		return Profile{}, oauth.Fault("the profile has no usable id")
	}
	p.Claims = claims
	return p, nil
}

// newArrival turns what the provider said into rows.
func (a *Auth) newArrival(p *Provider, profile Profile, t *oauth2.Token) (*arrival, error) {
	ar := &arrival{provider: p, profile: profile}
	if email, err := input.NormalizeEmail(profile.Email); err == nil {
		ar.email = email
	}
	ar.account = accountOf(p, profile.ID, t, a.now())
	return ar, a.sealAccount(&ar.account)
}

// accountOf returns the row of an account, with the tokens as issued.
func accountOf(p *Provider, id string, t *oauth2.Token, now time.Time) Account {
	text := func(name string) string {
		v, _ := t.Extra(name).(string)
		return storable(v)
	}
	// Twitch's scope is a list.
	scope := strings.Join(oauth.Claims{"scope": t.Extra("scope")}.Texts("scope"), " ")
	acc := Account{
		Type: string(p.Type), Provider: p.ID, ProviderAccountID: id,
		AccessToken: Secret(storable(t.AccessToken)), RefreshToken: Secret(storable(t.RefreshToken)), IDToken: Secret(text("id_token")),
		TokenType: strings.ToLower(t.TokenType), Scope: storable(scope), SessionState: text("session_state"),
	}
	if t.ExpiresIn > 0 {
		// The sum may exceed what a time.Duration can hold, and the times that JSON
		// can write.
		acc.ExpiresAt = time.Unix(min(now.Unix()+t.ExpiresIn, oauth.MaxSeconds), 0).UTC()
	}
	return acc
}

// storable returns s if every database can store it, else "": the details that a
// provider sends beside the person's id must not fail the sign-in.
func storable(s string) string {
	if seal.IsText(s) {
		return s
	}
	return ""
}

// update returns what a later sign-in changes in the row. If the provider sends
// no refresh token again, the earlier one stays.
func (acc *Account) update() AccountUpdate {
	u := AccountUpdate{AccessToken: &acc.AccessToken, ExpiresAt: &acc.ExpiresAt}
	if acc.RefreshToken != "" {
		u.RefreshToken = &acc.RefreshToken
	}
	if acc.IDToken != "" {
		u.IDToken = &acc.IDToken
	}
	for _, field := range []struct {
		from string
		to   **string
	}{{acc.TokenType, &u.TokenType}, {acc.Scope, &u.Scope}, {acc.SessionState, &u.SessionState}} {
		if field.from != "" {
			*field.to = &field.from
		}
	}
	return u
}

// trusted reports whether the provider may vouch for the address: the Config
// trusts it with that, it calls the address verified, and nothing but ASCII case
// was changed to store the address.
func (ar *arrival) trusted() bool {
	return ar.provider.OAuth.TrustEmail && ar.profile.EmailVerified == VerifiedYes && ar.email != "" &&
		asciiLower(ar.profile.Email) == ar.email
}

func asciiLower(s string) string {
	return strings.Map(func(c rune) rune {
		if 'A' <= c && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}, s)
}

// user returns the user to be created.
func (ar *arrival) user(now time.Time) User {
	u := User{Email: ar.email, Name: displayName(ar.profile.Name)}
	if picture, err := url.Parse(ar.profile.Image); err == nil && picture.Host != "" && (picture.Scheme == "https" || picture.Scheme == "http") && len(ar.profile.Image) <= input.MaxRedirect {
		u.Image = ar.profile.Image
	}
	if ar.trusted() {
		u.EmailVerified = now
	}
	return u
}

// displayName turns a name from outside into one that a form would have accepted.
func displayName(name string) string {
	name = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(name, ""))
	runes := []rune(strings.TrimSpace(name))
	return string(runes[:min(len(runes), maxName)])
}

// flowAge is how long somebody may take at a provider.
const flowAge = 15 * time.Minute

// purpose is why somebody was sent to a provider.
type purpose string

const (
	toSignIn purpose = "signin"
	toLink   purpose = "link"
	// toReauthenticate is for somebody who is signed in, and is to show that again.
	toReauthenticate purpose = "reauthenticate"
)

// flow is one trip to a provider and back. The browser keeps it, sealed, in a
// cookie of its own: it binds the callback to this browser, provider and purpose
// (RFC 9700 §4.7), and two tabs do not disturb each other.
type flow struct {
	State    string  `json:"s"`
	Provider string  `json:"p"`
	Purpose  purpose `json:"u"`
	// Verifier is PKCE's (RFC 7636), Nonce OpenID Connect's.
	Verifier string `json:"v"`
	Nonce    string `json:"n,omitempty"`
	// MaxAge is how many seconds before Started people may have signed in at the
	// provider, as the request said; "" if it did not.
	MaxAge string `json:"a,omitempty"`
	// CallbackURL is where the browser goes in the end.
	CallbackURL string `json:"c"`
	// UserID and SessionID say who started linking, and from which session.
	UserID    string `json:"i,omitempty"`
	SessionID string `json:"b,omitempty"`
	// Started is in Unix milliseconds.
	Started int64 `json:"t"`
}

func (f flow) expires() time.Time { return time.UnixMilli(f.Started).Add(flowAge) }

// newFlow fills in the random values of a flow that begins now.
func (a *Auth) newFlow(f flow) (flow, error) {
	var err error
	for _, random := range []*string{&f.State, &f.Verifier, &f.Nonce} {
		if *random, err = seal.NewToken(a.cfg.Rand); err != nil {
			return f, err
		}
	}
	f.Started = a.now().UnixMilli()
	return f, nil
}

// sent returns what the flow's authorization request carried.
func (f flow) sent(redirectURL string) oauth.Sent {
	return oauth.Sent{
		Verifier: f.Verifier, Nonce: f.Nonce, MaxAge: f.MaxAge,
		Started: time.UnixMilli(f.Started), Expires: f.expires(), RedirectURL: redirectURL,
	}
}

// recordFailedFlow records that a flow failed, with the reason in one line of the log.
func (a *Auth) recordFailedFlow(ctx context.Context, c caller, p *Provider, f flow, err error) {
	_, redirected := errors.AsType[*redirectError](err)
	if !redirected && !isFault(err) && !errors.Is(err, ErrFactorRequired) && !errors.Is(err, context.Canceled) && !errors.Is(err, ErrRecentSignInRequired) {
		a.cfg.Logger.Log(ctx, flowLevel(err), "authent: sign-in through a provider failed", "provider", p.ID, "purpose", f.Purpose, "error", err)
	}
	e := c.event(AuditSignIn)
	e.method = p.ID
	if f.Purpose == toReauthenticate {
		e.kind, e.userID, e.sessionID = AuditReauthentication, f.UserID, f.SessionID
	}
	if f.Purpose == toLink {
		e.kind, e.userID, e.sessionID = AuditLink, f.UserID, f.SessionID
	}
	a.record(ctx, e.endedBy(err))
}

// flowLevel returns Warn, or Info if the person changed their mind: then there is
// nothing to fix.
func flowLevel(err error) slog.Level {
	if _, ok := errors.AsType[*oauth.CancelledError](err); ok {
		return slog.LevelInfo
	}
	return slog.LevelWarn
}
