package authent

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/authent/authent/authent/internal/oauth"
	"golang.org/x/oauth2"
)

// The types of providers that send people to an authorization server.
const (
	// TypeOAuth is OAuth 2.0 (RFC 6749): the profile is asked for with the
	// access token.
	TypeOAuth ProviderType = "oauth"
	// TypeOIDC is OpenID Connect: the profile is in a signed ID token.
	TypeOIDC ProviderType = "oidc"
)

// OAuth is an authorization server, who the application is there, and what the
// server's profiles mean. Package provider knows many.
//
// The engine uses the authorization code flow with a state, which binds the answer
// to this browser and works once, with PKCE S256, and with OpenID Connect a nonce
// (RFC 9700). It checks the ID token's signature, issuer, audience, authorized
// party, expiry and nonce. Only NoPKCE and NoNonce leave something out, for the
// provider that they are set for: nothing that a server answers does.
type OAuth struct {
	// ClientID and ClientSecret are what the provider gave the application. If
	// "", the environment's AUTH_<ID>_ID and AUTH_<ID>_SECRET, where <ID> is the
	// provider's id in capitals with "_" for "-".
	ClientID     string
	ClientSecret Secret
	// EnvPrefixes are more names to look for the two under: with "GITHUB" those of
	// GITHUB_ID and GITHUB_SECRET. If nil, none.
	EnvPrefixes []string
	// NewClientSecret makes a secret for one request to the token endpoint, as
	// Apple wants it signed. If nil, ClientSecret.
	NewClientSecret func(now time.Time) (Secret, error)
	// Public says that the application has no secret (RFC 6749 §2.1); PKCE alone
	// then protects the code. If false, a secret is required.
	Public bool

	// Issuer is the server's identifier. TypeOIDC requires it; if it is "", the
	// environment's AUTH_<ID>_ISSUER. An "iss" in a callback must be equal to it
	// (RFC 9207), or to one of OtherIssuers.
	Issuer string
	// OtherIssuers are more names of the same server, compared letter for letter:
	// those that its discovery document, its ID tokens and its callbacks have
	// beside Issuer, at which it is still looked up. Whoever has one of these names
	// speaks for the provider's accounts. If nil, none.
	OtherIssuers []string
	// CheckIssuer judges an ID token's issuer where one server has many, as
	// Microsoft's has one for each tenant; New refuses OtherIssuers beside it. If nil,
	// it is Issuer or one of OtherIssuers.
	CheckIssuer func(issuer string, c Claims) error
	// AuthURL, TokenURL and UserInfoURL are the server's endpoints. TypeOAuth
	// requires the first two, and UserInfoURL or UserInfo. If TypeOIDC leaves
	// them "", they are discovered at Issuer.
	AuthURL, TokenURL, UserInfoURL string
	// AuthStyle is how the token endpoint is told who asks. If zero, by HTTP
	// Basic authentication (RFC 6749 §2.3.1).
	AuthStyle oauth2.AuthStyle

	// Scopes are asked for, and no request changes them unless RequestParams has
	// "scope". If empty, openid, profile and email for TypeOIDC; none for
	// TypeOAuth, where a request may then set scope.
	Scopes []string
	// AuthParams are sent with each authorization request. No request changes one
	// of them, whatever RequestParams says, except that of a max_age here and one
	// in the request the smaller is sent. A value of "" sends nothing and keeps
	// requests from setting that name. They cannot replace the engine's own
	// parameters, nor Scopes. If nil, none.
	AuthParams map[string]string
	// RequestParams names parameters that the query of POST signin/{id} and POST
	// link/{id} may set for the authorization request. Where AuthParams and the
	// endpoint's URL leave them open, login_hint, prompt, max_age, acr_values,
	// display, ui_locales and claims_locales need no mention. With "scope" here
	// a request's scope replaces Scopes, as in Auth.js. If nil, none.
	RequestParams []string
	// Declined are the errors (RFC 6749 §4.1.2.1) by which the server tells, beside
	// access_denied, that the person did not want to: they are told so, as code
	// "cancelled". New refuses "". If nil, access_denied alone.
	Declined []string
	// NoPKCE says that the server refuses PKCE (RFC 7636) from an application with a
	// secret: neither the challenge nor the verifier is sent. Then it does not notice
	// that a code was asked for by somebody else: whoever gets hold of a person's
	// unused code brings it in their own browser, and is signed in as that person
	// (RFC 9700 §4.5), unless a nonce tells. New refuses it for a Public client, whose
	// code would be anybody's. If false, PKCE is used.
	NoPKCE bool
	// NoNonce says that the server puts no nonce into its ID tokens, against OpenID
	// Connect Core §2: one without is taken. Then nothing in the token tells that it
	// was made for this sign-in. A nonce is sent all the same, and one in the token
	// must be that. With NoPKCE too, a stolen code is kept from use by nothing but
	// that it works once and wants the client's secret. New refuses it for TypeOAuth,
	// which has no ID token. If false, the nonce is required.
	NoNonce bool
	// FormPost says that the server answers by a form that the browser posts
	// (response_mode=form_post). If false, by a redirect.
	FormPost bool
	// PostedName finds the person's name in the field "user" of that form, as
	// Apple sends it at the first sign-in. Nobody signs the form and anybody may
	// send one: what it says besides is not read. A name of "" leaves the
	// profile's. If nil, the field is not read; it needs FormPost.
	PostedName func(user Claims) string

	// UserInfo asks for the profile with a client that sends the access token.
	// If nil, TypeOAuth gets UserInfoURL; TypeOIDC takes the ID token's claims.
	UserInfo func(ctx context.Context, c *http.Client) (Claims, error)
	// MergeUserInfo says that the ID token lacks claims that UserInfoURL has;
	// its "sub" must be the ID token's, whose claims count where both have one that is
	// not null; email_verified counts for the address of the same document alone. If
	// false, UserInfoURL is not asked.
	MergeUserInfo bool
	// Profile finds in the claims who it is. An error, and an empty Profile.ID,
	// refuse the sign-in. If nil, OpenID Connect's standard claims count.
	Profile func(c Claims) (Profile, error)

	// TrustEmail says that this provider verifies addresses so well that one that
	// it calls verified may sign in to the user who has that address. If false,
	// people link the account themselves, from a recent session.
	TrustEmail bool
}

