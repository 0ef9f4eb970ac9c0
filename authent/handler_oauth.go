package authent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/oauth2"
)

// startOAuth sends the browser to the provider.
func (a *Auth) startOAuth(e *exchange, f flow) error {
	c := a.oauth[e.provider.ID]
	c.announced.Do(func() {
		a.cfg.Logger.InfoContext(e.r.Context(), "authent: the provider must know this callback URL", "provider", e.provider.ID, "url", e.oauthCallback())
	})
	m, err := c.metadata(e.r.Context())
	if err != nil {
		return oauthError("start", err)
	}
	endpoint, err := url.Parse(m.authURL)
	if err != nil {
		return oauthError("start", fmt.Errorf("%w: the authorization endpoint is not a URL", errOAuthSetup))
	}
	params := c.askedParams(endpoint.Query(), e.r.URL.Query())
	f.CallbackURL, f.MaxAge = e.callbackURL, params.Get("max_age")
	if f, err = a.startFlow(e, f); err != nil {
		return err
	}
	return e.redirect(c.authURL(endpoint, f, e.oauthCallback(), params))
}

// oauthCallback is where the provider sends people back to (P16).
func (e *exchange) oauthCallback() string { return e.page("callback/"+e.provider.ID, nil) }

// hintParams are parameters of an authorization request (OpenID Connect Core
// §3.1.2.1) that a request of ours may set where the application left them open:
// they change what people are asked, never whom the answer goes to.
var hintParams = []string{"scope", "prompt", "login_hint", "display", "ui_locales", "claims_locales", "acr_values"}

