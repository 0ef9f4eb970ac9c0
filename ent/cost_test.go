package ent_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/ent"
	"github.com/authent/authent/internal/testdb"
)

// checkAllocations are how often a check allocates, exactly, with the driver and all that
// is around it: by the adapter alone, from the cookie to the application's handler, and in
// GET /auth/session from all cookies of a browser to the answer's last byte. Whoever makes
// it less writes the new number here; whoever makes it more says why. roll is the write
// that a check does once in UpdateAge.
var checkAllocations = map[string]struct{ adapter, middleware, endpoint, roll uint64 }{
	"sqlite":   {132, 145, 171, 75},
	"postgres": {61, 74, 100, 81},
	"mariadb":  {55, 68, 94, 96},
}

// countedOn is the release of Go on which these were counted: another one's own library
// may differ.
const countedOn = "go1.26"

// TestP25_Allocations: nothing is added to a session check unseen.
func TestP25_Allocations(t *testing.T) {
	if !strings.HasPrefix(runtime.Version(), countedOn) || isRaced() {
		t.Skipf("the numbers are those of %s without the race detector", countedOn)
	}
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		rawURL := kind.Filled(t)
		if kind.Name != "sqlite" {
			// Behind a gate in this process no answer is there before database/sql has
			// waited for it. Whether it waits decides how often it allocates.
			rawURL, _ = kind.Gate(t, rawURL)
		}
		c := newChecked(t, kind, rawURL)
		want := checkAllocations[kind.Name]
		mustAllocate(t, "SessionAndUser", want.adapter, func() { c.adapterCheck(t) })
		mustAllocate(t, "LoadSession", want.middleware, func() { c.middlewareCheck(t) })
		mustAllocate(t, "GET /auth/session", want.endpoint, func() { c.endpointCheck(t) })
		mustAllocate(t, "UpdateSession", want.roll, func() { c.roll(t) })
	})
}

// mustAllocate fails t unless f allocates want times.
func mustAllocate(t *testing.T, name string, want uint64, f func()) {
	t.Helper()
	if got := leastAllocations(f); got != want {
		t.Errorf("%s allocates %v times, want %v", name, got, want)
	}
}

// leastAllocations returns how often f allocates at least, with all goroutines that it
// starts. Now and then something else does too, such as the collector, which would spoil
// an average; and without waiting for the goroutines, what one of them allocates might
// count for the next call.
func leastAllocations(f func()) uint64 {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	f()
	settle(0) // for a while
	running := runtime.NumGoroutine()
	least := uint64(math.MaxUint64)
	for range 200 {
		var before, after runtime.MemStats
		settle(running)
		runtime.ReadMemStats(&before)
		f()
		settle(running)
		runtime.ReadMemStats(&after)
		least = min(least, after.Mallocs-before.Mallocs)
	}
	return least
}

// settle lets other goroutines run until no more than running are left, or for a while.
func settle(running int) {
	for i := 0; i < 1000 && (i < 2 || runtime.NumGoroutine() > running); i++ {
		runtime.Gosched()
	}
}

func isRaced() bool {
	info, ok := debug.ReadBuildInfo()
	for i := 0; ok && i < len(info.Settings); i++ {
		if s := info.Settings[i]; s.Key == "-race" && s.Value == "true" {
			return true
		}
	}
	return false
}

// TestP25_Wire: on PostgreSQL all that a check sends is one kept statement's arguments, its
// execution and the end of the request, in one piece, and it waits for one answer.
func TestP25_Wire(t *testing.T) {
	kind := testdb.Server(t, "postgres")
	w := newWire(t, kind.Filled(t))
	c := newChecked(t, kind, w.url)
	for name, check := range map[string]func(testing.TB){"SessionAndUser": c.adapterCheck, "LoadSession": c.middlewareCheck} {
		check(t) // the first on the connection prepares the statement
		for range 3 {
			w.restart()
			check(t)
			if got, want := w.seen(), "Bind Execute Sync, answered"; got != want {
				t.Errorf("%s: on the wire %q, want %q", name, got, want)
			}
		}
	}
}

// checked is a session that is checked, on a single connection.
type checked struct {
	adapter *ent.AuthAdapter
	stored  authent.Secret
	update  authent.SessionUpdate
	handler http.Handler
	request *http.Request
	answer  *silent
	// endpoint is asked by get.
	endpoint http.Handler
	get      *http.Request
}

