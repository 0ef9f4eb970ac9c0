package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/provider"
)

// TestP32_BrowserRedirect: the policy of the pages lets a form end at another
// origin, as the form of a provider does. With form-action Chrome would stop it.
func TestP32_BrowserRedirect(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<p>You came to the other site")
	}))
	t.Cleanup(elsewhere.Close)
	server := httptest.NewUnstartedServer(nil)
	base := strings.Replace("http://"+server.Listener.Addr().String(), "127.0.0.1", "localhost", 1)
	auth, err := authent.New(authent.Config{
		URL:       base + "/auth",
		Secrets:   []string{testSecret},
		Adapter:   authenttest.NewMemoryAdapter(),
		Providers: []authent.Provider{provider.Password()},
		Callbacks: authent.Callbacks{
			Redirect: func(context.Context, authent.RedirectParams) string { return elsewhere.URL },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(auth.Pattern(), auth.Handler())
	server.Config.Handler = mux
	server.Start()
	t.Cleanup(server.Close)

	b := (&app{url: base}).tab(t)
	b.open("/auth/register")
	b.fill("name", "Ada Lovelace", "email", ada, "password", word)
	b.press("Create account")
	b.says("You came to the other site")
}
