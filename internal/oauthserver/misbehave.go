package oauthserver

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Misbehaviour is what the server does wrong. Fields may be combined.
type Misbehaviour struct {
	// WrongIssuer makes the ID token's iss https://issuer.invalid.
	WrongIssuer bool
	// WrongAudience makes aud another client's.
	WrongAudience bool
	// ExtraAudience makes aud the client and another; azp is AuthorizedParty.
	ExtraAudience bool
	// AuthorizedParty is the ID token's azp. If "", there is none.
	AuthorizedParty string
	// Expired makes exp an hour ago.
	Expired bool
	// WrongNonce changes the nonce; NoNonce leaves it out.
	WrongNonce, NoNonce bool
	// BadSignature changes a bit of the signature. AlgNone has no signature.
	// AlgHS256 signs with the client's secret. UnknownKey signs with a key that
	// is not published, under a kid that is not published; StolenKid under the
	// kid of a published one.
	BadSignature, AlgNone, AlgHS256, UnknownKey, StolenKid bool
	// NoIDToken leaves the ID token out.
	NoIDToken bool
	// EmptySubject makes sub "", NumericSubject the number 12345678901234567890;
	// MissingSubject leaves it out. All three act at the UserInfo endpoint too,
	// and on the GitHub-like id.
	EmptySubject, NumericSubject, MissingSubject bool
	// Claims replace those of the ID token; nil as a value removes one.
	Claims map[string]any

	// IssParam is the iss of the authorization response. If "", the issuer.
	IssParam string
	// WrongIssParam makes the iss of the authorization response
	// https://issuer.invalid; NoIssParam leaves it out.
	WrongIssParam, NoIssParam bool
	// WrongState changes the state of the authorization response; NoState leaves
	// it out. NoCode leaves the code out.
	WrongState, NoState, NoCode bool
	// AuthorizeError answers an authorization request with this error.
	AuthorizeError string

	// TokenStatus is the token endpoint's status, without a useful body. If zero,
	// none is forced.
	TokenStatus int
	// TokenHTML answers with a page, TokenHuge with 10 MB of JSON, TokenHang not
	// before the client gives up, TokenErrorWith200 with an error and status 200.
	TokenHTML, TokenHuge, TokenHang, TokenErrorWith200 bool
	// TokenForm answers with a form even if JSON is asked for.
	TokenForm bool
	// TokenDelay is how long the token endpoint waits before it answers.
	TokenDelay time.Duration
	// NoAccessToken leaves out access_token, NoExpiresIn expires_in.
	NoAccessToken, NoExpiresIn bool
	// TokenType replaces "Bearer". If "", it does not.
	TokenType string
	// TokenFields replace those of the token endpoint's answer; nil as a value
	// removes one.
	TokenFields map[string]any

	// UserInfoClaims replace those of the UserInfo endpoint; nil as a value removes
	// one.
	UserInfoClaims map[string]any
	// UserInfoOtherSubject makes the UserInfo endpoint's sub somebody else's.
	UserInfoOtherSubject bool
	// UserInfoStatus is the status of the UserInfo endpoint and of the GitHub-like
	// /user; EmailsStatus that of /user/emails. If zero, none is forced.
	UserInfoStatus, EmailsStatus int
	// UserInfoHuge answers with 10 MB of JSON, UserInfoHTML with a page.
	UserInfoHuge, UserInfoHTML bool
	// NoEmail leaves out email and email_verified everywhere.
	NoEmail bool

	// DiscoveryStatus and KeysStatus are the statuses of these two documents. If
	// zero, none is forced.
	DiscoveryStatus, KeysStatus int
	// DiscoveryOtherIssuer makes the discovered issuer https://issuer.invalid.
	DiscoveryOtherIssuer bool
	// DiscoveryMembers replace those of the discovery document; nil as a value
	// removes one.
	DiscoveryMembers map[string]any
	// DiscoveryHuge answers with 10 MB of JSON.
	DiscoveryHuge bool

	// Payload is the ID token's payload in place of its claims, signed as they
	// would be. If "", it is not.
	Payload string
	// Answers are what these paths answer instead, with status 200 and as JSON.
	Answers map[string]string
	// MediaTypes are the media types that these paths give their answers.
	MediaTypes map[string]string
	// Marked are the paths that answer with a byte-order mark first.
	Marked []string
	// Hang are the paths that answer nothing until the client gives up, or until
	// Misbehave is called with a Misbehaviour in which they do not hang.
	Hang []string
}

// invalidIssuer belongs to nobody (RFC 2606).
const invalidIssuer = "https://issuer.invalid"

// status answers with a forced status and reports whether one is forced.
func status(w http.ResponseWriter, code int) bool {
	if code == 0 {
		return false
	}
	http.Error(w, "out of order", code)
	return true
}

// huge writes more JSON than any client should read.
func huge(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	line := strings.Repeat("x", 1<<20)
	if _, err := w.Write([]byte(`{"padding":"`)); err != nil {
		return
	}
	for range 10 {
		if _, err := w.Write([]byte(line)); err != nil {
			return // the client read enough
		}
	}
	_, _ = w.Write([]byte(`"}`)) // as above
}

func htmlInstead(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte("<!doctype html><title>Maintenance</title><p>Back soon.")) // the client went away
}

// disturbed holds requests back and answers in place of next, as it was told to.
func (s *Server) disturbed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m, ok := s.held(r)
		if !ok {
			return // the client gave up
		}
		w = &oddWriter{w, m.MediaTypes[r.URL.Path], slices.Contains(m.Marked, r.URL.Path)}
		if answer, ok := m.Answers[r.URL.Path]; ok {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, answer) // the client went away
			return
		}
		next.ServeHTTP(w, r)
	})
}

// oddWriter gives an answer another media type, and puts a byte-order mark before
// it.
type oddWriter struct {
	http.ResponseWriter
	kind   string
	marked bool
}

// Unwrap lets http.ResponseController reach what lies beneath.
func (o *oddWriter) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (o *oddWriter) WriteHeader(code int) {
	if o.kind != "" {
		o.Header().Set("Content-Type", o.kind)
		o.kind = ""
	}
	o.ResponseWriter.WriteHeader(code)
}

// Write implements http.ResponseWriter.
func (o *oddWriter) Write(b []byte) (int, error) {
	if o.kind != "" {
		o.WriteHeader(http.StatusOK)
	}
	if o.marked {
		o.marked = false
		if _, err := io.WriteString(o.ResponseWriter, "\uFEFF"); err != nil {
			return 0, err
		}
	}
	return o.ResponseWriter.Write(b)
}

// held waits until the path of a request no longer hangs, and reports whether the
// client waited too.
func (s *Server) held(r *http.Request) (Misbehaviour, bool) {
	for {
		s.mu.Lock()
		m, changed := s.bad, s.changed
		s.mu.Unlock()
		if !slices.Contains(m.Hang, r.URL.Path) {
			return m, true
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return m, false
		}
	}
}
