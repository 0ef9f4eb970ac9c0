package migrate

import (
	"testing"

	"entgo.io/ent/dialect"
)

// FuzzFollow: whatever stands in a file, reading it ends and does not panic. It is
// read where an application migrates when it starts.
func FuzzFollow(f *testing.F) {
	for _, c := range judged {
		f.Add(inDialect(dialect.Postgres, c.sql))
		f.Add(inDialect(dialect.MySQL, c.sql))
	}
	for _, sql := range []string{"", ";", "ALTER", "ALTER TABLE", "ALTER TABLE x", "ALTER TABLE x ADD", "CREATE TABLE t (", "CREATE TABLE t (a", "CREATE TABLE t (CONSTRAINT", "CREATE INDEX", "DROP TABLE", "RENAME TABLE a", "`", "'", "\"", "/*", "$$", "CREATE UNIQUE INDEX ON t ((lower(a)), b(10))", "ALTER TABLE a RENAME TO a", "RENAME TABLE a TO b, b TO a"} {
		f.Add(sql)
	}
	f.Fuzz(func(_ *testing.T, sql string) {
		for _, name := range []string{dialect.SQLite, dialect.Postgres, dialect.MySQL} {
			m := newModel(name, nil)
			m.follow(inDialect(name, "CREATE TABLE {q}users{q} ({q}id{q} bigint, {q}nickname{q} text)"))
			m.follow(sql)
			m.follow(sql)
			fills(name, sql, "users", "nickname")
		}
	})
}
