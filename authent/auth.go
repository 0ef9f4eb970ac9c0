package authent

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/authent/authent/authent/internal/guessable"
	"github.com/authent/authent/authent/internal/input"
	"github.com/authent/authent/authent/internal/oauth"
	"github.com/authent/authent/authent/internal/password"
	"github.com/authent/authent/authent/internal/queue"
	"github.com/authent/authent/authent/internal/seal"
)

// Auth is the engine: the verbs, the middleware and the HTTP handler. New makes
// one; it is safe for concurrent use.
type Auth struct {
	cfg     Config
	site    input.Site
	columns Columns
	store   Adapter
	keys    *seal.Keyring
	tokens  *TokenSealer
	csrf    seal.CSRF
	hasher  *password.Hasher
	// queue keeps mails, where Config.Outbox does not.
	queue *queue.Queue
	// lastOrigin is where the last request in development without AUTH_URL came in.
	lastOrigin atomic.Pointer[url.URL]
	// judge knows which passwords are guessed first.
	judge guessable.Judge
	// counters count tries.
	counters RateLimitStore
	origins  *http.CrossOriginProtection
	cookies  cookieNames
	// waysIn are the pages to which nobody comes back who has signed in; nil in development.
	waysIn []pageURL
	// oauth has a client for each provider of the types oauth and oidc.
	oauth map[string]*oauth.Client
	// severalCookies keeps the log to one line a minute about several session cookies.
	severalCookies pause
	// jwtSession keeps the log to one line about sessions that are JWTs.
	jwtSession sync.Once
	// breachedAway keeps the log to one line a minute about Passwords.Breached.
	breachedAway pause
	// untrustedProxy keeps the log to one line a minute about a proxy nobody trusts.
	untrustedProxy pause
	// cache keeps sessions that were checked; nil if it is off.
	cache *sessionCache
	// touches are the sessions whose last use is still to be written; nil if each request
	// writes its own.
	touches *touches
	// touchFails keeps the log to one line a minute about touches that fail.
	touchFails pause
	// outboxFails keeps the log to one line a minute about mails that find no room.
	outboxFails pause
	// auditFails keeps the log to one line a minute about failures that were not stored.
	auditFails pause
	// clockOff keeps the log to one line a minute about codes of another time.
	clockOff pause
}

// New checks the whole configuration and returns the engine, or one error that
// lists every fault. It opens no connection and starts nothing; it hashes one
// random secret, which takes some 40 ms, and with bcrypt some 300 ms. In development
// without a secret it writes one file (Config.Secrets).
func New(c Config) (*Auth, error) {
	c = c.withDefaults(os.Getenv)
	site, err := input.ParseSite(c.URL)
	if err := errors.Join(err, c.trustProxies(os.Getenv), c.checkEnv(os.Getenv), c.validate(site)); err != nil {
		return nil, fmt.Errorf("authent: config: %w", err)
	}
	if err := c.keepDevSecret(); err != nil {
		return nil, fmt.Errorf("authent: %w", err)
	}
	a := &Auth{
		cfg:     c,
		site:    site,
		columns: c.Adapter.Columns(),
		store:   engineAdapter{c.Adapter, c.StatementTimeout, c.Logger},
		keys:    seal.NewKeyring(c.Secrets),
		origins: http.NewCrossOriginProtection(),
		cookies: c.cookieNames(site),
		oauth:   newOAuthClients(c),
		judge:   c.newJudge(site),
	}
	a.tokens = &TokenSealer{a.keys, c.Rand}
	a.csrf = seal.NewCSRF(a.keys)
	if c.shared() {
		a.csrf = seal.NewAuthJSCSRF(c.sharedSecrets())
	}
	a.hasher, err = password.New(password.Config{
		MaxConcurrent: c.MaxHashes, Bcrypt: c.BcryptHashes, PreferBcrypt: c.shared(), Rand: c.Rand,
	})
	if err != nil {
		return nil, fmt.Errorf("authent: password hashing: %w", err)
	}
	for _, o := range c.TrustedOrigins {
		if err := a.origins.AddTrustedOrigin(o); err != nil {
			return nil, fmt.Errorf("authent: config: TrustedOrigins: %w", err)
		}
	}
	if a.counters, err = c.newCounters(); err != nil {
		return nil, fmt.Errorf("authent: %w", err)
	}
	if a.cache, err = a.newCache(); err != nil {
		return nil, fmt.Errorf("authent: config: %w", err)
	}
	a.queue = a.newQueue()
	a.touches = a.newTouches()
	a.waysIn = a.waysInOn(site.Origin)
	a.warn()
	return a, nil
}

