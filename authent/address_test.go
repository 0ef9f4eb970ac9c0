package authent_test

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

// ask sends the very request line that it is given, which no client of Go's would.
func ask(t *testing.T, server, target string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(server, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: whoever.example\r\nAccept: text/html\r\n\r\n", target)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("GET %s: %v", target, err)
	}
	return res
}

// landing is where a person ends who asked for a guarded page, was sent to sign in,
// and did so by the form of that page. location is where the page sent them.
func (w *world) landing(location string) string {
	w.t.Helper()
	b := w.browser()
	u, err := url.Parse(location)
	if err != nil || !strings.HasSuffix(u.Path, "/auth/signin") {
		w.t.Fatalf("sent to %q, which is no sign-in page: %v", location, err)
	}
	page := b.get("/auth/signin?" + u.RawQuery)
	_, rest, ok := strings.Cut(page.body, `name="callbackUrl" value="`)
	next, _, ended := strings.Cut(rest, `"`)
	if !ok || !ended {
		w.t.Fatalf("the sign-in page of %q has no callbackUrl:\n%s", location, page.body)
	}
	return b.post("/auth/callback/credentials", "email", ada, "password", adasWord, "callbackUrl", html.UnescapeString(next)).target()
}

// ownAddresses are request targets and what comes back behind the origin; "" is the
// front page.
var ownAddresses = []struct{ target, want string }{
	{"/app/reports?id=7", "/app/reports?id=7"},
	{"/app/", "/app/"},
	{"/app/search?q=100%", "/app/search?q=100%"},
	{"/app/search?q=%zz&%&a=;b;&a=2", "/app/search?q=%zz&%&a=;b;&a=2"},
	{"/app/search?q=a+b%20c%2Bd&q=%C3%BC", "/app/search?q=a+b%20c%2Bd&q=%C3%BC"},
	{"/app/search?", "/app/search?"},
	{"/app/caf%E9", "/app/caf%E9"},
	{"/app/a%2Fb%3Fc%23d", "/app/a%2Fb%3Fc%23d"},
	{"/app/a%0d%0aSet-Cookie:x", "/app/a%0d%0aSet-Cookie:x"},
	{"/app/c:%5Ctemp", "/app/c:%5Ctemp"},
	{"/app/a//b", "/app/a//b"},
	{"/app/\u65e5\u672c?q=\xe9", "/app/%E6%97%A5%E6%9C%AC?q=%E9"},
	{"/app/a#b", "/app/a%23b"},
	{"/app/?next=https://evil.example/", "/app/?next=https://evil.example/"},
	{"http://evil.example/app/reports?id=7", "/app/reports?id=7"},
	{"http://evil.example:80//evil.example", ""},
	{"//evil.example/app/", ""},
	{`/\evil.example`, ""},
	{"/%5Cevil.example", ""},
	{"/.//evil.example", ""},
	{"http://evil.example", "/"},
	{"http://evil.example?x=1", "/?x=1"},
	{"*", "/"},
}

// TestBackToTheVeryAddress: whoever is asked to sign in comes back to the address
// that the browser had, whatever the programs in between made of the request.
func TestBackToTheVeryAddress(t *testing.T) {
	page := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	rewrite := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r = r.Clone(r.Context())
			r.URL = &url.URL{Path: "/index.html"}
			next.ServeHTTP(w, r)
		})
	}
	for name, behind := range map[string]func(guarded http.Handler) http.Handler{
		"bare":        func(guarded http.Handler) http.Handler { return guarded },
		"StripPrefix": func(guarded http.Handler) http.Handler { return prefixless("/app", guarded) },
		"rewritten":   rewrite,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, testdb.SQLite, setup{})
			w.registered()
			guarded := httptest.NewServer(behind(w.auth.RequireUser(page)))
			defer guarded.Close()
			for _, tt := range ownAddresses {
				res := ask(t, guarded.URL, tt.target)
				if res.StatusCode != http.StatusFound {
					t.Errorf("GET %s: %s", tt.target, res.Status)
					continue
				}
				if got := w.landing(res.Header.Get("Location")); got != w.server.URL+tt.want {
					t.Errorf("GET %s: back to %q, want %q", tt.target, got, w.server.URL+tt.want)
				}
			}
		})
	}
}

