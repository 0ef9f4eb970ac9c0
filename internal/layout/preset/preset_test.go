//go:build generated

// The tests of package layout build this one with a graph that they have generated.
package preset_test

import (
	"database/sql"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	entschema "entgo.io/ent/dialect/sql/schema"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	authentmigrate "github.com/authent/authent/authent/migrate"
	"github.com/authent/authent/internal/layout/preset/ent"
	"github.com/authent/authent/internal/layout/preset/ent/account"
	"github.com/authent/authent/internal/layout/preset/ent/migrate"
	_ "github.com/authent/authent/internal/layout/preset/ent/runtime"
	"github.com/authent/authent/internal/layout/preset/ent/session"
	"github.com/authent/authent/internal/layout/preset/ent/user"
	"github.com/authent/authent/internal/layout/preset/ent/verificationtoken"
	preset "github.com/authent/authent/internal/layout/preset/schema"
	"github.com/authent/authent/internal/testdb"
)

var _ authent.Adapter = (*ent.AuthAdapter)(nil)

// each runs a test on the databases of the environment: kinds and files of DDL.
func each(t *testing.T, run func(t *testing.T, kind testdb.Kind, ddl []string)) {
	for part := range strings.SplitSeq(os.Getenv(preset.DDL), ",") {
		kind, file, _ := strings.Cut(part, "=")
		script, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(kind, func(t *testing.T) {
			server := testdb.Server(t, kind)
			run(t, server, append(testdb.Script(string(script)), own(t, server)...))
		})
	}
}

// own is the DDL of the graph's tables that are authent's own beside the others, to whose
// users they have no foreign key.
func own(t *testing.T, kind testdb.Kind) []string {
	t.Helper()
	var tables []*entschema.Table
	for _, table := range migrate.Tables {
		if !slices.Contains(ent.AuthForeignTables, table.Name) {
			loose := *table
			loose.ForeignKeys = nil
			tables = append(tables, &loose)
		}
	}
	if len(tables) == 0 {
		return nil
	}
	ddl, err := authentmigrate.DDL(t.Context(), kind.Dialect, tables)
	if err != nil {
		t.Fatal(err)
	}
	return testdb.Script(ddl)
}

// names are the tables in the order in which they can be emptied: whatever refers to users
// comes first.
var names = func() (all []string) {
	last := []string{session.Table, account.Table, user.Table, verificationtoken.Table}
	for _, table := range migrate.Tables {
		if !slices.Contains(last, table.Name) {
			all = append(all, table.Name)
		}
	}
	return append(all, last...)
}()

// precision is what the environment says, or milliseconds.
func precision(t testing.TB) time.Duration {
	text := os.Getenv(preset.Precision)
	if text == "" {
		return time.Millisecond
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestConformance runs the whole suite on tables that are another program's.
func TestConformance(t *testing.T) {
	each(t, func(t *testing.T, kind testdb.Kind, ddl []string) {
		pool := kind.PoolOf(t, ddl, names)
		authenttest.Run(t, func(t testing.TB) authenttest.Subject {
			db := pool.DB(t)
			return authenttest.Subject{
				Adapter: ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(kind.Dialect, db)))),
				DB:      db, Dialect: map[string]string{"sqlite": "sqlite", "postgres": "postgres", "mariadb": "mysql"}[kind.Name],
				Tables:    authenttest.Tables{Users: user.Table, Accounts: account.Table, Sessions: session.Table, VerificationTokens: verificationtoken.Table},
				Precision: precision(t), KeyLetters: letters(t, kind, db), Folds: kind.Dialect == dialect.MySQL, TakesTimes: true,
			}
		})
	})
}

// letters is how many letters the keys of MySQL's tables hold: 0, as many as there are to
// be, elsewhere.
func letters(t testing.TB, kind testdb.Kind, db *sql.DB) int {
	if kind.Dialect != dialect.MySQL {
		return 0
	}
	live, _ := kind.Inspect(t, db).Table(user.Table)
	c, ok := live.Column(user.FieldEmail)
	if !ok {
		t.Fatal("users have no e-mail")
	}
	return c.Type.Type.(*schema.StringType).Size
}

