package ent_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/lib/pq"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/database/stmtcache"
	"github.com/authent/authent/ent"
	"github.com/authent/authent/internal/testdb"
)

// crowd fills the tables, so that a planner has a reason to use indexes.
var crowd = map[string][]string{
	dialect.Postgres: crowdOf("n::text", "FROM generate_series(1, 3000) n", "ANALYZE"),
	dialect.MySQL:    crowdOf("seq", "FROM seq_1_to_3000", "ANALYZE TABLE users, accounts, sessions, verificationtokens, ratelimits, auditevents, totps, authenticators"),
	dialect.SQLite:   crowdOf("n", "FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3000) SELECT n FROM c)", "ANALYZE"),
}

func crowdOf(n, from, analyze string) []string {
	const at = "'2030-01-01 00:00:00'"
	id := func(prefix string) string { return "CONCAT('" + prefix + "', " + n + ")" }
	return []string{
		"INSERT INTO users (id, email, role, created_at, updated_at) SELECT " + id("u") + ", " + id("e") + ", 'user', " + at + ", " + at + " " + from,
		"INSERT INTO accounts (id, user_id, type, provider, provider_account_id) SELECT " + id("a") + ", " + id("u") + ", 'oauth', 'github', " + id("p") + " " + from,
		"INSERT INTO sessions (id, session_token, user_id, expires) SELECT " + id("s") + ", " + id("t") + ", " + id("u") + ", " + at + " " + from,
		"INSERT INTO verificationtokens (token, identifier, expires) SELECT " + id("v") + ", " + id("i") + ", " + at + " " + from,
		"INSERT INTO ratelimits (id, count, expires) SELECT " + id("k") + ", 1, " + at + " " + from,
		"INSERT INTO auditevents (id, occurred_at, user_id, kind, outcome, expires) SELECT " + id("d") + ", " + at + ", " + id("u") + ", 'sign_in', 'success', " + at + " " + from,
		"INSERT INTO totps (id, user_id, secret, last_step, confirmed_at) SELECT " + id("o") + ", " + id("u") + ", 'sealed', 1, " + at + " " + from,
		"INSERT INTO authenticators (credential_id, user_id, provider_account_id, credential_public_key, counter, credential_device_type, credential_backed_up) SELECT " +
			id("w") + ", " + id("u") + ", " + id("w") + ", 'key', 1, 'singleDevice', false " + from,
		analyze,
	}
}

func newCrowd(t *testing.T, kind testdb.Kind) *graph {
	t.Helper()
	g := newGraph(t, kind)
	for _, s := range crowd[kind.Dialect] {
		if _, err := g.db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return g
}

// plan is how the database would run a statement, in its own words, and whether
// it would read a whole table or index.
func (g *graph) plan(t *testing.T, s statement) (text string, whole bool) {
	t.Helper()
	explain := map[string]string{dialect.SQLite: "EXPLAIN QUERY PLAN ", dialect.Postgres: "EXPLAIN ", dialect.MySQL: "EXPLAIN FORMAT=JSON "}[g.kind.Dialect]
	rows, err := g.db.QueryContext(t.Context(), explain+s.query, s.args...)
	if err != nil {
		t.Fatalf("%s%s: %v", explain, s.query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values := make([]any, len(columns))
	for i := range values {
		values[i] = new(sql.NullString)
	}
	for rows.Next() {
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		text += values[len(values)-1].(*sql.NullString).String + "\n"
	}
	signs := map[string][]string{
		dialect.SQLite: {"SCAN "}, dialect.Postgres: {"Seq Scan"}, dialect.MySQL: {`"access_type": "ALL"`, `"access_type": "index"`},
	}[g.kind.Dialect]
	for _, sign := range signs {
		whole = whole || strings.Contains(text, sign)
	}
	return text, whole
}

func TestP25_SessionAndUserIsOneStatementByUniqueIndex(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		g := newCrowd(t, kind)
		statements := g.during(func() {
			if _, err := g.adapter.SessionAndUser(t.Context(), g.token); err != nil {
				t.Fatal(err)
			}
		})
		if len(statements) != 1 {
			t.Fatalf("%d statements: %v", len(statements), statements)
		}
		plan, whole := g.plan(t, statements[0])
		if !strings.Contains(plan, "sessions_session_token_key") || whole {
			t.Errorf("plan:\n%s", plan)
		}
	})
}

// TestP25_LookupsUseIndexes: no statement that the engine depends on reads a
// whole table.
func TestP25_LookupsUseIndexes(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		g := newCrowd(t, kind)
		for name, lookup := range g.lookups() {
			statements := g.during(func() {
				if err := lookup(t.Context()); err != nil && !errors.Is(err, authent.ErrNotFound) {
					t.Errorf("%s: %v", name, err)
				}
			})
			if len(statements) == 0 {
				t.Errorf("%s ran no statement", name)
			}
			for _, s := range statements {
				if plan, whole := g.plan(t, s); whole {
					t.Errorf("%s: %s\n%s", name, s.query, plan)
				}
			}
		}
	})
}

