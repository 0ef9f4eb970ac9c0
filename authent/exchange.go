package authent

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/authent/authent/authent/internal/page"
)

// maxBody bounds a request's body (P31).
const maxBody = 64 << 10

// noExpiry makes a cookie last as long as the browser runs.
var noExpiry time.Time

// exchange is one request on its way through the Handler.
type exchange struct {
	*Auth
	w http.ResponseWriter
	r *http.Request

	origin *url.URL
	// at is the endpoint.
	at       route
	provider *Provider
	// form holds the fields of a POST's body: of a JSON body those that are not objects.
	form url.Values
	// scripted says that the body asks for JSON, in next-auth 4's way.
	scripted bool
	// data is the field "data" of a POST session, as decoded.
	data any
	// csrfToken is the token for this browser's forms.
	csrfToken string
	// hadCSRF says that the browser brought the token.
	hadCSRF bool
	// again is the page whose form a failure leads back to, with what its query needs.
	again struct {
		page  string
		query url.Values
	}
	// callbackURL is where the browser goes afterwards, absolute and checked.
	callbackURL string
}

// readBody decodes a JSON or form body; others are left alone, as by Auth.js. The field
// by which the client of next-auth 4 asks for JSON is no field of the form.
func (e *exchange) readBody() error {
	if e.r.Method != http.MethodPost {
		return nil
	}
	e.form = url.Values{}
	err := e.readFields()
	if e.cfg.beside4() && e.form.Get("json") == "true" {
		e.scripted = true
		e.form.Del("json")
	}
	return err
}

func (e *exchange) readFields() error {
	kind, _, _ := mime.ParseMediaType(e.r.Header.Get("Content-Type"))
	if kind != "application/json" && kind != "application/x-www-form-urlencoded" {
		return nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(e.w, e.r.Body, maxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return errBodyTooLarge
	}
	if err != nil {
		return errBadBody
	}
	if kind == "application/json" {
		return e.readJSON(body)
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return errBadBody
	}
	for name, all := range values {
		e.form.Set(name, all[len(all)-1])
	}
	e.data = nullable(e.form.Get("data"))
	return nil
}

func (e *exchange) readJSON(body []byte) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	var fields map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&fields); err != nil {
		return errBadBody
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errBadBody
	}
	for name, v := range fields {
		switch v := v.(type) {
		case string:
			e.form.Set(name, v)
		case bool, json.Number:
			e.form.Set(name, fmt.Sprint(v))
		}
	}
	e.data = fields["data"]
	return nil
}

// wantsJSON says that a script sent the request and wants the redirect's target
// as JSON, with Auth.js's header for it, whatever its value, or next-auth 4's field.
func (e *exchange) wantsJSON() bool {
	return e.scripted || len(e.r.Header.Values("X-Auth-Return-Redirect")) > 0
}

// page returns the absolute URL of one of the engine's own pages.
func (e *exchange) page(path string, query url.Values) string {
	u := e.origin.String() + e.site.Base + "/" + path
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	return u
}

// scriptAnswer is what a script is told where a browser is redirected.
type scriptAnswer struct {
	URL   string `json:"url"`
	OK    bool   `json:"ok"`
	Error string `json:"error,omitempty"`
	Code  string `json:"code,omitempty"`
	// RecoveryCodes are there where new ones were made.
	RecoveryCodes []string `json:"recoveryCodes,omitempty"`
}

// redirect answers that what was asked is done: with 302, or with 200 and the URL in
// JSON for scripts, in a header for htmx.
func (e *exchange) redirect(target string) error {
	e.redirectAs(http.StatusOK, scriptAnswer{URL: target, OK: true})
	return nil
}

func (e *exchange) redirectAs(status int, to scriptAnswer) {
	e.noStore()
	if e.wantsJSON() {
		e.json(status, to)
		return
	}
	e.lead(status, to.URL)
}

