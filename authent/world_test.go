package authent_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
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

func TestMain(m *testing.M) { os.Exit(testdb.Main(m)) }

// The world in which promises are tested: a real database, the generated
// adapter, a server on loopback, a clock that tests move, and a log that fails
// the test when a secret reaches it.
type world struct {
	t    testing.TB
	kind testdb.Kind
	// url is the DATABASE_URL of db.
	url    string
	db     *sql.DB
	driver *countingDriver
	client *ent.Client
	store  *hookAdapter
	auth   *authent.Auth
	server *httptest.Server
	clock  *clock
	log    *secretLog
	// box is where mails go.
	box authenttest.Mailbox
}

// testSecret is AUTH_SECRET in tests.
const testSecret = "a secret of more than thirty-two bytes for tests"

// setup changes how a world is made.
type setup struct {
	https bool
	// url is of a database that is lent already, as to another process of the application.
	// If "", one is lent.
	url string
	// through turns the database's URL into the one that is opened. If nil, it is.
	through func(url string) string
	// uncached says that a test writes to the database behind the engine's back and wants
	// that to count at once, so that it cannot have a cache.
	uncached bool
	config   func(*authent.Config)
}

// unhurried are limits that tests of other things never reach.
var unhurried = authent.RateLimits{
	SignIn: authent.Limit{Tries: 1_000_000, Window: time.Hour}, SignInClient: authent.Limit{Tries: 1_000_000, Window: time.Hour},
	Mail: authent.Limit{Tries: 1_000_000, Window: time.Hour}, MailClient: authent.Limit{Tries: 1_000_000, Window: time.Hour},
}

func newWorld(t testing.TB, kind testdb.Kind, set setup) *world {
	t.Helper()
	w := &world{t: t, kind: kind, url: set.url, clock: newClock(), log: newSecretLog(t)}
	w.openDatabase(set.through)
	w.server = httptest.NewUnstartedServer(nil)
	scheme := "http"
	if set.https {
		scheme = "https"
	}
	w.log.secret(testSecret)
	config := authent.Config{
		URL:        scheme + "://" + w.server.Listener.Addr().String() + "/auth",
		Secrets:    []string{testSecret},
		Adapter:    w.store,
		Providers:  []authent.Provider{provider.Password()},
		Logger:     w.log.logger(),
		Now:        w.clock.now,
		RateLimits: unhurried,
		Mailer:     &w.box,
	}
	if set.config != nil {
		set.config(&config)
	}
	if isCached() && !set.uncached && config.AuthJS.Mode == authent.AuthJSAlone {
		config.Session.Cache = authent.CacheConfig{Size: 1000, TTL: 15 * time.Minute}
	}
	var err error
	if w.auth, err = authent.New(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.endMails)
	w.serve(set.https)
	return w
}

// endMails waits for the mails under way: they write rows, and the database is another
// test's next.
func (w *world) endMails() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = w.auth.Close(ctx)
}

func (w *world) openDatabase(through func(string) string) {
	w.t.Helper()
	if w.url == "" {
		w.url = w.kind.Lent(w.t)
	}
	if through != nil {
		w.url = through(w.url)
	}
	w.db = w.kind.Connect(w.t, w.url)
	w.driver = &countingDriver{Driver: entsql.OpenDB(w.kind.Dialect, w.db)}
	w.client = ent.NewClient(ent.Driver(w.driver))
	w.store = &hookAdapter{besides: besides{ent.NewAuthAdapter(w.client)}}
}

// tables names every table, for dumps.
func (w *world) tables() []string {
	query := `SELECT table_name FROM information_schema.tables WHERE table_schema = `
	switch w.kind.Dialect {
	case dialect.SQLite:
		query = `SELECT name FROM sqlite_master WHERE type = 'table'`
	case dialect.Postgres:
		query += `current_schema()`
	case dialect.MySQL:
		query += `database()`
	}
	tables := queryStrings(w.t, w.db, query)
	if len(tables) < 4 {
		w.t.Fatalf("the database has the tables %q only", tables)
	}
	return tables
}

// dump is every value of every row of every table, but of those that tell of tries,
// whatever comes of them.
func (w *world) dump() string {
	w.t.Helper()
	return w.dumpOf(slices.DeleteFunc(w.tables(), func(table string) bool { return table == "ratelimits" || table == "auditevents" }))
}

