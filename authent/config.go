package authent

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/authent/authent/authent/internal/input"

	"github.com/authent/authent/authent/internal/password"
	"github.com/authent/authent/authent/internal/seal"
)

const (
	minSecret = seal.MinSecret
	// maxCookieAge is the longest life browsers give a cookie (RFC 6265bis §5.6).
	maxCookieAge = 400 * 24 * time.Hour
)

// Config is all that New needs to know. Adapter and Providers are required;
// a field's zero value means what the end of its comment says.
type Config struct {
	// URL is where people reach the Handler: its origin decides redirects, links
	// and cookie names, its path is where the Handler is mounted. The Host and
	// X-Forwarded-* headers of a request never do. It is https; http is for
	// localhost, names under it such as app.localhost, and loopback addresses. If
	// "", the environment's AUTH_URL; if that is empty too, this is development: the
	// path is /auth and only requests from this machine to a loopback host are
	// served. A URL without path means /auth.
	URL string
	// Secrets derive all keys, the newest first; older ones still verify. Each
	// is 32 bytes or longer and random (openssl rand -base64 33). If empty, the
	// environment's AUTH_SECRET_3, _2, _1 and AUTH_SECRET; in shared mode
	// AUTH_SECRET alone when it is set, as in next-auth. If that is empty too, New
	// makes one in development (URL) and keeps it in .authent/secret under the
	// working directory; elsewhere, and in shared mode, it is an error.
	Secrets []string
	// Adapter stores everything. Required; ent.NewAuthAdapter(client) makes one.
	Adapter Adapter
	// StatementTimeout is how long the engine waits for each answer of the
	// Adapter, the begin and the commit of a transaction included. What takes
	// longer is ErrUnavailable, and 503 to browsers. A connection that
	// database.Open made is freed then, also from a server that is frozen; how
	// soon others are is their driver's affair. If zero, 10 seconds; if
	// negative, as long as the request waits.
	StatementTimeout time.Duration
	// Providers are the ways to sign in, in the order in which pages show them.
	// Required.
	Providers []Provider
	// Session says how long sessions live.
	Session SessionConfig
	// RecentSignIn is how long after a sign-in or re-authentication a person may
	// change what guards the account (ASVS 7.5.1). If zero, 10 minutes.
	RecentSignIn time.Duration
	// MaxHashes is how many passwords are hashed at once, at least 2; each takes
	// 19 MiB. A quarter of them, rounded down and at least one, is kept for people
	// who are signed in and change or type their password again, so that a flood
	// of sign-ins and registrations does not keep them from it; of one of them, one
	// password is hashed at a time, and a second one gets 503. Others wait a second
	// and then get 503. If zero, twice GOMAXPROCS.
	MaxHashes int
	// BcryptHashes says that the database holds bcrypt hashes, from Auth.js say:
	// then every attempt costs one verification of each family, so that its
	// duration does not tell whose hash is which. Implied in shared mode.
	BcryptHashes bool
	// TrustedOrigins are origins (scheme://host[:port]) besides URL's whose pages
	// may send state-changing requests, read the Handler's answers (CORS) and be a
	// callbackUrl: trust them as your own. Only the same site can work, such as
	// https://app.example.com beside https://api.example.com, or another port of
	// localhost, since cookies are SameSite=Lax: browsers leave them out of what
	// another site's page fetches. If empty, none.
	TrustedOrigins []string
	// TrustedProxies are the reverse proxies whose X-Forwarded-For tells the
	// client's address. If nil, those of the environment's AUTH_TRUSTED_PROXIES, such
	// as "10.0.0.0/8, 192.0.2.7". If there are none, or it is empty and not nil, the
	// connection's address counts.
	TrustedProxies []netip.Prefix
	// AuthJS says how this application and an Auth.js app stand to each other. If
	// zero, there is none.
	AuthJS AuthJS
	// Pages replaces built-in pages.
	Pages Pages
	// Callbacks decide what the application wants decided.
	Callbacks Callbacks
	// Events tell the application what happened.
	Events Events
	// Logger gets one line for each fault and refused request worth knowing, and
	// one (Info, "authent: security event") for each sign-in, failed sign-in,
	// sign-out, registration, re-authentication and change of what guards an
	// account: kind, user_id, client, outcome and reason. No line holds a secret. An
	// Adapter finds it with LoggerFrom. If nil, slog.Default().
	Logger *slog.Logger
	// Transport makes the calls to providers. Redirects are not followed and answers
	// are limited to 1 MiB whatever it does. Of one server's documents one is asked for
	// at a time, and 64 callbacks of a provider are worked on at once; who would wait
	// too long gets 503. If nil, http.DefaultTransport.
	Transport http.RoundTripper
	// ProviderTimeout bounds each call to a provider. If zero, 10 seconds.
	ProviderTimeout time.Duration
	// Now is the clock. If nil, time.Now.
	Now func() time.Time
	// Rand is the source of tokens and keys. If nil, crypto/rand.Reader.
	Rand io.Reader
}

