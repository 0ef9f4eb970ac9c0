package oauthserver

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// grant is what somebody allowed a client to do.
type grant struct {
	person                        Person
	redirectURI, challenge, nonce string
	scopes                        []string
	github                        bool
	at                            time.Time
	revoked                       bool
}

type accessToken struct {
	grant   *grant
	expires time.Time
}

type refreshToken struct {
	grant *grant
	spent bool
}

// codeLifetime is how long an authorization code works (RFC 6749 §4.1.2).
const codeLifetime = 10 * time.Minute

// newToken returns 256 random bits.
func newToken() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// fault is an error answer of the token endpoint (RFC 6749 §5.2).
type fault struct {
	code string
	text string
}

// token answers at the token endpoint.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	m := s.misbehaviour()
	if r.PostForm.Get("grant_type") == "refresh_token" {
		s.mu.Lock()
		s.refreshes++
		s.mu.Unlock()
	}
	if m.TokenDelay > 0 {
		select {
		case <-time.After(m.TokenDelay):
		case <-r.Context().Done():
			return
		}
	}
	switch {
	case m.TokenHang:
		<-r.Context().Done()
		return
	case status(w, m.TokenStatus):
		return
	case m.TokenHTML:
		htmlInstead(w)
		return
	case m.TokenHuge:
		huge(w)
		return
	case m.TokenErrorWith200:
		writeJSON(w, http.StatusOK, map[string]string{"error": "bad_verification_code", "error_description": "The code passed is incorrect or expired."})
		return
	}
	answer, bad := s.exchange(r, m)
	if bad != nil {
		refuse(w, r, m, bad)
		return
	}
	if m.wantsForm(r) {
		writeForm(w, answer)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

// wantsForm reports whether a request is answered with a form: GitHub does so
// unless JSON is asked for.
func (m Misbehaviour) wantsForm(r *http.Request) bool {
	return m.TokenForm || isGitHub(r) && !strings.Contains(r.Header.Get("Accept"), "json")
}

// refuse says what is wrong; GitHub says it with status 200.
func refuse(w http.ResponseWriter, r *http.Request, m Misbehaviour, f *fault) {
	body := map[string]any{"error": f.code, "error_description": f.text}
	switch {
	case m.wantsForm(r):
		writeForm(w, body)
	case isGitHub(r):
		writeJSON(w, http.StatusOK, body)
	case f.code == "invalid_client":
		w.Header().Set("WWW-Authenticate", `Basic realm="token"`)
		writeJSON(w, http.StatusUnauthorized, body)
	default:
		writeJSON(w, http.StatusBadRequest, body)
	}
}

// exchange returns what the token endpoint answers.
func (s *Server) exchange(r *http.Request, m Misbehaviour) (map[string]any, *fault) {
	for _, values := range r.PostForm {
		if len(values) > 1 {
			return nil, &fault{"invalid_request", "A parameter is repeated."}
		}
	}
	if f := s.authenticate(r); f != nil {
		return nil, f
	}
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		g, f := s.redeem(r.PostForm)
		if f != nil {
			return nil, f
		}
		return s.issue(g, s.newRefreshToken(g), g.nonce, m)
	case "refresh_token":
		g, next, f := s.refreshed(r.PostForm.Get("refresh_token"))
		if f != nil && isGitHub(r) {
			f.code = "bad_refresh_token"
		}
		if f != nil {
			return nil, f
		}
		return s.issue(g, next, "", m)
	}
	return nil, &fault{"unsupported_grant_type", "Use authorization_code or refresh_token."}
}

// authenticate checks who the client is (RFC 6749 §2.3.1): by Basic with id and
// secret encoded, or in the form, never both.
func (s *Server) authenticate(r *http.Request) *fault {
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if user, password, ok := r.BasicAuth(); ok {
		if r.PostForm.Has("client_secret") {
			return &fault{"invalid_request", "Two ways of client authentication."}
		}
		var err1, err2 error
		id, err1 = url.QueryUnescape(user)
		secret, err2 = url.QueryUnescape(password)
		if err1 != nil || err2 != nil {
			return &fault{"invalid_client", "Id or secret is not encoded."}
		}
	}
	if id != s.cfg.ClientID || subtle.ConstantTimeCompare([]byte(secret), []byte(s.cfg.ClientSecret)) != 1 {
		return &fault{"invalid_client", "Id or secret is wrong."}
	}
	return nil
}

