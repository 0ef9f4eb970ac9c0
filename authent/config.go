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
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/authent/authent/authent/internal/input"

	"github.com/authent/authent/authent/internal/password"
)

const (
	minSecret = 32
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
	// AUTH_SECRET alone when it is set, as in next-auth.
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
	// may send state-changing requests. If empty, none.
	TrustedOrigins []string
	// TrustedProxies are the reverse proxies whose X-Forwarded-For tells the
	// client's address. If empty, the connection's address counts.
	TrustedProxies []netip.Prefix
	// SharedWithAuthJS makes rows and cookies readable by an Auth.js app on the
	// same database, host and secret: session tokens are stored as issued,
	// passwords are bcrypt, cookies have Auth.js's names. The database then holds
	// tokens that work; NodeHashesTokens mends that. If false, the native mode.
	SharedWithAuthJS bool
	// NodeHashesTokens says that the Auth.js app wraps its adapter so that it
	// hashes session tokens as authent does. For shared mode only. If false,
	// tokens are stored as issued there.
	NodeHashesTokens bool
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
	// HTTPClient gives the transport and the time-out for calls to providers.
	// Redirects are not followed and answers are limited to 1 MiB whatever it
	// says. Of one server's documents one is asked for at a time, and 64 callbacks
	// of a provider are worked on at once; who would wait too long gets 503. If
	// nil, http.DefaultTransport and 10 seconds.
	HTTPClient *http.Client
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
	// AcceptAuthJSCookie takes the browsers of an adopted Auth.js database over
	// (migrate adopt): on https, where a request has no session cookie of ours,
	// __Secure-authjs.session-token is read, and replaced by ours, with the same
	// token, in the same response. A sibling domain can plant a __Secure-
	// cookie, so turn it off when the old cookies are gone, after MaxAge. If
	// false, they are ignored. On http both cookies have one name.
	AcceptAuthJSCookie bool
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
		c.Secrets = secretsFromEnv(getenv, c.SharedWithAuthJS)
	}
	c.Session = c.Session.withDefaults()
	if c.StatementTimeout == 0 {
		c.StatementTimeout = 10 * time.Second
	}
	if c.RecentSignIn == 0 {
		c.RecentSignIn = 10 * time.Minute
	}
	c.BcryptHashes = c.BcryptHashes || c.SharedWithAuthJS
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
		c.TrustedOrigins[i] = browsersOrigin(o)
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

func secretsFromEnv(getenv func(string) string, shared bool) []string {
	single := getenv("AUTH_SECRET")
	if shared && single != "" {
		return []string{single}
	}
	var secrets []string
	for _, name := range []string{"AUTH_SECRET_3", "AUTH_SECRET_2", "AUTH_SECRET_1"} {
		if s := getenv(name); s != "" {
			secrets = append(secrets, s)
		}
	}
	if single != "" {
		secrets = append(secrets, single)
	}
	return secrets
}

// validate reports every fault at once.
func (c *Config) validate() error {
	errs := []error{
		validateSecrets(c.Secrets),
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
	if c.NodeHashesTokens && !c.SharedWithAuthJS {
		errs = append(errs, errors.New("NodeHashesTokens is for SharedWithAuthJS: in native mode tokens are hashed anyway"))
	}
	for _, o := range c.TrustedOrigins {
		if !validOrigin(o) {
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
	for name, page := range map[string]string{
		"SignIn": p.SignIn, "SignOut": p.SignOut, "Error": p.Error,
		"VerifyRequest": p.VerifyRequest, "Register": p.Register, "Account": p.Account, "NewUser": p.NewUser,
	} {
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

// browsersOrigin is an origin as browsers send it, whatever its letters and with or
// without the scheme's own port; what is none stays as it is.
func browsersOrigin(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || !strings.EqualFold(s, u.Scheme+"://"+u.Host) {
		return s
	}
	return u.Scheme + "://" + canonicalHost(u)
}

func validOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" &&
		s == u.Scheme+"://"+u.Host && s == strings.ToLower(s)
}

// site is what Config.URL says: where the engine is.
type site struct {
	// origin is scheme and host, nil in development.
	origin *url.URL
	// base is the path under which the Handler serves, without a slash at its end.
	base string
	// secure says that cookies are for https alone.
	secure bool
}

const defaultBase = "/auth"

func parseSite(raw string) (site, error) {
	if raw == "" {
		return site{base: defaultBase}, nil
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return site{}, errors.New("URL (AUTH_URL) is not a http(s) URL such as https://example.com/auth")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return site{}, errors.New("URL (AUTH_URL) has a user, a query or a fragment: use scheme, host and path alone")
	case strings.ContainsFunc(u.Host, func(c rune) bool { return c > unicode.MaxASCII }):
		return site{}, errors.New("URL (AUTH_URL) has a host with letters outside ASCII: use its xn-- form, as browsers do")
	case !validPort(u.Port()):
		return site{}, fmt.Errorf("URL (AUTH_URL) has the port %s: use one up to 65535", u.Port())
	case u.Scheme == "http" && !input.IsLoopbackHost(u.Host):
		return site{}, fmt.Errorf("URL (AUTH_URL) is http for %s: use https; http is for localhost, names under it and loopback addresses alone", u.Host)
	}
	base := path.Clean("/" + u.Path)
	if base == "/" {
		base = defaultBase
	}
	origin := &url.URL{Scheme: u.Scheme, Host: canonicalHost(u)}
	return site{origin: origin, base: base, secure: u.Scheme == "https"}, nil
}

func validPort(port string) bool {
	_, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil
}

// canonicalHost is the host as browsers write it in an origin: lower case, an IPv6
// address in its short form, and without the scheme's own port.
func canonicalHost(u *url.URL) string {
	host := strings.ToLower(u.Hostname())
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is6() {
		host = "[" + shortIPv6(addr) + "]"
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || u.Scheme == "http" && port == 80 || u.Scheme == "https" && port == 443 {
		return host
	}
	return host + ":" + strconv.FormatUint(port, 10)
}

// shortIPv6 is an IPv6 address as browsers write it, which know no dots in one.
func shortIPv6(addr netip.Addr) string {
	if b := addr.As16(); addr.Is4In6() {
		return fmt.Sprintf("::ffff:%x:%x", uint16(b[12])<<8|uint16(b[13]), uint16(b[14])<<8|uint16(b[15]))
	}
	return addr.String()
}
