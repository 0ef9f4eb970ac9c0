package oauth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/authent/authent/authent/secret"
	"golang.org/x/oauth2"
)

// Sent is what an authorization request carried that its answer is checked against.
type Sent struct {
	// Verifier is PKCE's (RFC 7636), Nonce OpenID Connect's.
	Verifier, Nonce string
	// MaxAge is how many seconds before Started people may have signed in at the
	// provider, as the request said; "" if it did not.
	MaxAge string
	// Started is when they were sent there, Expires when they must be back.
	Started, Expires time.Time
	// RedirectURL is where the provider was told to send them.
	RedirectURL string
}

// Answer is what a provider says about who came back.
type Answer struct {
	// Claims are the person's.
	Claims Claims
	// Name is what the provider's form calls them, "" if it does not say. It is not
	// a claim: whoever sends the callback can write it.
	Name string
	// Tokens are what the code was traded for.
	Tokens *oauth2.Token
}

// Answer checks what the provider answered to a request, and asks it who this is. use
// is called before the code is traded, and keeps one answer from being used twice; its
// error is returned as it is. It is not called for a refusal, which needs no row.
// Errors are ErrCallback, a *CancelledError, ErrSetup, slots.ErrBusy and the context's.
func (c *Client) Answer(ctx context.Context, sent Sent, query url.Values, use func() error) (*Answer, error) {
	m, err := c.metadata(ctx)
	if err != nil {
		return nil, stepError("metadata", err)
	}
	if err := c.checkAnswer(m, query); err != nil {
		return nil, err
	}
	leave, err := c.enter(ctx)
	if err != nil {
		return nil, stepError("callback", err)
	}
	defer leave()
	if err := use(); err != nil {
		return nil, err
	}
	tokens, err := c.token(ctx, m, sent, query.Get("code"))
	if err != nil {
		return nil, stepError("token", err)
	}
	claims, issuer, err := c.claims(ctx, m, sent, tokens)
	if err != nil {
		return nil, stepError("profile", err)
	}
	if iss := query.Get("iss"); c.CheckIssuer != nil && iss != "" && iss != issuer {
		return nil, Fault("the answer is another server's (RFC 9207)")
	}
	return &Answer{Claims: claims, Name: c.postedName(query), Tokens: tokens}, nil
}

// checkAnswer checks the answer to the authorization request (RFC 6749 §4.1.2,
// RFC 9207 §2.4).
func (c *Client) checkAnswer(m *metadata, query url.Values) error {
	iss, code := query.Get("iss"), query.Get("error")
	answered := "the provider answered " + printable(code, maxQuoted) + ": " + printable(query.Get("error_description"), maxCause)
	switch {
	case query.Has("iss") && c.Issuer != "" && !c.isIssuer(iss) && c.CheckIssuer == nil:
		return Fault("the answer is another server's (RFC 9207)")
	case !query.Has("iss") && m.announcesIssuer:
		return Fault("the answer does not say which server's it is (RFC 9207)")
	case code == "access_denied" || slices.Contains(c.Declined, code):
		return &CancelledError{answered}
	case code != "":
		return Fault(answered)
	case query.Get("code") == "":
		return Fault("the answer has no code")
	}
	return nil
}

// postedName returns the person's name from a provider's form, which it has
// beside the code. It is not a claim: whoever sends the callback can write it, so
// it must not influence who somebody is.
func (c *Client) postedName(form url.Values) string {
	raw := form.Get("user")
	if !c.FormPost || c.PostedName == nil || raw == "" {
		return ""
	}
	var user Claims
	if decodeClaims([]byte(raw), &user) != nil {
		return ""
	}
	return c.PostedName(user)
}

// claims finds out who the tokens belong to, and who issued the ID token.
func (c *Client) claims(ctx context.Context, m *metadata, sent Sent, t *oauth2.Token) (claims Claims, issuer string, err error) {
	with := c.withToken(secret.Secret(t.AccessToken))
	if !c.OIDC {
		claims, err = c.profile(ctx, m, with)
		return claims, "", err
	}
	raw, _ := t.Extra("id_token").(string)
	if claims, issuer, err = c.verify(ctx, m, raw, sent); err != nil || !c.MergeUserInfo {
		return claims, issuer, err
	}
	more, err := FetchClaims(ctx, with, m.userInfoURL)
	if err != nil {
		return nil, "", err
	}
	if more.String("sub") != claims.String("sub") {
		return nil, "", errors.New("the userinfo endpoint describes somebody other than the ID token does (OpenID Connect Core §5.3.4)")
	}
	return mergeClaims(more, claims), issuer, nil
}

// profile asks for the profile with the access token.
func (c *Client) profile(ctx context.Context, m *metadata, with *http.Client) (Claims, error) {
	if c.UserInfo == nil {
		return FetchClaims(ctx, with, m.userInfoURL)
	}
	claims, err := c.UserInfo(ctx, with)
	if err == nil && claims == nil {
		err = errors.New("the profile is empty: UserInfo returned no claims")
	}
	return claims, err
}