// TestColumns: the graph has columns that the DDL has, and they hold NULL alike. What the
// DDL has besides is filled in by nobody, and need not be.
func TestColumns(t *testing.T) {
	each(t, func(t *testing.T, kind testdb.Kind, ddl []string) {
		db := kind.Connect(t, kind.PoolOf(t, ddl, names).URL(t))
		for _, table := range migrate.Tables {
			live, ok := kind.Inspect(t, db).Table(table.Name)
			if !ok {
				t.Errorf("there is no table %s", table.Name)
				continue
			}
			for _, want := range table.Columns {
				got, ok := live.Column(want.Name)
				// What the database fills in may be left out.
				if key := live.PrimaryKey; ok && (got.Default != nil || key != nil && key.Parts[0].C == got) {
					continue
				}
				if !ok || got.Type.Null != want.Nullable {
					t.Errorf("%s.%s: in the DDL %v, in the graph NULL is %v", table.Name, want.Name, got, want.Nullable)
				}
			}
			for _, c := range live.Columns {
				ours := slices.ContainsFunc(table.Columns, func(want *entschema.Column) bool { return want.Name == c.Name })
				if !ours && !c.Type.Null && c.Default == nil {
					t.Errorf("nobody fills in %s.%s", table.Name, c.Name)
				}
			}
		}
	})
}

// TestTooLong: what narrow columns do not hold is stored cut or not at all, and never fails
// a sign-in.
func TestTooLong(t *testing.T) {
	each(t, func(t *testing.T, kind testdb.Kind, ddl []string) {
		db := kind.Connect(t, kind.PoolOf(t, ddl, names).URL(t))
		adapter := ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(kind.Dialect, db))))
		long := strings.Repeat("é", 70_000)
		u, err := adapter.CreateUser(t.Context(), authent.User{Email: "a@example.com", Name: long[:6000], Image: long[:6000]})
		if err != nil {
			t.Fatal(err)
		}
		if u.Name == "" || !strings.HasPrefix(long, u.Name) || u.Image != "" && u.Image != long[:6000] {
			t.Errorf("a name of %d bytes, an image of %d", len(u.Name), len(u.Image))
		}
		held := tokenBytes(t, kind, db)
		for i, bytes := range []int{150, 3000, 140_000} {
			token, id := authent.Secret(strings.Repeat("x", bytes)), strconv.Itoa(i)
			err := adapter.LinkAccount(t.Context(), authent.Account{
				UserID: u.ID, Type: "oauth", Provider: "github", ProviderAccountID: id,
				AccessToken: token, RefreshToken: token, IDToken: token, Scope: long, TokenType: long, SessionState: long,
			})
			if err != nil {
				t.Errorf("tokens of %d bytes: %v", bytes, err)
				continue
			}
			a, err := adapter.Account(t.Context(), "github", id)
			if err != nil || (a.AccessToken == token) != (bytes <= held) || (a.IDToken == token) != (bytes <= held) || (a.RefreshToken == token) != (bytes <= held) {
				t.Errorf("of tokens of %d bytes, in columns of %d, are stored %d, %d and %d: %v", bytes, held, len(a.AccessToken), len(a.IDToken), len(a.RefreshToken), err)
			}
		}
	})
}

// tokenBytes is how much the columns of the tokens hold.
func tokenBytes(t testing.TB, kind testdb.Kind, db *sql.DB) int {
	t.Helper()
	if kind.Dialect != dialect.MySQL {
		return math.MaxInt
	}
	table, _ := kind.Inspect(t, db).Table(account.Table)
	column, ok := table.Column(account.FieldAccessToken)
	if !ok {
		t.Fatal("there is no column for the access token")
	}
	text, ok := column.Type.Type.(*schema.StringType)
	if !ok {
		t.Fatalf("the access token is %T", column.Type.Type)
	}
	if text.Size > 0 {
		return text.Size
	}
	return 65_535 // of TEXT
}

// TestTables: the graph's tables are those of the layout, at least, and all of them are
// foreign but that of passkeys where the layout has none.
func TestTables(t *testing.T) {
	var got []string
	for _, table := range migrate.Tables {
		if table.Name != "authenticators" || slices.Contains(ent.AuthForeignTables, table.Name) {
			got = append(got, table.Name)
		}
	}
	slices.Sort(got)
	foreign := slices.Sorted(slices.Values(ent.AuthForeignTables))
	missing := slices.ContainsFunc(names[len(names)-4:], func(name string) bool { return !slices.Contains(got, name) })
	if missing || !slices.Equal(got, foreign) {
		t.Errorf("tables %v, foreign %v, want %v", got, foreign, names)
	}
}
