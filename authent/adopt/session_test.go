package adopt

import (
	"database/sql"
	"slices"
	"strings"
	"testing"

	entmigrate "github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/internal/testdb"
)

// seedHashed fills the old tables as a Node application does that hashes tokens, except
// those of the first people, whose sessions are older than that. It returns the people
// with what is in their cookies, and with what is in the tables.
func (c cell) seedHashed(t *testing.T, kind testdb.Kind, db *sql.DB, plain int) (people, stored []person) {
	t.Helper()
	people = c.people(6)
	stored = slices.Clone(people)
	for i := plain; i < len(people); i++ {
		stored[i].tokens = slices.Clone(people[i].tokens)
		for n, token := range people[i].tokens {
			stored[i].tokens[n] = hexSHA256(token)
		}
	}
	c.seed(t, kind, db, stored)
	return people, stored
}

// TestAuthJS_Hashed leaves tokens that the old application hashed as they are, and
// ends the sessions that ended when it began to.
func TestAuthJS_Hashed(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell, kind testdb.Kind) {
		t.Parallel()
		_, db := c.open(t, kind)
		people, _ := c.seedHashed(t, kind, db, 2)
		config := adoptConfig(t)
		config.SessionTokens = HashedSessionTokens
		done, err := AuthJS(t.Context(), migrator(t, kind, db, nil), entmigrate.Tables, config)
		if err != nil {
			t.Fatal(err)
		}
		if want := "sessions from before the Node application hashed tokens ended when it started to, and are left out: 4"; done.Sessions != 8 || !slices.Contains(done.Notes, want) {
			t.Errorf("%d sessions, %q", done.Sessions, done.Notes)
		}
		checkSessions(t, kind, db, people[2:])
	})
}

// TestAuthJS_HashedUnsaid: a table with hashes is refused until the caller says what
// they are. Hashed again, they would sign everybody out, and let in whoever has read
// the old database.
func TestAuthJS_HashedUnsaid(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell, kind testdb.Kind) {
		t.Parallel()
		_, db := c.open(t, kind)
		_, stored := c.seedHashed(t, kind, db, 5)
		config := adoptConfig(t)
		m := migrator(t, kind, db, nil)
		_, err := AuthJS(t.Context(), m, entmigrate.Tables, config)
		checkRefused(t, err, []string{"2 of 10 live session tokens look like SHA-256: if the Node application hashes them, use --hashed (HashedSessionTokens); if it does not, use --plain (PlainSessionTokens)"})
		config.SessionTokens = PlainSessionTokens
		done, err := AuthJS(t.Context(), m, entmigrate.Tables, config)
		if err != nil || done.Sessions != 12 {
			t.Fatalf("%+v, %v", done, err)
		}
		checkSessions(t, kind, db, stored)
	})
}

// TestAuthJS_SecondsOnSQLite: numbers that are seconds would be times in 1970.
func TestAuthJS_SecondsOnSQLite(t *testing.T) {
	for _, c := range []cell{cells[0], cells[6]} {
		kind := testdb.SQLite
		_, db := c.open(t, kind)
		c.seed(t, kind, db, c.people(2))
		expires, verified := c.column("expires"), c.column("email_verified")
		testdb.Execute(t, db, "UPDATE "+c.table(sessionsTable)+" SET "+expires+" = 1900000000", "UPDATE "+c.table(usersTable)+" SET "+verified+" = 1700000000 WHERE id = 'cm0000001abc'")
		_, err := AuthJS(t.Context(), migrator(t, kind, db, nil), entmigrate.Tables, adoptConfig(t))
		checkRefused(t, err, []string{
			"users have a value in " + c.table(usersTable) + "." + verified + " that is not a time (a number is Unix milliseconds since the year 2000): correct it, or make it NULL: 1, cm0000001abc",
			"users have a session whose expires is not a time (a number is Unix milliseconds since the year 2000): delete the session: 2, cm0000000abc, cm0000001abc",
		})
	}
}

// TestAuthJS_AllExpired: a note says so, because the times may not mean what they seem
// to.
func TestAuthJS_AllExpired(t *testing.T) {
	c, kind := cells[6], testdb.SQLite
	_, db := c.open(t, kind)
	c.seed(t, kind, db, c.people(2))
	testdb.Execute(t, db, "UPDATE session SET expires = 1774747800123")
	if done := adopt(t, kind, db); !strings.Contains(strings.Join(done.Notes, "\n"), "every session has expired") {
		t.Errorf("%q", done.Notes)
	}
}