// SessionConfig says how long sessions live.
type SessionConfig struct {
	// MaxAge is how long a session lives after its last roll; at most 400 days.
	// If zero, 30 days.
	MaxAge time.Duration
	// UpdateAge is how old the last roll must be for a use to roll the session
	// on again; at most MaxAge. If zero, 24 hours, or half of MaxAge if that is
	// less.
	UpdateAge time.Duration
	// AbsoluteMaxAge ends a session so long after its sign-in however much it is
	// used (ASVS 7.3.2). One that another program began without writing down when
	// counts from an hour, or RecentSignIn if that is longer, before it was last
	// rolled on; it is left at least a tenth of AbsoluteMaxAge. If zero, never.
	AbsoluteMaxAge time.Duration
	// TouchInterval is how exact LastUsedAt is: it is written at most that often.
	// If zero, 5 minutes; if negative, only when the session rolls.
	TouchInterval time.Duration
}

// AuthJS says how the application stands to an Auth.js app.
type AuthJS struct {
	// Mode says what the two share. If zero, AuthJSAlone.
	Mode AuthJSMode
}

// AuthJSMode is what the application and an Auth.js app have in common.
type AuthJSMode int

const (
	// AuthJSAlone is an application without an Auth.js app.
	AuthJSAlone AuthJSMode = iota
	// AuthJSAdopted takes the browsers of an adopted Auth.js database over (migrate
	// adopt): on https, where a request has no session cookie of ours,
	// __Secure-authjs.session-token is read, and replaced by ours, with the same token,
	// in the same response. A sibling domain can plant a __Secure- cookie, so go back to
	// AuthJSAlone when the old cookies are gone, after MaxAge. On http both cookies have
	// one name.
	AuthJSAdopted
	// AuthJSShared makes rows and cookies readable by an Auth.js app on the same
	// database, host and secret: session tokens are stored as issued, passwords are
	// bcrypt, cookies have Auth.js's names. The database then holds tokens that work;
	// AuthJSSharedHashed mends that.
	AuthJSShared
	// AuthJSSharedHashed is AuthJSShared beside an Auth.js app that wraps its adapter so
	// that it hashes session tokens as authent does.
	AuthJSSharedHashed
)

// String returns the mode's name, such as "AuthJSShared".
func (m AuthJSMode) String() string {
	names := []string{"AuthJSAlone", "AuthJSAdopted", "AuthJSShared", "AuthJSSharedHashed"}
	if m < 0 || int(m) >= len(names) {
		return "AuthJSMode(" + strconv.Itoa(int(m)) + ")"
	}
	return names[m]
}

// shared reports whether an Auth.js app uses the same rows and cookies.
func (c *Config) shared() bool {
	return c.AuthJS.Mode == AuthJSShared || c.AuthJS.Mode == AuthJSSharedHashed
}

// Pages replaces built-in pages by the application's own. A value is a URL or a
// path on Config.URL's origin; the built-in page then redirects there with its
// query. If "", the built-in page.
type Pages struct {
	SignIn, SignOut, Error, VerifyRequest, Register, Account string
	// NewUser is where people go after their first sign-in through a provider,
	// with the callbackUrl in the query. If "", to the callbackUrl at once.
	NewUser string
	// AppName is what built-in pages call the application. If "", URL's host.
	AppName string
}

// withDefaults fills what is unset from the environment and the defaults.
func (c Config) withDefaults(getenv func(string) string) Config {
	if c.URL == "" {
		c.URL = getenv("AUTH_URL")
	}
	if len(c.Secrets) == 0 {
		c.Secrets = c.secretsFromEnv(getenv)
	}
	c.Session = c.Session.withDefaults()
	if c.StatementTimeout == 0 {
		c.StatementTimeout = 10 * time.Second
	}
	if c.RecentSignIn == 0 {
		c.RecentSignIn = 10 * time.Minute
	}
	c.BcryptHashes = c.BcryptHashes || c.shared()
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	c.TrustedOrigins = slices.Clone(c.TrustedOrigins)
	for i, o := range c.TrustedOrigins {
		c.TrustedOrigins[i] = input.BrowsersOrigin(o)
	}
	c.Providers = slices.Clone(c.Providers)
	for i, p := range c.Providers {
		if p.Name == "" {
			c.Providers[i].Name = p.ID
		}
		if p.OAuth != nil {
			c.Providers[i].OAuth = p.OAuth.withDefaults(p.ID, p.Type, getenv)
		}
	}
	return c
}

