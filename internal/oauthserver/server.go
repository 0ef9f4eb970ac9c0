// Package oauthserver is an OAuth 2.0 and OpenID Connect server on loopback, for tests
// and for trying things out. People can sign in there as anyone: a page asks who they
// want to be. It checks what a client sends as a strict provider does (RFC 6749, RFC
// 7636, RFC 9207, OpenID Connect Core), and misbehaves on request:
//
//	s, err := oauthserver.Start(oauthserver.Config{Auto: &oauthserver.Person{Subject: "1", Email: "ada@example.com"}})
//	defer s.Close()
//	s.Misbehave(oauthserver.Misbehaviour{WrongNonce: true})
//
// Below {URL}/login/oauth and {URL}/api/v3 it speaks as GitHub Enterprise does,
// for the same people and the same client.
package oauthserver

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Config says who the one client is and how the server answers.
type Config struct {
	// Addr is where to listen. Its host must be localhost or a loopback address.
	// If "", 127.0.0.1:0, a free port.
	Addr string
	// ClientID and ClientSecret are the client's. If "", "client" and "secret".
	ClientID, ClientSecret string
	// Public says that the client has no secret; one that sends a secret is then
	// refused. If false, it must send it.
	Public bool
	// RedirectURIs may be redirected to, compared byte for byte. If empty, any
	// URL of a loopback host.
	RedirectURIs []string
	// Auto answers every authorization request at once. If nil, a page asks.
	Auto *Person
	// Algorithm signs ID tokens: RS256 or ES256. If "", RS256.
	Algorithm string
	// RotateRefreshTokens gives a new refresh token with every refresh; using an
	// old one then revokes the grant (RFC 9700 §4.14.2). If false, the first one
	// stays.
	RotateRefreshTokens bool
	// NoRefreshTokens issues none. If false, every grant has one.
	NoRefreshTokens bool
	// ExpiringGitHubTokens makes the GitHub-like tokens expire and gives refresh
	// tokens beside them, as a GitHub app may be set up. If false, neither.
	ExpiringGitHubTokens bool
	// NoPKCE accepts no PKCE, as LinkedIn does for web applications: the challenge
	// is ignored, and a client that sends a verifier is refused (invalid_client).
	// If false, PKCE with S256 is required.
	NoPKCE bool
	// TokenLifetime is how long an access token works. If zero, an hour.
	TokenLifetime time.Duration
	// Now is the server's clock. If nil, time.Now.
	Now func() time.Time
}

// Person is somebody who signs in.
type Person struct {
	// Subject is the "sub" of OpenID Connect.
	Subject string
	// Number is the "id" of the GitHub-like API. If zero, one made from Subject.
	Number int64
	// Name and Email are left out of the claims where they are "".
	Name, Email string
	// EmailVerified is the claim of that name. If nil, it is left out.
	EmailVerified *bool
	// Picture is the URL of an image; left out if "".
	Picture string
	// Claims are added to those above, or replace them; nil as a value removes
	// one. They are in ID tokens and at the UserInfo endpoint.
	Claims map[string]any
	// Login is the user name of the GitHub-like API. If "", Subject.
	Login string
	// PublicEmail is the "email" of the GitHub-like /user; null if "".
	PublicEmail string
	// Emails are the answer of the GitHub-like /user/emails. If nil, Email alone,
	// primary.
	Emails []Email
	// FormUser is sent as the field "user" of an authorization response by form,
	// as Apple does at the first sign-in. If "", it is left out.
	FormUser string
}

// Email is an entry of the GitHub-like /user/emails.
type Email struct {
	Email    string `json:"email"`
	Primary  bool   `json:"primary"`
	Verified bool   `json:"verified"`
}

// Request is a request that the server got.
type Request struct {
	// Method and Path are those of the request line.
	Method, Path string
	// Query and Form are the parameters in the URL and in the body.
	Query, Form url.Values
	// Header is what came with it.
	Header http.Header
}

// String returns method and path: the rest holds secrets.
func (r Request) String() string { return r.Method + " " + r.Path }

// Server is a running provider. It is safe for concurrent use.
type Server struct {
	// URL is the server's origin and the issuer of OpenID Connect.
	URL string

	cfg  Config
	http *http.Server

	mu        sync.Mutex
	auto      *Person
	bad       Misbehaviour
	changed   chan struct{} // closed when bad is replaced
	key       signingKey
	keys      int
	requests  []Request
	refreshes int
	codes     map[string]*grant
	access    map[string]accessToken
	refresh   map[string]*refreshToken
}