func newChecked(t *testing.T, kind testdb.Kind, rawURL string) *checked {
	t.Helper()
	db := kind.Connect(t, rawURL)
	db.SetMaxOpenConns(1)
	c := &checked{adapter: ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(kind.Dialect, db)))), answer: &silent{header: http.Header{}}}
	ada, err := c.adapter.CreateUser(t.Context(), authent.User{Email: "ada@example.com", Name: "Ada Lovelace"})
	if err != nil {
		t.Fatal(err)
	}
	// On SQLite it depends on a time's last digits how often reading it allocates.
	now := time.Now().UTC().Truncate(time.Second).Add(123 * time.Millisecond)
	if _, err := db.ExecContext(t.Context(), kind.Placeholders("UPDATE users SET created_at = ?, updated_at = ?"), now, now); err != nil {
		t.Fatal(err)
	}
	const token = "a-token-that-is-as-long-as-one-is-in-a-cookie"
	sum := sha256.Sum256([]byte(token))
	c.stored = authent.Secret(hex.EncodeToString(sum[:]))
	s := authent.Session{Token: c.stored, UserID: ada.ID, Expires: now.Add(30 * 24 * time.Hour), CreatedAt: now, LastUsedAt: now, IPAddress: "192.0.2.1", UserAgent: "Firefox"}
	if _, err := c.adapter.CreateSession(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	c.update = authent.SessionUpdate{Expires: &s.Expires, LastUsedAt: &s.LastUsedAt}
	auth, err := authent.New(authent.Config{
		URL: "http://localhost:3000", Secrets: []string{strings.Repeat("s", 32)}, Adapter: c.adapter, Providers: []authent.Provider{provider.Password()},
		Session: authent.SessionConfig{TouchInterval: 24 * time.Hour}, // so that no check writes
		Logger:  slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	c.handler = auth.LoadSession(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		c.answer.signedIn = authent.SessionFrom(r.Context()) != nil
	}))
	if c.request, err = http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost:3000/", nil); err != nil {
		t.Fatal(err)
	}
	c.request.RemoteAddr = "192.0.2.1:40000"
	c.request.Header.Set("Cookie", "authjs.session-token="+token)
	c.endpoint = auth.Handler()
	c.get = c.request.Clone(t.Context())
	c.get.URL.Path = "/auth/session"
	first := httptest.NewRecorder()
	c.endpoint.ServeHTTP(first, httptest.NewRequest(http.MethodGet, c.get.URL.String(), nil))
	for _, cookie := range first.Result().Cookies() {
		c.get.AddCookie(cookie)
	}
	return c
}

func (c *checked) adapterCheck(t testing.TB) {
	if _, err := c.adapter.SessionAndUser(t.Context(), c.stored); err != nil {
		t.Fatal(err)
	}
}

func (c *checked) middlewareCheck(t testing.TB) {
	clear(c.answer.header)
	c.answer.signedIn = false
	c.handler.ServeHTTP(c.answer, c.request)
	if !c.answer.signedIn {
		t.Fatal("nobody is signed in")
	}
}

func (c *checked) endpointCheck(t testing.TB) {
	clear(c.answer.header)
	c.answer.written = 0
	c.endpoint.ServeHTTP(c.answer, c.get)
	if c.answer.written <= len("null") || len(c.answer.header["Set-Cookie"]) != 1 {
		t.Fatalf("nobody is signed in, or more is set than the session cookie: %d bytes", c.answer.written)
	}
}

func (c *checked) roll(t testing.TB) {
	if err := c.adapter.UpdateSession(t.Context(), c.stored, c.update); err != nil {
		t.Fatal(err)
	}
}

// silent is a ResponseWriter that costs nothing.
type silent struct {
	header   http.Header
	signedIn bool
	written  int
}

// Header implements http.ResponseWriter.
func (s *silent) Header() http.Header { return s.header }

// Write implements http.ResponseWriter.
func (s *silent) Write(b []byte) (int, error) {
	s.written += len(b)
	return len(b), nil
}

// WriteHeader implements http.ResponseWriter.
func (s *silent) WriteHeader(int) {}

// wire stands between a client and PostgreSQL, on loopback, and notes which messages pass
// (PostgreSQL's manual, "Message Formats").
type wire struct {
	url, server string

	mu    sync.Mutex
	noted []string
}

// newWire starts one in front of the server of a URL, until t ends.
func newWire(t *testing.T, rawURL string) *wire {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal("the URL cannot be parsed")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	w := &wire{server: u.Host}
	u.Host, u.RawQuery = l.Addr().String(), "sslmode=disable"
	w.url = u.String()
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go w.pass(client)
		}
	}()
	return w
}

// pass connects a client to the server until one of them hangs up.
func (w *wire) pass(client net.Conn) {
	server, err := net.Dial("tcp", w.server)
	if err != nil {
		_ = client.Close()
		return
	}
	go func() {
		defer server.Close()
		if w.message(server, client, nil) == nil { // the startup message has no type
			for w.message(server, client, sent) == nil {
			}
		}
	}()
	defer client.Close()
	for w.message(client, server, ready) == nil {
	}
}

// sent names what clients send, by the letter where no name is known.
func sent(letter byte) string {
	if name, ok := map[byte]string{'P': "Parse", 'B': "Bind", 'D': "Describe", 'E': "Execute", 'S': "Sync", 'H': "Flush", 'C': "Close", 'Q': "Query"}[letter]; ok {
		return name
	}
	return string(letter)
}

// ready names the end of an answer, for which clients wait, and nothing else.
func ready(letter byte) string {
	if letter == 'Z' {
		return "answered"
	}
	return ""
}

// message passes one on, after it was noted if it has a name. A message without a type has
// a nil name.
func (w *wire) message(to io.Writer, from io.Reader, name func(letter byte) string) error {
	head := make([]byte, 5)
	if name == nil {
		head = head[:4]
	}
	if _, err := io.ReadFull(from, head); err != nil {
		return err
	}
	body := make([]byte, binary.BigEndian.Uint32(head[len(head)-4:])-4)
	if _, err := io.ReadFull(from, body); err != nil {
		return err
	}
	if name != nil {
		w.note(name(head[0]))
	}
	_, err := to.Write(append(head, body...))
	return err
}

func (w *wire) note(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if name != "" {
		w.noted = append(w.noted, name)
	}
}

func (w *wire) restart() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.noted = nil
}

// seen returns what was noted since restart.
func (w *wire) seen() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.ReplaceAll(strings.Join(w.noted, " "), " answered", ", answered")
}
