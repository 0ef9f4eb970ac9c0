package oauth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/authent/authent/authent/secret"
	"golang.org/x/oauth2"
)

// token trades a code for tokens. Its errors hold nothing from the answer but the
// server's error code, since an answer may hold tokens.
func (c *Client) token(ctx context.Context, m *metadata, sent Sent, code string) (*oauth2.Token, error) {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {sent.RedirectURL}}
	if !c.NoPKCE {
		form.Set("code_verifier", sent.Verifier)
	}
	return c.askForTokens(ctx, m, form)
}

// Refresh trades a refresh token for a new access token (RFC 6749 §6). If the
// server sends no new refresh token, this one stays valid. A refusal is a
// RefusedError.
func (c *Client) Refresh(ctx context.Context, token secret.Secret) (*oauth2.Token, error) {
	m, err := c.metadata(ctx)
	if err != nil {
		return nil, err
	}
	t, err := c.askForTokens(ctx, m, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {string(token)}})
	if err == nil && t.RefreshToken == "" {
		t.RefreshToken = string(token)
	}
	return t, err
}

// askForTokens sends a form to the token endpoint.
func (c *Client) askForTokens(ctx context.Context, m *metadata, form url.Values) (*oauth2.Token, error) {
	r, err := c.tokenRequest(ctx, m, form)
	if err != nil {
		return nil, err
	}
	res, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("call the token endpoint: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, fmt.Errorf("read the answer of the token endpoint: %w", err)
	}
	return ReadTokens(res, body)
}

// tokenRequest makes the request. It identifies the client as the provider wants
// it (RFC 6749 §2.3.1), and asks for JSON, without which GitHub answers with a
// form.
func (c *Client) tokenRequest(ctx context.Context, m *metadata, form url.Values) (*http.Request, error) {
	secret := c.ClientSecret
	if c.NewClientSecret != nil {
		var err error
		if secret, err = c.NewClientSecret(c.now()); err != nil {
			return nil, fmt.Errorf("%w: make the client secret: %w", ErrSetup, err)
		}
	}
	if c.AuthStyle == oauth2.AuthStyleInParams {
		form.Set("client_id", c.ClientID)
		if secret != "" {
			form.Set("client_secret", string(secret))
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, m.tokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("%w: the token endpoint is not a URL", ErrSetup)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "authent")
	if c.AuthStyle != oauth2.AuthStyleInParams {
		r.SetBasicAuth(url.QueryEscape(c.ClientID), url.QueryEscape(string(secret)))
	}
	return r, nil
}

// oursAtFault are the codes with which a token endpoint says that the
// application's settings are not those that the provider knows (RFC 6749 §5.2;
// the second row is GitHub's).
var oursAtFault = []string{
	"invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
	"incorrect_client_credentials", "redirect_uri_mismatch",
}

// ReadTokens reads an answer of the token endpoint field by field (RFC 6749 §5):
// a field that cannot be read and is not needed counts as absent.
func ReadTokens(res *http.Response, body []byte) (*oauth2.Token, error) {
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	answer, fault := tokenAnswer(kind, body)
	code := answer.String("error")
	if code == "" {
		code = answer.Object("error").String("type") // Facebook's is an object
	}
	switch {
	case slices.Contains(oursAtFault, code):
		return nil, fmt.Errorf("%w: the token endpoint answered %s: check the client id, the secret and the callback URL at the provider", ErrSetup, code)
	case code != "" || res.StatusCode < 200 || res.StatusCode > 299:
		return nil, fmt.Errorf("the token endpoint answered %s %s: %w", printable(res.Status, maxQuoted), printable(code, maxQuoted), RefusedError{code})
	case fault != "":
		return nil, fmt.Errorf("the token endpoint did not answer with tokens: its answer is %s", fault)
	}
	text := func(name string) string {
		v, _ := answer[name].(string)
		return v
	}
	t := &oauth2.Token{AccessToken: text("access_token"), TokenType: text("token_type"), RefreshToken: text("refresh_token")}
	if t.AccessToken == "" {
		return nil, errors.New("the token endpoint did not answer with tokens: its answer has no access_token that is a string")
	}
	if t.TokenType != "" && !strings.EqualFold(t.TokenType, "bearer") {
		return nil, fmt.Errorf("the token endpoint answered with a token that is not a bearer token: its token_type is %s", printable(t.TokenType, maxQuoted))
	}
	t.ExpiresIn, _ = answer.Seconds("expires_in")
	return t.WithExtra(map[string]any(answer)), nil
}

// tokenAnswer decodes an answer by what it is, whatever its media type says: JSON,
// or a form as GitHub writes it. fault says what it is if it is neither.
func tokenAnswer(kind string, body []byte) (answer Claims, fault string) {
	if decodeClaims(body, &answer) == nil {
		return answer, ""
	}
	form, err := url.ParseQuery(string(bytes.TrimSpace(withoutMark(body))))
	isPage := bytes.ContainsRune(body, '<') // a link in it may have such a query
	if err != nil || isPage || !form.Has("access_token") && !form.Has("error") {
		return nil, describe(kind, body)
	}
	answer = Claims{}
	for name := range form {
		answer[name] = form.Get(name)
	}
	return answer, ""
}

// RefusedError holds the code with which a token endpoint refused.
type RefusedError struct{ Code string }

// Error implements error.
func (e RefusedError) Error() string { return "no token" }
