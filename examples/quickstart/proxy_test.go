package main

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/authent/authent/internal/freeport"
)

// TestBehindProxy: with AUTH_URL set to a loopback URL that a proxy serves, people
// register through it, whatever the proxy tells of what it was asked for.
func TestBehindProxy(t *testing.T) {
	for _, secure := range []bool{true, false} {
		for name, tell := range map[string]func(*httputil.ProxyRequest){
			"tells everything": func(r *httputil.ProxyRequest) { r.SetXForwarded(); r.Out.Host = r.In.Host },
			"keeps the host":   func(r *httputil.ProxyRequest) { r.Out.Host = r.In.Host },
			"tells in headers": func(r *httputil.ProxyRequest) { r.SetXForwarded() },
			"tells nothing":    func(*httputil.ProxyRequest) {},
		} {
			port := freeport.For(t)
			target := &url.URL{Scheme: "http", Host: "localhost:" + port}
			proxy := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(target)
				tell(r)
			}})
			base := "http://" + proxy.Listener.Addr().String()
			if secure {
				proxy.StartTLS()
				base = strings.Replace(base, "http", "https", 1)
			} else {
				proxy.Start()
			}
			defer proxy.Close()
			startWith(t, map[string]string{
				"PORT": port, "DATABASE_URL": "file:" + filepath.Join(t.TempDir(), "q.db"), "AUTH_SECRET": testSecret, "AUTH_URL": base + "/auth",
			})
			client := proxy.Client()
			client.Jar, _ = cookiejar.New(nil)
			page, err := submit(t.Context(), client, base, "/auth/register", "/auth/register", url.Values{"email": {ada}, "password": {word}})
			if err != nil || !strings.Contains(page, "Hello, "+ada) {
				t.Errorf("a proxy at %s that %s: %v\n%s", base, name, err, page)
			}
		}
	}
}

// TestHost: HOST says where the application listens, in a container everywhere.
func TestHost(t *testing.T) {
	t.Run("one address", func(t *testing.T) {
		a := startWith(t, map[string]string{"HOST": "127.0.0.2", "PORT": freeport.For(t), "DATABASE_URL": "file:" + filepath.Join(t.TempDir(), "q.db"), "AUTH_SECRET": testSecret})
		page, err := submit(t.Context(), person(t), a.url, "/auth/register", "/auth/register", url.Values{"email": {ada}, "password": {word}})
		if err != nil || !strings.Contains(page, "Hello, "+ada) {
			t.Errorf("%s: %v\n%s", a.url, err, page)
		}
	})
	t.Run("everywhere", func(t *testing.T) {
		port := freeport.For(t)
		a := startWith(t, map[string]string{"HOST": "0.0.0.0", "PORT": port, "DATABASE_URL": "file:" + filepath.Join(t.TempDir(), "q.db"), "AUTH_SECRET": testSecret})
		for host, want := range map[string]int{"localhost:" + port: http.StatusOK, "192.168.1.7:" + port: http.StatusMisdirectedRequest} {
			r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.Replace(a.url, "0.0.0.0", "127.0.0.2", 1)+"/auth/signin", nil)
			r.Host = host
			if status, body, _ := fetch(t, http.DefaultClient, r); status != want {
				t.Errorf("%s: %d\n%s", host, status, body)
			}
		}
	})
}

// TestTimeouts: no client holds a connection for ever.
func TestTimeouts(t *testing.T) {
	server := reflect.ValueOf(newServer(nil)).Elem()
	for _, name := range []string{"ReadHeaderTimeout", "ReadTimeout", "WriteTimeout", "IdleTimeout"} {
		if server.FieldByName(name).Int() <= 0 {
			t.Errorf("%s is not set", name)
		}
	}
}