// lookups are the calls that find rows.
func (g *graph) lookups() map[string]func(ctx context.Context) error {
	a, now := g.adapter, time.Now()
	return map[string]func(ctx context.Context) error{
		"UsersByEmail":  func(ctx context.Context) error { _, err := a.UsersByEmail(ctx, "e1", "E1"); return err },
		"User":          func(ctx context.Context) error { _, err := a.User(ctx, "u1"); return err },
		"UserByAccount": func(ctx context.Context) error { _, err := a.UserByAccount(ctx, "github", "p1"); return err },
		"UpdateUser": func(ctx context.Context) error {
			_, err := a.UpdateUser(ctx, "u2", authent.UserUpdate{Name: new(string)})
			return err
		},
		"DeleteUser":               func(ctx context.Context) error { return a.DeleteUser(ctx, "u3") },
		"Sessions":                 func(ctx context.Context) error { _, err := a.Sessions(ctx, "u1"); return err },
		"Accounts":                 func(ctx context.Context) error { _, err := a.Accounts(ctx, "u1"); return err },
		"Account":                  func(ctx context.Context) error { _, err := a.Account(ctx, "github", "p1"); return err },
		"UnlinkAccount":            func(ctx context.Context) error { return a.UnlinkAccount(ctx, "github", "p4") },
		"VerificationToken":        func(ctx context.Context) error { _, err := a.VerificationToken(ctx, "i1", "v1"); return err },
		"VerificationTokens":       func(ctx context.Context) error { _, err := a.VerificationTokens(ctx, "i1"); return err },
		"UseVerificationToken":     func(ctx context.Context) error { _, err := a.UseVerificationToken(ctx, "i2", "v2"); return err },
		"DeleteVerificationTokens": func(ctx context.Context) error { _, err := a.DeleteVerificationTokens(ctx, "i3", "y"); return err },
		"DeleteSession":            func(ctx context.Context) error { return a.DeleteSession(ctx, "t5") },
		"DeleteSessions":           func(ctx context.Context) error { _, err := a.DeleteSessions(ctx, "u6", "y"); return err },
		"DeleteSessionByID":        func(ctx context.Context) error { _, err := a.DeleteSessionByID(ctx, "u7", "s7"); return err },
		"UpdateSession": func(ctx context.Context) error {
			return a.UpdateSession(ctx, "t8", authent.SessionUpdate{Expires: &now})
		},
		"HitRateLimit": func(ctx context.Context) error {
			_, _, err := a.HitRateLimit(ctx, "k9", now, time.Minute)
			return err
		},
		"ResetRateLimit": func(ctx context.Context) error { return a.ResetRateLimit(ctx, "k10") },
		"AuditEvents": func(ctx context.Context) error {
			_, err := a.AuditEvents(ctx, "u11", authent.AuditPage{Before: "d9", Limit: 20})
			return err
		},
		"ForgetAuditClients": func(ctx context.Context) error { return a.ForgetAuditClients(ctx, "u12") },
		"TOTP":               func(ctx context.Context) error { _, err := a.TOTP(ctx, "u13"); return err },
		"UseTOTPStep":        func(ctx context.Context) error { _, err := a.UseTOTPStep(ctx, "u14", 7); return err },
		"DeleteTOTP":         func(ctx context.Context) error { return a.DeleteTOTP(ctx, "u15") },
		"Authenticator":      func(ctx context.Context) error { _, err := a.Authenticator(ctx, "w16"); return err },
		"Authenticators":     func(ctx context.Context) error { _, err := a.Authenticators(ctx, "u17"); return err },
		"UpdateAuthenticator": func(ctx context.Context) error {
			return a.UpdateAuthenticator(ctx, "w18", authent.AuthenticatorUpdate{Counter: new(int64(9))})
		},
		"DeleteAuthenticator": func(ctx context.Context) error { _, err := a.DeleteAuthenticator(ctx, "u19", "w19"); return err },
		"DeleteExpired": func(ctx context.Context) error {
			_, err := a.DeleteExpired(ctx, now.AddDate(-10, 0, 0), 10)
			return err
		},
	}
}

// dialer counts how often connections wait for an answer to what they sent.
type dialer struct {
	net.Dialer
	trips atomic.Int64
}

func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &countingConn{Conn: c, trips: &d.trips}, nil
}

func (d *dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

type countingConn struct {
	net.Conn
	trips *atomic.Int64
	sent  atomic.Bool
}

func (c *countingConn) Write(b []byte) (int, error) {
	c.sent.Store(true)
	return c.Conn.Write(b)
}

func (c *countingConn) Read(b []byte) (int, error) {
	if c.sent.Swap(false) {
		c.trips.Add(1)
	}
	return c.Conn.Read(b)
}

// TestP25_OneRoundTrip: on PostgreSQL a session check waits for the server once,
// after the first on each connection.
func TestP25_OneRoundTrip(t *testing.T) {
	kind := testdb.Server(t, "postgres")
	u, err := url.Parse(kind.Filled(t))
	if err != nil {
		t.Fatal(err)
	}
	u.RawQuery = "sslmode=disable"
	connector, err := pq.NewConnector(u.String())
	if err != nil {
		t.Fatal(err)
	}
	d := &dialer{}
	connector.Dialer(d)
	db := sql.OpenDB(stmtcache.New(connector, stmtcache.Config{}))
	defer db.Close()
	db.SetMaxOpenConns(1)
	adapter := ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(kind.Dialect, db))))
	ada, err := adapter.CreateUser(t.Context(), authent.User{Email: "ada@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	token := authent.Secret(strings.Repeat("a", 64))
	if _, err := adapter.CreateSession(t.Context(), authent.Session{Token: token, UserID: ada.ID, Expires: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	var waited []int64
	for range 6 {
		before := d.trips.Load()
		if _, err := adapter.SessionAndUser(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		waited = append(waited, d.trips.Load()-before)
	}
	if got := fmt.Sprint(waited[1:]); got != "[1 1 1 1 1]" || waited[0] > 2 {
		t.Errorf("round trips of each check: %v", waited)
	}
}