// maxRequests is how many requests are remembered.
const maxRequests = 10_000

// Start listens and serves until Close.
func Start(c Config) (*Server, error) {
	c = c.withDefaults()
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("oauthserver: start: %w", err)
	}
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return nil, fmt.Errorf("oauthserver: start: %w", err)
	}
	s := &Server{
		URL: "http://" + listener.Addr().String(), cfg: c, auto: c.Auto, changed: make(chan struct{}),
		codes: map[string]*grant{}, access: map[string]accessToken{}, refresh: map[string]*refreshToken{},
	}
	if host, _, _ := net.SplitHostPort(c.Addr); host == "localhost" {
		s.URL = fmt.Sprintf("http://localhost:%d", listener.Addr().(*net.TCPAddr).Port)
	}
	if s.key, err = firstKey(c.Algorithm); err != nil {
		return nil, errors.Join(fmt.Errorf("oauthserver: start: %w", err), listener.Close())
	}
	// Idle connections stay open, or a client that pauses might find one closed at
	// the moment it writes.
	s.http = &http.Server{Handler: s.recorded(s.disturbed(s.routes())), ReadHeaderTimeout: time.Minute, IdleTimeout: time.Hour, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = s.http.Serve(listener) }() // ends with Close
	return s, nil
}

func (c Config) withDefaults() Config {
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	if c.ClientID == "" {
		c.ClientID = "client"
	}
	if c.ClientSecret == "" && !c.Public {
		c.ClientSecret = "secret"
	}
	if c.Algorithm == "" {
		c.Algorithm = "RS256"
	}
	if c.TokenLifetime == 0 {
		c.TokenLifetime = time.Hour
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func (c Config) validate() error {
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return err
	}
	if !loopback(host) {
		return fmt.Errorf("%s is not a loopback address, and anybody could sign in as anyone here: use 127.0.0.1:0", c.Addr)
	}
	if c.Public && c.ClientSecret != "" {
		return errors.New("a public client has no ClientSecret")
	}
	if c.Algorithm != "RS256" && c.Algorithm != "ES256" {
		return fmt.Errorf("algorithm %q: use RS256 or ES256", c.Algorithm)
	}
	return nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Close stops the server and ends what it has not answered.
func (s *Server) Close() error { return s.http.Close() }

// SetAuto changes Config.Auto from the next authorization request on.
func (s *Server) SetAuto(p *Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.auto = p
}

// Misbehave replaces what the server does wrong, from the next request on. The
// zero Misbehaviour behaves well again.
func (s *Server) Misbehave(m Misbehaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bad = m
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Server) misbehaviour() Misbehaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bad
}

// Requests returns the requests that came, oldest first, at most the last 10,000.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// RequestsTo returns those of Requests that have the path.
func (s *Server) RequestsTo(path string) []Request {
	return slices.DeleteFunc(s.Requests(), func(r Request) bool { return r.Path != path })
}

// Refreshes counts the requests that came with a refresh token, refused ones
// included.
func (s *Server) Refreshes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refreshes
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", s.discovery)
	mux.HandleFunc("GET /keys", s.jwks)
	mux.HandleFunc("/authorize", s.authorize)
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("/userinfo", s.userInfo)
	mux.HandleFunc("GET /user", s.githubUser)
	mux.HandleFunc("GET /user/emails", s.githubEmails)
	mux.HandleFunc("/login/oauth/authorize", s.authorize)
	mux.HandleFunc("POST /login/oauth/access_token", s.token)
	mux.HandleFunc("GET /api/v3/user", s.githubUser)
	mux.HandleFunc("GET /api/v3/user/emails", s.githubEmails)
	return mux
}

// recorded remembers each request before it is answered.
func (s *Server) recorded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		if err := r.ParseForm(); err != nil {
			http.Error(w, "the form cannot be read", http.StatusBadRequest)
			return
		}
		s.mu.Lock()
		if len(s.requests) == maxRequests {
			s.requests = slices.Delete(s.requests, 0, 1)
		}
		s.requests = append(s.requests, Request{r.Method, r.URL.Path, r.URL.Query(), r.PostForm, r.Header.Clone()})
		s.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}
