package adopt

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/go-cmp/cmp"

	"github.com/authent/authent/authent/migrate"
	entmigrate "github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/internal/testdb"
)

// ownThings returns statements that add what an application may have of its own:
// columns of users, an index, a foreign key, and a table that refers to users.
func ownThings(c cell, kind testdb.Kind) []string {
	q := kind.Quote
	user, text := q(c.table(usersTable)), "text"
	if kind.Dialect == dialect.MySQL {
		text = map[string]string{"Prisma": "varchar(191)"}[c.layout]
		if text == "" {
			text = "varchar(255)"
		}
	}
	comment := map[string]string{dialect.MySQL: " COMMENT 'who wrote it'"}[kind.Dialect]
	all := []string{
		"CREATE TABLE team (id " + text + " PRIMARY KEY NOT NULL)", "INSERT INTO team VALUES ('red')",
		"ALTER TABLE " + user + " ADD COLUMN phone varchar(20) DEFAULT '110'",
		"ALTER TABLE " + user + " ADD COLUMN seen timestamp NULL",
		"CREATE INDEX user_phone ON " + user + " (phone)",
		"CREATE TABLE post (id int PRIMARY KEY, author " + text + " NOT NULL" + comment + ", CONSTRAINT post_author FOREIGN KEY (author) REFERENCES " + user + " (id) ON DELETE CASCADE)",
		"INSERT INTO post SELECT 1, MIN(id) FROM " + user,
	}
	if kind.Dialect == dialect.SQLite {
		all = append(all, "ALTER TABLE "+user+" ADD COLUMN team_id text REFERENCES team (id)")
	} else {
		all = append(all, "ALTER TABLE "+user+" ADD COLUMN team_id "+text, "ALTER TABLE "+user+" ADD CONSTRAINT user_team FOREIGN KEY (team_id) REFERENCES team (id)")
	}
	return append(all, "UPDATE "+user+" SET team_id = 'red', phone = '42', seen = '2026-03-29 02:30:00'")
}

// TestAuthJS_OwnThings: what the application has beside Auth.js's columns stays,
// and goes on working.
func TestAuthJS_OwnThings(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell, kind testdb.Kind) {
		t.Parallel()
		_, db := c.open(t, kind)
		people := c.people(5)
		c.seed(t, kind, db, people)
		testdb.Execute(t, db, ownThings(c, kind)...)
		tables := testdb.WithNickname(t)
		done, err := AuthJS(t.Context(), migrator(t, kind, db, nil), tables, adoptConfig(t))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(done.Notes, "column users.phone is not in the schema: it is kept; add it to ent/schema, or drift will keep reporting it") {
			t.Errorf("notes: %q", done.Notes)
		}
		if n := testdb.Number(t, db, "SELECT COUNT(*) FROM users WHERE phone = '42' AND team_id = 'red' AND nickname IS NULL AND seen = '2026-03-29 02:30:00'"); n != 5 {
			t.Errorf("%d rows are as they were", n)
		}
		found, err := migrator(t, kind, db, nil).Drift(t.Context(), tables, "authenticator", "team", "post")
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range found {
			if !strings.HasPrefix(d.String(), "table users: ") || !strings.HasSuffix(d.Text, "is not in the schema") {
				t.Errorf("drift: %v", d)
			}
		}
		if text := fmt.Sprint(found); len(found) < 5 || !strings.Contains(text, "index user_phone (phone)") || !strings.Contains(text, "(team_id) to team (id)") {
			t.Errorf("drift: %v", found)
		}
		for _, statement := range []string{"INSERT INTO post VALUES (2, 'nobody')", "UPDATE users SET team_id = 'blue'"} {
			if _, err := db.ExecContext(t.Context(), statement); err == nil {
				t.Errorf("%s went through", statement)
			}
		}
		testdb.Execute(t, db, "INSERT INTO users (id, email, role, created_at, updated_at) VALUES ('new', 'new@example.com', 'user', '2026-01-01 00:00:00', '2026-01-01 00:00:00')")
		if n := testdb.Number(t, db, "SELECT COUNT(*) FROM users WHERE phone = '110'"); n != 1 {
			t.Error("the default of a column is lost")
		}
		if kind.Dialect == dialect.MySQL && testdb.Number(t, db, "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = database() AND column_comment = 'who wrote it' AND is_nullable = 'NO'") != 1 {
			t.Error("the definition of a column that refers to users is lost")
		}
		testdb.Execute(t, db, "DELETE FROM users WHERE id = '"+people[0].id+"'")
		if n := testdb.Number(t, db, "SELECT COUNT(*) FROM post"); n != 0 {
			t.Error("the posts of who was deleted are left")
		}
	})
}

