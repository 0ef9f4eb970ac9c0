package adopt

import (
	"slices"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/migrate"
	entmigrate "github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/internal/testdb"
)

// TestAuthJS_Factors: authenticator apps and passkeys that authent has stored beside the
// tables of Auth.js stay, and belong to the adopted users from then on. What users have
// left behind who are gone goes.
func TestAuthJS_Factors(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell, kind testdb.Kind) {
		t.Parallel()
		_, db := c.open(t, kind)
		people := c.people(3)
		c.seed(t, kind, db, people)
		theirs := append(slices.Concat(oldTables(c), nativeTables), "authenticator", "Authenticator")
		if _, err := migrator(t, kind, db, nil).Push(t.Context(), entmigrate.Tables, migrate.PushConfig{Exclude: theirs}); err != nil {
			t.Fatal(err)
		}
		no := map[string]string{dialect.SQLite: "0", dialect.Postgres: "false", dialect.MySQL: "0"}[kind.Dialect]
		for _, id := range []string{people[0].id, people[2].id, "gone"} {
			testdb.Execute(t, db,
				"INSERT INTO totps (id, user_id, secret, last_step, confirmed_at) VALUES ('"+id+"', '"+id+"', 'sealed', 7, '2026-03-29 02:30:00')",
				"INSERT INTO authenticators (credential_id, user_id, provider_account_id, credential_public_key, counter, credential_device_type, credential_backed_up) VALUES ('"+id+"', '"+id+"', 'p', 'key', 7, 'singleDevice', "+no+")")
		}
		adopt(t, kind, db)
		checkAdopted(t, c, kind, db, people)
		testdb.Execute(t, db, "DELETE FROM users WHERE id = '"+people[0].id+"'")
		for _, query := range []string{"SELECT user_id FROM totps WHERE secret = 'sealed' AND last_step = 7", "SELECT user_id FROM authenticators WHERE counter = 7"} {
			if left := testdb.Texts(t, db, query); !slices.Equal(left, []string{people[2].id}) {
				t.Errorf("%s: %q", query, left)
			}
		}
	})
}

// TestAuthJS_RefusesOfBeside: an empty table of users beside Drizzle's is not dropped while
// something depends on it that would be lost or would hinder that.
func TestAuthJS_RefusesOfBeside(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell, kind testdb.Kind) {
		if !c.camel() {
			return // The names are the same.
		}
		_, db := c.open(t, kind)
		db.SetMaxOpenConns(1) // What turns foreign keys off is a connection's.
		c.seed(t, kind, db, c.people(3))
		if _, err := migrator(t, kind, db, nil).Push(t.Context(), entmigrate.Tables, migrate.PushConfig{Exclude: append(oldTables(c), "authenticator")}); err != nil {
			t.Fatal(err)
		}
		off := map[string]string{dialect.SQLite: "PRAGMA foreign_keys = off", dialect.Postgres: "SET session_replication_role = replica", dialect.MySQL: "SET foreign_key_checks = 0"}
		testdb.Execute(t, db, off[kind.Dialect],
			"CREATE TABLE post AS SELECT user_id FROM totps", "INSERT INTO totps (id, user_id, secret, last_step, confirmed_at) VALUES ('a', 'a', 'sealed', 7, '2026-03-29 02:30:00')")
		lines := []string{"there is a table totps with 1 row, which refers to the empty table users: empty it, or drop the foreign key"}
		if kind.Dialect != dialect.SQLite { // which keeps a reference to a table that is made anew
			testdb.Execute(t, db, "ALTER TABLE post ADD CONSTRAINT post_user FOREIGN KEY (user_id) REFERENCES users (id)")
			lines = append([]string{"table post refers to users (foreign key post_user), which is empty and is dropped: drop the foreign key first"}, lines...)
		}
		before := dump(t, kind, db)
		_, err := AuthJS(t.Context(), migrator(t, kind, db, nil), entmigrate.Tables, adoptConfig(t))
		checkRefused(t, err, lines)
		if after := dump(t, kind, db); after != before {
			t.Errorf("it left\n%s\nbefore:\n%s", after, before)
		}
	})
}
