package authent

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
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

// Config holds everything that New needs. Adapter and Providers are required. The
// end of each field's comment states its default.
type Config struct {
	// URL is where browsers reach the Handler. Its origin decides redirects, links
	// and cookie names; a request's Host and X-Forwarded-* headers never do. Its
	// path is where the Handler is mounted; a URL without a path means /auth. It
	// must be https, except for localhost, names under it such as app.localhost, and
	// loopback addresses. If "", the environment's AUTH_URL, or beside next-auth 4
	// (AuthJS.Version) NEXTAUTH_URL, which without a path means /api/auth; if that is
	// empty too, this is development: the path is /auth, and only requests from this machine to
	// a loopback host are served.
	URL string
	// Secrets are what all keys are derived from, the newest first; older ones
	// still verify. Each must be random and at least 32 bytes long (openssl rand
	// -base64 33). If empty, the environment's AUTH_SECRET_3, _2, _1 and
	// AUTH_SECRET; in shared mode AUTH_SECRET alone if it is set, as in next-auth.
	// Beside next-auth 4 (AuthJS.Version) NEXTAUTH_SECRET stands for an AUTH_SECRET
	// that is not set. If those are empty too, New makes one in development (see URL) and keeps it
	// in .authent/secret under the working directory; elsewhere, and in shared
	// mode, that is an error.
	Secrets []string
	// Adapter stores everything. Required; ent.NewAuthAdapter(client) makes one.
	Adapter Adapter
	// StatementTimeout is how long the engine waits for each answer of the
	// Adapter, including the begin and the commit of a transaction. A call that
	// takes longer fails with ErrUnavailable, and browsers get 503. A connection
	// that database.Open made is freed then, even if the server is frozen; for
	// other connections that is up to the driver. If zero, 10 seconds; if
	// negative, as long as the request waits.
	StatementTimeout time.Duration
	// Providers are the ways to sign in, in the order in which pages show them.
	// Required.
	Providers []Provider
	// Session says how long sessions live.
	Session SessionConfig
	// Mailer sends mail: package mail has one for SMTP and one for development. Needed by
	// provider.Email, EmailVerification and everything that mails a link. If nil, nothing
	// is mailed: nobody can reset a password or change an address.
	Mailer Mailer
	// Outbox keeps mails until they are delivered. If nil, this process's memory; call
	// Close before it ends.
	Outbox Outbox
	// EmailVerification says whether people who register must prove their address. If
	// zero, VerificationOff.
	EmailVerification EmailVerification
	// SignUp says who may create an account. If zero, SignUpOpen: everybody.
	SignUp SignUpPolicy
	// NoticeNewBrowser mails people when somebody signs in to their account with a browser
	// that nobody has signed in to it with. It needs Mailer. If false, nobody is told.
	NoticeNewBrowser bool
	// RateLimits says how often a password or a mail may be asked for.
	RateLimits RateLimits
	// Passwords says which new passwords are refused.
	Passwords Passwords
	// Factors says whether people may or must have a second factor. If its zero value,
	// there are none.
	Factors Factors
	// Audit says how long events are kept.
	Audit AuditConfig
	// RecentSignIn is how long after a sign-in or re-authentication a person may
	// change what guards the account (ASVS 7.5.1). If zero, 10 minutes.
	RecentSignIn time.Duration
	// MaxHashes is how many passwords are hashed at once, at least 2; each takes 19
	// MiB. A quarter of them, rounded down and at least one, is reserved for
	// signed-in people who change or re-enter their password, so that a flood of
	// sign-ins and registrations does not lock them out. For each of these people
	// one password is hashed at a time; a second one meanwhile gets 503. All others
	// wait a second and then get 503. If zero, twice GOMAXPROCS.
	MaxHashes int
	// BcryptHashes says that the database holds bcrypt hashes, such as those of
	// an Auth.js app. Every attempt then costs one verification of each kind,
	// argon2id and bcrypt, so that its duration does not reveal which kind a user
	// has. Implied in shared mode.
	BcryptHashes bool
	// TrustedOrigins are origins (scheme://host[:port]) besides URL's whose pages
	// may send state-changing requests, read the Handler's answers (CORS) and be a
	// callbackUrl: trust them as your own. Only the same site can work, such as
	// https://app.example.com beside https://api.example.com, or another port of
	// localhost, since cookies are SameSite=Lax: browsers leave them out of what
	// another site's page fetches. They are https; http is for localhost, names under it
	// and loopback addresses, where URL is http too. If empty, none.
	TrustedOrigins []string
	// TrustedProxies are the reverse proxies whose X-Forwarded-For gives the client's
	// address. If empty, those of the environment's AUTH_TRUSTED_PROXIES, such as
	// "10.0.0.0/8, 192.0.2.7"; if that is empty too, the connection's address is
	// used.
	TrustedProxies []netip.Prefix
	// AuthJS describes how this application works together with an Auth.js app.
	// If zero, there is no such app.
	AuthJS AuthJS
	// Pages replaces built-in pages with the application's own. If zero, none.
	Pages Pages
	// Callbacks let the application take part in decisions. If zero, the engine
	// decides.
	Callbacks Callbacks
	// Events tell the application what happened. If zero, none.
	Events Events
	// Logger gets one line for each fault and each refused request worth knowing
	// about, and one (Info, "authent: security event") for each sign-in, failed
	// sign-in, sign-out, registration, re-authentication and change of what guards
	// an account: kind, user_id, client, outcome and reason. No line holds a secret.
	// An Adapter finds it with LoggerFrom. If nil, slog.Default().
	Logger *slog.Logger
	// Transport makes the calls to providers. Whatever it does, redirects are not
	// followed and answers are limited to 1 MiB. One request at a time is made for each
	// of a server's documents, and 64 callbacks of a provider are handled at once;
	// whoever would wait too long gets 503. If nil, http.DefaultTransport.
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
	// MaxAge is how long a session lives after it was started or last extended
	// ("rolled"); at most 400 days. If zero, 30 days.
	MaxAge time.Duration
	// UpdateAge is how old the last roll must be before a use rolls the session
	// again; at most MaxAge. If zero, 24 hours, or half of MaxAge if that is
	// less.
	UpdateAge time.Duration
	// AbsoluteMaxAge ends a session this long after its sign-in, however much it
	// is used (ASVS 7.3.2). If another program started the session without
	// recording when, its start is assumed to be an hour, or RecentSignIn if that
	// is longer, before its last roll; it keeps at least a tenth of
	// AbsoluteMaxAge. If zero, never.
	AbsoluteMaxAge time.Duration
	// TouchInterval is how precise LastUsedAt is: it is written at most this
	// often, within 5 seconds after the use, of many sessions at once if the Adapter
	// is a SessionToucher. What was not written when the process ends without
	// Auth.Close is lost. If zero, 5 minutes; if negative, only when the session rolls.
	TouchInterval time.Duration
	// Cache keeps sessions in memory, so that most checks need no statement. If its zero
	// value, every check asks the database.
	Cache CacheConfig
}