// dumpOf is every value of every row of the tables.
func (w *world) dumpOf(tables []string) string {
	w.t.Helper()
	var b strings.Builder
	for _, table := range tables {
		rows, err := w.db.QueryContext(w.t.Context(), `SELECT * FROM `+table)
		if err != nil {
			w.t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			w.t.Fatal(err)
		}
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		for rows.Next() {
			if err := rows.Scan(values...); err != nil {
				w.t.Fatal(err)
			}
			for i, v := range values {
				value := *v.(*any)
				if text, ok := value.([]byte); ok {
					value = string(text)
				}
				fmt.Fprintf(&b, "%s.%s=%v\n", table, columns[i], value)
			}
		}
		if err := rows.Close(); err != nil {
			w.t.Fatal(err)
		}
	}
	return b.String()
}

// count is the number of rows of a table.
func (w *world) count(table string) int {
	w.t.Helper()
	var n int
	if err := w.db.QueryRowContext(w.t.Context(), `SELECT COUNT(*) FROM `+table).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// exec runs SQL behind the engine's back; ? stands for an argument.
func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	if _, err := w.db.ExecContext(w.t.Context(), w.kind.Placeholders(query), args...); err != nil {
		w.t.Fatal(err)
	}
}

func queryStrings(t testing.TB, db *sql.DB, query string, args ...any) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// countingDriver counts statements, and can fail the n-th from now, or let
// something happen before it.
type countingDriver struct {
	dialect.Driver
	mu         sync.Mutex
	statements []string
	failAt     int
	happenAt   int
	happens    func()
	// interrupted is the statement before which it happened, and committed says that a
	// transaction had ended before it.
	interrupted string
	committed   bool
}

var errInjected = fmt.Errorf("injected fault: the database went away")

func (d *countingDriver) note(query string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.statements = append(d.statements, query)
	if d.happenAt > 0 && query == "COMMIT" {
		d.committed = true
	}
	if d.happenAt > 0 {
		if d.happenAt--; d.happenAt == 0 {
			d.interrupted = query
			d.happens()
		}
	}
	if d.failAt > 0 {
		if d.failAt--; d.failAt == 0 {
			return errInjected
		}
	}
	return nil
}

// failNth makes the n-th statement from now fail, counting from 1; 0 for none.
func (d *countingDriver) failNth(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failAt = n
}

// beforeNth lets f happen before the n-th statement from now, counting from 1. It
// reports, when it is called again, whether it did.
func (d *countingDriver) beforeNth(n int, f func()) (happened bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	happened = d.happenAt == 0
	d.happenAt, d.happens = n, f
	if n > 0 {
		d.committed = false
	}
	return happened
}

// during returns the statements that f ran.
func (d *countingDriver) during(f func()) []string {
	d.mu.Lock()
	d.statements = nil
	d.mu.Unlock()
	f()
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.statements
}

func (d *countingDriver) Exec(ctx context.Context, query string, args, v any) error {
	if err := d.note(query); err != nil {
		return err
	}
	return d.Driver.Exec(ctx, query, args, v)
}

func (d *countingDriver) Query(ctx context.Context, query string, args, v any) error {
	if err := d.note(query); err != nil {
		return err
	}
	return d.Driver.Query(ctx, query, args, v)
}

func (d *countingDriver) Tx(ctx context.Context) (dialect.Tx, error) {
	if err := d.note("BEGIN"); err != nil {
		return nil, err
	}
	tx, err := d.Driver.Tx(ctx)
	if err != nil {
		return nil, err
	}
	return &countingTx{Tx: tx, d: d}, nil
}

type countingTx struct {
	dialect.Tx
	d *countingDriver
}

func (x *countingTx) Exec(ctx context.Context, query string, args, v any) error {
	if err := x.d.note(query); err != nil {
		return err
	}
	return x.Tx.Exec(ctx, query, args, v)
}

func (x *countingTx) Query(ctx context.Context, query string, args, v any) error {
	if err := x.d.note(query); err != nil {
		return err
	}
	return x.Tx.Query(ctx, query, args, v)
}

func (x *countingTx) Commit() error {
	if err := x.d.note("COMMIT"); err != nil {
		_ = x.Rollback()
		return err
	}
	return x.Tx.Commit()
}

// handle serves one more path beside the application's.
func (w *world) handle(path string, f http.HandlerFunc) {
	mux := http.NewServeMux()
	mux.Handle("/", application(w.auth))
	mux.HandleFunc(path, f)
	w.server.Config.Handler = mux
}