// withDefaults fills what is unset from the environment and the defaults. The
// application's own value is left as it is.
func (o *OAuth) withDefaults(id string, kind ProviderType, getenv func(string) string) *OAuth {
	c := *o
	prefix := "AUTH_" + strings.ReplaceAll(strings.ToUpper(id), "-", "_")
	names := func(suffix string) []string {
		all := []string{prefix + suffix}
		for _, other := range c.EnvPrefixes {
			all = append(all, other+suffix)
		}
		return all
	}
	c.ClientID = firstSet(c.ClientID, getenv, names("_ID"))
	c.ClientSecret = Secret(firstSet(string(c.ClientSecret), getenv, names("_SECRET")))
	c.Issuer = firstSet(c.Issuer, getenv, []string{prefix + "_ISSUER"})
	if c.AuthStyle == oauth2.AuthStyleAutoDetect {
		c.AuthStyle = oauth2.AuthStyleInHeader
	}
	if c.Public {
		c.AuthStyle = oauth2.AuthStyleInParams
	}
	if kind == TypeOIDC && len(c.Scopes) == 0 {
		c.Scopes = []string{"openid", "profile", "email"}
	}
	if c.Profile == nil {
		c.Profile = StandardProfile
	}
	return &c
}

func firstSet(value string, getenv func(string) string, names []string) string {
	for _, name := range names {
		if value != "" {
			return value
		}
		value = getenv(name)
	}
	return value
}

// validate reports every fault of a provider of the types TypeOAuth and
// TypeOIDC.
func (o *OAuth) validate(id string, kind ProviderType) error {
	var errs []error
	fault := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("provider %s: "+format, append([]any{id}, args...)...))
	}
	variable := "AUTH_" + strings.ReplaceAll(strings.ToUpper(id), "-", "_")
	if o.ClientID == "" {
		fault("no client id: set %s_ID", variable)
	}
	if o.ClientSecret == "" && o.NewClientSecret == nil && !o.Public {
		fault("no client secret: set %s_SECRET", variable)
	}
	o.validateProperties(kind, fault)
	discovered := kind == TypeOIDC
	for _, endpoint := range []struct{ name, value string }{
		{"Issuer", o.Issuer}, {"AuthURL", o.AuthURL}, {"TokenURL", o.TokenURL}, {"UserInfoURL", o.UserInfoURL},
	} {
		name, value := endpoint.name, endpoint.value
		switch {
		case value == "" && name == "Issuer" && discovered:
			fault("no Issuer: set %s_ISSUER", variable)
		case value == "" && (name == "AuthURL" || name == "TokenURL") && !discovered:
			fault("no %s", name)
		case value != "" && !oauth.IsEndpoint(value):
			fault("%s is not an https URL (http is for loopback hosts alone)", name)
		}
	}
	if kind == TypeOAuth && o.UserInfoURL == "" && o.UserInfo == nil {
		fault("neither UserInfoURL nor UserInfo is set")
	}
	if kind == TypeOIDC && !slices.Contains(o.Scopes, "openid") {
		fault("the scope openid is missing (OpenID Connect Core §3.1.2.1)")
	}
	o.validateParams(fault)
	return errors.Join(errs...)
}