// Pages replaces built-in pages with the application's own. A value is a URL or a
// path on Config.URL's origin; the built-in page then redirects there with its
// query, so that its own path is an error. If "", the built-in page.
type Pages struct {
	SignIn, SignOut, Error, VerifyRequest, Register, Account string
	// Factor is where people are asked for the second factor of a sign-in (FinishSignIn),
	// Reauthenticate where they show again that it is them (Reauthenticate, StepUp). The
	// latter may be behind RequireUser, which lets people in there who must show a second
	// factor, by exactly this path and with any query; it must have no query of its own, and
	// not be behind RequireAAL2 or RequireRecent.
	Factor, Reauthenticate string
	// ForgotPassword is where people ask for a mail; the others are where links in mails
	// lead, with the link's parameters in the query. See Auth.VerifyEmail and the verbs
	// beside it for what these pages call. Let them send "Referrer-Policy: no-referrer":
	// their URLs hold secrets.
	ForgotPassword, ResetPassword, VerifyEmail, ChangeEmail, UndoEmail string
	// NewUser is where people go after their first sign-in through a provider,
	// with the callbackUrl in the query. If "", to the callbackUrl at once.
	NewUser string
	// AppName is what built-in pages call the application. If "", URL's host.
	AppName string
}

// withDefaults fills in unset fields from the environment and the defaults.
func (c Config) withDefaults(getenv func(string) string) Config {
	c.AuthJS = c.AuthJS.withDefaults()
	if c.URL == "" {
		c.URL = c.urlFromEnv(getenv)
	}
	if len(c.Secrets) == 0 {
		c.Secrets = c.secretsFromEnv(getenv)
	}
	c.Session = c.Session.withDefaults()
	c.RateLimits = c.RateLimits.withDefaults()
	c.Passwords = c.Passwords.withDefaults()
	c.Audit = c.Audit.withDefaults()
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
	s.Cache = s.Cache.withDefaults()
	return s
}