// askedParams are the parameters of an authorization request: those that the
// endpoint's URL has, those of the provider's configuration, which replace them,
// and of a request of ours what these two left open. A request changes nothing
// that was set (P39); what it repeats (RFC 6749 §3.1) or leaves empty is not there.
func (c *oauthClient) askedParams(endpoint, asked url.Values) url.Values {
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
func (c *oauthClient) open(set url.Values, name string) bool {
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

// setMaxAge takes the smallest of what was set and what is asked for. What is no
// number of seconds is not sent, since the answer could not be checked against it.
func setMaxAge(q url.Values, set, asked []string) {
	q.Del("max_age")
	if len(asked) > 1 {
		asked = nil
	}
	var smallest uint64
	for _, value := range slices.Concat(set, asked) {
		seconds, ok := parseMaxAge(value)
		if ok && (!q.Has("max_age") || seconds < smallest) {
			smallest = seconds
			q.Set("max_age", strconv.FormatUint(seconds, 10))
		}
	}
}

// parseMaxAge reads a number of seconds.
func parseMaxAge(value string) (uint64, bool) {
	seconds, err := strconv.ParseUint(value, 10, 31)
	return seconds, err == nil
}

// authURL is the authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3), with
// params as its query besides the engine's own.
func (c *oauthClient) authURL(endpoint *url.URL, f flow, callback string, params url.Values) string {
	q := maps.Clone(params)
	q.Set("response_type", "code")
	q.Set("client_id", c.ClientID)
	q.Set("redirect_uri", callback)
	q.Set("state", f.State)
	if !c.NoPKCE {
		q.Set("code_challenge", oauth2.S256ChallengeFromVerifier(f.Verifier))
		q.Set("code_challenge_method", "S256")
	}
	if c.provider.Type == TypeOIDC {
		q.Set("nonce", f.Nonce)
		if !slices.Contains(strings.Fields(q.Get("scope")), "openid") {
			q.Set("scope", strings.TrimSpace("openid "+q.Get("scope")))
		}
	}
	if c.FormPost {
		q.Set("response_mode", "form_post")
	}
	target := *endpoint
	target.RawQuery = q.Encode()
	return target.String()
}

// postLink sends whoever is signed in, and was so recently, to a provider whose
// account is to become another way to sign in.
func (a *Auth) postLink(e *exchange) error {
	s, err := a.mustBeSignedIn(e)
	if err != nil {
		return err
	}
	if !e.provider.isOAuth() {
		return errUnknownPage
	}
	if !a.Recent(s) {
		return e.recorded(eventLink, s.User, ErrRecentSignInRequired)
	}
	if e.form.Get("callbackUrl") == "" {
		e.callbackURL = e.afterFlow(toLink)
	}
	f := flow{Purpose: toLink, UserID: s.UserID, SessionID: s.ID}
	return a.oauthFailed(e, f, a.startOAuth(e, f))
}

// postUnlink takes a way to sign in away from whoever is signed in.
func (a *Auth) postUnlink(e *exchange) error {
	s, err := a.mustBeSignedIn(e)
	if err != nil {
		return err
	}
	err = a.UnlinkAccount(e.r.Context(), s, e.form.Get("provider"), e.form.Get("providerAccountId"))
	if err != nil {
		return orNotFound(err, errNotLinked)
	}
	return e.toAccount("account_unlinked")
}

// postOAuthCallback takes the form that a provider with FormPost makes the
// browser send, and has the browser come again with its cookies.
func (a *Auth) postOAuthCallback(e *exchange) error {
	if !e.provider.OAuth.FormPost {
		return errUnknownPage
	}
	if err := a.keepPosted(e); err != nil {
		return a.oauthFailed(e, flow{}, err)
	}
	e.noStore()
	e.w.Header().Set("Location", e.page("callback/"+e.provider.ID, url.Values{"state": {e.form.Get("state")}}))
	e.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// getCallback is where a provider sends people back to.
func (a *Auth) getCallback(e *exchange) error {
	if !e.provider.isOAuth() {
		return errUnknownPage
	}
	query := e.r.URL.Query()
	f, err := a.takeFlow(e, query.Get("state"))
	if err != nil {
		return a.oauthFailed(e, f, err)
	}
	e.callbackURL = f.CallbackURL
	if e.provider.OAuth.FormPost {
		if query, err = a.takePosted(e, f.State); err != nil {
			return a.oauthFailed(e, f, err)
		}
	}
	arrived, err := a.arrive(e.r.Context(), e, f, query)
	if errors.Is(err, ErrUnavailable) || errors.Is(err, ErrBusy) {
		a.giveFlowBack(e, f)
	}
	if err != nil {
		return a.oauthFailed(e, f, err)
	}
	if f.Purpose == toLink {
		err = a.linkArrived(e, f, arrived)
	} else {
		err = a.signInArrived(e, arrived)
	}
	return a.oauthFailed(e, f, err)
}

// arrive checks what the provider answered, uses the state up, and asks the
// provider who this is. A refusal needs no row: nothing comes of it.
func (a *Auth) arrive(ctx context.Context, e *exchange, f flow, query url.Values) (*arrival, error) {
	c := a.oauth[e.provider.ID]
	m, err := c.metadata(ctx)
	if err != nil {
		return nil, oauthError("metadata", err)
	}
	if err := c.checkAnswer(m, query); err != nil {
		return nil, err
	}
	leave, err := c.enter(ctx)
	if err != nil {
		return nil, oauthError("callback", err)
	}
	defer leave()
	if err := a.useState(e, f); err != nil {
		return nil, err
	}
	token, err := c.token(ctx, m, f, query.Get("code"), e.oauthCallback())
	if err != nil {
		return nil, oauthError("token", err)
	}
	profile, issuer, err := c.profile(ctx, m, f, token)
	if err != nil {
		return nil, oauthError("profile", err)
	}
	if iss := query.Get("iss"); c.CheckIssuer != nil && iss != "" && iss != issuer {
		return nil, oauthFault("the answer is another server's (RFC 9207)")
	}
	if name := c.postedName(query); name != "" {
		profile.Name = name
	}
	return a.newArrival(e.provider, profile, token)
}

// checkAnswer checks the answer to the authorization request (RFC 6749 §4.1.2,
// RFC 9207 §2.4).
func (c *oauthClient) checkAnswer(m *metadata, query url.Values) error {
	iss, code := query.Get("iss"), query.Get("error")
	answered := "the provider answered " + printable(code, maxQuoted) + ": " + printable(query.Get("error_description"), maxCause)
	switch {
	case query.Has("iss") && c.Issuer != "" && !c.isIssuer(iss) && c.CheckIssuer == nil:
		return oauthFault("the answer is another server's (RFC 9207)")
	case !query.Has("iss") && m.announcesIssuer:
		return oauthFault("the answer does not say which server's it is (RFC 9207)")
	case code == "access_denied" || slices.Contains(c.Declined, code):
		return &cancelledError{answered}
	case code != "":
		return oauthFault(answered)
	case query.Get("code") == "":
		return oauthFault("the answer has no code")
	}
	return nil
}

// postedName is what a provider's form tells of a person's name, beside the code.
// It is no claim: whoever sends the callback writes it, so it must not reach what
// says who somebody is.
func (c *oauthClient) postedName(form url.Values) string {
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

// oauthFailed logs why a flow failed, in one line, and answers where the person
// can go on from. A nil error is none.
func (a *Auth) oauthFailed(e *exchange, f flow, err error) error {
	if err == nil {
		return nil
	}
	if !isFault(err) && !errors.Is(err, context.Canceled) {
		a.cfg.Logger.Log(e.r.Context(), flowLevel(err), "authent: sign-in through a provider failed", "provider", e.provider.ID, "purpose", f.Purpose, "error", err)
	}
	if f.Purpose == toLink {
		return onAccountPage(e.recorded(eventLink, &User{ID: f.UserID}, err))
	}
	return e.recorded(eventSignIn, nil, err)
}

// flowLevel is Warn, but Info where a person changed their mind: nothing is to be
// mended.
func flowLevel(err error) slog.Level {
	if _, ok := errors.AsType[*cancelledError](err); ok {
		return slog.LevelInfo
	}
	return slog.LevelWarn
}

// linkError is an error of linking, which people see on the account page.
type linkError struct{ error }

// Unwrap gives the error itself.
func (e linkError) Unwrap() error { return e.error }

func onAccountPage(err error) error {
	if err == nil {
		return nil
	}
	return linkError{err}
}

// cancelledError tells that the person, or the provider, did not want to.
type cancelledError struct{ answered string }

// Error implements error.
func (e *cancelledError) Error() string { return e.answered }

// Is makes errors.Is(err, errOAuthCallback) true.
func (e *cancelledError) Is(target error) bool { return target == errOAuthCallback }

// oauthFault is a flow that cannot go on, for a reason that the log is told.
func oauthFault(reason string) error { return fmt.Errorf("%w: %s", errOAuthCallback, reason) }

// oauthError is a fault of the provider's, unless it says that the application
// is not set up as it should be, or is busy.
func oauthError(step string, err error) error {
	if errors.Is(err, errOAuthSetup) || errors.Is(err, context.Canceled) || errors.Is(err, ErrBusy) {
		return fmt.Errorf("%s: %w", step, err)
	}
	return fmt.Errorf("%w: %s: %w", errOAuthCallback, step, err)
}

var (
	errOAuthCallback = errors.New("the flow with the provider did not succeed")
	errOAuthSetup    = errors.New("the provider is not set up")
	errNotLinked     = errors.New("no such account is linked")
)
