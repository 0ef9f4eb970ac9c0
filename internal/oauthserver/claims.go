package oauthserver

import (
	"cmp"
	"encoding/json"
	"hash/fnv"
	"net/http"
	"slices"
	"strings"
	"time"
)

// isGitHub reports whether a request is for the GitHub-like endpoints.
func isGitHub(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/login/oauth/") }

// issuer returns whom an authorization response comes from.
func (s *Server) issuer(github bool) string {
	if github {
		return s.URL + "/login/oauth"
	}
	return s.URL
}

// claims returns what the scopes allow a client to know about a person (OpenID
// Connect Core §5.4).
func (g *grant) claims(m Misbehaviour) map[string]any {
	p := g.person
	c := map[string]any{"sub": p.Subject}
	if slices.Contains(g.scopes, "profile") {
		set(c, "name", p.Name)
		set(c, "picture", p.Picture)
	}
	if slices.Contains(g.scopes, "email") && p.Email != "" {
		c["email"] = p.Email
		if p.EmailVerified != nil {
			c["email_verified"] = *p.EmailVerified
		}
	}
	overlay(c, p.Claims)
	if m.NoEmail {
		delete(c, "email")
		delete(c, "email_verified")
	}
	m.subject(c, "sub")
	return c
}

// subject spoils an id as the Misbehaviour says.
func (m Misbehaviour) subject(c map[string]any, name string) {
	switch {
	case m.EmptySubject:
		c[name] = ""
	case m.NumericSubject:
		c[name] = json.Number("12345678901234567890")
	case m.MissingSubject:
		delete(c, name)
	}
}

func set(c map[string]any, name, value string) {
	if value != "" {
		c[name] = value
	}
}

func overlay(c, with map[string]any) {
	for name, v := range with {
		if c[name] = v; v == nil {
			delete(c, name)
		}
	}
}

// idToken returns the claims of an ID token (OpenID Connect Core §2).
func (s *Server) idToken(g *grant, nonce string, m Misbehaviour) map[string]any {
	now := s.cfg.Now()
	c := g.claims(m)
	c["iss"], c["aud"] = s.URL, s.cfg.ClientID
	c["iat"], c["exp"], c["auth_time"] = now.Unix(), now.Add(time.Hour).Unix(), g.at.Unix()
	set(c, "nonce", nonce)
	set(c, "azp", m.AuthorizedParty)
	if m.WrongIssuer {
		c["iss"] = invalidIssuer
	}
	if m.WrongAudience {
		c["aud"] = "another-client"
	}
	if m.ExtraAudience {
		c["aud"] = []string{s.cfg.ClientID, "another-client"}
	}
	if m.Expired {
		c["iat"], c["exp"] = now.Add(-2*time.Hour).Unix(), now.Add(-time.Hour).Unix()
	}
	if m.WrongNonce {
		c["nonce"] = nonce + "x"
	}
	if m.NoNonce {
		delete(c, "nonce")
	}
	overlay(c, m.Claims)
	return c
}

// granted finds the grant of a request's access token, or answers 401 (RFC 6750
// §3).
func (s *Server) granted(w http.ResponseWriter, r *http.Request) (*grant, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	s.mu.Lock()
	t, ok := s.access[token]
	ok = ok && strings.EqualFold(scheme, "bearer") && !t.grant.revoked && s.cfg.Now().Before(t.expires)
	s.mu.Unlock()
	if !ok {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		writeJSON(w, http.StatusUnauthorized, map[string]string{"error": "invalid_token", "message": "Bad credentials"})
		return nil, false
	}
	return t.grant, true
}

// spoiled answers as badly as the profile endpoints were told to.
func (m Misbehaviour) spoiled(w http.ResponseWriter) bool {
	switch {
	case status(w, m.UserInfoStatus):
	case m.UserInfoHuge:
		huge(w)
	case m.UserInfoHTML:
		htmlInstead(w)
	default:
		return false
	}
	return true
}

// userInfo answers at the UserInfo endpoint (OpenID Connect Core §5.3).
func (s *Server) userInfo(w http.ResponseWriter, r *http.Request) {
	m := s.misbehaviour()
	g, ok := s.granted(w, r)
	if !ok || m.spoiled(w) {
		return
	}
	c := g.claims(m)
	if m.UserInfoOtherSubject {
		c["sub"] = "somebody-else"
	}
	overlay(c, m.UserInfoClaims)
	writeJSON(w, http.StatusOK, c)
}

// githubUser answers as GitHub's "get the authenticated user" does.
func (s *Server) githubUser(w http.ResponseWriter, r *http.Request) {
	m := s.misbehaviour()
	g, ok := s.granted(w, r)
	if !ok || m.spoiled(w) {
		return
	}
	p := g.person
	c := map[string]any{
		"id": p.number(), "login": cmp.Or(p.Login, p.Subject), "avatar_url": p.Picture,
		"name": orNull(p.Name), "email": orNull(p.PublicEmail),
	}
	if m.NoEmail {
		c["email"] = nil
	}
	m.subject(c, "id")
	writeJSON(w, http.StatusOK, c)
}

// githubEmails answers as GitHub's "list email addresses for the authenticated
// user" does: 404 without the scope.
func (s *Server) githubEmails(w http.ResponseWriter, r *http.Request) {
	m := s.misbehaviour()
	g, ok := s.granted(w, r)
	if !ok || status(w, m.EmailsStatus) {
		return
	}
	if !slices.Contains(g.scopes, "user:email") && !slices.Contains(g.scopes, "user") {
		writeJSON(w, http.StatusNotFound, map[string]string{"message": "Not Found"})
		return
	}
	p := g.person
	emails := p.Emails
	if emails == nil && p.Email != "" {
		emails = []Email{{Email: p.Email, Primary: true, Verified: p.EmailVerified != nil && *p.EmailVerified}}
	}
	if emails == nil || m.NoEmail {
		emails = []Email{}
	}
	writeJSON(w, http.StatusOK, emails)
}

func (p Person) number() int64 {
	if p.Number != 0 {
		return p.Number
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(p.Subject)) // never fails
	return int64(h.Sum32()) + 1
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}