// TestAuthJS_DryRun: it lists the statements and changes nothing.
func TestAuthJS_DryRun(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell, kind testdb.Kind) {
		t.Parallel()
		_, db := c.open(t, kind)
		c.seed(t, kind, db, c.people(10))
		before := dump(t, kind, db)
		m := migrator(t, kind, db, func(c *migrate.Config) {
			c.DryRun = true
			c.Log = func(e migrate.Event) { t.Errorf("it did something: %v", e) }
		})
		planned, err := AuthJS(t.Context(), m, entmigrate.Tables, adoptConfig(t))
		if err != nil || planned.Users != 10 || planned.Accounts != 10 || planned.Sessions != 20 || planned.Layout != c.layout || len(planned.Notes) != 2 {
			t.Fatalf("%+v, %v", planned, err)
		}
		if after := dump(t, kind, db); after != before {
			t.Errorf("it left\n%s\nbefore:\n%s", after, before)
		}
		done := adopt(t, kind, db)
		var told, did []string
		for i := range max(len(planned.Statements), len(done.Statements)) {
			told, did = append(told, planned.Statements[i].SQL), append(did, done.Statements[i].SQL)
		}
		if !slices.Equal(told, did) {
			t.Errorf("it tells of\n%s\nand does\n%s", strings.Join(told, "\n"), strings.Join(did, "\n"))
		}
		all := strings.Join(told, "\n")
		for _, want := range []string{"CREATE TABLE", "-- copy the rows of " + c.table(sessionsTable), "DROP TABLE"} {
			if !strings.Contains(all, want) {
				t.Errorf("it does not tell of %s:\n%s", want, all)
			}
		}
	})
}

// TestAuthJS_NativeBeside: empty tables of authent's beside Drizzle's, made by push, do
// no harm.
func TestAuthJS_NativeBeside(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell, kind testdb.Kind) {
		if !c.camel() {
			return // The names are the same.
		}
		t.Parallel()
		_, db := c.open(t, kind)
		people := c.people(5)
		c.seed(t, kind, db, people)
		if _, err := migrator(t, kind, db, nil).Push(t.Context(), entmigrate.Tables, migrate.PushConfig{Exclude: append(oldTables(c), "authenticator")}); err != nil {
			t.Fatal(err)
		}
		hit := func(want int64) {
			n, _, err := adapterOf(kind, db).HitRateLimit(t.Context(), "beside", time.Now(), time.Hour)
			if n != want || err != nil {
				t.Errorf("attempt %d: %d, %v", want, n, err)
			}
		}
		hit(1)
		adopt(t, kind, db)
		checkAdopted(t, c, kind, db, people)
		hit(2) // what was counted stays
	})
}

// TestAuthJS_InUse: while somebody writes to the tables nothing is exchanged.
func TestAuthJS_InUse(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell, kind testdb.Kind) {
		if kind.Dialect == dialect.SQLite {
			return // Its transactions wait for each other by themselves.
		}
		t.Parallel()
		url, db := c.open(t, kind)
		people := c.people(5)
		c.seed(t, kind, db, people)
		other := kind.Connect(t, url)
		write := "UPDATE " + kind.Quote(c.table(usersTable)) + " SET name = 'changed' WHERE id = '" + people[0].id + "'"
		tx, err := other.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		m := migrator(t, kind, db, func(c *migrate.Config) {
			if kind.Dialect == dialect.Postgres { // MySQL's lock is the whole server's, and other tests hold it
				c.LockTimeout = 200 * time.Millisecond
			}
		})
		config := adoptConfig(t)
		if kind.Dialect == dialect.MySQL {
			config.step = func(step string) {
				if step == "compared" {
					testdb.Execute(t, other, write)
				}
			}
		} else if _, err := tx.ExecContext(t.Context(), write); err != nil {
			t.Fatal(err)
		}
		if _, err := AuthJS(t.Context(), m, entmigrate.Tables, config); err == nil || !strings.Contains(err.Error(), "stop the Node application") {
			t.Errorf("%v", err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		people[0].name = "changed"
		m = migrator(t, kind, db, nil)
		if _, err := AuthJS(t.Context(), m, entmigrate.Tables, adoptConfig(t)); err != nil {
			t.Fatal(err)
		}
		checkUsers(t, c, db, people)
	})
}

