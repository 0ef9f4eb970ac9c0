package migrate

import (
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/internal/dbserver"
	"github.com/authent/authent/internal/testdb"
)

// failing are files that a database refuses, and what the error says to do. setup has run
// before. An empty kind is every one.
var failing = []struct{ kind, setup, file, want string }{
	{"", "CREATE TABLE a (b int)", "CREATE TABLE a (b int);", "go tool migrate baseline VERSION"},
	{"", "CREATE TABLE a (b int)", "ALTER TABLE a ADD COLUMN b int;", "go tool migrate baseline VERSION"},
	{"", "CREATE TABLE a (b int); CREATE INDEX i ON a (b)", "CREATE INDEX i ON a (b);", "go tool migrate baseline VERSION"},
	{"", "", "INSERT INTO a VALUES (1);", "go tool migrate drift"},
	{"", "CREATE TABLE a (b int)", "INSERT INTO a (c) VALUES (1);", "go tool migrate drift"},
	{"", "CREATE TABLE a (b int NOT NULL)", "INSERT INTO a VALUES (NULL);", "give the column a default, or add it nullable"},
	{"", "CREATE TABLE a (b int); INSERT INTO a VALUES (1), (1)", "CREATE UNIQUE INDEX i ON a (b);", "merge or change them"},
	{"", "CREATE TABLE a (b int)", "CREATE TABEL c (b int);", "correct the statement, and run go tool migrate hash"},
	{"", "CREATE TABLE a (b int CHECK (b > 1))", "INSERT INTO a VALUES (0);", "rows break the check"},

	{"postgres", "CREATE TABLE a (b int); INSERT INTO a VALUES (NULL)", "ALTER TABLE a ALTER COLUMN b SET NOT NULL;", "give the column a default"},
	{"postgres", "CREATE TABLE a (b int); INSERT INTO a VALUES (1)", "ALTER TABLE a ADD COLUMN c int NOT NULL;", "give the column a default"},
	{"postgres", "CREATE TABLE a (b text)", "ALTER TABLE a ALTER COLUMN b TYPE int;", "USING"},
	{"postgres", "CREATE TABLE a (b text); INSERT INTO a VALUES ('x')", "ALTER TABLE a ALTER COLUMN b TYPE int USING b::int;", "USING"},
	{"postgres", "CREATE TABLE a (b text); INSERT INTO a VALUES ('long')", "ALTER TABLE a ALTER COLUMN b TYPE varchar(2);", "values do not fit"},
	{"postgres", "CREATE TABLE p (i int PRIMARY KEY); CREATE TABLE a (b int); INSERT INTO a VALUES (1)", "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES p (i);", "delete or correct them"},
	{"postgres", "CREATE TABLE p (i int); CREATE TABLE a (b int)", "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES p (i);", "a unique index"},
	{"postgres", "CREATE TABLE a (b int); CREATE VIEW v AS SELECT b FROM a", "ALTER TABLE a DROP COLUMN b;", "something depends on it"},
	{"postgres", "CREATE TABLE a (b int)", "CREATE INDEX CONCURRENTLY i ON a (b);", "-- atlas:txmode none"},
	{"postgres", "", "CREATE TABLE nowhere.a (b int);", "CREATE SCHEMA"},
	{"postgres", "", "CREATE TABLE `a` (b int);", "folder of this database's migrations"},
	{"postgres", "", "SET statement_timeout = 1; SELECT pg_sleep(600);", "raise statement_timeout"},

	{"mariadb", "CREATE TABLE a (b int); INSERT INTO a VALUES (NULL)", "ALTER TABLE a MODIFY COLUMN b int NOT NULL;", "change them in an earlier statement"},
	{"mariadb", "CREATE TABLE a (b varchar(9)); INSERT INTO a VALUES ('x')", "ALTER TABLE a MODIFY COLUMN b int;", "values do not fit"},
	{"mariadb", "CREATE TABLE a (b varchar(9)); INSERT INTO a VALUES ('long')", "ALTER TABLE a MODIFY COLUMN b varchar(2);", "values do not fit"},
	{"mariadb", "CREATE TABLE p (i int PRIMARY KEY); CREATE TABLE a (b int); INSERT INTO a VALUES (1)", "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES p (i);", "delete or correct them"},
	{"mariadb", "CREATE TABLE p (i bigint PRIMARY KEY); CREATE TABLE a (b int)", "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES p (i);", "must have one type"},
	{"mariadb", "CREATE TABLE p (i int PRIMARY KEY); CREATE TABLE a (b int, FOREIGN KEY (b) REFERENCES p (i))", "DROP TABLE p;", "something depends on it"},
	{"mariadb", "", "CREATE TABLE a (b varchar(9000), c varchar(9000)) CHARSET utf8mb4;", "make the long ones text"},
	{"mariadb", "", "CREATE TABLE a (b varchar(1000) PRIMARY KEY) CHARSET utf8mb4;", "at most 3,072 bytes"},
	{"mariadb", "", "CREATE TABLE a (b text PRIMARY KEY);", "files for SQLite have such columns"},
	{"mariadb", "", `CREATE TABLE "a" (b int);`, "folder of this database's migrations"},
	{"mariadb", "", "SET max_statement_time = 0.001; SELECT SLEEP(600) FROM seq_1_to_2;", "max_statement_time"},

	{"sqlite", "CREATE TABLE a (b int); INSERT INTO a VALUES (1)", "ALTER TABLE a ADD COLUMN c int NOT NULL;", "give the column a default"},
	{"sqlite", "CREATE TABLE a (b int) STRICT", "INSERT INTO a VALUES ('x');", "rows break the check|values do not fit"},
}

