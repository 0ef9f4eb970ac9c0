package authent_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/internal/testdb"
)

// optional are the methods beyond those of http.ResponseWriter that the servers of
// net/http have, and that programs ask for.
var optional = map[string]func(w http.ResponseWriter) bool{
	"Flush":            has[http.Flusher],
	"Hijack":           has[http.Hijacker],
	"ReadFrom":         has[io.ReaderFrom],
	"WriteString":      has[io.StringWriter],
	"Push":             has[http.Pusher],
	"FlushError":       has[interface{ FlushError() error }],
	"CloseNotify":      has[interface{ CloseNotify() <-chan bool }],
	"SetReadDeadline":  has[interface{ SetReadDeadline(time.Time) error }],
	"SetWriteDeadline": has[interface{ SetWriteDeadline(time.Time) error }],
	"EnableFullDuplex": has[interface{ EnableFullDuplex() error }],
}

func has[T any](w http.ResponseWriter) bool {
	_, ok := w.(T)
	return ok
}

// due is a world in which somebody is signed in, and a request with their cookie
// whose answer rolls the session on. Each call lets a day pass first.
func due(t *testing.T) (w *world, request func(server *httptest.Server, path string) *http.Request) {
	w = newWorld(t, testdb.SQLite, setup{})
	w.registered()
	cookie := authenttest.SignIn(t, w.auth, w.user().ID)
	return w, func(server *httptest.Server, path string) *http.Request {
		w.clock.advance(25 * time.Hour)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.AddCookie(cookie)
		return r
	}
}

// served serves h by HTTP/1.1, or over TLS by HTTP/2.
func served(t *testing.T, major int, h http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	if major == 2 {
		server.EnableHTTP2 = true
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return server
}

func did(t *testing.T, server *httptest.Server, r *http.Request) *http.Response {
	t.Helper()
	res, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

// wantRolled wants the answer to have the cookie, and to stay out of caches.
func wantRolled(t *testing.T, res *http.Response) {
	t.Helper()
	if len(res.Cookies()) != 1 || res.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("%s: Set-Cookie %q, Cache-Control %q", res.Status, res.Header["Set-Cookie"], res.Header.Get("Cache-Control"))
	}
}

// TestWriterIsTheServers: behind the middleware a handler has what it has in front
// of it, whether or not the request rolls the session.
func TestWriterIsTheServers(t *testing.T) {
	for _, major := range []int{1, 2} {
		w, request := due(t)
		var seen map[string]bool
		look := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			seen = map[string]bool{}
			for name, has := range optional {
				seen[name] = has(rw)
			}
			if r.ProtoMajor != major {
				t.Errorf("served by %s", r.Proto)
			}
		})
		bare, guarded := served(t, major, look), served(t, major, w.auth.RequireUser(look))
		did(t, bare, request(bare, "/"))
		want := seen
		rolls := request(guarded, "/")
		wantRolled(t, did(t, guarded, rolls))
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Errorf("HTTP/%d, when it rolls (-server +ours):\n%s", major, diff)
		}
		if res := did(t, guarded, rolls); len(res.Cookies()) != 0 {
			t.Errorf("the second request rolls too: %v", res.Header)
		}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Errorf("HTTP/%d, when it does not roll (-server +ours):\n%s", major, diff)
		}
		if want["Hijack"] != (major == 1) || !want["Flush"] {
			t.Errorf("HTTP/%d: the server's own writer has %v", major, want)
		}
	}
}

// public is what a handler says of a response that it does not know to be somebody's.
func public(w http.ResponseWriter) { w.Header().Set("Cache-Control", "public, max-age=60") }

// uses are handlers that each use an ability of their writer's.
var uses = map[string]func(w http.ResponseWriter) error{
	"/nothing": func(w http.ResponseWriter) error { public(w); return nil },
	"/string":  func(w http.ResponseWriter) error { public(w); _, err := io.WriteString(w, "s"); return err },
	"/flush": func(w http.ResponseWriter) error {
		public(w)
		w.(http.Flusher).Flush()
		public(w)
		_, err := w.Write([]byte("s"))
		return err
	},
	"/controlled": func(w http.ResponseWriter) error {
		c := http.NewResponseController(w)
		for name, err := range map[string]error{
			"SetReadDeadline": c.SetReadDeadline(time.Time{}), "SetWriteDeadline": c.SetWriteDeadline(time.Time{}), "EnableFullDuplex": c.EnableFullDuplex(),
		} {
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		public(w)
		return c.Flush()
	},
	"/round": func(w http.ResponseWriter) error { // goes round every wrapper
		for {
			u, ok := w.(interface{ Unwrap() http.ResponseWriter })
			if !ok {
				return http.NewResponseController(w).Flush()
			}
			w = u.Unwrap()
		}
	},
	"/unread": func(w http.ResponseWriter) error { // nothing comes, so another status can still be said
		public(w)
		_, err := io.Copy(w, iotest.ErrReader(io.ErrUnexpectedEOF))
		public(w)
		w.WriteHeader(http.StatusBadGateway)
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("copied: %w", err)
		}
		return nil
	},
	"/twice": func(w http.ResponseWriter) error {
		public(w)
		w.WriteHeader(http.StatusAccepted)
		public(w)
		w.WriteHeader(http.StatusTeapot)
		_, err := io.WriteString(w, "s")
		return err
	},
	"/early": func(w http.ResponseWriter) error {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		public(w)
		w.Header().Set("X-Late", "yes")
		w.WriteHeader(http.StatusAccepted)
		return nil
	},
}

