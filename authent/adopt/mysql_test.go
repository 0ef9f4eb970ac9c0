package adopt

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/authent/migrate"
	entmigrate "github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/internal/dbserver"
	"github.com/authent/authent/internal/testdb"
)

// TestAuthJS_ServerZone: Drizzle's times on a MySQL server in another zone than UTC
// are read as Drizzle wrote them, whether the zone is the system's or the server's
// own.
func TestAuthJS_ServerZone(t *testing.T) {
	_ = testdb.Server(t, "mariadb")
	for _, globally := range []string{"", "+05:30"} {
		t.Run("global "+globally, func(t *testing.T) { adoptInZone(t, globally) })
	}
}

func adoptInZone(t *testing.T, globally string) {
	t.Setenv("TZ", "America/New_York")
	server, err := dbserver.MariaDB(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { err = errors.Join(err, server.Close()) })
	name, db, err := database.Open(server.Dev)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	kind, c := testdb.Kind{Name: "mariadb", Dialect: name}, cells[5]
	if globally != "" {
		testdb.Execute(t, db, "SET GLOBAL time_zone = '"+globally+"'")
	}
	if now := testdb.Texts(t, db, "SELECT CONCAT(TIMEDIFF(NOW(), UTC_TIMESTAMP()), @@system_time_zone) FROM (SELECT 1) x"); len(now) != 1 || !strings.Contains(now[0], "E") {
		t.Fatalf("the server is in the zone %v", now)
	}
	testdb.Execute(t, db, c.statements(t)...)
	people := c.people(10)
	c.seed(t, kind, db, people)
	adopt(t, kind, db)
	checkAdopted(t, c, kind, db, people)
	var zone string
	if err := db.QueryRowContext(context.Background(), "SELECT @@SESSION.time_zone").Scan(&zone); err != nil || zone != "+00:00" {
		t.Errorf("the connection is left in the zone %s: %v", zone, err)
	}
}

// onMariaDB runs a test in both layouts that MySQL has.
func onMariaDB(t *testing.T, run func(t *testing.T, c cell, kind testdb.Kind)) {
	for _, c := range cells {
		if c.kind == "mariadb" {
			t.Run(c.ddl, func(t *testing.T) { run(t, c, testdb.Server(t, c.kind)) })
		}
	}
}

// TestAuthJS_WrittenUntilExchanged: what somebody writes after the comparison, up to
// the exchange itself, is not lost.
func TestAuthJS_WrittenUntilExchanged(t *testing.T) {
	onMariaDB(t, func(t *testing.T, c cell, kind testdb.Kind) {
		t.Parallel()
		_, db := c.open(t, kind)
		people := c.people(5)
		c.seed(t, kind, db, people)
		testdb.Execute(t, db, ownThings(c, kind)...)
		before := dumpOf(t, kind, db, oldTables(c))
		m, config := migrator(t, kind, db, nil), adoptConfig(t)
		write := "UPDATE " + c.quoted(kind, usersTable) + " SET name = '%' WHERE id = '" + people[0].id + "'"
		config.step = func(step string) {
			if step == "before exchange" {
				testdb.Execute(t, db, strings.Replace(write, "%", "changed", 1))
			}
		}
		tables := testdb.WithNickname(t)
		if _, err := AuthJS(t.Context(), m, tables, config); !errors.Is(err, errWritten) {
			t.Fatalf("%v", err)
		}
		testdb.Execute(t, db, strings.Replace(write, "%", people[0].name, 1))
		if after := dumpOf(t, kind, db, oldTables(c)); after != before {
			t.Errorf("it left\n%s\nbefore:\n%s", after, before)
		}
		if done, err := AuthJS(t.Context(), m, tables, adoptConfig(t)); err != nil || done.Resumed {
			t.Fatalf("%+v, %v", done, err)
		}
		checkUsers(t, c, db, people)
		if n := testdb.Number(t, db, "SELECT COUNT(*) FROM post JOIN users ON users.id = post.author"); n != 1 {
			t.Errorf("%d posts have their author", n)
		}
	})
}

// TestAuthJS_NewTablesDropped: a journal whose new tables somebody has dropped does not
// count as that of an exchange.
func TestAuthJS_NewTablesDropped(t *testing.T) {
	onMariaDB(t, func(t *testing.T, c cell, kind testdb.Kind) {
		t.Parallel()
		url, db := c.open(t, kind)
		people := c.people(5)
		c.seed(t, kind, db, people)
		if !kill(t, url, "before exchange") {
			t.Fatal("it was not killed")
		}
		for _, native := range slices.Backward(nativeTables) {
			testdb.Execute(t, db, "DROP TABLE "+newName(native))
		}
		if done := adopt(t, kind, db); done.Resumed {
			t.Errorf("%+v", done)
		}
		checkAdopted(t, c, kind, db, people)
	})
}

// TestAuthJS_Cuts: a server that truncates values truncates none here.
func TestAuthJS_Cuts(t *testing.T) {
	onMariaDB(t, func(t *testing.T, c cell, kind testdb.Kind) {
		t.Parallel()
		url, db := c.open(t, kind)
		people := c.people(3)
		c.seed(t, kind, db, people)
		users, accounts := c.quoted(kind, usersTable), c.quoted(kind, accountsTable)
		testdb.Execute(t, db, "ALTER TABLE "+users+" MODIFY image longtext", "ALTER TABLE "+accounts+" MODIFY scope mediumtext",
			"UPDATE "+users+" SET image = REPEAT('x', 70000) WHERE id = '"+people[0].id+"'", "UPDATE "+accounts+" SET scope = REPEAT('x', 70000)")
		sep := "?"
		if strings.Contains(url, "?") {
			sep = "&"
		}
		name, loose, err := database.Open(url + sep + "sql_mode=''")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = loose.Close() })
		if mode := testdb.Texts(t, loose, "SELECT @@SESSION.sql_mode"); name != kind.Dialect || mode[0] != "" {
			t.Fatalf("%s, %q", name, mode)
		}
		_, err = AuthJS(t.Context(), migrator(t, kind, loose, nil), entmigrate.Tables, adoptConfig(t))
		checkRefused(t, err, []string{
			"users have a value in " + c.table(usersTable) + ".image that is too long for users.image: shorten it: 1, " + people[0].id,
			"users have a value in " + c.table(accountsTable) + ".scope that is too long for accounts.scope: shorten it: 3, " + people[0].id + ", " + people[1].id + ", " + people[2].id,
		})
	})
}

// TestAuthJS_Strict: a value that no check foresees is an error, and is not truncated
// either.
func TestAuthJS_Strict(t *testing.T) {
	kind := testdb.Server(t, "mariadb")
	_, db := cells[2].open(t, kind)
	db.SetMaxOpenConns(1)
	testdb.Execute(t, db, "SET sql_mode = ''", "CREATE TABLE short (word varchar(3))")
	err := migrator(t, kind, db, nil).Exclusive(t.Context(), func(s *migrate.Session) error {
		return (&adopter{Session: s}).asNode(t.Context(), func() error {
			_, err := s.ExecContext(context.Background(), "INSERT INTO short VALUES ('longer')")
			return err
		})
	})
	if err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("%v", err)
	}
	if mode := testdb.Texts(t, db, "SELECT @@SESSION.sql_mode"); mode[0] != "" {
		t.Errorf("the connection is left in the mode %q", mode)
	}
}
