package adopt

import (
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/ent"
	entmigrate "github.com/authent/authent/ent/migrate"
	_ "github.com/authent/authent/ent/runtime"
	"github.com/authent/authent/internal/testdb"
)

// TestAuthJS adopts 10,000 people of each layout on its database: the native
// adapter finds every session by the token in its browser, users are the same,
// providers' tokens open, and migrations go on from there.
func TestAuthJS(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell, kind testdb.Kind) {
		t.Parallel()
		const n = 10_000
		_, db := c.open(t, kind)
		people := c.people(n)
		c.seed(t, kind, db, people)
		started := time.Now()
		done := adopt(t, kind, db)
		t.Logf("adopted in %v", time.Since(started))
		expired := 0
		for _, p := range people {
			if p.expires[1].Before(time.Now()) {
				expired++
			}
		}
		if done.Layout != c.layout || done.Users != n || done.Accounts != n || done.Sessions != 2*n || done.Expired != expired || done.Version != newest || done.Resumed {
			t.Errorf("%+v", done)
		}
		checkAdopted(t, c, kind, db, people)
		checkAccess(t, kind, db, people)
	})
}

// checkAdopted checks all that an adoption promises of the rows and the schema.
func checkAdopted(t *testing.T, c cell, kind testdb.Kind, db *sql.DB, people []person) {
	t.Helper()
	checkUsers(t, c, db, people)
	checkAccounts(t, c, db, people)
	checkSessions(t, kind, db, people)
	checkRest(t, c, kind, db, people)
}

// began is when this process started.
var began = time.Now()

// sinceStart reports whether a time lies between the start of this process and now, so
// that a database took it from the clock.
func sinceStart(at time.Time) bool {
	return !at.Before(began.Truncate(time.Second)) && !at.After(time.Now().Add(time.Second))
}

func checkUsers(t *testing.T, c cell, db *sql.DB, people []person) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT id, name, email, email_verified, COALESCE(password, ''), role, created_at, updated_at, disabled_at FROM users ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	i := 0
	for ; rows.Next(); i++ {
		var id, name, email, password, role string
		var verified, disabled sql.NullTime
		var created, updated time.Time
		if err := rows.Scan(&id, &name, &email, &verified, &password, &role, &created, &updated, &disabled); err != nil {
			t.Fatal(err)
		}
		p := people[i]
		if id != p.id || name != p.name || email != p.email2 || password != p.password || disabled.Valid {
			t.Fatalf("user %d is %s, %s, %s", i, id, name, email)
		}
		if verified.Valid == p.verified.IsZero() || verified.Valid && !verified.Time.Equal(p.verified) {
			t.Fatalf("user %s is verified at %v, want %v", id, verified, p.verified)
		}
		if want := p.role; role != want && (want != "" || role != "user") {
			t.Fatalf("user %s has the role %q, want %q", id, role, want)
		}
		if !p.created.IsZero() && (!created.Equal(p.created) || !updated.Equal(p.created)) || p.created.IsZero() && !sinceStart(created) {
			t.Fatalf("user %s was made at %v and updated at %v, want %v", id, created, updated, p.created)
		}
	}
	if err := rows.Err(); err != nil || i != len(people) {
		t.Fatalf("%d users, want %d: %v", i, len(people), err)
	}
}

// checkAccounts opens every token, each of which is sealed for its own place.
func checkAccounts(t *testing.T, c cell, db *sql.DB, people []person) {
	t.Helper()
	sealer := adoptConfig(t).Tokens
	rows, err := db.QueryContext(t.Context(), "SELECT id, user_id, type, provider, provider_account_id, refresh_token, access_token, COALESCE(id_token, ''), expires_at, scope FROM accounts ORDER BY user_id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	ids := map[string]bool{}
	i := 0
	for ; rows.Next(); i++ {
		var id, scope string
		var expires int64
		var acc authent.Account
		if err := rows.Scan(&id, &acc.UserID, &acc.Type, &acc.Provider, &acc.ProviderAccountID, &acc.RefreshToken, &acc.AccessToken, &acc.IDToken, &expires, &scope); err != nil {
			t.Fatal(err)
		}
		p := people[i]
		for _, token := range []authent.Secret{acc.RefreshToken, acc.AccessToken} {
			if !strings.HasPrefix(string(token), "authent.v1.") {
				t.Fatalf("a token of %s is not sealed", acc.UserID)
			}
		}
		sealer.Open(&acc)
		if acc.UserID != p.id || acc.Type != "oauth" || acc.ProviderAccountID != fmt.Sprint(i) || expires != 2147483000 || scope != "read:user" {
			t.Fatalf("account %d is %v, %d, %s", i, acc, expires, scope)
		}
		if string(acc.RefreshToken) != p.refresh || string(acc.AccessToken) != p.access || string(acc.IDToken) != p.idToken {
			t.Fatalf("the tokens of %s are others", acc.UserID)
		}
		if ids[id] = true; c.ids() && id != "account-"+p.id || !c.ids() && len(id) != 36 {
			t.Fatalf("the account's id is %s", id)
		}
	}
	if err := rows.Err(); err != nil || i != len(people) || len(ids) != len(people) {
		t.Fatalf("%d accounts with %d ids, want %d: %v", i, len(ids), len(people), err)
	}
}

// checkSessions asks the native adapter for each session as the engine does.
func checkSessions(t *testing.T, kind testdb.Kind, db *sql.DB, people []person) {
	t.Helper()
	adapter := adapterOf(kind, db)
	var wait sync.WaitGroup
	for worker := range 2 {
		wait.Go(func() {
			for i := worker; i < len(people); i += 2 {
				for n, token := range people[i].tokens {
					s, err := adapter.SessionAndUser(t.Context(), authent.Secret(hexSHA256(token)))
					if err != nil || s.User.ID != people[i].id || !s.Expires.Equal(people[i].expires[n]) || !s.CreatedAt.IsZero() || s.ID == "" {
						t.Errorf("session %d of %s: %v, %v", n, people[i].id, s, err)
						return
					}
				}
			}
		})
	}
	wait.Wait()
	if n := testdb.Number(t, db, "SELECT COUNT(*) FROM sessions"); n != 2*len(people) {
		t.Errorf("%d sessions", n)
	}
}

func adapterOf(kind testdb.Kind, db *sql.DB) *ent.AuthAdapter {
	return ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(kind.Dialect, db))))
}

