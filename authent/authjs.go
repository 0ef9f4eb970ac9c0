package authent

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/authent/authent/authent/internal/input"
	"github.com/authent/authent/authent/internal/seal"
)

// AuthJS describes how the application works together with an Auth.js app.
type AuthJS struct {
	// Mode says what the two share. If zero, AuthJSAlone.
	Mode AuthJSMode
	// Version says which Auth.js the app is on, and which next-auth/react the browsers
	// have: it decides the names of the cookies that the two share, and in every mode
	// what the Handler answers a script. If zero, AuthJS5.
	Version AuthJSVersion
	// EmailSecret is the option secret of the Auth.js app's e-mail provider, with which
	// links are hashed in place of the application's secret; at least 32 bytes. It is
	// for the shared modes. If "", that provider has no such option.
	EmailSecret Secret
	// Cookies are the names of the Auth.js app's cookies, if its option cookies changes
	// them. If zero, those of Version.
	Cookies AuthJSCookies
	// Domain is the Domain attribute of the Auth.js app's session cookie, such as
	// "example.com": Config.URL's host or one above it. Ours then has it too in the
	// shared modes, and where it is set or cleared, one without Domain is cleared, so
	// that no old cookie stands before it; with AuthJSAdopted Auth.js's cookie is
	// cleared with it. Every host under that domain gets the session cookie and can set
	// one (P22), so leave it empty where the two apps have one host. For a public suffix,
	// such as "co.uk" or "vercel.app", browsers keep no cookie; New does not know those.
	// If "", the cookie is for URL's host alone.
	Domain string
	// TokenFormat says what session tokens look like, if the Auth.js app has a
	// generateSessionToken of its own. The database is asked for no others. If zero,
	// 20 to 255 characters of A–Z, a–z, 0–9, ".", "_", "~" and "-".
	TokenFormat SessionTokenFormat
}

// SessionTokenFormat says what a session token of an Auth.js app looks like. Each must
// hold 128 random bits (ASVS 7.2.3): the format cannot show that.
type SessionTokenFormat struct {
	// Extra are characters besides A–Z, a–z, 0–9, ".", "_", "~" and "-" that a token may
	// hold, such as "+/=" for base64: visible ASCII. If "", none.
	Extra string
	// MinLength is how many characters a token has at least, 16 or more. If zero, 20.
	MinLength int
	// MaxLength is how many characters a token has at most, up to 1020. If zero, 255.
	MaxLength int
}

// AuthJSVersion is a major version of Auth.js, which was called next-auth before.
type AuthJSVersion int

const (
	// AuthJS4 is next-auth 4. Its cookies are called next-auth.session-token and so on.
	// Of Config.Secrets it knows the first alone, as its NEXTAUTH_SECRET; the others
	// still open what this program has sealed. The Handler takes the field json=true for
	// the header X-Auth-Return-Redirect, answers {} where nobody is signed in, tells a
	// script of a credentials form that fails with 401, and 403 where the SignIn callback
	// said no, and answers 200 to POST _log, of which it reads and logs nothing.
	//
	// Where next-auth 4 guards less, this stays as it is beside version 5: a link of a
	// mail signs in by the button on its page, not by being opened; a form without the
	// CSRF token fails with an error that a script sees; of a database that does not
	// answer the Handler says 503, not that nobody is signed in.
	AuthJS4 AuthJSVersion = 4
	// AuthJS5 is Auth.js 5, in which cookies are called authjs.session-token and so on.
	AuthJS5 AuthJSVersion = 5
)

// AuthJSMode says what the application and an Auth.js app share.
type AuthJSMode int

