package database_test

import (
	"strings"
	"testing"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/authent/database/mysql"
	"github.com/authent/authent/authent/database/postgres"
	"github.com/authent/authent/authent/database/sqlite"
	"github.com/authent/authent/ent"
	_ "github.com/authent/authent/ent/runtime"
	"github.com/authent/authent/internal/testdb"
	"github.com/authent/authent/migrations"
)

// TestOpenDriver: an ent client runs on it, its *sql.DB is the client's own, and closing
// the client closes it.
func TestOpenDriver(t *testing.T) {
	t.Parallel()
	openers := map[string]func(string) (*entsql.Driver, error){"sqlite": sqlite.OpenDriver, "postgres": postgres.OpenDriver, "mariadb": mysql.OpenDriver}
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, open := range map[string]func(string) (*entsql.Driver, error){"database": database.OpenDriver, kind.Name: openers[kind.Name]} {
			driver, err := open(kind.URL(t))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if driver.Dialect() != kind.Dialect {
				t.Errorf("%s: the dialect is %q, want %q", name, driver.Dialect(), kind.Dialect)
			}
			if err := migrations.Apply(t.Context(), driver.Dialect(), driver.DB()); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			client := ent.NewClient(ent.Driver(driver))
			if n, err := client.User.Query().Count(t.Context()); n != 0 || err != nil {
				t.Errorf("%s: %d users: %v", name, n, err)
			}
			if err := client.Close(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := driver.DB().PingContext(t.Context()); err == nil || !strings.Contains(err.Error(), "closed") {
				t.Errorf("%s: the database is open after its client was closed: %v", name, err)
			}
		}
	})
}

// TestOpenDriverOfWrongURLs returns Open's errors, and no driver.
func TestOpenDriverOfWrongURLs(t *testing.T) {
	t.Parallel()
	for url := range wrongURLs {
		_, _, want := database.Open(url)
		driver, err := database.OpenDriver(url)
		if driver != nil || err == nil || want == nil || err.Error() != want.Error() {
			t.Errorf("%s: %v, %v, want %v", url, driver, err, want)
		}
	}
	for name, open := range map[string]func(string) (*entsql.Driver, error){"sqlite": sqlite.OpenDriver, "postgres": postgres.OpenDriver, "mysql": mysql.OpenDriver} {
		if driver, err := open("other://h/app"); driver != nil || err == nil {
			t.Errorf("%s: %v, %v", name, driver, err)
		}
	}
}