// TestAdvice: what each database says of the commonest mistakes in a file comes with
// what to do.
func TestAdvice(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for _, tc := range failing {
			if tc.kind != "" && tc.kind != kind.Name {
				continue
			}
			db := kind.Connect(t, kind.URL(t))
			for _, s := range strings.Split(tc.setup, ";") {
				if strings.TrimSpace(s) != "" {
					testdb.Execute(t, db, s)
				}
			}
			name := folder(t, "1_file.sql", tc.file+"\n")
			_, err := migrator(t, kind, db, name, func(c *Config) { c.AllowDirty = true }).Apply(t.Context(), 0)
			if err == nil || !saysOne(err.Error(), tc.want) {
				t.Errorf("%s: %v; want %q", tc.file, err, tc.want)
			}
		}
	})
}

// saysOne reports whether a text has one of several parts.
func saysOne(text, parts string) bool {
	for _, part := range strings.Split(parts, "|") {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// statusOf asks for the status of a database.
func statusOf(t *testing.T, rawURL string) error {
	t.Helper()
	name, db, err := database.Open(rawURL)
	if err != nil {
		return err
	}
	t.Cleanup(func() { _ = db.Close() })
	_, err = migrator(t, testdb.Kind{Dialect: name}, db, folder(t, "1_one.sql", one), nil).Status(t.Context())
	return err
}

// TestAdviceOfConnecting: who cannot connect is told what to look at, by every verb.
func TestAdviceOfConnecting(t *testing.T) {
	for _, server := range []string{"postgres", "mariadb"} {
		base, err := url.Parse(testdb.Server(t, server).URL(t))
		if err != nil {
			t.Fatal(err)
		}
		for name, tc := range map[string]struct {
			change func(u *url.URL)
			want   string
		}{
			"a wrong password":      {func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), "correct-horse") }, "check user and password in the URL"},
			"an unknown user":       {func(u *url.URL) { u.User = url.UserPassword("nobody", "correct-horse") }, "check user and password in the URL"},
			"no such database":      {func(u *url.URL) { u.Path = "/nowhere" }, "CREATE DATABASE"},
			"a port without server": {func(u *url.URL) { u.Host = "127.0.0.1:1" }, "check that the database is running"},
			"a host without name":   {func(u *url.URL) { u.Host = "db.invalid:1" }, "there is no such name"},
			"TLS": {func(u *url.URL) {
				u.RawQuery = map[string]string{"postgres": "sslmode=require", "mariadb": "ssl-mode=REQUIRED"}[server]
			}, "the server has no TLS"},
		} {
			u := *base
			tc.change(&u)
			err := statusOf(t, u.String())
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "horse") || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "needs the right") {
				t.Errorf("%s: %s: %v; want %q", server, name, err, tc.want)
			}
		}
	}
	if err := statusOf(t, "file:"+filepath.Join(t.TempDir(), "no", "a.db")); err == nil || !strings.Contains(err.Error(), "create it, or name another file") {
		t.Errorf("a folder that is missing: %v", err)
	}
	if err := statusOf(t, "file:"+filepath.Join(t.TempDir(), "a.db")+"?mode=ro"); err == nil || !strings.Contains(err.Error(), "check the path") {
		t.Errorf("a file that is missing: %v", err)
	}
	text := filepath.Join(t.TempDir(), "a.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := statusOf(t, "file:"+text); err == nil || !strings.Contains(err.Error(), "not an SQLite database") {
		t.Errorf("a file of something else: %v", err)
	}
}