// prefixless is http.StripPrefix, and answers what lies elsewhere too.
func prefixless(prefix string, next http.Handler) http.Handler {
	stripped := http.StripPrefix(prefix, next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, prefix) {
			stripped.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// TestBackThroughMuxAndProxy: the same through muxes in muxes, with a proxy in front
// that has another address, over HTTP/2, and for a request that came from no server.
func TestBackThroughMuxAndProxy(t *testing.T) {
	var to *url.URL
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }})
	defer proxy.Close()
	w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) { c.URL = proxy.URL }})
	w.registered()
	inner := http.NewServeMux()
	inner.Handle("GET /reports/{id}", w.auth.RequireUser(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	outer := http.NewServeMux()
	outer.Handle("/app/", http.StripPrefix("/app", inner))
	app := httptest.NewUnstartedServer(outer)
	app.EnableHTTP2 = true
	app.StartTLS()
	defer app.Close()
	plain := httptest.NewServer(outer)
	defer plain.Close()
	var err error
	if to, err = url.Parse(plain.URL); err != nil {
		t.Fatal(err)
	}
	const target = "/app/reports/7?id=a%2Fb&q=c"
	byHTTP2 := func() *http.Response {
		client := app.Client()
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, app.URL+target, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", "text/html")
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.ProtoMajor != 2 {
			t.Fatalf("the request went by %s", res.Proto)
		}
		return res
	}
	byHand := func() *http.Response {
		r, err := http.NewRequest(http.MethodGet, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", "text/html")
		rec := httptest.NewRecorder()
		w.auth.RequireUser(outer).ServeHTTP(rec, r)
		return rec.Result()
	}
	for name, res := range map[string]*http.Response{
		"nested muxes": ask(t, plain.URL, target), "a proxy": ask(t, proxy.URL, target), "HTTP/2": byHTTP2(), "no server": byHand(),
	} {
		if got := w.landing(res.Header.Get("Location")); got != proxy.URL+target {
			t.Errorf("%s: %s, back to %q", name, res.Status, got)
		}
	}
}

// TestHandlerUnderStripPrefix: a mux that sees the path without its beginning may
// hold the Handler, whose addresses are the browser's all the same.
func TestHandlerUnderStripPrefix(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
		c.URL = strings.TrimSuffix(c.URL, "/auth") + "/app/auth"
	}})
	inner, outer := http.NewServeMux(), http.NewServeMux()
	inner.Handle("/auth/", w.auth.Handler())
	outer.Handle("/app/", http.StripPrefix("/app", inner))
	server := httptest.NewServer(outer)
	defer server.Close()
	for target, want := range map[string]int{
		"/app/auth/session": http.StatusOK, "/app/auth/signin": http.StatusOK, "/app/auth/nothing": http.StatusNotFound,
		"/app/auth/%73ession": http.StatusNotFound, "/app/auth/session/": http.StatusNotFound, "/app/%61uth/session": http.StatusNotFound,
		"http://x/app/auth/session?a=/auth/b": http.StatusOK,
	} {
		res := ask(t, server.URL, target)
		if res.StatusCode != want {
			body, _ := io.ReadAll(res.Body)
			t.Errorf("GET %s: %s\n%s", target, res.Status, body)
		}
	}
}

