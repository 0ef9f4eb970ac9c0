package recognize

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authent/authent/internal/testdb"
)

// layoutsOf are the layouts that have DDL, by the names of the files.
var layoutsOf = map[string]string{
	"prisma": "Prisma", "prismav4": "PrismaV4", "prismav4snake": "PrismaV4Snake", "prismav5": "PrismaV5",
	"prismav5ids": "PrismaV5IDs", "prismav5snake": "PrismaV5Snake", "prismaadapter": "PrismaAdapter",
	"drizzle": "Drizzle", "drizzle-defaults": "DrizzleDefault",
	"drizzle.mysql": "DrizzleDefault", "drizzle.sqlite": "DrizzleSQLite",
}

var serverOf = map[string]string{"sqlite": "sqlite", "postgres": "postgres", "mysql": "mariadb"}

// TestRead_IsPreset: what is read from a database of a known schema is the layout that has
// its name, with which the whole suite of the contract passes.
func TestRead_IsPreset(t *testing.T) {
	files, err := filepath.Glob("../../internal/layout/testdata/*.sql")
	if err != nil || len(files) < 20 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		base := strings.TrimSuffix(filepath.Base(file), ".sql")
		name, on, _ := strings.Cut(base, ".")
		t.Run(base, func(t *testing.T) {
			kind := testdb.Server(t, serverOf[on])
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			db := kind.Connect(t, kind.PoolOf(t, testdb.Script(string(script)), nil).URL(t))
			d, err := Read(t.Context(), kind.Dialect, db, Hints{})
			if err != nil || len(d.Faults) > 0 {
				t.Fatal(err, d.Faults)
			}
			want := layoutsOf[base]
			if want == "" {
				want = layoutsOf[name]
			}
			if different := differences(kind.Dialect, d.Layout(), presets[want]); len(different) > 0 {
				t.Errorf("not %s:\n%s", want, strings.Join(different, "\n"))
			}
		})
	}
}