// TestAuthJS_AddedColumns: Drizzle's users may have some of authent's columns, with
// NULL in them; what is missing is made.
func TestAuthJS_AddedColumns(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell, kind testdb.Kind) {
		if c.passwords() {
			return // TestAuthJS has them all.
		}
		t.Parallel()
		_, db := c.open(t, kind)
		people := c.people(4)
		c.seed(t, kind, db, people)
		user, at := kind.Quote("user"), kind.Quote("createdAt")
		testdb.Execute(t, db, "ALTER TABLE "+user+" ADD COLUMN role varchar(20)", "ALTER TABLE "+user+" ADD COLUMN password varchar(100)",
			"ALTER TABLE "+user+" ADD COLUMN "+at+" "+map[string]string{dialect.SQLite: "integer", dialect.Postgres: "timestamp", dialect.MySQL: "datetime(3) NULL"}[kind.Dialect])
		value := map[string]string{dialect.SQLite: "1774747800123"}[kind.Dialect]
		if value == "" {
			value = "'2026-03-29 01:30:00.123'"
		}
		testdb.Execute(t, db, "UPDATE "+user+" SET role = 'admin', password = '"+bcryptHash+"', "+at+" = "+value+" WHERE id = '"+people[0].id+"'")
		people[0].role, people[0].password, people[0].created = "admin", bcryptHash, time.UnixMilli(1774747800123)
		adopt(t, kind, db)
		for i, p := range people {
			u, err := adapterOf(kind, db).User(t.Context(), p.id)
			want := p.role
			if want == "" {
				want = "user"
			}
			if err != nil || u.Role != want || string(u.Password) != p.password || i == 0 && !u.CreatedAt.Equal(p.created) || i > 0 && !sinceStart(u.CreatedAt) || !sinceStart(u.UpdatedAt) {
				t.Errorf("user %d is %v with the role %q, made %v, updated %v: %v", i, u, u.Role, u.CreatedAt, u.UpdatedAt, err)
			}
		}
	})
}

// TestAuthJS_Names: an adopted schema is what the migrations make, down to the names of
// constraints, which later migrations rely on.
func TestAuthJS_Names(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell, kind testdb.Kind) {
		t.Parallel()
		_, db := c.open(t, kind)
		adopt(t, kind, db)
		testdb.Execute(t, db, "DROP TABLE IF EXISTS authenticator")
		fresh := kind.Connect(t, kind.URL(t))
		if _, err := migrator(t, kind, fresh, nil).Apply(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		schema := func(db *sql.DB) []string {
			testdb.Execute(t, db, "DELETE FROM "+migrate.RevisionsTable)
			text := strings.NewReplacer(`"`, "`", "( ", "(").Replace(strings.Join(strings.Fields(dumpOf(t, kind, db, nil)), " "))
			// SQLite keeps a statement as it was written, and there the migrations say what is
			// the default.
			text = strings.ReplaceAll(strings.ReplaceAll(text, " ON UPDATE NO ACTION", ""), ", ", ",")
			// MariaDB has its indexes in another order when foreign keys come later, and so
			// another one may be the last of a table.
			parts := strings.Split(strings.NewReplacer(" ) ENGINE", ") ENGINE", " CREATE TABLE ", ",CREATE TABLE ").Replace(text), ",")
			for i, part := range parts {
				parts[i], _, _ = strings.Cut(part, ") ENGINE")
			}
			slices.Sort(parts)
			return parts
		}
		if diff := cmp.Diff(schema(fresh), schema(db)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestAuthJS_Compares: if the rows or the schema do not come out as they should, the
// old tables stay.
func TestAuthJS_Compares(t *testing.T) {
	t.Run("rows", func(t *testing.T) {
		c, kind := cells[5], testdb.Server(t, "mariadb")
		_, db := c.open(t, kind)
		people := c.people(4)
		c.seed(t, kind, db, people)
		before := dumpOf(t, kind, db, oldTables(c))
		config := adoptConfig(t)
		config.step = func(string) {
			if testdb.Number(t, db, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = database() AND table_name = 'authent_new_sessions'") == 1 {
				_, _ = db.ExecContext(t.Context(), "DELETE FROM authent_new_sessions LIMIT 1")
			}
		}
		_, err := AuthJS(t.Context(), migrator(t, kind, db, nil), entmigrate.Tables, config)
		if err == nil || !strings.Contains(err.Error(), "there were 4 users, 4 accounts and 8 sessions (2 of them expired), and there would be 4 users, 4 accounts and") {
			t.Errorf("%v", err)
		}
		if after := dumpOf(t, kind, db, oldTables(c)); after != before {
			t.Errorf("it left\n%s\nbefore:\n%s", after, before)
		}
	})
	t.Run("schema", func(t *testing.T) {
		c, kind := cells[1], testdb.Server(t, "postgres")
		_, db := c.open(t, kind)
		c.seed(t, kind, db, c.people(4))
		testdb.Execute(t, db, `ALTER TABLE users ALTER COLUMN email TYPE text COLLATE "POSIX"`)
		before := dump(t, kind, db)
		_, err := AuthJS(t.Context(), migrator(t, kind, db, nil), entmigrate.Tables, adoptConfig(t))
		if err == nil || !strings.Contains(err.Error(), "the result differs from the schema:\n  table users: column email is COLLATE POSIX, the schema says COLLATE default") {
			t.Errorf("%v", err)
		}
		if after := dump(t, kind, db); after != before {
			t.Errorf("it left\n%s\nbefore:\n%s", after, before)
		}
	})
}