// newest is the version that the migrations of the default graph lead to.
const newest = "20261128000002"

// checkRest checks what is left beside the rows.
func checkRest(t *testing.T, c cell, kind testdb.Kind, db *sql.DB, people []person) {
	t.Helper()
	if n := testdb.Number(t, db, "SELECT COUNT(*) FROM verificationtokens"); n != 0 {
		t.Errorf("%d links are left", n)
	}
	m := migrator(t, kind, db, nil)
	found, err := m.Drift(t.Context(), entmigrate.Tables, "authenticator", "Authenticator")
	var lines []string
	for _, d := range found {
		lines = append(lines, d.String())
	}
	if diff := cmp.Diff(c.kept(), lines, cmpopts.SortSlices(strings.Compare)); err != nil || diff != "" {
		t.Errorf("drift: %v (-want +got):\n%s", err, diff)
	}
	if report, err := m.Apply(t.Context(), 0); err != nil || report.Files != 0 {
		t.Errorf("apply executed %d files: %v", report.Files, err)
	}
	if st, err := m.Status(t.Context()); err != nil || st.Current != newest || st.Pending != 0 {
		t.Errorf("status: %+v, %v", st, err)
	}
	if _, _, err := adapterOf(kind, db).HitRateLimit(t.Context(), "key", time.Now(), time.Minute); err != nil {
		t.Errorf("no attempt can be counted: %v", err)
	}
	for _, table := range tablesOf(t, kind, db) {
		if strings.HasPrefix(table, "authent_") || table == "account" || table == "user" {
			t.Errorf("the table %s is left", table)
		}
	}
	if _, err := AuthJS(t.Context(), m, entmigrate.Tables, adoptConfig(t)); err == nil || !strings.Contains(err.Error(), "there is nothing to do") {
		t.Errorf("adopted twice: %v", err)
	}
	if !c.authenticators() {
		return
	}
	// Whoever is deleted takes the authenticators along, and nobody can add one for a
	// user who does not exist.
	insert := `INSERT INTO authenticator VALUES ('new', 'nobody', '1', 'key', 1, 'singleDevice', ` + map[string]string{dialect.SQLite: "1", dialect.Postgres: "true", dialect.MySQL: "1"}[kind.Dialect] + `, NULL)`
	if _, err := db.ExecContext(t.Context(), insert); err == nil {
		t.Error("an authenticator of nobody was inserted")
	}
	before := testdb.Number(t, db, "SELECT COUNT(*) FROM authenticator")
	if err := adapterOf(kind, db).DeleteUser(t.Context(), people[1].id); err != nil {
		t.Fatal(err)
	}
	if after := testdb.Number(t, db, "SELECT COUNT(*) FROM authenticator"); before == 0 || after != before-1 {
		t.Errorf("%d authenticators, then %d", before, after)
	}
}

// kept lists the differences of what the old tables have beyond authent's columns.
func (c cell) kept() (all []string) {
	if !c.style().stamps {
		return nil
	}
	for _, table := range []string{accountsTable, sessionsTable} {
		all = append(all, "table "+table+": column createdAt is not in the schema", "table "+table+": column updatedAt is not in the schema")
	}
	if c.kind == "mariadb" && c.layout == "PrismaV5IDs" {
		all = append(all, "table accounts: column refresh_token_expires_in is not in the schema", "table users: column username is not in the schema",
			"table users: index User_username_key (username) unique is not in the schema")
	}
	return all
}

// checkAccess asks the engine itself for access tokens.
func checkAccess(t *testing.T, kind testdb.Kind, db *sql.DB, people []person) {
	t.Helper()
	auth, err := authent.New(authent.Config{
		URL: "https://example.com/auth", Secrets: []string{"a newer secret, as after a rotation of it", adoptSecret}, Adapter: adapterOf(kind, db),
		Providers: []authent.Provider{provider.GitHub(provider.Client{ID: "id", Secret: "secret"})},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range people[2:50] {
		source, err := auth.TokenSource(t.Context(), p.id, "github")
		if err != nil {
			t.Fatal(err)
		}
		if token, err := source.Token(); err != nil || token.AccessToken != p.access {
			t.Fatalf("the token of %s: %v", p.id, err)
		}
	}
}
