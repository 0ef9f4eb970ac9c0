package migrate

import (
	"context"
	"regexp"
	"slices"
	"testing"

	"entgo.io/ent/dialect"
)

// TestLockOf holds each kind of statement to the lock that its database's manual
// names; on a table that the file itself has made nobody waits.
func TestLockOf(t *testing.T) {
	for name, statements := range map[string]map[string]Lock{
		dialect.Postgres: {
			"CREATE TABLE t (x int)": {}, "CREATE TABLE t (x int REFERENCES users (id))": shareRowExclusive,
			"ALTER TABLE t ADD COLUMN x int": accessExclusive, "-- why\n alter table t drop column x": accessExclusive,
			"ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (x) REFERENCES u (id)": shareRowExclusive, "ALTER TABLE t VALIDATE CONSTRAINT c": shareUpdateExclusive,
			"CREATE INDEX i ON t (x)": share, "CREATE UNIQUE INDEX CONCURRENTLY i ON t (x)": shareUpdateExclusive, "DROP INDEX i": accessExclusive,
			"UPDATE t SET x = 1": rowExclusive, "SELECT 1": {},
		},
		dialect.MySQL: {
			"ALTER TABLE t ADD COLUMN x int": metadata, "ALTER TABLE t MODIFY x bigint": copying, "CREATE INDEX i ON t (x)": metadata,
			"ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (x) REFERENCES u (id)": copying, "DELETE FROM t": rows, "SET x = 1": {},
		},
		dialect.SQLite: {"ALTER TABLE t ADD COLUMN x int": wholeDatabase, "PRAGMA foreign_keys = off": {}},
	} {
		for sql, want := range statements {
			if got := (newTables{}).lockOf(name, sql); got != want {
				t.Errorf("%s: %q takes %q, want %q", name, sql, got.Name, want.Name)
			}
		}
	}
	made := newTables{}
	for _, sql := range []string{"CREATE TABLE `t` (x int)", "CREATE INDEX i ON t (x)", "INSERT INTO t VALUES (1)", "ALTER TABLE t ADD COLUMN y int", "CREATE TABLE u (x int REFERENCES t (x))"} {
		if lock := made.lockOf(dialect.MySQL, sql); lock != (Lock{}) {
			t.Errorf("%q on a new table takes %q", sql, lock.Name)
		}
	}
}

func TestSplitTop(t *testing.T) {
	got := splitTop("`a` varchar(1, 2) DEFAULT ',', b int, CHECK (x in (1, 2)), \"c,d\" int")
	want := []string{"`a` varchar(1, 2) DEFAULT ','", "b int", "CHECK (x in (1, 2))", `"c,d" int`}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestBareNames: a name without quotes and schema, as the database knows it.
func TestBareNames(t *testing.T) {
	on := func(d string) *session { return &session{Migrator: &Migrator{config: Config{Dialect: d}}} }
	for name, want := range map[string][2]string{
		"users": {"users", "users"}, "Users": {"users", "Users"}, "public.Users": {"users", "Users"}, `"Users"`: {"Users", "Users"}, `"my.app"."my ""t"""`: {`my "t"`, `my "t"`},
		"`my.app`.`a``b`": {"`a``b`", "a`b"}, "`my.app`.t": {"t", "t"}, `app."x.y"`: {"x.y", "x.y"},
	} {
		if got := [2]string{on(dialect.Postgres).bare(name), on(dialect.MySQL).bare(name)}; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for _, p := range []string{"CREATE TABLE `my.app`.`a``b` (`x` int)", `ALTER TABLE "my.app"."a b" ADD COLUMN "c" int`} {
		if !slices.ContainsFunc(patterns, func(known struct {
			re     *regexp.Regexp
			effect func(ctx context.Context, s *session, names []string) (effect, error)
		}) bool {
			return known.re.MatchString(p)
		}) {
			t.Errorf("%s is no statement that can be found out about", p)
		}
	}
}

func TestWithoutComments(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT 1": "SELECT 1", "-- a\n-- b\nSELECT 1": "SELECT 1", "/* a\n b */ # c\n  SELECT 1 -- d": "SELECT 1 -- d", "-- only": "",
	} {
		if got := withoutComments(sql); got != want {
			t.Errorf("%q became %q", sql, got)
		}
	}
}

// FuzzStatementText: no text makes what reads statements panic.
func FuzzStatementText(f *testing.F) {
	for _, s := range []string{
		"", "CREATE TABLE t (x int)", "CREATE TABLE `t` (`x` int, PRIMARY KEY (`x`))", "ALTER TABLE t ADD COLUMN x int, DROP COLUMN y", "-- c\nDROP TABLE t",
		"CREATE INDEX i ON t (x)", "RENAME TABLE a TO b", "'", "`", "((", "))", ",,,", "a.b.c", `"a"."b"`, "/* x", "INSERT INTO t VALUES ('a,b')", "\x00\xff", "CREATE TABLE t (x text COLLATE NOCASE)",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, name := range []string{dialect.Postgres, dialect.MySQL, dialect.SQLite} {
			_ = newTables{}.lockOf(name, s)
		}
		for _, part := range splitTop(s) {
			_ = unquote(part)
			_ = collateWord.FindStringSubmatch(part)
		}
		_, _, _ = keyword(s), writesRows(s), oneLine(s)
		_ = tableBody.FindStringSubmatch(s)
	})
}

// TestWrittenFor_Doubt: a file that may be for the database is not refused.
func TestWrittenFor_Doubt(t *testing.T) {
	for _, text := range []string{
		`CREATE TABLE "t" ("data" blob NOT NULL DEFAULT (jsonb('{}')))`, // SQLite's function
		`CREATE TABLE "t" ("bytea" blob)`,
		"CREATE TABLE `t` (`auto_increment` text, `n` integer PRIMARY KEY AUTOINCREMENT)",
	} {
		if got := writtenFor(text); got != "" && got != dialect.SQLite {
			t.Errorf("%s: taken for %s", text, got)
		}
	}
	if got := writtenFor(`CREATE TABLE "t" ("data" jsonb NOT NULL)`); got != dialect.Postgres {
		t.Errorf("taken for %q", got)
	}
}