func (s SessionConfig) withDefaults() SessionConfig {
	if s.MaxAge == 0 {
		s.MaxAge = 30 * 24 * time.Hour
	}
	if s.UpdateAge == 0 {
		s.UpdateAge = min(24*time.Hour, s.MaxAge/2)
	}
	if s.TouchInterval == 0 {
		s.TouchInterval = 5 * time.Minute
	}
	return s
}

func (c *Config) secretsFromEnv(getenv func(string) string) []string {
	if single := getenv("AUTH_SECRET"); c.shared() && single != "" {
		return []string{single}
	}
	var secrets []string
	for _, name := range []string{"AUTH_SECRET_3", "AUTH_SECRET_2", "AUTH_SECRET_1", "AUTH_SECRET"} {
		if s := getenv(name); s != "" {
			secrets = append(secrets, s)
		}
	}
	return secrets
}

// validate reports every fault at once.
func (c *Config) validate() error {
	errs := []error{
		c.validateSecrets(),
		validateProviders(c.Providers),
		c.Session.validate(),
		c.Pages.validate(),
	}
	if c.Adapter == nil {
		errs = append(errs, errors.New("no Adapter: set it to ent.NewAuthAdapter(client)"))
	} else {
		errs = append(errs, c.validateColumns(c.Adapter.Columns()))
	}
	if c.RecentSignIn < 0 {
		errs = append(errs, errors.New("RecentSignIn is negative"))
	}
	if c.MaxHashes != 0 && c.MaxHashes < password.MinConcurrent {
		errs = append(errs, fmt.Errorf("MaxHashes is %d: use %d or more, since one is kept for people who are signed in, or 0 for twice GOMAXPROCS", c.MaxHashes, password.MinConcurrent))
	}
	if c.AuthJS.Mode < AuthJSAlone || c.AuthJS.Mode > AuthJSSharedHashed {
		errs = append(errs, fmt.Errorf("%v is not known: AuthJS.Mode is AuthJSAlone, AuthJSAdopted, AuthJSShared or AuthJSSharedHashed", c.AuthJS.Mode))
	}
	if c.ProviderTimeout < 0 {
		errs = append(errs, errors.New("ProviderTimeout is negative"))
	}
	for _, o := range c.TrustedOrigins {
		if !input.ValidOrigin(o) {
			errs = append(errs, fmt.Errorf("TrustedOrigins: %q is not of the form scheme://host[:port]", o))
		}
	}
	return errors.Join(errs...)
}

func (c *Config) validateColumns(cols Columns) error {
	var errs []error
	for i := range c.Providers {
		if p := &c.Providers[i]; p.isPassword() && !cols.UserPassword {
			errs = append(errs, fmt.Errorf("provider %s: User has no field password: add field.String(\"password\").Optional().Sensitive()", p.ID))
		}
	}
	if c.Session.AbsoluteMaxAge > 0 && !cols.SessionCreatedAt {
		errs = append(errs, errors.New("Session.AbsoluteMaxAge: Session has no field created_at to count from"))
	}
	return errors.Join(errs...)
}

func validateSecrets(secrets []string) error {
	if len(secrets) == 0 {
		return errors.New("no secret: set AUTH_SECRET (openssl rand -base64 33) or Config.Secrets")
	}
	for i, s := range secrets {
		if len(s) < minSecret {
			return fmt.Errorf("secret %d of %d has %d bytes: use at least %d (openssl rand -base64 33)", i+1, len(secrets), len(s), minSecret)
		}
	}
	return nil
}

func (s SessionConfig) validate() error {
	var errs []error
	if s.MaxAge < time.Second || s.MaxAge > maxCookieAge {
		errs = append(errs, fmt.Errorf("Session.MaxAge is %v: use 1 second to 400 days", s.MaxAge))
	}
	if s.UpdateAge < 0 || s.UpdateAge > s.MaxAge {
		errs = append(errs, fmt.Errorf("Session.UpdateAge is %v: use 0 to MaxAge (%v)", s.UpdateAge, s.MaxAge))
	}
	if s.AbsoluteMaxAge < 0 {
		errs = append(errs, errors.New("Session.AbsoluteMaxAge is negative"))
	}
	return errors.Join(errs...)
}

func (p Pages) validate() error {
	var errs []error
	for _, field := range []struct{ name, page string }{
		{"SignIn", p.SignIn}, {"SignOut", p.SignOut}, {"Error", p.Error}, {"VerifyRequest", p.VerifyRequest},
		{"Register", p.Register}, {"Account", p.Account}, {"NewUser", p.NewUser},
	} {
		name, page := field.name, field.page
		if page == "" {
			continue
		}
		u, err := url.Parse(page)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https" && !strings.HasPrefix(page, "/")) {
			errs = append(errs, fmt.Errorf("field Pages.%s: use a path that starts with / or an http(s) URL", name))
		}
	}
	return errors.Join(errs...)
}
