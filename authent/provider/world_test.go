package provider_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/internal/oauthserver"
)

// world is an engine with one provider, whose server is on loopback, and a
// browser.
type world struct {
	t       *testing.T
	idp     *oauthserver.Server
	store   *authenttest.MemoryAdapter
	url     string
	browser *http.Client
	// profile is that of the last sign-in.
	profile authent.Profile
}

// newWorld calls of with the URL of the provider's server. transport is the
// engine's way there; nil is the usual one.
func newWorld(t *testing.T, who *oauthserver.Person, of func(url string) authent.Provider, transport http.RoundTripper) *world {
	t.Helper()
	idp, err := oauthserver.Start(oauthserver.Config{Auto: who})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = idp.Close() })
	w := &world{t: t, idp: idp, store: authenttest.NewMemoryAdapter()}
	server := httptest.NewUnstartedServer(nil)
	w.url = "http://" + server.Listener.Addr().String()
	config := authent.Config{
		URL: w.url + "/auth", Secrets: []string{"a secret of more than thirty-two bytes for tests"},
		Adapter: w.store, Providers: []authent.Provider{of(idp.URL)}, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Transport: transport,
	}
	config.Callbacks.SignIn = func(_ context.Context, p authent.SignInParams) (string, error) {
		w.profile = *p.Profile
		return "", nil
	}
	auth, err := authent.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = auth.Handler()
	server.Start()
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	w.browser = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return w
}

// do sends a request and returns where it redirects to, and the body.
func (w *world) do(client *http.Client, r *http.Request, err error) (target, body string, cookies []*http.Cookie) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	res, err := client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		w.t.Fatal(err)
	}
	return res.Header.Get("Location"), string(text), res.Cookies()
}

func (w *world) get(target string) (location, body string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, target, nil)
	location, body, _ = w.do(w.browser, r, err)
	return location, body
}

// start presses the provider's button and returns the authorization request.
func (w *world) start(id string) string {
	w.t.Helper()
	_, body := w.get(w.url + "/auth/csrf")
	var csrf struct{ CSRFToken string }
	if err := json.Unmarshal([]byte(body), &csrf); err != nil {
		w.t.Fatal(err)
	}
	form := url.Values{"csrfToken": {csrf.CSRFToken}}
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.url+"/auth/signin/"+id, strings.NewReader(form.Encode()))
	if err == nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	target, _, _ := w.do(w.browser, r, err)
	return target
}

// user returns who is signed in, or nil.
func (w *world) user() map[string]any {
	w.t.Helper()
	_, body := w.get(w.url + "/auth/session")
	var session struct{ User map[string]any }
	if err := json.Unmarshal([]byte(body), &session); err != nil {
		w.t.Fatal(err)
	}
	return session.User
}