// validate reports every fault at once. site is what URL says, zero where that is one.
func (c *Config) validate(site input.Site) error {
	errs := []error{
		c.validateSecrets(),
		validateProviders(c.Providers),
		c.Session.validate(),
		c.validateCache(),
		c.RateLimits.validate(),
		c.Passwords.validate(),
		c.Audit.validate(),
		c.Pages.validate(site),
		c.AuthJS.validate(site),
	}
	if c.Adapter == nil {
		errs = append(errs, errors.New("no Adapter: set it to ent.NewAuthAdapter(client)"))
	} else {
		errs = append(errs, c.validateColumns(c.Adapter.Columns(), site))
	}
	if c.RecentSignIn < 0 {
		errs = append(errs, errors.New("RecentSignIn is negative"))
	}
	if c.MaxHashes != 0 && c.MaxHashes < password.MinConcurrent {
		errs = append(errs, fmt.Errorf("MaxHashes is %d: use %d or more, since one is kept for people who are signed in, or 0 for twice GOMAXPROCS", c.MaxHashes, password.MinConcurrent))
	}
	errs = append(errs, c.validateMail(site))
	if c.ProviderTimeout < 0 {
		errs = append(errs, errors.New("ProviderTimeout is negative"))
	}
	for _, o := range c.TrustedOrigins {
		if err := site.CheckOrigin(o); err != nil {
			errs = append(errs, fmt.Errorf("TrustedOrigins: %q %w", o, err))
		}
	}
	return errors.Join(errs...)
}

// validateMail reports what needs a Mailer and has none.
func (c *Config) validateMail(site input.Site) error {
	var errs []error
	if c.EmailVerification < VerificationOff || c.EmailVerification > VerificationRequired {
		errs = append(errs, fmt.Errorf("EmailVerification %d is not known", c.EmailVerification))
	}
	if c.SignUp < SignUpOpen || c.SignUp > SignUpClosed || c.SignUp == SignUpInvited && c.Mailer == nil {
		errs = append(errs, fmt.Errorf("SignUp %d is not known, or needs a Mailer for invitations", c.SignUp))
	}
	if _, dev := c.Mailer.(DevMailbox); dev && site.Origin != nil && !input.IsLoopbackHost(site.Origin.Host) {
		errs = append(errs, errors.New("Mailer is one for development, which sends nothing, and URL is not on this machine: set Mailer to mail.SMTP"))
	}
	if c.Mailer != nil {
		return errors.Join(errs...)
	}
	const advice = "set Mailer, such as mail.SMTP or in development mail.Dev"
	for i := range c.Providers {
		if p := &c.Providers[i]; p.isEmail() {
			errs = append(errs, fmt.Errorf("provider %s: no Mailer: %s", p.ID, advice))
		}
	}
	if c.EmailVerification != VerificationOff {
		errs = append(errs, fmt.Errorf("EmailVerification: no Mailer: %s", advice))
	}
	if c.NoticeNewBrowser {
		errs = append(errs, fmt.Errorf("NoticeNewBrowser: no Mailer: %s", advice))
	}
	return errors.Join(errs...)
}

func (c *Config) validateColumns(cols Columns, site input.Site) error {
	var errs []error
	for i := range c.Providers {
		if p := &c.Providers[i]; p.isPassword() && !cols.UserPassword {
			errs = append(errs, fmt.Errorf("provider %s: User has no field password: add field.String(\"password\").Optional().Sensitive()", p.ID))
		}
	}
	errs = append(errs, c.validateFactors(cols), c.validatePasskeys(site))
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