// validateProperties reports what is said of the server that does not go together.
func (o *OAuth) validateProperties(kind ProviderType, fault func(format string, args ...any)) {
	if o.PostedName != nil && !o.FormPost {
		fault("PostedName is set, but FormPost is not")
	}
	if o.NoPKCE && o.Public {
		fault("NoPKCE is set, and Public: without a secret PKCE alone protects the code, so that anybody could use a stolen one")
	}
	if o.NoNonce && kind != TypeOIDC {
		fault("NoNonce is set, but only ID tokens have a nonce: it is for the type oidc")
	}
	if len(o.OtherIssuers) > 0 && o.Issuer == "" {
		fault("OtherIssuers is set, but Issuer is not")
	}
	if slices.Contains(o.OtherIssuers, "") {
		fault("OtherIssuers has an empty name")
	}
	if len(o.OtherIssuers) > 0 && o.CheckIssuer != nil {
		fault("OtherIssuers is set, and CheckIssuer, which alone judges then: set one of them")
	}
	if slices.Contains(o.Declined, "") {
		fault("Declined has an empty error, which is that of every answer that succeeds")
	}
}

// validateParams reports every fault of what is sent with an authorization
// request.
func (o *OAuth) validateParams(fault func(format string, args ...any)) {
	if u, err := url.Parse(o.AuthURL); err == nil {
		for _, value := range u.Query()["max_age"] {
			if _, ok := oauth.ParseMaxAge(value); !ok {
				fault("AuthURL has the max_age %q: write a number of seconds in digits, such as \"300\"", value)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.AuthParams)) {
		value := o.AuthParams[name]
		if isOwnParam(name) {
			fault("AuthParams has %s, which is the engine's own", name)
		}
		if strings.EqualFold(name, "scope") {
			fault("AuthParams has %s: write it into Scopes", name)
		}
		if name != "max_age" && strings.EqualFold(name, "max_age") {
			fault("AuthParams has %s: write it as max_age", name)
		}
		if _, ok := oauth.ParseMaxAge(value); name == "max_age" && value != "" && !ok {
			fault("AuthParams has the max_age %q: write a number of seconds in digits, such as \"300\"", value)
		}
	}
	for _, name := range o.RequestParams {
		if isOwnParam(name) {
			fault("RequestParams has %s, which is the engine's own", name)
		}
	}
}

// ownParams are those of an authorization request that nobody else sets.
var ownParams = []string{
	"client_id", "redirect_uri", "response_type", "response_mode", "state", "nonce",
	"code_challenge", "code_challenge_method", "request", "request_uri",
}

// isOwnParam compares names without case: some servers do so too.
func isOwnParam(name string) bool {
	return slices.ContainsFunc(ownParams, func(own string) bool { return strings.EqualFold(own, name) })
}

// config is the provider as package oauth takes it.
func (p *Provider) config() oauth.Config {
	o := p.OAuth
	c := oauth.Config{
		OIDC: p.Type == TypeOIDC, ClientID: o.ClientID, ClientSecret: o.ClientSecret, NewClientSecret: o.NewClientSecret,
		Issuer: o.Issuer, OtherIssuers: o.OtherIssuers,
		AuthURL: o.AuthURL, TokenURL: o.TokenURL, UserInfoURL: o.UserInfoURL, AuthStyle: o.AuthStyle,
		Scopes: o.Scopes, AuthParams: o.AuthParams, RequestParams: o.RequestParams, Declined: o.Declined,
		NoPKCE: o.NoPKCE, NoNonce: o.NoNonce, FormPost: o.FormPost, MergeUserInfo: o.MergeUserInfo,
	}
	if check := o.CheckIssuer; check != nil {
		c.CheckIssuer = func(issuer string, claims oauth.Claims) error { return check(issuer, Claims(claims)) }
	}
	if name := o.PostedName; name != nil {
		c.PostedName = func(user oauth.Claims) string { return name(Claims(user)) }
	}
	if info := o.UserInfo; info != nil {
		c.UserInfo = func(ctx context.Context, client *http.Client) (oauth.Claims, error) {
			claims, err := info(ctx, client)
			return oauth.Claims(claims), err
		}
	}
	return c
}
