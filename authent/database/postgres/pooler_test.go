package postgres_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/ent"
	_ "github.com/authent/authent/ent/runtime"
	"github.com/authent/authent/internal/testdb"
)

// shop is an application with people of its own.
type shop struct {
	t      *testing.T
	db     *sql.DB
	server *httptest.Server
}

func newShop(t *testing.T, rawURL string) *shop {
	t.Helper()
	s := &shop{t: t, db: open(t, rawURL), server: httptest.NewUnstartedServer(nil)}
	auth, err := authent.New(authent.Config{
		URL: "http://" + s.server.Listener.Addr().String() + "/auth", Secrets: []string{strings.Repeat("s", 32)},
		Adapter:   ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(dialect.Postgres, s.db)))),
		Providers: []authent.Provider{provider.Password()}, MaxHashes: 64,
		Logger: slog.New(slog.NewTextHandler(failing{t}, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(auth.Pattern(), auth.Handler())
	mux.Handle("/", auth.LoadSession(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s := authent.SessionFrom(r.Context()); s != nil {
			_, _ = io.WriteString(w, s.User.Email)
		}
	})))
	s.server.Config.Handler = mux
	s.server.Start()
	t.Cleanup(s.server.Close)
	return s
}

// failing is a log in which nothing may be.
type failing struct{ t *testing.T }

func (f failing) Write(line []byte) (int, error) {
	f.t.Errorf("the log has %s", line)
	return len(line), nil
}

// visitor is a browser.
type visitor struct {
	s      *shop
	client *http.Client
}

func (s *shop) visitor() visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Error(err)
	}
	return visitor{s, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// send returns the status, where the answer leads to, and its body.
func (v visitor) send(method, path string, form url.Values) (int, string, string) {
	r, err := http.NewRequest(method, v.s.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.s.t.Error(err)
		return 0, "", ""
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := v.client.Do(r)
	if err != nil {
		v.s.t.Error(err)
		return 0, "", ""
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return res.StatusCode, res.Header.Get("Location"), string(text)
}

// enter registers or signs in, and is then seen as that person, again and again.
func (v visitor) enter(path, email string) {
	_, _, body := v.send(http.MethodGet, "/auth/csrf", nil)
	var token struct{ CSRFToken string }
	_ = json.Unmarshal([]byte(body), &token)
	status, target, _ := v.send(http.MethodPost, path, url.Values{"csrfToken": {token.CSRFToken}, "email": {email}, "password": {"correct horse battery"}})
	if status != http.StatusFound || strings.Contains(target, "error") {
		v.s.t.Errorf("%s of %s: %d to %s", path, email, status, target)
		return
	}
	for range 10 {
		if status, _, body := v.send(http.MethodGet, "/", nil); status != http.StatusOK || body != email {
			v.s.t.Errorf("%s is seen as %q (%d)", email, body, status)
		}
	}
}

// live does what one worker does: people register, sign in and look around, between the
// application's own queries.
func (s *shop) live(worker string, rounds int) {
	for i := range rounds {
		email := fmt.Sprintf("%s-%d@example.com", worker, i)
		s.visitor().enter("/auth/register", email)
		s.visitor().enter("/auth/callback/credentials", email)
		for k := range 40 {
			s.ask(worker, i*100+k)
		}
	}
}

// ask runs queries of the application's own and compares the answers.
func (s *shop) ask(worker string, k int) {
	var n int
	var text string
	query := fmt.Sprintf("SELECT $1::int + %d, $2::text || '.%d'", k%17, k%13)
	if err := s.db.QueryRow(query, k, worker).Scan(&n, &text); err != nil || n != k+k%17 || text != fmt.Sprintf("%s.%d", worker, k%13) {
		s.t.Errorf("%s: %d, %q: %v", query, n, text, err)
	}
	stmt, err := s.db.Prepare(fmt.Sprintf("SELECT $1::int * %d", 2+k%5))
	if err != nil {
		s.t.Error(err)
		return
	}
	defer stmt.Close()
	for range 2 {
		if err := stmt.QueryRow(k).Scan(&n); err != nil || n != k*(2+k%5) {
			s.t.Errorf("a prepared statement: %d: %v", n, err)
		}
	}
	if err := s.write(worker, k); err != nil {
		s.t.Errorf("a transaction: %v", err)
	}
}

// write writes and reads in a transaction.
func (s *shop) write(worker string, k int) error {
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.Exec("INSERT INTO notes (worker, n, body, doc) VALUES ($1, $2, $3, $4)", worker, k, []byte{0, 1, byte(k), '\\'}, []byte(`{"n":1}`)); err != nil {
		return err
	}
	var body []byte
	if err := tx.QueryRow("SELECT body FROM notes WHERE worker = $1 AND n = $2", worker, k).Scan(&body); err != nil {
		return err
	}
	if string(body) != string([]byte{0, 1, byte(k), '\\'}) {
		return fmt.Errorf("note %d is %q", k, body)
	}
	return tx.Commit()
}

// disturb acts as another client of the pooler: it prepares statements under the names
// that the driver gives them, until stop.
func disturb(t *testing.T, rawURL string, stop <-chan struct{}) {
	db, err := sql.Open("postgres", rawURL+"?sslmode=disable")
	if err != nil {
		t.Error(err)
		return
	}
	defer db.Close()
	for {
		select {
		case <-stop:
			return
		default:
		}
		if stmt, err := db.Prepare("SELECT 'foreign', $1::text, $2::text, $3::text"); err == nil {
			_ = stmt.Close()
		}
	}
}

// TestP40_NoStatementRunsAsAnother: behind a pooler in transaction mode, beside
// somebody who prepares statements by the same names, nothing fails and every
// answer is the right one; also after the pooler was started anew.
func TestP40_NoStatementRunsAsAnother(t *testing.T) {
	t.Parallel()
	direct := testdb.Server(t, "postgres").Filled(t)
	run(t, open(t, direct), "CREATE TABLE notes (worker text, n int, body bytea, doc jsonb)")
	pooler := testdb.PgBouncer(t, direct)
	s := newShop(t, pooler.URL)
	for _, time := range []string{"before", "after"} {
		stop := make(chan struct{})
		var others, workers sync.WaitGroup
		others.Go(func() { disturb(t, pooler.URL, stop) })
		for n := range 8 {
			workers.Go(func() { s.live(fmt.Sprintf("%s-%d", time, n), 2) })
		}
		workers.Wait()
		close(stop)
		others.Wait()
		if err := errors.Join(pooler.Stop(), pooler.Start(t.Context())); err != nil {
			t.Fatal(err)
		}
		renewed(t, s.db)
	}
}

// renewed waits until a pool has noticed that its connections were ended.
func renewed(t *testing.T, db *sql.DB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for db.PingContext(ctx) != nil {
		if ctx.Err() != nil {
			t.Fatal("the pool did not come back")
		}
	}
}

// TestP40_Adapter: the adapter keeps the whole contract behind a pooler.
func TestP40_Adapter(t *testing.T) {
	t.Parallel()
	kind := testdb.Server(t, "postgres")
	pool := kind.Pool(t)
	pooler := testdb.PgBouncer(t, kind.URL(t), "max_client_conn = 1000")
	authenttest.Run(t, func(t testing.TB) authenttest.Subject {
		rawURL := with(t, pool.URL(t), func(u *url.URL, _ url.Values) { u.Host = "127.0.0.1:" + strconv.Itoa(pooler.Port) })
		db := kind.Connect(t, rawURL)
		return authenttest.Subject{
			Adapter: ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(dialect.Postgres, db)))), DB: db, Dialect: "postgres",
		}
	})
}