const (
	// AuthJSAlone is an application without an Auth.js app.
	AuthJSAlone AuthJSMode = iota
	// AuthJSAdopted keeps people signed in whose Auth.js database was adopted (migrate
	// adopt). If a request has no session cookie of ours, Auth.js's is read
	// (on https __Secure-authjs.session-token, in version 4
	// __Secure-next-auth.session-token) and, in the same response, replaced by ours with
	// the same token. A sibling domain can plant a __Secure- cookie, so go back to
	// AuthJSAlone when the old cookies are gone, after MaxAge. On http both cookies have
	// the same name in version 5.
	AuthJSAdopted
	// AuthJSShared makes rows and cookies readable by an Auth.js app on the same
	// database, host and secret: session tokens are stored as issued, passwords are
	// bcrypt, cookies have Auth.js's names. The database then holds tokens that work;
	// AuthJSSharedHashed avoids that.
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

func (c *Config) beside4() bool { return c.AuthJS.Version == AuthJS4 }

func (j AuthJS) withDefaults() AuthJS {
	if j.Version == 0 {
		j.Version = AuthJS5
	}
	if j.TokenFormat.MinLength == 0 {
		j.TokenFormat.MinLength = seal.MinTokenLen
	}
	if j.TokenFormat.MaxLength == 0 {
		j.TokenFormat.MaxLength = max(seal.MaxTokenLen, j.TokenFormat.MinLength)
	}
	j.Domain = strings.ToLower(strings.TrimPrefix(j.Domain, ".")) // browsers ignore the dot
	return j
}

// sharedSecrets returns the secrets as Auth.js hashes with them, the one for new hashes
// first. Version 5 joins a list into one text; version 4 knows no lists.
func (c *Config) sharedSecrets() []string {
	if c.beside4() {
		return c.Secrets
	}
	return []string{strings.Join(c.Secrets, ",")}
}

// linkSecret returns the secret with which Auth.js hashes the token of a link.
func (c *Config) linkSecret() string {
	if c.AuthJS.EmailSecret != "" {
		return string(c.AuthJS.EmailSecret)
	}
	return c.sharedSecrets()[0]
}

func (c *Config) secretsFromEnv(getenv func(string) string) []string {
	single := getenv("AUTH_SECRET")
	if single == "" && c.beside4() {
		single = getenv("NEXTAUTH_SECRET")
	}
	if c.shared() && single != "" {
		return []string{single}
	}
	var secrets []string
	for _, s := range []string{getenv("AUTH_SECRET_3"), getenv("AUTH_SECRET_2"), getenv("AUTH_SECRET_1"), single} {
		if s != "" {
			secrets = append(secrets, s)
		}
	}
	return secrets
}

// urlFromEnv returns AUTH_URL. NEXTAUTH_URL without a path is completed as next-auth 4
// does it.
func (c *Config) urlFromEnv(getenv func(string) string) string {
	if s := getenv("AUTH_URL"); s != "" || !c.beside4() {
		return s
	}
	s := getenv("NEXTAUTH_URL")
	if u, err := url.Parse(s); err == nil && u.Host != "" && strings.Trim(u.Path, "/") == "" {
		u.Path = "/api/auth"
		return u.String()
	}
	return s
}

// checkEnv refuses an environment of which the two apps would read different secrets:
// next-auth 4 prefers NEXTAUTH_SECRET.
func (c *Config) checkEnv(getenv func(string) string) error {
	ours, theirs := getenv("AUTH_SECRET"), getenv("NEXTAUTH_SECRET")
	if c.shared() && c.beside4() && ours != "" && theirs != "" && ours != theirs && c.Secrets[0] == ours {
		return errors.New("AUTH_SECRET and NEXTAUTH_SECRET differ, and next-auth 4 uses NEXTAUTH_SECRET: set one of them")
	}
	return nil
}

// plausible reports whether a session cookie's value can be a token.
func (j AuthJS) plausible(token string) bool {
	f := j.TokenFormat
	return seal.TokenFormat{Extra: f.Extra, Min: f.MinLength, Max: f.MaxLength}.Plausible(token)
}

func (j AuthJS) validate(site input.Site) error {
	var errs []error
	if j.Mode < AuthJSAlone || j.Mode > AuthJSSharedHashed {
		errs = append(errs, fmt.Errorf("%v is not known: AuthJS.Mode is AuthJSAlone, AuthJSAdopted, AuthJSShared or AuthJSSharedHashed", j.Mode))
	}
	if j.Version != AuthJS4 && j.Version != AuthJS5 {
		errs = append(errs, fmt.Errorf("AuthJS.Version is %d: use AuthJS4 or AuthJS5", int(j.Version)))
	}
	if j.EmailSecret != "" && len(j.EmailSecret) < minSecret {
		errs = append(errs, fmt.Errorf("AuthJS.EmailSecret has %d bytes: use at least %d in both apps (openssl rand -base64 33)", len(j.EmailSecret), minSecret))
	}
	return errors.Join(append(errs, j.validateUse(), j.validateTokens(), j.validateCookies(site), j.validateDomain(site))...)
}

// validateUse refuses what Mode has no use for.
func (j AuthJS) validateUse() error {
	var errs []error
	alone, shared := j.Mode == AuthJSAlone, j.Mode == AuthJSShared || j.Mode == AuthJSSharedHashed
	for _, f := range []struct {
		name        string
		set, useful bool
		modes       string
	}{
		{"EmailSecret", j.EmailSecret != "", shared, "AuthJSShared and AuthJSSharedHashed"},
		{"Cookies.CSRF", j.Cookies.CSRF != "", shared, "AuthJSShared and AuthJSSharedHashed"},
		{"Cookies.CallbackURL", j.Cookies.CallbackURL != "", shared, "AuthJSShared and AuthJSSharedHashed"},
		{"Cookies.Prefix", j.Cookies.Prefix != "", !alone, "an application with an Auth.js app"},
		{"Cookies.Session", j.Cookies.Session != "", !alone, "an application with an Auth.js app"},
		{"Domain", j.Domain != "", !alone, "an application with an Auth.js app"},
		{"TokenFormat", j.TokenFormat != AuthJS{}.withDefaults().TokenFormat, !alone, "an application with an Auth.js app"},
	} {
		if f.set && !f.useful {
			errs = append(errs, fmt.Errorf("AuthJS.%s is for %s: leave it empty, or set AuthJS.Mode", f.name, f.modes))
		}
	}
	return errors.Join(errs...)
}

func (j AuthJS) validateTokens() error {
	const shortest = 16
	var errs []error
	f := j.TokenFormat
	if f.MinLength < shortest || f.MaxLength < f.MinLength || f.MaxLength > MaxKey {
		errs = append(errs, fmt.Errorf("AuthJS.TokenFormat is %d to %d characters: use %d to %d, the smaller one first", f.MinLength, f.MaxLength, shortest, MaxKey))
	}
	for _, r := range f.Extra {
		if r <= ' ' || r > '~' {
			errs = append(errs, fmt.Errorf("AuthJS.TokenFormat.Extra holds %q: use visible ASCII characters, such as \"+/=\"", r))
		}
	}
	return errors.Join(errs...)
}
