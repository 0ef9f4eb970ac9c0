package migrate

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/internal/testdb"
)

// childURL is set in the processes that tests start. It names the database to migrate.
const childURL = "AUTHENT_MIGRATE_URL"

func TestMain(m *testing.M) {
	if os.Getenv(childURL) != "" {
		os.Exit(child())
	}
	os.Exit(testdb.Alone(m))
}

// child applies the folder that each line of its input names, and answers with
// what it did. At the step that AUTHENT_MIGRATE_KILL names it kills itself as a
// power failure would.
func child() int {
	name, db, err := database.Open(os.Getenv(childURL))
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer db.Close()
	lines := bufio.NewScanner(os.Stdin)
	fmt.Println("ready")
	for lines.Scan() {
		dir, err := OpenDir(lines.Text())
		if err != nil {
			fmt.Println(err)
			return 1
		}
		m, err := New(Config{DB: db, Dialect: name, Dir: dir})
		if err != nil {
			fmt.Println(err)
			return 1
		}
		m.at = func(step string) {
			if step == os.Getenv("AUTHENT_MIGRATE_KILL") {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
		}
		report, err := m.Apply(context.Background(), 0)
		if err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Println("applied", report.Files)
	}
	return 0
}

// process is a child of the test.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

func start(t *testing.T, url string, env ...string) *process {
	t.Helper()
	p := &process{cmd: exec.CommandContext(t.Context(), os.Args[0])}
	p.cmd.Env = append(append(os.Environ(), childURL+"="+url), env...)
	p.cmd.Stderr = os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line := p.line(); line != "ready" {
		t.Fatalf("a process says %q", line)
	}
	return p
}

// line returns the next line that the process prints, "" when it has ended.
func (p *process) line() string {
	if p.out.Scan() {
		return p.out.Text()
	}
	return ""
}

// slow is a statement of some 300 ms.
var slow = map[string]string{
	dialect.Postgres: "SELECT pg_sleep(0.3);",
	dialect.MySQL:    "DO SLEEP(0.3);",
	dialect.SQLite:   "INSERT INTO runs WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 250000) SELECT -max(n) FROM c;",
}

// TestApply_ManyProcesses: of eight processes that apply at the same moment, in
// each of twenty rounds, one executes the file, the others find it done, and none
// fails.
func TestApply_ManyProcesses(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		t.Parallel()
		const processes, rounds = 8, 20
		url := kind.URL(t)
		db := kind.Connect(t, url)
		name := folder(t, "000_runs.sql", "CREATE TABLE runs (n int);")
		apply(t, kind, db, name)
		var all []*process
		for range processes {
			all = append(all, start(t, url))
		}
		for round := 1; round <= rounds; round++ {
			write(t, name, fmt.Sprintf("%03d_round.sql", round), fmt.Sprintf("CREATE TABLE round_%d (n int);\n%s\nINSERT INTO runs VALUES (%d);", round, slow[kind.Dialect], round))
			for _, p := range all {
				if _, err := io.WriteString(p.in, name+"\n"); err != nil {
					t.Fatal(err)
				}
			}
			applied := 0
			for _, p := range all {
				switch line := p.line(); line {
				case "applied 1":
					applied++
				case "applied 0":
				default:
					t.Errorf("round %d: a process says %q", round, line)
				}
			}
			if applied != 1 {
				t.Errorf("round %d: %d processes applied the file", round, applied)
			}
		}
		for _, p := range all {
			_ = p.in.Close()
			if err := p.cmd.Wait(); err != nil {
				t.Error(err)
			}
		}
		if n, distinct := testdb.Number(t, db, "SELECT COUNT(*) FROM runs WHERE n > 0"), testdb.Number(t, db, "SELECT COUNT(DISTINCT n) FROM runs WHERE n > 0"); n != rounds || distinct != rounds {
			t.Errorf("%d runs of %d files, want %d of each", n, distinct, rounds)
		}
		if st, err := migrator(t, kind, db, name, nil).Status(t.Context()); err != nil || st.Executed != rounds+1 || st.Pending != 0 {
			t.Errorf("status: %+v, %v", st, err)
		}
	})
}

// steps are the boundaries at which a process is killed that applies killed.
const killed = `CREATE TABLE a (x int);
INSERT INTO a VALUES (1);
CREATE INDEX a_x ON a (x);
ALTER TABLE a ADD COLUMN y int;
`