// trustProxies fills TrustedProxies from the environment if it is empty.
func (c *Config) trustProxies(getenv func(string) string) (err error) {
	const name = "AUTH_TRUSTED_PROXIES"
	if c.TrustedProxies != nil {
		return nil
	}
	if c.TrustedProxies, err = input.ParseProxies(getenv(name)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// warn logs settings that are allowed but not fit for production.
func (a *Auth) warn() {
	if a.site.Origin == nil {
		a.cfg.Logger.Warn("authent: AUTH_URL is not set: only http requests from this machine to a loopback host are served")
	}
	if _, ok := a.passkeyProvider(); ok && a.site.Origin != nil && isIP(a.site.Origin.Hostname()) {
		a.cfg.Logger.Warn("authent: browsers have no passkeys for an IP address, so pages do not offer them: use a name in URL, such as localhost")
	}
	if a.cfg.Factors.Policy == FactorsRequired && !a.cfg.offersFactors() {
		a.cfg.Logger.Warn("authent: FactorsRequired without a Mailer, a provider with TrustEmail, or passkeys: only those can set up an app, and pass, whose address the application itself calls verified")
	}
	if a.cfg.AuthJS.Mode == AuthJSShared {
		a.cfg.Logger.Warn("authent: AuthJSShared stores session tokens as Auth.js does, so whoever reads the database can use them; wrap the Node adapter and use AuthJSSharedHashed")
	}
}

func isIP(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// Pattern returns the http.ServeMux pattern under which to mount Handler,
// "/auth/" by default.
func (a *Auth) Pattern() string { return a.site.Base + "/" }

// BasePath returns the path under which Handler serves, without a trailing slash:
// "/auth" by default. Use it with routers other than http.ServeMux, in place of
// Pattern.
func (a *Auth) BasePath() string { return a.site.Base }

// now returns the time with the precision that is stored (milliseconds).
func (a *Auth) now() time.Time { return a.cfg.Now().UTC().Truncate(time.Millisecond) }

// originOf returns the application's origin for r: Config.URL's, or in
// development that of a loopback request. An error says why r cannot be served.
func (a *Auth) originOf(r *http.Request) (*url.URL, error) {
	if a.site.Origin != nil {
		return a.site.Origin, nil
	}
	switch {
	case input.Forwarded(r):
		return nil, errors.New("the request came through a proxy")
	case !input.IsLoopbackHost(r.Host):
		return nil, errors.New("the request is for a host that is not loopback")
	case !input.IsLoopbackHost(r.RemoteAddr):
		return nil, errors.New("the request came from another machine")
	}
	origin := &url.URL{Scheme: "http", Host: strings.ToLower(r.Host)}
	a.lastOrigin.Store(origin)
	return origin, nil
}

// storedToken returns what the database holds for a session token.
func (a *Auth) storedToken(token string) Secret {
	if a.cfg.AuthJS.Mode == AuthJSShared {
		return Secret(token)
	}
	return seal.HashToken(token)
}

// newOAuthClients makes a client for each provider of the types oauth and oidc.
func newOAuthClients(c Config) map[string]*oauth.Client {
	configs := map[string]oauth.Config{}
	for i := range c.Providers {
		if p := &c.Providers[i]; p.isOAuth() {
			configs[p.ID] = p.config()
		}
	}
	return oauth.NewClients(configs, oauth.Calls{Transport: c.Transport, Timeout: c.ProviderTimeout, Now: c.Now})
}

// devSecretFile is where development keeps a secret if none is set: under the working
// directory, since the secret belongs to one application and should go away with it.
// The user's cache folder would give all applications one secret, and many containers
// have no such folder.
var devSecretFile = filepath.Join(".authent", "secret")

// lacksDevSecret reports whether New makes a secret by itself: only in development,
// and not beside an Auth.js app, which would have a different one.
func (c *Config) lacksDevSecret() bool {
	return c.URL == "" && len(c.Secrets) == 0 && !c.shared()
}

func (c *Config) validateSecrets() error {
	if c.lacksDevSecret() {
		return nil
	}
	return validateSecrets(c.Secrets)
}

// keepDevSecret sets a secret in development if there is none: that of an earlier
// start, or a new one, and then logs where it is kept.
func (c *Config) keepDevSecret() error {
	if !c.lacksDevSecret() {
		return nil
	}
	file, err := filepath.Abs(devSecretFile)
	if err != nil {
		file = devSecretFile
	}
	secret, made, err := seal.KeepSecret(file, c.Rand)
	if err != nil {
		return fmt.Errorf("keep a secret for development: %w: set AUTH_SECRET instead (openssl rand -base64 33)", err)
	}
	c.Secrets = []string{secret}
	if made {
		c.Logger.Info("authent: AUTH_SECRET is not set: made a secret for development and kept it", "file", file)
	}
	return nil
}