// TestAdviceOfServers: what a server says that asks for TLS, or is full.
func TestAdviceOfServers(t *testing.T) {
	t.Parallel()
	full, err := dbserver.MariaDB(t.Context(), "--max-connections=10")
	if errors.Is(err, dbserver.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skip("no MariaDB: make deps installs it on Debian")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = full.Close() })
	authority, err := full.Encrypt(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := func(query string) string { return full.URL + "?" + query }
	if err := statusOf(t, at("ssl-mode=VERIFY_IDENTITY")); err == nil || !strings.Contains(err.Error(), "ssl-ca=") {
		t.Errorf("an authority of its own: %v", err)
	}
	other := strings.Replace(at("ssl-mode=VERIFY_IDENTITY&ssl-ca="+url.QueryEscape(authority)), "127.0.0.1", "localhost", 1)
	if err := statusOf(t, other); err == nil || !strings.Contains(err.Error(), "certificate is for another name") {
		t.Errorf("another name: %v", err)
	}
	if err := full.Exec(t.Context(), "CREATE USER 'poor'@'127.0.0.1'", "GRANT ALL ON *.* TO 'poor'@'127.0.0.1'", "SET GLOBAL require_secure_transport = ON"); err != nil {
		t.Fatal(err)
	}
	poor := "mysql://poor@127.0.0.1:" + strconv.Itoa(full.Port) + "/mysql"
	if err := statusOf(t, poor); err == nil || !strings.Contains(err.Error(), "ssl-mode=REQUIRED") {
		t.Errorf("TLS is required: %v", err)
	}
	_, db, err := database.Open(poor + "?ssl-mode=REQUIRED")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	held := 0
	for ; held < 100; held++ {
		conn, err := db.Conn(t.Context())
		if err != nil {
			break
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	if err := statusOf(t, poor+"?ssl-mode=REQUIRED"); err == nil || !strings.Contains(err.Error(), "no connection to spare") {
		t.Errorf("%d connections are held: %v", held, err)
	}
}

// TestAdviceOfFrozenServers: a server that does not answer is told as one.
func TestAdviceOfFrozenServers(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	for scheme, query := range map[string]string{"postgresql": "connect_timeout=1", "mysql": "timeout=300ms"} {
		if err := statusOf(t, scheme+"://ada:pw@"+silent.Addr().String()+"/app?"+query); err == nil || !strings.Contains(err.Error(), "the server does not answer") {
			t.Errorf("%s: %v", scheme, err)
		}
	}
}

// TestFilesOfAnotherDialect: they are refused before anything is changed.
func TestFilesOfAnotherDialect(t *testing.T) {
	files := map[string]string{
		dialect.Postgres: `CREATE TABLE "users" ("id" character varying NOT NULL, "at" timestamptz NOT NULL, PRIMARY KEY ("id"));`,
		dialect.MySQL:    "CREATE TABLE `users` (`id` varchar(255) NOT NULL, PRIMARY KEY (`id`)) CHARSET utf8mb4;",
		dialect.SQLite:   "CREATE TABLE `users` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT);",
	}
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for d, text := range files {
			db := kind.Connect(t, kind.URL(t))
			m := migrator(t, kind, db, folder(t, "1_users.sql", text+"\n"), nil)
			_, err := m.Apply(t.Context(), 0)
			if d == kind.Dialect {
				if err != nil {
					t.Error(err)
				}
				continue
			}
			want := "1_users.sql is written for " + called[d] + ", and the database is " + called[kind.Dialect] + ": name the folder"
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
			if tables := inventory(t, kind, db); tables != "" {
				t.Errorf("it has %s", tables)
			}
			if _, err := m.Status(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("status: %v", err)
			}
		}
	})
	for _, text := range []string{"INSERT INTO a VALUES ('CREATE TABLE \"a\" (b timestamptz)');", "CREATE TABLE a (b jsonb);", "-- \"timestamptz\"\nCREATE TABLE `a` (`b` text NOT NULL PRIMARY KEY);", "CREATE TABLE \"a\" (\"b\" text);"} {
		if d := writtenFor(text); d != "" {
			t.Errorf("%s is taken for %s", text, d)
		}
	}
}

// TestStatusNamesNoFlagOfItsOwn that it lacks.
func TestStatusNamesNoFlagOfItsOwn(t *testing.T) {
	db := testdb.SQLite.Connect(t, testdb.SQLite.URL(t))
	name := folder(t, "1_one.sql", one, "3_two.sql", two)
	apply(t, testdb.SQLite, db, name)
	write(t, name, "2_late.sql", "CREATE TABLE late (x int);\n")
	_, err := migrator(t, testdb.SQLite, db, name, nil).Status(t.Context())
	if err == nil || !strings.Contains(err.Error(), "go tool migrate apply --exec-order=non-linear") {
		t.Errorf("%v", err)
	}
}
