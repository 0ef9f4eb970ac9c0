package layout_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authent/authent/internal/layout/preset/schema"
	"github.com/authent/authent/internal/testdb"
)

// servers are the kinds of servers by the ends of the files' names.
var servers = map[string]string{"sqlite": "sqlite", "postgres": "postgres", "mysql": "mariadb"}

// TestPulled reads schemas from databases that look like no layout with a name: other
// names, types and columns. The graphs pass the whole suite as they are written, with an
// entity for a table of the application's own that refers to users.
func TestPulled(t *testing.T) {
	for base, with := range map[string][]string{
		"odd.sqlite": nil, "odd.postgres": {"--with", "orders", "--table", "Session=browsers"}, "odd.mysql": nil,
	} {
		t.Run(base, func(t *testing.T) {
			file, err := filepath.Abs(filepath.Join("testdata", "pulled", base+".sql"))
			if err != nil {
				t.Fatal(err)
			}
			if base == "odd.mysql" {
				t.Setenv(schema.Precision, "1s") // the columns are DATETIME
			}
			testPulled(t, base, file, with...)
		})
	}
}

// TestMended reads schemas from databases that are refused at first. After the statements
// that the refusal lists, the graphs pass the whole suite.
func TestMended(t *testing.T) {
	for _, base := range []string{"typeorm.sqlite", "typeorm.postgres", "typeorm.mysql", "prismav5docs.mysql"} {
		t.Run(base, func(t *testing.T) {
			script, err := os.ReadFile(filepath.Join("testdata", "refused", base+".sql"))
			if err != nil {
				t.Fatal(err)
			}
			out, err := scaffold(t, base, script, "ent")
			_, mending, ok := strings.Cut(string(out), "undoes them:\n")
			if err == nil || !ok {
				t.Fatalf("it is not refused: %s", out)
			}
			mending, _, _ = strings.Cut(mending, "exit status")
			file := filepath.Join(t.TempDir(), "mended.sql")
			if err := os.WriteFile(file, append(script, mending...), 0o600); err != nil {
				t.Fatal(err)
			}
			testPulled(t, base, file)
		})
	}
}

// testPulled runs the whole suite with the graph that is pulled from the tables of a file.
func testPulled(t *testing.T, base, file string, with ...string) {
	t.Helper()
	script, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	folder := pulledFolder(t)
	if out, err := scaffold(t, base, script, append([]string{filepath.Join(folder, "ent")}, with...)...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, on, _ := strings.Cut(base, ".")
	testGraph(t, "./"+filepath.Join(folder, "ent", "schema"), []string{servers[on] + "=" + file})
}

// scaffold reads the tables that a script makes.
func scaffold(t *testing.T, base string, script []byte, args ...string) ([]byte, error) {
	t.Helper()
	_, on, _ := strings.Cut(base, ".")
	url := testdb.Server(t, servers[on]).PoolOf(t, testdb.Script(string(script)), nil).URL(t)
	args = append([]string{"run", "../../cmd/scaffold", "--from", url}, args...)
	return exec.CommandContext(t.Context(), "go", args...).CombinedOutput()
}

// pulledFolder is within the module, so that its dependencies are there, and its name begins
// with _, so that ./... does not name it.
func pulledFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("preset", "_pulled-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return folder
}