// lead sends the browser to a URL that was checked: with 302, or with status where
// htmx is to leave the page, which would follow a redirect unseen.
func (e *exchange) lead(status int, target string) {
	addVary(e.w.Header(), "HX-Request")
	if e.isHTMX() {
		e.w.Header().Set("HX-Redirect", e.reloading(target))
		e.w.WriteHeader(status)
		return
	}
	e.w.Header().Set("Location", target)
	e.w.WriteHeader(http.StatusFound)
}

func (e *exchange) json(status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		e.cfg.Logger.ErrorContext(e.r.Context(), "authent: response is not JSON", "error", err)
		status, body = http.StatusInternalServerError, []byte("null")
	}
	e.w.Header().Set("Content-Type", "application/json")
	e.w.Header().Set("X-Content-Type-Options", "nosniff")
	e.w.WriteHeader(status)
	_, _ = e.w.Write(body)
}

// noStore sets the headers by which Auth.js keeps answers out of caches.
func (e *exchange) noStore() {
	e.w.Header().Set("Cache-Control", "private, no-cache, no-store")
	e.w.Header().Set("Expires", "0")
	e.w.Header().Set("Pragma", "no-cache")
}

// addVary names a request header on which the answer depends, once.
func addVary(h http.Header, name string) {
	for _, line := range h.Values("Vary") {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(part), name) {
				return
			}
		}
	}
	h.Add("Vary", name)
}

// html renders a built-in page.
func (e *exchange) html(status int, name page.Name, view any) error {
	var body bytes.Buffer
	if err := page.Render(&body, name, view); err != nil {
		return err
	}
	page.WriteHeaders(e.w.Header(), view)
	addVary(e.w.Header(), "HX-Request")
	e.w.WriteHeader(status)
	_, _ = body.WriteTo(e.w)
	return nil
}

// frame returns what every built-in page shows.
func (e *exchange) frame() page.Frame {
	q := queryOf(e.r)
	f := page.Frame{
		AppName: e.cfg.Pages.AppName, Base: e.site.Base, Home: e.origin.String() + "/",
		CSRFToken: e.csrfToken, CallbackURL: e.callbackURL,
		Error: q.Get("error"), Code: q.Get("code"), Form: q.Get("form"),
		NewPassword: page.PasswordRules(e.hasher.Limits()),
	}
	if f.AppName == "" {
		f.AppName = e.origin.Hostname()
	}
	return f
}

// elsewhere sends the browser away from a built-in page where it is not to be shown in
// this answer, and reports whether it did: to the application's page in its place, with
// the request's query; and htmx, which would put it into a part of another page, or leave
// out its head with the style, to the page itself.
func (e *exchange) elsewhere(own string) (bool, error) {
	switch {
	case own != "":
		return true, e.redirect(withQuery(absolute(e.origin, own), queryOf(e.r)))
	case e.isHTMX():
		e.noStore()
		e.lead(http.StatusOK, e.origin.String()+ownURI(e.r))
		return true, nil
	}
	return false, nil
}

// maxParams bounds the parameters of a query, as package net/url does: a
// request of a megabyte may have so many that each costs far more memory than it has
// letters.
const maxParams = 10_000

// queryOf returns the parameters of r's query.
func queryOf(r *http.Request) url.Values { return parseQuery(r.URL.RawQuery) }

// parseQuery reads a query as browsers and Auth.js read one (WHATWG URL Standard,
// application/x-www-form-urlencoded): a semicolon is part of a value, and so is a
// percent sign that begins no escape. It is nil where there is none, or more than
// maxParams.
func parseQuery(query string) url.Values {
	if query == "" || strings.Count(query, "&") >= maxParams {
		return nil
	}
	values := url.Values{}
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(pair, "="); pair != "" {
			values.Add(decode(name), decode(value))
		}
	}
	return values
}

func decode(s string) string {
	s = strings.ReplaceAll(s, "+", " ")
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if i+2 < len(s) && s[i] == '%' {
			if c, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// withQuery adds to the query that target may already have.
func withQuery(target string, add url.Values) string {
	if len(add) == 0 {
		return target
	}
	sep := "?"
	if strings.Contains(target, "?") {
		sep = "&"
	}
	return target + sep + add.Encode()
}
