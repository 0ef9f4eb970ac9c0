package authent

import (
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/oauth2"
)

// arrival is somebody who came back from a provider, which says who it is.
type arrival struct {
	provider *Provider
	profile  Profile
	// account is the row for it, without UserID, tokens sealed.
	account Account
	// email is the profile's address as it is stored, "" when there is none that
	// can be used.
	email string
}

// newArrival makes the rows of what the provider said.
func (a *Auth) newArrival(p *Provider, profile Profile, t *oauth2.Token) (*arrival, error) {
	ar := &arrival{provider: p, profile: profile}
	if email, err := normalizeEmail(profile.Email); err == nil {
		ar.email = email
	}
	var err error
	ar.account, err = a.sealAccount(accountOf(p, profile.ID, t, a.now()))
	return ar, err
}

// maxExpiresIn keeps a provider's nonsense within what an integer column holds:
// ten years, in seconds.
const maxExpiresIn = 10 * 365 * 24 * 3600

// accountOf is the row of an account, tokens as issued.
func accountOf(p *Provider, id string, t *oauth2.Token, now time.Time) Account {
	text := func(name string) string {
		v, _ := t.Extra(name).(string)
		return v
	}
	acc := Account{
		Type: string(p.Type), Provider: p.ID, ProviderAccountID: id,
		AccessToken: Secret(t.AccessToken), RefreshToken: Secret(t.RefreshToken), IDToken: Secret(text("id_token")),
		TokenType: strings.ToLower(t.TokenType), Scope: scopeOf(t), SessionState: text("session_state"),
	}
	if lifetime := expiresIn(t); lifetime > 0 {
		acc.ExpiresAt = now.Truncate(time.Second).Add(time.Duration(min(lifetime, maxExpiresIn)) * time.Second)
	}
	return acc
}

// scopeOf is the scope that was granted. Twitch's is a list.
func scopeOf(t *oauth2.Token) string {
	switch v := t.Extra("scope").(type) {
	case string:
		return v
	case []any:
		var words []string
		for _, word := range v {
			if word, ok := word.(string); ok {
				words = append(words, word)
			}
		}
		return strings.Join(words, " ")
	}
	return ""
}

// expiresIn is how many seconds the access token is good for, 0 if the answer does
// not say. Of an answer that was a form oauth2 keeps it as an extra alone.
func expiresIn(t *oauth2.Token) int64 {
	if t.ExpiresIn != 0 {
		return t.ExpiresIn
	}
	switch v := t.Extra("expires_in").(type) {
	case int64:
		return v
	case string:
		n, _ := strconv.ParseInt(v, 10, 64) // zero, or the largest where it is too large
		return n
	}
	return 0
}

// update is what a later sign-in changes in the row. A provider that does not
// send a refresh token again means the one it sent before.
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

// trusted reports whether the provider may speak for the address: it is one to
// be trusted, it says that the address is verified, and no letter but for ASCII
// case was changed to store it.
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

// user is the user to be created.
func (ar *arrival) user(now time.Time) User {
	u := User{Email: ar.email, Name: displayName(ar.profile.Name)}
	if picture, err := url.Parse(ar.profile.Image); err == nil && picture.Host != "" && (picture.Scheme == "https" || picture.Scheme == "http") && len(ar.profile.Image) <= maxRedirect {
		u.Image = ar.profile.Image
	}
	if ar.trusted() {
		u.EmailVerified = now
	}
	return u
}

// displayName is a name from outside, as a form would have accepted it.
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
