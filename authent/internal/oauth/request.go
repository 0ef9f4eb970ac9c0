package oauth

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/oauth2"
)

// Request is what differs from one authorization request to the next.
type Request struct {
	// State, Verifier and Nonce are random, and made for this request.
	State, Verifier, Nonce string
	// RedirectURL is where the provider is to send people back to.
	RedirectURL string
}

// Prepare finds out where the provider is, and which parameters a request has if the
// query asked asks for it. Errors are those of Answer.
func (c *Client) Prepare(ctx context.Context, asked url.Values) (*Prepared, error) {
	m, err := c.metadata(ctx)
	if err != nil {
		return nil, stepError("start", err)
	}
	endpoint, err := url.Parse(m.authURL)
	if err != nil {
		return nil, stepError("start", fmt.Errorf("%w: the authorization endpoint is not a URL", ErrSetup))
	}
	return &Prepared{c, endpoint, c.askedParams(endpoint.Query(), asked)}, nil
}

// Prepared is an authorization request without what is random in it.
type Prepared struct {
	client   *Client
	endpoint *url.URL
	params   url.Values
}

// MaxAge returns how many seconds ago people may have signed in at the provider, ""
// if the request does not say.
func (p *Prepared) MaxAge() string { return p.params.Get("max_age") }

// hintParams are parameters of an authorization request (OpenID Connect Core
// §3.1.2.1) that a request to us may set if the application did not: they change
// what people are asked, never whom the answer goes to.
var hintParams = []string{"scope", "prompt", "login_hint", "display", "ui_locales", "claims_locales", "acr_values"}

// askedParams returns the parameters of an authorization request: those of the
// endpoint's URL, those of the provider's configuration, which replace them, and
// from a request to us those that neither sets. A request changes nothing that was
// set (P39); a parameter that it repeats (RFC 6749 §3.1) or leaves empty is
// ignored.
func (c *Client) askedParams(endpoint, asked url.Values) url.Values {
	q := maps.Clone(endpoint)
	for name, value := range c.AuthParams {
		q.Set(name, value)
	}
	if len(c.Scopes) > 0 {
		q.Set("scope", strings.Join(c.Scopes, " "))
	}
	set := maps.Clone(q)
	for _, name := range slices.Concat(hintParams, c.RequestParams) {
		if v := asked[name]; len(v) == 1 && v[0] != "" && c.open(set, name) {
			q.Set(name, v[0])
		}
	}
	setMaxAge(q, set["max_age"], asked["max_age"])
	for name, value := range c.AuthParams {
		if value == "" {
			q.Del(name) // it was there to keep requests from setting it
		}
	}
	return q
}

// open reports whether a request may set a parameter beside those that are set.
// Names are compared without case: some servers do so too.
func (c *Client) open(set url.Values, name string) bool {
	if name == "scope" && slices.Contains(c.RequestParams, name) {
		return true
	}
	for other := range set {
		if strings.EqualFold(other, name) {
			return false
		}
	}
	return true
}

// setMaxAge takes the smallest of what was set and what is asked for. A value that
// is not a number of seconds is not sent, since the answer could not be checked
// against it.
func setMaxAge(q url.Values, set, asked []string) {
	q.Del("max_age")
	if len(asked) > 1 {
		asked = nil
	}
	var smallest uint64
	for _, value := range slices.Concat(set, asked) {
		seconds, ok := ParseMaxAge(value)
		if ok && (!q.Has("max_age") || seconds < smallest) {
			smallest = seconds
			q.Set("max_age", strconv.FormatUint(seconds, 10))
		}
	}
}

// ParseMaxAge reads a number of seconds.
func ParseMaxAge(value string) (uint64, bool) {
	seconds, err := strconv.ParseUint(value, 10, 31)
	return seconds, err == nil
}

// URL returns the authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3).
func (p *Prepared) URL(r Request) string {
	c, q := p.client, maps.Clone(p.params)
	q.Set("response_type", "code")
	q.Set("client_id", c.ClientID)
	q.Set("redirect_uri", r.RedirectURL)
	q.Set("state", r.State)
	if !c.NoPKCE {
		q.Set("code_challenge", oauth2.S256ChallengeFromVerifier(r.Verifier))
		q.Set("code_challenge_method", "S256")
	}
	if c.OIDC {
		q.Set("nonce", r.Nonce)
		if !slices.Contains(strings.Fields(q.Get("scope")), "openid") {
			q.Set("scope", strings.TrimSpace("openid "+q.Get("scope")))
		}
	}
	if c.FormPost {
		q.Set("response_mode", "form_post")
	}
	target := *p.endpoint
	target.RawQuery = q.Encode()
	return target.String()
}
