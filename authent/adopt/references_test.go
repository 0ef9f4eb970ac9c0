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

// TestAuthJS_OtherDatabase: a foreign key and a view of another database are refused on MySQL, and
// nothing is changed.
func TestAuthJS_OtherDatabase(t *testing.T) {
	onMariaDB(t, func(t *testing.T, c cell, kind testdb.Kind) {
		_, db := c.open(t, kind)
		c.seed(t, kind, db, c.people(3))
		here := testdb.Texts(t, db, "SELECT database()")[0]
		there := here + "_shop"
		testdb.Execute(t, db, "CREATE DATABASE "+kind.Quote(there))
		t.Cleanup(func() {
			if _, err := db.Exec("DROP DATABASE " + kind.Quote(there)); err != nil {
				t.Error(err)
			}
		})
		user := c.table(usersTable)
		id := testdb.Texts(t, db, "SELECT column_type FROM information_schema.columns WHERE table_schema = database() AND column_name = 'id' AND table_name = '"+user+"'")[0]
		like := testdb.Texts(t, db, "SELECT CONCAT(' CHARACTER SET ', character_set_name, ' COLLATE ', collation_name) FROM information_schema.columns WHERE table_schema = database() AND column_name = 'id' AND table_name = '"+user+"'")[0]
		testdb.Execute(t, db, "CREATE TABLE "+kind.Quote(there)+".orders (buyer "+id+like+", CONSTRAINT orders_buyer FOREIGN KEY (buyer) REFERENCES "+kind.Quote(here)+"."+kind.Quote(user)+" (id))")
		testdb.Execute(t, db, "CREATE VIEW "+kind.Quote(there)+".buyers AS SELECT email FROM "+kind.Quote(here)+"."+kind.Quote(user), "CREATE VIEW "+kind.Quote(there)+".ordered AS SELECT buyer AS "+kind.Quote(user)+" FROM "+kind.Quote(there)+".orders")
		before := dump(t, kind, db)
		_, err := AuthJS(t.Context(), migrator(t, kind, db, nil), entmigrate.Tables, adoptConfig(t))
		checkRefused(t, err, []string{
			"table " + there + ".orders of another database refers to " + user + " (foreign key orders_buyer): drop the foreign key first",
			"the view " + there + ".buyers reads the table " + user + ": drop it, and create it again for users afterwards",
		})
		if after := dump(t, kind, db); after != before {
			t.Errorf("it left\n%s\nbefore:\n%s", after, before)
		}
	})
}

// TestAuthJS_IDsSpelledOtherwise: rows of another table that refer to users by ids in other
// letters are refused on MySQL, and the statement that is named mends them.
func TestAuthJS_IDsSpelledOtherwise(t *testing.T) {
	kind, c := testdb.Server(t, "mariadb"), cellOf("drizzle.mysql")
	_, db := c.open(t, kind)
	c.seed(t, kind, db, c.people(3))
	testdb.Execute(t, db, "CREATE TABLE post (author varchar(255), CONSTRAINT post_author FOREIGN KEY (author) REFERENCES `user` (id))",
		"INSERT INTO post VALUES ('cm0000000abc'), ('CM0000001ABC'), (NULL)")
	before := dump(t, kind, db)
	_, err := AuthJS(t.Context(), migrator(t, kind, db, nil), entmigrate.Tables, adoptConfig(t))
	const mend = "UPDATE `post` o JOIN `user` u ON u.`id` = o.`author` SET o.`author` = u.`id`"
	checkRefused(t, err, []string{"rows of post refer to users by ids in other letters than the users have: write them alike (" + mend + "): 1, CM0000001ABC"})
	if after := dump(t, kind, db); after != before {
		t.Errorf("it left\n%s\nbefore:\n%s", after, before)
	}
	testdb.Execute(t, db, mend)
	adopt(t, kind, db)
	if n := testdb.Number(t, db, "SELECT COUNT(*) FROM post JOIN users ON users.id = post.author"); n != 2 {
		t.Errorf("%d posts have their author", n)
	}
}

// TestAuthJS_StampsStay: addresses that are rewritten in lower case do not count as a change
// for a column of the application's own that MySQL stamps.
func TestAuthJS_StampsStay(t *testing.T) {
	onMariaDB(t, func(t *testing.T, c cell, kind testdb.Kind) {
		_, db := c.open(t, kind)
		people := c.people(3)
		c.seed(t, kind, db, people)
		testdb.Execute(t, db, "ALTER TABLE "+c.quoted(kind, usersTable)+" ADD COLUMN `seen at` datetime NOT NULL DEFAULT '2020-01-02 03:04:05' ON UPDATE CURRENT_TIMESTAMP")
		adopt(t, kind, db)
		if n := testdb.Number(t, db, "SELECT COUNT(*) FROM users WHERE `seen at` = '2020-01-02 03:04:05'"); n != len(people) {
			t.Errorf("%d of %d times are as they were", n, len(people))
		}
		testdb.Execute(t, db, "UPDATE users SET name = 'changed'")
		if n := testdb.Number(t, db, "SELECT COUNT(*) FROM users WHERE `seen at` > '2020-01-02 03:04:05'"); n != len(people) {
			t.Errorf("%d of %d times follow a change", n, len(people))
		}
	})
}
