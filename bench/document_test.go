package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the goldens anew")

// exampleRow returns a row whose rounds took base nanoseconds and a little more each time.
func exampleRow(id, title string, allocations, base float64) measured {
	m := measured{ID: id, Title: title}
	if allocations > 0 {
		m.Allocations = &allocations
	} else {
		m.Versions = []string{"Node.js 20.0.0", title + " 1.2.3"}
	}
	for _, workers := range []int{1, 8, 32} {
		s := series{Workers: workers, P50: int64(base), P99: int64(10 * base), Operations: 1000}
		for round := range 15 {
			s.PerOperation = append(s.PerOperation, base*(1+float64((round*7+len(title))%15)/100)/float64(min(workers, 2)))
		}
		m.Series = append(m.Series, s)
	}
	return m
}

// exampleMachine is on what the example was never measured.
var exampleMachine = machine{CPU: "Example CPU", Cores: 2, Memory: "24684084 kB", Kernel: "Linux 6.1", Load: "0.01 0.02 0.03", Day: "2030-01-02", Database: "a server with its settings", Go: "1.99", Modules: []string{"entgo.io/ent v0.0.1"}}

// example returns results of every table.
func example() results {
	all := results{}
	add := func(r result) *result {
		r.Machine, r.Round = exampleMachine, 250*time.Millisecond
		all[r.name()] = &r
		return &r
	}
	check := add(result{Database: "postgres", Table: "check", Sessions: usualSessions, Missing: []string{"pgbench -M prepared: it is not installed"}})
	check.Rows = []measured{
		exampleRow("baseline", "prepared by hand, lib/pq", 60, 80_000), exampleRow("adapter", "adapter, lib/pq", 86, 84_400),
		exampleRow("adapter-pgx", "adapter, pgx", 80, 79_000), exampleRow("pgxpool", "by hand, pgxpool", 53, 70_000),
		exampleRow("drizzle", "@auth/drizzle-adapter", 0, 377_000), exampleRow("bare", "bare <handler> & \"all\"", 90, 100_000), exampleRow("handler", "GET /auth/session", 500, 140_000),
	}
	many := add(result{Database: "postgres", Table: "check", Sessions: 1_000_000})
	many.Rows = []measured{exampleRow("baseline", "prepared by hand, lib/pq", 60, 240_000), exampleRow("adapter", "adapter, lib/pq", 86, 300_000)}
	write := add(result{Database: "sqlite", Table: "write", Sessions: usualSessions})
	write.Rows = []measured{exampleRow("insert", "INSERT, prepared by hand", 30, 50_000), exampleRow("create", "CreateSession", 120, 70_000)}
	add(result{Database: "mariadb", Table: "growth"}).Deletions = []deletion{{10_000, time.Millisecond, 2 * time.Millisecond}, {1_000_000, 4 * time.Millisecond, 20 * time.Millisecond}}
	all["mariadb-growth"].Expansion = []expanded{{"ALTER TABLE sessions ADD COLUMN device varchar(255) NULL;", 1_000_000, 1234567 * time.Microsecond, "some lock (who waits)"}}
	add(result{Database: "sqlite", Table: "doors"}).Doors = []door{{"SignIn", "real", 40 * time.Millisecond, 39 * time.Millisecond, 200}}
	add(result{Database: "postgres", Table: "profile", Sessions: usualSessions}).Profile = &profileResult{"LoadSession", 8, 5 * time.Second, []share{{network, 0.5}, {"lib/pq", 0.3}, {rest, 0.2}}, []share{{"a.b", 0.7}}}
	add(result{Database: "postgres", Table: "soak"}).Soak = &soaked{Took: 30 * time.Minute, Workers: 32, Checks: 1_234_567, Changes: 12_345,
		Gauge: []soakReading{{2 * time.Minute, 100, 50 << 20, 66}, {30 * time.Minute, 101, 51 << 20, 66}}}
	return all
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(file, got, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what is written now (go test ./bench -update), %v:\n%s", name, err, got)
	}
}

func TestDocument(t *testing.T) { golden(t, "document.md", []byte(document(example()))) }

func TestPlot(t *testing.T) {
	for name, r := range map[string]*result{"plot.svg": example()["postgres-check"], "empty.svg": nil} {
		drawn := plot(r)
		golden(t, name, drawn)
		for d := xml.NewDecoder(bytes.NewReader(drawn)); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if e, ok := token.(xml.StartElement); ok && e.Name.Local == "script" {
				t.Errorf("%s has a script", name)
			}
		}
	}
}

// TestReport: what is missed is told, and is an error; what other runs measured is not.
func TestReport(t *testing.T) {
	all := example()
	var out strings.Builder
	err := report(&out, all, []string{"postgres-check", "postgres-check-1000000", "mariadb-growth", "sqlite-write"})
	if err == nil || !strings.HasPrefix(err.Error(), "6 targets ") {
		t.Errorf("%v", err)
	}
	golden(t, "report.txt", []byte(out.String()))
	if err := report(io.Discard, all, []string{"sqlite-write", "sqlite-doors"}); err != nil {
		t.Error(err)
	}
}