// TestApply_KilledAtEveryStep: whatever a killed process leaves, status tells it,
// and the next run ends with each statement executed once.
func TestApply_KilledAtEveryStep(t *testing.T) {
	var steps []string
	for n := 1; n <= 4; n++ {
		steps = append(steps, fmt.Sprintf("before statement %d", n), fmt.Sprintf("after statement %d", n), fmt.Sprintf("recorded statement %d", n))
	}
	steps = append(steps, "recorded file")
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		t.Parallel()
		for _, step := range steps {
			url := kind.URL(t)
			db := kind.Connect(t, url)
			name := folder(t, "1_first.sql", "CREATE TABLE first (x int);")
			apply(t, kind, db, name)
			before := inventory(t, kind, db)
			write(t, name, "2_killed.sql", killed)
			p := start(t, url, "AUTHENT_MIGRATE_KILL="+step)
			if _, err := io.WriteString(p.in, name+"\n"); err != nil {
				t.Fatal(err)
			}
			if line := p.line(); line != "" {
				t.Fatalf("%s: the process says %q", step, line)
			}
			if err := p.cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
				t.Fatalf("%s: the process ended with %v", step, err)
			}
			checkKilled(t, kind, migrator(t, kind, db, name, nil), step, before, inventory(t, kind, db))
			apply(t, kind, db, name)
			if rows := testdb.Number(t, db, "SELECT COUNT(*) FROM a WHERE y IS NULL"); rows != 1 {
				t.Errorf("%s: the row was inserted %d times", step, rows)
			}
			if report := apply(t, kind, db, name); report.Files != 0 {
				t.Errorf("%s: applying again executed %d files", step, report.Files)
			}
		}
	})
}

// checkKilled checks what is left, and what status tells of it.
func checkKilled(t *testing.T, kind testdb.Kind, m *Migrator, step, before, after string) {
	t.Helper()
	st, err := m.Status(t.Context())
	if err != nil {
		t.Fatalf("%s: %v", step, err)
	}
	if kind.Dialect != dialect.MySQL {
		if after != before || st.Pending != 1 || st.Total != 0 || st.Interrupted != "" {
			t.Errorf("%s: left\n%s\nbefore\n%s\nstatus: %+v", step, after, before, st)
		}
		return
	}
	want := map[string]struct {
		applied int
		tells   string
	}{
		"before statement 1": {0, "no effect"}, "after statement 1": {0, "took effect"}, "recorded statement 1": {1, "no effect"},
		"before statement 2": {1, "no effect"}, "after statement 2": {1, "no effect"}, "recorded statement 2": {2, "no effect"},
		"before statement 3": {2, "no effect"}, "after statement 3": {2, "took effect"}, "recorded statement 3": {3, "no effect"},
		"before statement 4": {3, "no effect"}, "after statement 4": {3, "took effect"},
		"recorded statement 4": {0, ""}, "recorded file": {0, ""},
	}[step]
	if st.Applied != want.applied || !strings.Contains(st.Interrupted, want.tells) || (want.tells == "") != (st.Pending == 0) {
		t.Errorf("%s: status: %+v, want %+v", step, st, want)
	}
}

// TestApply_CannotTell: where a database cannot tell whether a statement took
// effect, somebody has to say so.
func TestApply_CannotTell(t *testing.T) {
	kind := testdb.Server(t, "mariadb")
	for _, answer := range []Interrupted{Done, Again} {
		url := kind.URL(t)
		db := kind.Connect(t, url)
		name := folder(t, "1_unclear.sql", "CREATE TABLE a (x int);\nALTER TABLE a CHANGE x x bigint;\nCREATE TABLE b (x int);\n")
		p := start(t, url, "AUTHENT_MIGRATE_KILL=after statement 2")
		if _, err := io.WriteString(p.in, name+"\n"); err != nil {
			t.Fatal(err)
		}
		if line := p.line(); line != "" {
			t.Fatalf("the process says %q", line)
		}
		_ = p.cmd.Wait()
		before := inventory(t, kind, db)
		_, err := migrator(t, kind, db, name, nil).Apply(t.Context(), 0)
		if err == nil || !strings.Contains(err.Error(), "1_unclear.sql, line 2") || !strings.Contains(err.Error(), "--interrupted=done") {
			t.Errorf("%v", err)
		}
		if after := inventory(t, kind, db); after != before {
			t.Errorf("it changed something:\n%s\nbefore:\n%s", after, before)
		}
		report, err := migrator(t, kind, db, name, func(c *Config) { c.Interrupted = answer }).Apply(t.Context(), 0)
		if want := map[Interrupted]int{Done: 1, Again: 2}[answer]; err != nil || report.Statements != want {
			t.Errorf("%s: %+v, %v, want %d statements", answer, report, err, want)
		}
		if _, err := os.Stat(filepath.Join(name, "atlas.sum")); err != nil {
			t.Error(err)
		}
	}
}
