package adopt

import (
	"testing"

	entmigrate "github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/internal/testdb"
)

// TestAuthJS_ReferencesInOtherLetters: SQLite takes the names in a foreign key in letters of
// either case. Those to a table that is replaced are refused, and those to users are kept.
func TestAuthJS_ReferencesInOtherLetters(t *testing.T) {
	c, kind := cellOf("prismav5.sqlite"), testdb.SQLite
	_, db := c.open(t, kind)
	people := c.people(3)
	c.seed(t, kind, db, people)
	testdb.Execute(t, db,
		"CREATE TABLE device (id text CONSTRAINT device_session REFERENCES session (SESSIONTOKEN))",
		"CREATE TABLE post (author text REFERENCES USER (ID) ON DELETE CASCADE)", "INSERT INTO post SELECT MIN(id) FROM User",
		"ALTER TABLE User ADD COLUMN boss text REFERENCES user (Id)", "ALTER TABLE Account ADD COLUMN giver text REFERENCES user (Id)")
	before := dump(t, kind, db)
	_, err := AuthJS(t.Context(), migrator(t, kind, db, nil), entmigrate.Tables, adoptConfig(t))
	checkRefused(t, err, []string{"table device refers to Session (foreign key device_session), which is replaced: drop the foreign key first"})
	if after := dump(t, kind, db); after != before {
		t.Errorf("it left\n%s\nbefore:\n%s", after, before)
	}
	testdb.Execute(t, db, "DROP TABLE device")
	adopt(t, kind, db)
	for _, statement := range []string{"INSERT INTO post VALUES ('nobody')", "UPDATE users SET boss = 'nobody'", "UPDATE accounts SET giver = 'nobody'"} {
		if _, err := db.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("%s went through", statement)
		}
	}
	testdb.Execute(t, db, "UPDATE users SET boss = id", "UPDATE accounts SET giver = user_id", "UPDATE users SET boss = NULL", "UPDATE accounts SET giver = NULL", "DELETE FROM users WHERE id = '"+people[0].id+"'")
	if n := testdb.Number(t, db, "SELECT COUNT(*) FROM post"); n != 0 {
		t.Error("the posts of who was deleted are left")
	}
	if n := testdb.Number(t, db, "SELECT COUNT(*) FROM pragma_foreign_key_check"); n != 0 {
		t.Errorf("%d references are broken", n)
	}
}
