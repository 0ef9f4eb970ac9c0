package adopt

import (
	"context"
	"database/sql"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/database"
	entmigrate "github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/internal/testdb"
)

// TestChild tests nothing. TestAuthJS_KilledAtEveryStep starts it as a process, which
// adopts a database and kills itself on the way.
func TestChild(t *testing.T) {
	url, step := os.Getenv("AUTHENT_ADOPT_URL"), os.Getenv("AUTHENT_ADOPT_KILL")
	if url == "" {
		return
	}
	name, db, err := database.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	kind := testdb.Kind{Dialect: name}
	c := adoptConfig(t)
	c.step = func(at string) {
		if at == step {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	if _, err := AuthJS(context.Background(), migrator(t, kind, db, nil), entmigrate.Tables, c); err != nil {
		t.Fatal(err)
	}
}

// kill starts a process that adopts a database and kills itself at a step. It reports
// whether the process reached the step.
func kill(t *testing.T, url, step string) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), "AUTHENT_ADOPT_URL="+url, "AUTHENT_ADOPT_KILL="+step)
	out, err := cmd.CombinedOutput()
	if err != nil && !strings.Contains(err.Error(), "killed") {
		t.Fatalf("%s: %v\n%s", step, err, out)
	}
	return err != nil
}

// stepsOf returns all steps of an adoption of the cell's database.
func stepsOf(t *testing.T, c cell, kind testdb.Kind) (steps []string) {
	t.Helper()
	_, db := c.open(t, kind)
	c.seed(t, kind, db, c.people(10))
	config := adoptConfig(t)
	config.step = func(step string) {
		// What is before a step is what was after the one before it.
		if !strings.HasPrefix(step, "before step") || step == "before step 1" {
			steps = append(steps, step)
		}
	}
	if _, err := AuthJS(t.Context(), migrator(t, kind, db, nil), entmigrate.Tables, config); err != nil {
		t.Fatal(err)
	}
	return steps
}

// TestAuthJS_KilledAtEveryStep: whatever a killed process leaves, the old application
// finds its tables as they were until the exchange, and the next run ends with every
// row.
func TestAuthJS_KilledAtEveryStep(t *testing.T) {
	for _, name := range []string{"prisma.sqlite", "drizzle.sqlite", "prisma.postgres", "drizzle-defaults.postgres", "prisma.mysql", "drizzle.mysql", "prismav5ids.mysql"} {
		c := cellOf(name)
		t.Run(name, func(t *testing.T) {
			kind := testdb.Server(t, c.kind)
			t.Parallel()
			steps := stepsOf(t, c, kind)
			people := c.people(10)
			if kind.Dialect == dialect.MySQL {
				if name != "drizzle.mysql" { // They differ in what the names are.
					steps = steps[slices.Index(steps, "compared"):]
				}
				for _, step := range steps {
					killOnMySQL(t, c, kind, people, step, steps)
				}
				return
			}
			url, db := c.open(t, kind)
			c.seed(t, kind, db, people)
			before := dump(t, kind, db)
			for _, step := range steps {
				if !kill(t, url, step) {
					t.Fatalf("%s: the process was not killed", step)
				}
				if after := dump(t, kind, db); after != before {
					t.Fatalf("%s: it left\n%s\nbefore:\n%s", step, after, before)
				}
			}
			if done := adopt(t, kind, db); done.Resumed {
				t.Errorf("%+v", done)
			}
			checkAdopted(t, c, kind, db, people)
		})
	}
}

