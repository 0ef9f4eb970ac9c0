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
	// TypeOAuth is OAuth 2.0 (RFC 6749): the profile is fetched with the access
	// token.
	TypeOAuth ProviderType = "oauth"
	// TypeOIDC is OpenID Connect: the profile is in a signed ID token.
	TypeOIDC ProviderType = "oidc"
)

// OAuth describes an authorization server, the application's client there, and how
// to read the server's profiles. Package provider has many.
//
// The engine uses the authorization code flow with a state, which binds the answer
// to this browser and works once, with PKCE S256, and with OpenID Connect a nonce
// (RFC 9700). It checks the ID token's signature, issuer, audience, authorized
// party, expiry and nonce. Only NoPKCE and NoNonce turn a check off, for the
// provider that they are set for; nothing that a server answers does.
type OAuth struct {
	// ClientID and ClientSecret are what the provider gave the application. If
	// "", the environment's AUTH_<ID>_ID and AUTH_<ID>_SECRET, where <ID> is the
	// provider's id in capitals with "_" for "-".
	ClientID     string
	ClientSecret Secret
	// EnvPrefixes are more names to look for the two under: with "GITHUB" those of
	// GITHUB_ID and GITHUB_SECRET. If nil, none.
	EnvPrefixes []string
	// NewClientSecret makes a secret for one request to the token endpoint, such
	// as the signed one that Apple requires. If nil, ClientSecret.
	NewClientSecret func(now time.Time) (Secret, error)
	// Public says that the application has no secret (RFC 6749 §2.1); PKCE alone
	// then protects the code. If false, a secret is required.
	Public bool

	// Issuer is the server's identifier. TypeOIDC requires it; if it is "", the
	// environment's AUTH_<ID>_ISSUER. An "iss" in a callback must be equal to it
	// (RFC 9207), or to one of OtherIssuers.
	Issuer string
	// OtherIssuers are more names of the same server, compared letter for letter,
	// which its discovery document, its ID tokens and its callbacks may have
	// besides Issuer. The server is still looked up at Issuer. Whoever has one of
	// these names can speak for the provider's accounts. If nil, none.
	OtherIssuers []string
	// CheckIssuer decides whether to accept an ID token's issuer if one server has
	// many, as Microsoft's has one for each tenant; New refuses OtherIssuers beside
	// it. If nil, the issuer must be Issuer or one of OtherIssuers.
	CheckIssuer func(issuer string, c Claims) error
	// AuthURL, TokenURL and UserInfoURL are the server's endpoints. TypeOAuth
	// requires the first two, and UserInfoURL or UserInfo. For TypeOIDC, those
	// that are "" are discovered at Issuer.
	AuthURL, TokenURL, UserInfoURL string
	// AuthStyle is how the client identifies itself to the token endpoint. If
	// zero, by HTTP Basic authentication (RFC 6749 §2.3.1).
	AuthStyle oauth2.AuthStyle

	// Scopes are asked for, and no request changes them unless RequestParams has
	// "scope". If empty, openid, profile and email for TypeOIDC; none for
	// TypeOAuth, where a request may then set scope.
	Scopes []string
	// AuthParams are sent with each authorization request. No request can change
	// them, whatever RequestParams says, except for max_age: the smaller one of
	// here and the request is sent. A value of "" sends nothing and keeps
	// requests from setting that name. They cannot replace the engine's own
	// parameters or Scopes. If nil, none.
	AuthParams map[string]string
	// RequestParams names parameters that the query of POST signin/{id} and POST
	// link/{id} may set for the authorization request. It need not name
	// login_hint, prompt, max_age, acr_values, display, ui_locales and
	// claims_locales, which a request may set unless AuthParams or the endpoint's
	// URL do. If it names "scope", a request's scope replaces Scopes, as in
	// Auth.js. If nil, none.
	RequestParams []string
	// Declined are the errors (RFC 6749 §4.1.2.1), besides access_denied, with
	// which the server reports that the person declined: they are then shown the
	// code "cancelled". New refuses "". If nil, access_denied alone.
	Declined []string
	// NoPKCE says that the server refuses PKCE (RFC 7636) from an application with a
	// secret: neither the challenge nor the verifier is sent. The server then cannot
	// tell that somebody else asked for a code: whoever gets hold of a person's unused
	// code can send it from their own browser and is signed in as that person (RFC
	// 9700 §4.5), unless a nonce reveals it. New refuses it for a Public client, whose
	// codes anybody could use. If false, PKCE is used.
	NoPKCE bool
	// NoNonce says that the server, against OpenID Connect Core §2, puts no nonce
	// into its ID tokens: a token without one is accepted. Nothing in the token then
	// shows that it was made for this sign-in. A nonce is sent anyway, and if the
	// token has one it must be the same. With NoPKCE too, only two things protect a
	// stolen code: it works once, and using it takes the client's secret. New refuses
	// it for TypeOAuth, which has no ID token. If false, the nonce is required.
	NoNonce bool
	// FormPost says that the server answers with a form that the browser posts
	// (response_mode=form_post). If false, with a redirect.
	FormPost bool
	// PostedName finds the person's name in the field "user" of that form, as
	// Apple sends it at the first sign-in. Nobody signs the form and anybody may
	// send one, so nothing else in it is read. A name of "" keeps the profile's.
	// It needs FormPost. If nil, the field is not read.
	PostedName func(user Claims) string

	// UserInfo fetches the profile with a client that sends the access token. If
	// nil, TypeOAuth fetches UserInfoURL; TypeOIDC uses the ID token's claims.
	UserInfo func(ctx context.Context, c *http.Client) (Claims, error)
	// MergeUserInfo says that UserInfoURL has claims that the ID token lacks. Its
	// "sub" must be the ID token's. If both have a claim that is not null, the ID
	// token's counts; email_verified counts only for the address in the same document.
	// If false, UserInfoURL is not fetched.
	MergeUserInfo bool
	// Profile reads from the claims who the person is. An error or an empty
	// Profile.ID refuses the sign-in. If nil, StandardProfile reads OpenID
	// Connect's standard claims.
	Profile func(c Claims) (Profile, error)

	// TrustEmail says that this provider verifies addresses well enough to trust
	// it: an account whose address it calls verified is linked to the user who
	// has that address. If false, people link the account themselves, from a
	// recent session.
	TrustEmail bool
}

// withDefaults returns a copy in which unset fields are filled in from the
// environment and the defaults.
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

// validateProperties reports settings that contradict each other.
func (o *OAuth) validateProperties(kind ProviderType, fault func(format string, args ...any)) {
	if o.PostedName != nil && !o.FormPost {
		fault("PostedName is set, but FormPost is not")
	}
	if o.NoPKCE && o.Public {
		fault("NoPKCE and Public are both set: without a secret only PKCE protects the code, and anybody could use a stolen one")
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
		fault("OtherIssuers and CheckIssuer are both set, but CheckIssuer alone would decide: set one of them")
	}
	if slices.Contains(o.Declined, "") {
		fault("Declined has an empty error, which every successful answer has")
	}
}

// validateParams reports every fault in the parameters of an authorization
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

// ownParams are the parameters of an authorization request that only the engine
// sets.
var ownParams = []string{
	"client_id", "redirect_uri", "response_type", "response_mode", "state", "nonce",
	"code_challenge", "code_challenge_method", "request", "request_uri",
}

// isOwnParam compares names without case: some servers do so too.
func isOwnParam(name string) bool {
	return slices.ContainsFunc(ownParams, func(own string) bool { return strings.EqualFold(own, name) })
}

// config returns the provider as package oauth takes it.
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
