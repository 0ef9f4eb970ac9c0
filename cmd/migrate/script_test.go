package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/internal/testdb"
)

// alone holds the tests of this package, beside which nobody else migrates.
type alone struct{ *testing.M }

// Run implements testscript.TestingM.
func (a alone) Run() int { return testdb.Alone(a.M) }

// TestMain lets scripts run this program as "migrate".
func TestMain(m *testing.M) {
	testscript.Main(alone{m}, map[string]func(){"migrate": main})
}

// TestScripts plays the transcripts of commands that need no database, or none
// but SQLite.
func TestScripts(t *testing.T) {
	play(t, testdb.SQLite, "testdata/script")
}

// TestDatabaseScripts plays the transcripts on each kind of database.
func TestDatabaseScripts(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) { play(t, kind, "testdata/script/database") })
}

// play gives each script an empty database in DATABASE_URL and another one in
// DEV_DATABASE_URL. $name is the first one's name, $folder what the folder of its
// migrations is called, and
// [sqlite], [postgres] and [mariadb] hold on that kind.
func play(t *testing.T, kind testdb.Kind, dir string) {
	t.Helper()
	var runner testscript.T = several{t}
	if kind.Dialect == dialect.MySQL {
		runner = single{several{t}}
	}
	testscript.RunT(runner, testscript.Params{
		Dir: dir,
		Setup: func(e *testscript.Env) error {
			tb := e.T().(testing.TB)
			at := kind.URL(tb)
			e.Setenv("DATABASE_URL", at)
			e.Setenv("name", nameOf(at))
			e.Setenv("DEV_DATABASE_URL", kind.URL(tb))
			e.Setenv("folder", envOf[kind.Dialect])
			return module(e)
		},
		Condition: func(name string) (bool, error) { return name == kind.Name, nil },
		Cmds:      map[string]func(*testscript.TestScript, bool, []string){"sql": execSQL, "usage": misuse},
	})
}

// nameOf returns the name of the database of a URL.
func nameOf(at string) string {
	at, _, _ = strings.Cut(at, "?")
	return path.Base(at)
}

// several runs scripts at once.
type several struct{ *testing.T }

// Run implements testscript.T.
func (s several) Run(name string, f func(testscript.T)) {
	s.T.Run(name, func(t *testing.T) { f(several{t}) })
}

// Verbose implements testscript.T.
func (several) Verbose() bool { return testing.Verbose() }

// single runs one script after the other: MySQL's lock of migrations is one for the
// whole server, and a command that waits for it says so.
type single struct{ several }

// Parallel implements testscript.T.
func (single) Parallel() {}

// Run implements testscript.T.
func (s single) Run(name string, f func(testscript.T)) {
	s.T.Run(name, func(t *testing.T) { f(single{several{t}}) })
}

// goEnv says where the go command keeps what it has built and downloaded.
var goEnv = sync.OnceValues(func() (found map[string]string, err error) {
	out, err := exec.Command("go", "env", "-json", "GOCACHE", "GOMODCACHE", "GOPATH").Output()
	if err != nil {
		return nil, err
	}
	return found, json.Unmarshal(out, &found)
})

// module makes the script's folder a module of an application, which uses this module's
// source and no network.
func module(e *testscript.Env) error {
	found, err := goEnv()
	if err != nil {
		return err
	}
	for name, value := range found {
		e.Setenv(name, value)
	}
	e.Setenv("GOFLAGS", "-mod=mod")
	e.Setenv("GOPROXY", "off")
	source, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	ours, err := os.ReadFile(filepath.Join(source, "go.mod"))
	if err != nil {
		return err
	}
	_, rest, _ := strings.Cut(string(ours), "\n")
	rest, _, _ = strings.Cut(rest, "\ntool ")
	mod := fmt.Sprintf("module example.com/app\n%s\nrequire github.com/authent/authent v0.0.0\n\nreplace github.com/authent/authent => %s\n", rest, source)
	if err := os.WriteFile(filepath.Join(e.WorkDir, "go.mod"), []byte(mod), 0o644); err != nil {
		return err
	}
	sum, err := os.ReadFile(filepath.Join(source, "go.sum"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(e.WorkDir, "go.sum"), sum, 0o644)
}

// execSQL implements the scripts' command sql, which executes statements in the
// database.
func execSQL(ts *testscript.TestScript, neg bool, args []string) {
	_, db, err := database.Open(ts.Getenv("DATABASE_URL"))
	ts.Check(err)
	defer db.Close()
	for _, statement := range args {
		_, err = db.Exec(statement)
		if neg && err == nil {
			ts.Fatalf("%s did not fail", statement)
		}
		if !neg {
			ts.Check(err)
		}
	}
}

// misuse implements the scripts' command usage, which runs a command line that must be
// refused as such, with exit code 2 and nothing on standard output.
func misuse(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec("migrate", args...)
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.ExitCode() != 2 {
		ts.Fatalf("migrate %s: %v: want exit code 2", strings.Join(args, " "), err)
	}
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("migrate %s prints %q", strings.Join(args, " "), out)
	}
}
