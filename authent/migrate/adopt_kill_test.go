package migrate

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

// TestAdoptChild is no test: it is the process that TestAdopt_KilledAtEveryStep
// starts, which adopts a database and kills itself on the way.
func TestAdoptChild(t *testing.T) {
	url, step := os.Getenv("AUTHENT_ADOPT_URL"), os.Getenv("AUTHENT_ADOPT_KILL")
	if url == "" {
		return
	}
	name, db, err := database.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	kind := testdb.Kind{Dialect: name}
	m := migrator(t, kind, db, nativeDir(kind), nil)
	m.at = func(at string) {
		if at == step {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	if _, err := m.Adopt(context.Background(), entmigrate.Tables, adoptConfig(t)); err != nil {
		t.Fatal(err)
	}
}

// kill has a process adopt a database and kill itself at a step. It reports
// whether the process came to the step.
func kill(t *testing.T, url, step string) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAdoptChild$")
	cmd.Env = append(os.Environ(), "AUTHENT_ADOPT_URL="+url, "AUTHENT_ADOPT_KILL="+step)
	out, err := cmd.CombinedOutput()
	if err != nil && !strings.Contains(err.Error(), "killed") {
		t.Fatalf("%s: %v\n%s", step, err, out)
	}
	return err != nil
}

// stepsOf are all steps of an adoption of the cell's database.
func stepsOf(t *testing.T, c cell, kind testdb.Kind) (steps []string) {
	t.Helper()
	_, db := c.open(t, kind)
	c.seed(t, kind, db, c.people(10))
	m := migrator(t, kind, db, nativeDir(kind), nil)
	m.at = func(step string) {
		// What is before a step is what was after the one before it.
		if !strings.HasPrefix(step, "adopt: before step") || step == "adopt: before step 1" {
			steps = append(steps, step)
		}
	}
	if _, err := m.Adopt(t.Context(), entmigrate.Tables, adoptConfig(t)); err != nil {
		t.Fatal(err)
	}
	return steps
}

// TestAdopt_KilledAtEveryStep: whatever a killed process leaves, until the tables
// are exchanged the old application finds its own as they were, and the next run
// ends with every row.
func TestAdopt_KilledAtEveryStep(t *testing.T) {
	for _, name := range []string{"prisma.sqlite", "drizzle.sqlite", "prisma.postgres", "drizzle-defaults.postgres", "prisma.mysql", "drizzle.mysql"} {
		c := cells[slices.IndexFunc(cells, func(c cell) bool { return c.ddl == name })]
		t.Run(name, func(t *testing.T) {
			kind := testdb.Server(t, c.kind)
			t.Parallel()
			steps := stepsOf(t, c, kind)
			people := c.people(10)
			if kind.Dialect == dialect.MySQL {
				if name == "prisma.mysql" { // It differs in what the names are.
					steps = steps[slices.Index(steps, "adopt: compared"):]
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
	exchanged := slices.Index(steps, step) >= slices.Index(steps, "adopt: after exchange")
	if !exchanged {
		if after := dumpOf(t, kind, db, oldTables(c)); after != before {
			t.Errorf("%s: it left\n%s\nbefore:\n%s", step, after, before)
		}
		// The old application goes on, and somebody signs in.
		s := seeder{t: t, kind: kind, db: db}
		columns, row := []string{"session_token", "user_id", "expires"}, []any{"a-new-token-of-somebody", people[0].id, "2037-01-01 00:00:00"}
		if !c.camel() {
			columns, row = append(columns, "id"), append(row, "new")
		}
		s.insert(c, sessionsTable, columns, 1, func(int) []any { return row })
	}
	m := migrator(t, kind, db, nativeDir(kind), nil)
	if step == "adopt: dropped journal" {
		checkAdopted(t, c, kind, db, people)
		return
	}
	done, err := m.Adopt(t.Context(), entmigrate.Tables, adoptConfig(t))
	if err != nil || done.Resumed != exchanged || done.Layout != c.layout {
		t.Fatalf("%s: %+v, %v", step, done, err)
	}
	if !exchanged {
		s, err := adapterOf(kind, db).SessionAndUser(t.Context(), authent.Secret(hexSHA256("a-new-token-of-somebody")))
		if err != nil || s.User.ID != people[0].id {
			t.Errorf("%s: who signed in after the kill is signed out: %v", step, err)
		}
		execute(t, db, "DELETE FROM sessions WHERE session_token = '"+hexSHA256("a-new-token-of-somebody")+"'")
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

// dump is a database: the DDL of its tables, and their rows.
func dump(t testing.TB, kind testdb.Kind, db *sql.DB) string {
	t.Helper()
	return dumpOf(t, kind, db, nil)
}

// dumpOf is the dump of some tables, or of all.
func dumpOf(t testing.TB, kind testdb.Kind, db *sql.DB, tables []string) string {
	t.Helper()
	if kind.Dialect == dialect.SQLite {
		return strings.Join(texts(t, db, "SELECT COALESCE(sql, name) FROM sqlite_master ORDER BY name"), "\n") + rowsOf(t, kind, db, texts(t, db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"))
	}
	if kind.Dialect == dialect.Postgres {
		ddl := texts(t, db, `SELECT table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || COALESCE(column_default, '') FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1`)
		ddl = append(ddl, texts(t, db, `SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = current_schema()::regnamespace ORDER BY 1`)...)
		ddl = append(ddl, texts(t, db, `SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1`)...)
		return strings.Join(ddl, "\n") + rowsOf(t, kind, db, texts(t, db, `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace ORDER BY 1`))
	}
	if tables == nil {
		tables = texts(t, db, "SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND table_type = 'BASE TABLE' ORDER BY 1")
	}
	var ddl []string
	for _, table := range tables {
		var name, create string
		if err := db.QueryRowContext(t.Context(), "SHOW CREATE TABLE `"+table+"`").Scan(&name, &create); err != nil {
			t.Fatal(err)
		}
		ddl = append(ddl, create)
	}
	return strings.Join(ddl, "\n") + rowsOf(t, kind, db, tables)
}

// rowsOf are the rows of tables.
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