// sendFile copies a file of a mebibyte, as http.ServeContent does.
func sendFile(t *testing.T) func(w http.ResponseWriter) error {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte(strings.Repeat("x", 1<<20)), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(w http.ResponseWriter) error {
		public(w)
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(w, f)
		return err
	}
}

// TestWriterWorks: each of a writer's abilities works on the request that rolls the
// session, and what it sends carries the cookie.
func TestWriterWorks(t *testing.T) {
	send, mux := sendFile(t), http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		use, ok := uses[r.URL.Path]
		if !ok {
			use = send
		}
		if err := use(w); err != nil {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
	})
	for _, major := range []int{1, 2} {
		w, request := due(t)
		server := served(t, major, w.auth.RequireUser(mux))
		for path, want := range map[string]struct{ status, body int }{
			"/nothing": {200, 0}, "/file": {200, 1 << 20}, "/string": {200, 1}, "/flush": {200, 1}, "/controlled": {200, 0},
			"/round": {200, 0}, "/twice": {202, 1}, "/early": {202, 0}, "/unread": {502, 0},
		} {
			early := 0
			r := request(server, path)
			r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
				Got1xxResponse: func(code int, _ textproto.MIMEHeader) error { early = code; return nil },
			}))
			res := did(t, server, r)
			wantRolled(t, res)
			if body := bodyOf(t, res); res.StatusCode != want.status || len(body) != want.body {
				t.Errorf("HTTP/%d, %s: %s, %d bytes", major, path, res.Status, len(body))
			}
			if path == "/early" && (early != http.StatusEarlyHints || res.Header.Get("X-Late") != "yes") {
				t.Errorf("HTTP/%d: early hints %d, then %v", major, early, res.Header)
			}
		}
	}
}

// TestWriterOfOthers: where another program's writer lies beneath, which has less
// than the server's, ours has no more.
func TestWriterOfOthers(t *testing.T) {
	w, request := due(t)
	compared := func(name string, wrap func(http.Handler) http.Handler) {
		var beneath, ours map[string]bool
		look := func(seen *map[string]bool) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
				*seen = map[string]bool{}
				for _, name := range []string{"Flush", "Hijack", "ReadFrom", "Push"} {
					(*seen)[name] = optional[name](rw)
				}
			})
		}
		server := served(t, 1, wrap(look(&beneath)))
		did(t, server, request(server, "/"))
		server = served(t, 1, wrap(w.auth.LoadSession(look(&ours))))
		wantRolled(t, did(t, server, request(server, "/")))
		if diff := cmp.Diff(beneath, ours); diff != "" {
			t.Errorf("%s (-beneath +ours):\n%s", name, diff)
		}
	}
	compared("http.TimeoutHandler", func(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Hour, "") })
	compared("unwrapped", func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(onlyUnwraps{w}, r) })
	})
	flush := w.auth.LoadSession(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Cache-Control", "public")
		if err := http.NewResponseController(rw).Flush(); err != nil {
			t.Error(err)
		}
	}))
	server := served(t, 1, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { flush.ServeHTTP(onlyUnwraps{w}, r) }))
	wantRolled(t, did(t, server, request(server, "/")))
}

// TestFlushThatIsNotToBeHad sends nothing, so what the handler says of caches afterwards
// does not count either.
func TestFlushThatIsNotToBeHad(t *testing.T) {
	w, request := due(t)
	h := w.auth.LoadSession(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		if err := http.NewResponseController(rw).Flush(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("flushed: %v", err)
		}
		public(rw)
		rw.WriteHeader(http.StatusAccepted)
	}))
	server := served(t, 1, http.TimeoutHandler(h, time.Hour, ""))
	wantRolled(t, did(t, server, request(server, "/")))
}

// onlyUnwraps is a writer of a middleware that has no abilities of its own.
type onlyUnwraps struct{ w http.ResponseWriter }

func (o onlyUnwraps) Header() http.Header         { return o.w.Header() }
func (o onlyUnwraps) Write(b []byte) (int, error) { return o.w.Write(b) }
func (o onlyUnwraps) WriteHeader(status int)      { o.w.WriteHeader(status) }
func (o onlyUnwraps) Unwrap() http.ResponseWriter { return o.w }