// killOnMySQL kills at a step, in a database of its own.
func killOnMySQL(t *testing.T, c cell, kind testdb.Kind, people []person, step string, steps []string) {
	t.Helper()
	url, db := c.open(t, kind)
	c.seed(t, kind, db, people)
	before := dumpOf(t, kind, db, oldTables(c))
	if !kill(t, url, step) {
		t.Fatalf("%s: the process was not killed", step)
	}
	exchanged := slices.Index(steps, step) >= slices.Index(steps, "after exchange")
	if !exchanged {
		if after := dumpOf(t, kind, db, oldTables(c)); after != before {
			t.Errorf("%s: it left\n%s\nbefore:\n%s", step, after, before)
		}
		// The old application goes on, and somebody signs in.
		s := seeder{t: t, kind: kind, db: db}
		columns, row := []string{"session_token", "user_id", "expires"}, []any{"a-new-token-of-somebody", people[0].id, "2037-01-01 00:00:00"}
		if c.ids() {
			columns, row = append(columns, "id"), append(row, "new")
		}
		if c.style().stamps {
			columns, row = append(columns, "updated_at"), append(row, "2026-01-01 00:00:00")
		}
		s.insert(c, sessionsTable, columns, 1, func(int) []any { return row })
	}
	if step == "dropped journal" {
		checkAdopted(t, c, kind, db, people)
		return
	}
	done, err := AuthJS(t.Context(), migrator(t, kind, db, nil), entmigrate.Tables, adoptConfig(t))
	if err != nil || done.Resumed != exchanged || done.Layout != c.layout {
		t.Fatalf("%s: %+v, %v", step, done, err)
	}
	if !exchanged {
		s, err := adapterOf(kind, db).SessionAndUser(t.Context(), authent.Secret(hexSHA256("a-new-token-of-somebody")))
		if err != nil || s.User.ID != people[0].id {
			t.Errorf("%s: who signed in after the kill is signed out: %v", step, err)
		}
		testdb.Execute(t, db, "DELETE FROM sessions WHERE session_token = '"+hexSHA256("a-new-token-of-somebody")+"'")
	}
	checkAdopted(t, c, kind, db, people)
}

func oldTables(c cell) []string {
	var all []string
	for _, native := range nativeTables {
		all = append(all, c.table(native))
	}
	if c.authenticators() {
		all = append(all, "authenticator")
	}
	return all
}

// dump returns a database: the DDL of its tables, and their rows.
func dump(t testing.TB, kind testdb.Kind, db *sql.DB) string {
	t.Helper()
	return dumpOf(t, kind, db, nil)
}

// dumpOf returns the dump of some tables of MySQL, or of all.
func dumpOf(t testing.TB, kind testdb.Kind, db *sql.DB, tables []string) string {
	t.Helper()
	if tables == nil {
		tables = tablesOf(t, kind, db)
	}
	var ddl []string
	switch kind.Dialect {
	case dialect.SQLite:
		ddl = testdb.Texts(t, db, "SELECT COALESCE(sql, name) FROM sqlite_master ORDER BY name")
	case dialect.Postgres:
		ddl = testdb.Texts(t, db, `SELECT table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || COALESCE(column_default, '') FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1`)
		ddl = append(ddl, testdb.Texts(t, db, `SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = current_schema()::regnamespace ORDER BY 1`)...)
		ddl = append(ddl, testdb.Texts(t, db, `SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1`)...)
	case dialect.MySQL:
		for _, table := range tables {
			var name, create string
			if err := db.QueryRowContext(t.Context(), "SHOW CREATE TABLE `"+table+"`").Scan(&name, &create); err != nil {
				t.Fatal(err)
			}
			ddl = append(ddl, create)
		}
	}
	return strings.Join(ddl, "\n") + rowsOf(t, kind, db, tables)
}

// tablesOf returns the names of a database's tables.
func tablesOf(t testing.TB, kind testdb.Kind, db *sql.DB) []string {
	t.Helper()
	return testdb.Texts(t, db, map[string]string{
		dialect.SQLite:   "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
		dialect.Postgres: "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1",
		dialect.MySQL:    "SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND table_type = 'BASE TABLE' ORDER BY 1",
	}[kind.Dialect])
}

// rowsOf returns the rows of tables.
func rowsOf(t testing.TB, kind testdb.Kind, db *sql.DB, tables []string) string {
	t.Helper()
	var b strings.Builder
	for _, table := range tables {
		rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+kind.Quote(table)+" ORDER BY 1")
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			for _, v := range values {
				b.WriteString("|" + v.String)
			}
			b.WriteString("\n")
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return "\n" + b.String()
}