// TestMet: the better end of the interval decides.
func TestMet(t *testing.T) {
	for _, c := range []struct {
		o    outcome
		want bool
	}{
		{outcome{ratio: spread{1.10, 1.04, 1.2}, limit: 1.05}, true},
		{outcome{ratio: spread{1.10, 1.06, 1.2}, limit: 1.05}, false},
		{outcome{ratio: spread{4, 3, 5.1}, limit: 5, atLeast: true}, true},
		{outcome{ratio: spread{4, 3, 4.9}, limit: 5, atLeast: true}, false},
	} {
		if c.o.met() != c.want {
			t.Errorf("%v: %v", c.o, !c.want)
		}
	}
	for _, c := range []struct{ a, b, want spread }{
		{spread{1, 0.9, 1.1}, spread{1.05, 1, 1.2}, spread{1.05, 1, 1.2 / 0.9}},
		{spread{1.5, 1.4, 1.6}, spread{1, 0.9, 1}, spread{1.5, 1.4, 1.6 / 0.9}},
		{spread{1, 0.9, 1}, spread{1.5, 1.4, 1.6}, spread{1.5, 1.4, 1.6 / 0.9}},
	} {
		if got := driftOf(c.a, c.b); got.String() != c.want.String() {
			t.Errorf("%v and %v: %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

// TestResults: what is kept is what was measured, and the document is made of it.
func TestResults(t *testing.T) {
	folder, docs := filepath.Join(t.TempDir(), "results"), t.TempDir()
	if all, err := readResults(folder); err != nil || len(all) != 0 {
		t.Errorf("before the first: %v, %v", all, err)
	}
	for _, r := range example() {
		if err := r.write(folder); err != nil {
			t.Fatal(err)
		}
	}
	all, err := readResults(folder)
	if err != nil || document(all) != document(example()) {
		t.Errorf("%v:\n%s", err, document(all))
	}
	file := filepath.Join(docs, "benchmarks.md")
	if err := os.WriteFile(file, []byte("before\n"+begin+"old\n"+end+"after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second run finds what the first has written
		if err := write(folder, docs); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if want := "before\n" + begin + "\n" + document(all) + end + "after\n"; err != nil || string(text) != want {
		t.Errorf("%v: %s", err, text)
	}
	if _, err := splice([]byte("before\n"+begin+"old\n"), "new"); err == nil {
		t.Error("what stood behind the lost line is lost too")
	}
}

// TestPublished: docs/benchmarks.md and its plot are what the kept results say.
func TestPublished(t *testing.T) {
	all, err := readResults("results")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../docs/benchmarks.md")
	if err != nil {
		t.Fatal(err)
	}
	if want, err := splice(text, document(all)); err != nil || !bytes.Equal(want, text) {
		t.Errorf("docs/benchmarks.md is stale (go run ./bench write): %v", err)
	}
	if drawn, err := os.ReadFile("../docs/benchmarks.svg"); err != nil || !bytes.Equal(drawn, plot(all["postgres-check"])) {
		t.Errorf("docs/benchmarks.svg is stale (go run ./bench write): %v", err)
	}
}

func TestReadOptions(t *testing.T) {
	set := map[string]string{"BENCH_ONLY": "postgres/check, */write", "BENCH_ROWS": "adapter*", "BENCH_PAIRS": "31", "BENCH_WORKERS": "8"}
	o, err := readOptions(func(name string) string { return set[name] })
	if err != nil || o.pairs != 31 || o.sessions != usualSessions || o.round != 250*time.Millisecond || !slices.Equal(o.workers, []int{8}) || len(o.growth) != 3 {
		t.Errorf("%+v, %v", o, err)
	}
	for name, want := range map[string]bool{"postgres/check": true, "sqlite/write": true, "sqlite/check": false} {
		database, table, _ := strings.Cut(name, "/")
		if o.wants(database, table) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
	for id, want := range map[string]bool{"baseline": true, "adapter-pgx": true, "prisma": false} {
		if o.wantsRow(id) != want {
			t.Errorf("%s: %v", id, !want)
		}
	}
	for name, value := range map[string]string{"BENCH_PAIRS": "0", "BENCH_SESSIONS": "many", "BENCH_ROUND": "5", "BENCH_WORKERS": "1,33", "BENCH_GROWTH": "-1", "BENCH_ONLY": "[", "BENCH_PROFILE": "-1s"} {
		if _, err := readOptions(func(n string) string { return map[string]string{name: value}[n] }); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}

func TestReadDoors(t *testing.T) {
	got, err := readDoors("goos: linux\nBenchmarkSignIn/sqlite/hashing_real-2   \t 200\t  45000000 ns/op\t   22000 µs/limited\t   21900 µs/unlimited\nBenchmarkRegister/mariadb/hashing_stubbed 3 1 ns/op 1 µs/unlimited 2 µs/limited\nPASS\n")
	want := []door{{"SignIn", "real", 22 * time.Millisecond, 21900 * time.Microsecond, 200}, {"Register", "stubbed", 2 * time.Microsecond, time.Microsecond, 3}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"PASS\n", "BenchmarkSignIn-2 200\n", "BenchmarkSignIn/sqlite/hashing_real-2 many\n", "BenchmarkSignIn/sqlite/hashing_real-2 1 x ns/op\n"} {
		if got, err := readDoors(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}
