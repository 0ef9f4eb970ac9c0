package adopt

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	entmigrate "github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/testdb"
)

// TestAuthJS_Grants: on PostgreSQL those who could read the old tables can read the new
// ones, and nobody else can, whatever the default privileges say. The new tables belong
// to whom the old ones belonged.
func TestAuthJS_Grants(t *testing.T) {
	kind := testdb.Server(t, "postgres")
	for _, c := range []cell{cells[1], cells[4]} {
		_, db := c.open(t, kind)
		c.seed(t, kind, db, c.people(4))
		now := time.Now().UnixNano()
		role, owner, stranger := fmt.Sprint("Reader", now), fmt.Sprint("Owner", now), fmt.Sprint("Stranger", now)
		testdb.Execute(t, db, `CREATE ROLE "`+role+`"`, `CREATE ROLE "`+owner+`"`, `CREATE ROLE "`+stranger+`"`)
		t.Cleanup(func() {
			for _, r := range []string{role, owner, stranger} {
				_, _ = db.Exec(`DROP OWNED BY "` + r + `" CASCADE`)
				_, _ = db.Exec(`DROP ROLE "` + r + `"`)
			}
		})
		for _, native := range nativeTables {
			table := kind.Quote(c.table(native))
			testdb.Execute(t, db, "GRANT SELECT, UPDATE ON "+table+` TO "`+role+`" WITH GRANT OPTION`, "GRANT SELECT ON "+table+" TO PUBLIC", "ALTER TABLE "+table+` OWNER TO "`+owner+`"`)
		}
		testdb.Execute(t, db, `ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO "`+stranger+`"`, `ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO "`+role+`", "`+stranger+`", PUBLIC`)
		adopt(t, kind, db)
		made := slices.Clone(nativeTables)
		for _, added := range addedTables {
			made = append(made, added.name)
		}
		for _, native := range made {
			got := testdb.Texts(t, db, `SELECT pg_get_userbyid(relowner) || ' ' || COALESCE(string_agg(grantee::regrole || ' ' || privilege_type || ' ' || is_grantable, ', ' ORDER BY grantee <> 0, privilege_type), '')
				FROM pg_class, aclexplode(relacl) WHERE oid = to_regclass('`+native+`') AND grantee <> relowner GROUP BY relowner`)
			if want := owner + ` - SELECT false, "` + role + `" SELECT true, "` + role + `" UPDATE true`; len(got) != 1 || got[0] != want {
				t.Errorf("%s: %q, want %q", native, got, want)
			}
		}
	}
}

// TestAuthJS_RightsCompared: rights that come from elsewhere are noticed.
func TestAuthJS_RightsCompared(t *testing.T) {
	kind, c := testdb.Server(t, "postgres"), cells[1]
	_, db := c.open(t, kind)
	c.seed(t, kind, db, c.people(4))
	before := dump(t, kind, db)
	m := migrator(t, kind, db, nil)
	testdb.Execute(t, db, "CREATE FUNCTION widen() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN GRANT SELECT ON sessions TO PUBLIC; END $$",
		"CREATE EVENT TRIGGER widen ON ddl_command_end WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION widen()")
	_, err := AuthJS(t.Context(), m, entmigrate.Tables, adoptConfig(t))
	if err == nil || !strings.Contains(err.Error(), "the rights on the new tables would differ:\n  sessions: SELECT for PUBLIC, owner ") {
		t.Errorf("%v", err)
	}
	if after := dump(t, kind, db); after != before {
		t.Errorf("it left\n%s\nbefore:\n%s", after, before)
	}
}

// TestAuthJS_Snapshot: what others commit until the tables are locked is copied,
// also where transactions see what was there when they began.
func TestAuthJS_Snapshot(t *testing.T) {
	kind, c := testdb.Server(t, "postgres"), cells[1]
	url, db := c.open(t, kind)
	people := c.people(4)
	c.seed(t, kind, db, people)
	testdb.Execute(t, db, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = serializable', current_database()); END $$")
	db = kind.Connect(t, url)
	other := kind.Connect(t, url)
	tx, err := other.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(t.Context(), "INSERT INTO sessions (id, session_token, user_id, expires) VALUES ('late', 'a-late-token-of-somebody', '"+people[0].id+"', '2037-01-01')"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := AuthJS(context.WithoutCancel(t.Context()), migrator(t, kind, db, nil), entmigrate.Tables, adoptConfig(t))
		done <- err
	}()
	await.True(t, "adopt waits for the table", func() bool {
		return testdb.Number(t, db, "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())") > 0
	})
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if s, err := adapterOf(kind, db).SessionAndUser(t.Context(), authent.Secret(hexSHA256("a-late-token-of-somebody"))); err != nil || s.User.ID != people[0].id {
		t.Errorf("%v, %v", s, err)
	}
}
