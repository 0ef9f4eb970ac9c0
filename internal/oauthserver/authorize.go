package oauthserver

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

var (
	//go:embed page.html
	pageText string
	//go:embed style.css
	style string

	pages = template.Must(template.New("page").Funcs(template.FuncMap{
		"style": func() template.CSS { return template.CSS(style) },
	}).Parse(pageText))
)

// discovery answers with the document of OpenID Connect Discovery §4.
func (s *Server) discovery(w http.ResponseWriter, r *http.Request) {
	m := s.misbehaviour()
	if status(w, m.DiscoveryStatus) {
		return
	}
	if m.DiscoveryHuge {
		huge(w)
		return
	}
	issuer := s.URL
	if m.DiscoveryOtherIssuer {
		issuer = invalidIssuer
	}
	document := map[string]any{
		"issuer":                                         issuer,
		"authorization_endpoint":                         s.URL + "/authorize",
		"token_endpoint":                                 s.URL + "/token",
		"userinfo_endpoint":                              s.URL + "/userinfo",
		"jwks_uri":                                       s.URL + "/keys",
		"response_types_supported":                       []string{"code"},
		"response_modes_supported":                       []string{"query", "form_post"},
		"grant_types_supported":                          []string{"authorization_code", "refresh_token"},
		"subject_types_supported":                        []string{"public"},
		"scopes_supported":                               []string{"openid", "profile", "email", "offline_access"},
		"id_token_signing_alg_values_supported":          []string{s.cfg.Algorithm},
		"token_endpoint_auth_methods_supported":          []string{"client_secret_basic", "client_secret_post", "none"},
		"code_challenge_methods_supported":               []string{"S256"},
		"authorization_response_iss_parameter_supported": true,
	}
	overlay(document, m.DiscoveryMembers)
	writeJSON(w, http.StatusOK, document)
}

// authorize answers at the authorization endpoint. GET asks people who they want
// to be, POST takes the answer; the request itself stays in the query.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "use GET or POST", http.StatusMethodNotAllowed)
		return
	}
	q := r.URL.Query()
	if fault := s.untrusted(q); fault != "" {
		showPage(w, http.StatusBadRequest, "fault", fault) // RFC 6749 §4.1.2.1: never redirect there
		return
	}
	m := s.misbehaviour()
	if code := cmp.Or(m.AuthorizeError, s.requestFault(q)); code != "" {
		s.respond(w, r, url.Values{"error": {code}, "error_description": {"The request cannot be answered."}}, "")
		return
	}
	s.mu.Lock()
	person := s.auto
	s.mu.Unlock()
	switch {
	case person != nil:
		s.approve(w, r, *person)
	case r.Method == http.MethodGet && q.Get("prompt") == "none":
		s.respond(w, r, url.Values{"error": {"login_required"}}, "")
	case r.Method == http.MethodGet:
		showPage(w, http.StatusOK, "who", map[string]string{
			"Action": r.URL.Path + "?" + r.URL.RawQuery, "Hint": q.Get("login_hint"), "Scope": q.Get("scope"), "Client": q.Get("client_id"),
		})
	case r.PostForm.Get("action") == "cancel":
		s.respond(w, r, url.Values{"error": {"access_denied"}, "error_description": {"The person cancelled."}}, "")
	default:
		s.approve(w, r, personFrom(r.PostForm))
	}
}

// untrusted says why a request may not even be answered with a redirect.
func (s *Server) untrusted(q url.Values) string {
	if q.Get("client_id") != s.cfg.ClientID {
		return "The client_id is not known here."
	}
	target := q.Get("redirect_uri")
	if len(s.cfg.RedirectURIs) > 0 {
		if !slices.Contains(s.cfg.RedirectURIs, target) {
			return "The redirect_uri is not registered."
		}
		return ""
	}
	u, err := url.Parse(target)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || u.Fragment != "" || !loopback(u.Hostname()) {
		return "The redirect_uri is not one of this machine."
	}
	return ""
}

// requestFault returns the error code for a request that is not allowed, "" if it
// is.
func (s *Server) requestFault(q url.Values) string {
	for name := range q {
		if len(q[name]) > 1 {
			return "invalid_request" // RFC 6749 §3.1
		}
	}
	switch {
	case q.Get("response_type") != "code":
		return "unsupported_response_type"
	case !slices.Contains([]string{"", "query", "form_post"}, q.Get("response_mode")):
		return "invalid_request"
	case !s.cfg.NoPKCE && (q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43):
		return "invalid_request" // RFC 9700 §2.1.1
	}
	return ""
}

func personFrom(form url.Values) Person {
	verified := form.Get("verified") != ""
	return Person{
		Subject: form.Get("subject"), Name: form.Get("name"), Email: strings.TrimSpace(form.Get("email")),
		EmailVerified: &verified,
	}
}

// approve answers with a code.
func (s *Server) approve(w http.ResponseWriter, r *http.Request, p Person) {
	q := r.URL.Query()
	g := &grant{
		person: p, redirectURI: q.Get("redirect_uri"), challenge: q.Get("code_challenge"), nonce: q.Get("nonce"),
		scopes: strings.Fields(q.Get("scope")), github: isGitHub(r), at: s.cfg.Now(),
	}
	code := newToken()
	s.mu.Lock()
	s.codes[code] = g
	s.mu.Unlock()
	answer := url.Values{"code": {code}}
	if s.misbehaviour().NoCode {
		answer = url.Values{}
	}
	s.respond(w, r, answer, p.FormUser)
}

// respond sends an authorization response to the client, with a redirect or a
// form (OAuth 2.0 Form Post Response Mode). The form needs a click, since there
// is no script.
func (s *Server) respond(w http.ResponseWriter, r *http.Request, answer url.Values, formUser string) {
	q, m := r.URL.Query(), s.misbehaviour()
	if state := q.Get("state"); state != "" && !m.NoState {
		if m.WrongState {
			state += "x"
		}
		answer.Set("state", state)
	}
	if !m.NoIssParam {
		iss := s.issuer(isGitHub(r))
		if m.WrongIssParam {
			iss = invalidIssuer
		}
		iss = cmp.Or(m.IssParam, iss)
		answer.Set("iss", iss)
	}
	if q.Get("response_mode") == "form_post" {
		if formUser != "" {
			answer.Set("user", formUser)
		}
		showPage(w, http.StatusOK, "post", map[string]any{"Action": q.Get("redirect_uri"), "Values": answer})
		return
	}
	target, err := url.Parse(q.Get("redirect_uri"))
	if err != nil {
		http.Error(w, "the redirect_uri cannot be read", http.StatusBadRequest)
		return
	}
	values := target.Query()
	for name := range answer {
		values.Set(name, answer.Get(name))
	}
	target.RawQuery = values.Encode()
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, target.String(), http.StatusFound)
}

// showPage writes a page that runs no script and loads nothing. There is no
// form-action: Chrome would then block the redirect back to the client.
func showPage(w http.ResponseWriter, code int, name string, data any) {
	sum := sha256.Sum256([]byte(style))
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(code)
	_ = pages.ExecuteTemplate(w, name, data) // the browser went away
}
