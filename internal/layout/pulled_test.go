package layout_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/authent/authent/internal/layout/preset/schema"
	"github.com/authent/authent/internal/testdb"
)

// TestPulled reads schemas from databases that look like no layout with a name: other
// names, types and columns. The graphs pass the whole suite as they are written.
func TestPulled(t *testing.T) {
	for kind, on := range map[string]string{"sqlite": "sqlite", "postgres": "postgres", "mariadb": "mysql"} {
		t.Run(kind, func(t *testing.T) {
			server := testdb.Server(t, kind)
			file, err := filepath.Abs(filepath.Join("testdata", "pulled", "own."+on+".sql"))
			if err != nil {
				t.Fatal(err)
			}
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			folder := pulledFolder(t)
			url := server.PoolOf(t, testdb.Script(string(script)), nil).URL(t)
			pull := exec.CommandContext(t.Context(), "go", "run", "../../cmd/scaffold", "--from", url, filepath.Join(folder, "ent"))
			if out, err := pull.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if kind == "mariadb" {
				t.Setenv(schema.Precision, "1s") // the columns are DATETIME
			}
			testGraph(t, "./"+filepath.Join(folder, "ent", "schema"), []string{kind + "=" + file})
		})
	}
}

// pulledFolder is within the module, so that its dependencies are there, and within
// testdata, so that ./... does not name it.
func pulledFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("testdata", "pulled-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return folder
}
