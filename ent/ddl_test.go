package ent_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql/schema"
	"github.com/google/go-cmp/cmp"

	"github.com/authent/authent/ent/migrate"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestDDL holds the tables of the native layout fixed on every dialect: other
// programs read and write them.
func TestDDL(t *testing.T) {
	for name, version := range map[string]string{dialect.SQLite: "3.40.0", dialect.Postgres: "15", dialect.MySQL: "8.0.16"} {
		t.Run(name, func(t *testing.T) {
			got, err := schema.DDL(t.Context(), schema.DDLArgs{Dialect: name, Version: version, Tables: migrate.Tables})
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name+".sql")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("the tables changed (-golden +now); run go test ./ent -run TestDDL -update and look at the difference:\n%s", diff)
			}
		})
	}
}