// redeem uses a code up, even if the rest of the request is wrong.
func (s *Server) redeem(form url.Values) (*grant, *fault) {
	s.mu.Lock()
	g := s.codes[form.Get("code")]
	delete(s.codes, form.Get("code"))
	s.mu.Unlock()
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	switch {
	case g == nil || s.cfg.Now().Sub(g.at) > codeLifetime:
		return nil, &fault{"invalid_grant", "The code is unknown, used or expired."}
	case form.Get("redirect_uri") != g.redirectURI:
		return nil, &fault{"invalid_grant", "The redirect_uri is another one."}
	case s.cfg.NoPKCE && form.Has("code_verifier"):
		return nil, &fault{"invalid_client", "A web application sends no code_verifier."}
	case !s.cfg.NoPKCE && base64.RawURLEncoding.EncodeToString(sum[:]) != g.challenge:
		return nil, &fault{"invalid_grant", "The code_verifier does not fit."}
	}
	return g, nil
}

func (s *Server) newRefreshToken(g *grant) string {
	if s.cfg.NoRefreshTokens || g.github && !s.cfg.ExpiringGitHubTokens {
		return ""
	}
	token := newToken()
	s.mu.Lock()
	s.refresh[token] = &refreshToken{grant: g}
	s.mu.Unlock()
	return token
}

// refreshed uses a refresh token; next is its successor, "" if it stays.
func (s *Server) refreshed(token string) (g *grant, next string, f *fault) {
	s.mu.Lock()
	t := s.refresh[token]
	if t != nil && t.spent {
		t.grant.revoked = true // RFC 9700 §4.14.2: one of the two users is a thief
	}
	ok := t != nil && !t.grant.revoked
	if ok {
		t.spent = s.cfg.RotateRefreshTokens
	}
	s.mu.Unlock()
	if !ok {
		return nil, "", &fault{"invalid_grant", "The refresh token is unknown, used or revoked."}
	}
	if s.cfg.RotateRefreshTokens {
		next = s.newRefreshToken(t.grant)
	}
	return t.grant, next, nil
}

// RevokeGrants ends everything that people have allowed so far: access and
// refresh tokens are refused from now on.
func (s *Server) RevokeGrants() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.access {
		t.grant.revoked = true
	}
	for _, t := range s.refresh {
		t.grant.revoked = true
	}
}

// issue makes the tokens of a grant.
func (s *Server) issue(g *grant, refresh, nonce string, m Misbehaviour) (map[string]any, *fault) {
	now, access := s.cfg.Now(), newToken()
	answer := map[string]any{"access_token": access, "token_type": cmp.Or(m.TokenType, "Bearer"), "scope": strings.Join(g.scopes, " ")}
	expires := now.Add(s.cfg.TokenLifetime)
	if g.github {
		answer["token_type"], answer["scope"] = cmp.Or(m.TokenType, "bearer"), strings.Join(g.scopes, ",")
	}
	if g.github && !s.cfg.ExpiringGitHubTokens {
		expires = now.Add(365 * 24 * time.Hour)
	} else if !m.NoExpiresIn {
		answer["expires_in"] = int(s.cfg.TokenLifetime / time.Second)
	}
	if refresh != "" {
		answer["refresh_token"] = refresh
	}
	if slices.Contains(g.scopes, "openid") && !m.NoIDToken {
		idToken, err := s.sign(s.idToken(g, nonce, m), m)
		if err != nil {
			return nil, &fault{"server_error", "The ID token cannot be signed."}
		}
		answer["id_token"] = idToken
	}
	if m.NoAccessToken {
		delete(answer, "access_token")
	}
	overlay(answer, m.TokenFields)
	s.mu.Lock()
	s.access[access] = accessToken{g, expires}
	s.mu.Unlock()
	return answer, nil
}

func writeJSON(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	if w.Header().Get("Cache-Control") == "" {
		w.Header().Set("Cache-Control", "no-store")
	}
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // the client went away
}

// writeForm answers as GitHub does unless JSON is asked for.
func writeForm(w http.ResponseWriter, answer map[string]any) {
	values := url.Values{}
	for name, v := range answer {
		values.Set(name, fmt.Sprint(v))
	}
	w.Header().Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(values.Encode())) // the client went away
}