// TestOnePathUnderStripPrefix: an endpoint has one path there too, also where what is
// left of another one looks like it.
func TestOnePathUnderStripPrefix(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{})
	server := httptest.NewServer(http.StripPrefix("/auth", w.auth.Handler()))
	defer server.Close()
	for target, want := range map[string]int{
		"/auth/session": http.StatusOK, "http://x/auth/session?a": http.StatusOK,
		"/auth/auth/session": http.StatusNotFound, "http://x/auth/auth/session?a": http.StatusNotFound, "/auth/auth/auth/session": http.StatusNotFound,
	} {
		if res := ask(t, server.URL, target); res.StatusCode != want {
			t.Errorf("GET %s: %s", target, res.Status)
		}
	}
}

// TestSignInOnNamesOfThisMachine: AUTH_URL may have any name of this machine, however
// it is spelled; the whole sign-in works by it.
func TestSignInOnNamesOfThisMachine(t *testing.T) {
	for _, host := range []string{"app.localhost", "APP.LocalHost", "localhost.", "a.b.localhost", "127.1.2.3", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]"} {
		w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) { c.URL = "http://" + host + ":03000" }})
		u, err := url.Parse("http://" + host + ":3000")
		if err != nil {
			t.Fatal(err)
		}
		origin := "http://" + strings.ToLower(u.Host)
		switch host {
		case "[0:0:0:0:0:0:0:1]":
			origin = "http://[::1]:3000"
		case "[::ffff:127.0.0.1]":
			origin = "http://[::ffff:7f00:1]:3000"
		}
		b := w.browser()
		b.header.Set("Origin", origin)
		if a := b.post("/auth/register", "email", ada, "password", adasWord, "callbackUrl", origin+"/a?q=50%"); a.errorCode() != "" || a.target() != origin+"/a?q=50%" {
			t.Errorf("%s: %d to %s", host, a.status, a.target())
		}
		for _, c := range b.client.Jar.Cookies(b.url()) {
			if strings.HasPrefix(c.Name, "__") {
				t.Errorf("%s: the cookie %s is for https alone", host, c.Name)
			}
		}
	}
}

// TestAddressesInQueries: a link that was written by hand, without the escapes that
// programs write, leads where browsers take it to lead.
func TestAddressesInQueries(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{})
	w.registered()
	for query, want := range map[string]string{
		"callbackUrl=/search?q=100%":                           "/search?q=100%",
		"callbackUrl=/a;b=1":                                   "/a;b=1",
		"a=%&callbackUrl=%2Fa%3Fb%3D%25":                       "/a?b=%",
		"callbackUrl=/a+b":                                     "/a%20b",
		"callbackUrl=/first&callbackUrl=":                      "/first",
		"callbackUrl=//evil.example;%":                         "",
		"callbackUrl=%2F%2Fevil.example%":                      "",
		strings.Repeat("a&", 9_999) + "callbackUrl=/many":      "/many",
		strings.Repeat("a&", 10_000) + "callbackUrl=/too-many": "",
	} {
		if got := w.landing("/auth/signin?" + query); got != w.server.URL+want {
			t.Errorf("?%.99s: to %q, want %q", query, got, w.server.URL+want)
		}
	}
}

// TestTrustedOriginsSpelled: a trusted origin is the one that browsers send, however
// the configuration spells it.
func TestTrustedOriginsSpelled(t *testing.T) {
	for spelled, sent := range map[string]string{
		"https://Front.EXAMPLE:443": "https://front.example", "HTTP://Front.LocalHost:80": "http://front.localhost",
		"https://front.example:08443": "https://front.example:8443", "https://[0:0::1]": "https://[::1]",
	} {
		w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) { c.TrustedOrigins = []string{spelled} }})
		for origin, want := range map[string]string{sent: "", "https://other.example": "MissingCSRF"} {
			for _, site := range []string{"", "cross-site"} {
				b := w.browser()
				b.header.Set("Origin", origin)
				if site != "" {
					b.header.Set("Sec-Fetch-Site", site)
				}
				if a := b.post("/auth/signout"); a.errorCode() != want {
					t.Errorf("%s, Origin %s, Sec-Fetch-Site %q: %q", spelled, origin, site, a.errorCode())
				}
			}
		}
	}
}
