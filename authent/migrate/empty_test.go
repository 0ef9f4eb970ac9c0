package migrate_test

import (
	"strings"
	"testing"

	"github.com/authent/authent/authent/migrate"
)

// TestDDL_NoTables: whoever forgot the tables is told.
func TestDDL_NoTables(t *testing.T) {
	for _, dialect := range []string{"sqlite3", "postgres", "mysql"} {
		if _, err := migrate.DDL(t.Context(), dialect, nil); err == nil || !strings.Contains(err.Error(), "has no tables") {
			t.Errorf("%s: %v", dialect, err)
		}
	}
}
