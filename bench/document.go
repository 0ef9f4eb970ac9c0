package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The generated part of the document is between these lines.
const (
	begin = "<!-- What follows is written by make bench. -->\n"
	end   = "<!-- What precedes is written by make bench. -->\n"
)

// write writes the document and the plot from the results that are kept.
func write(folder, docs string) error {
	all, err := readResults(folder)
	if err != nil {
		return err
	}
	file := filepath.Join(docs, "benchmarks.md")
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	text, err = splice(text, document(all))
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return errors.Join(os.WriteFile(file, text, 0o644), os.WriteFile(filepath.Join(docs, "benchmarks.svg"), plot(all["postgres-check"]), 0o644))
}

// splice puts the generated part into the document.
func splice(text []byte, generated string) ([]byte, error) {
	head, rest, ok := strings.Cut(string(text), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return nil, errors.New("the lines between which it is written are gone")
	}
	return []byte(head + begin + "\n" + generated + end + tail), nil
}

// databaseNames are those of the document.
var databaseNames = map[string]string{"postgres": "PostgreSQL", "mariadb": "MariaDB", "sqlite": "SQLite"}

// ordered returns the results of a table, PostgreSQL first and few sessions first.
func (all results) ordered(table string) (found []*result) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if all[name].Table == table {
			found = append(found, all[name])
		}
	}
	order := []string{"postgres", "mariadb", "sqlite"}
	slices.SortStableFunc(found, func(a, b *result) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Database), slices.Index(order, b.Database)), cmp.Compare(a.Sessions, b.Sessions))
	})
	return found
}

// document returns the generated part.
func document(all results) string {
	if len(all) == 0 {
		return "Nothing has been measured yet.\n\n"
	}
	var b strings.Builder
	writeOutcomes(&b, all.outcomes())
	for _, r := range all.ordered("check") {
		writeRows(&b, "The session check", r, func(string) string { return "baseline" })
	}
	writeScale(&b, all)
	for _, r := range all.ordered("write") {
		writeRows(&b, "Making, rolling and ending sessions", r, func(id string) string { return writeBases[id] })
	}
	writeGrowth(&b, all)
	writeDoors(&b, all)
	writeProfile(&b, all)
	writeSoak(&b, all)
	writeMachines(&b, all)
	return b.String()
}

// writeBases are the rows of the table of writes that the others are compared to.
var writeBases = map[string]string{"insert": "insert", "create": "insert", "update": "update", "roll": "update", "delete": "delete", "revoke": "delete"}

func writeOutcomes(b *strings.Builder, all []outcome) {
	if len(all) == 0 {
		return
	}
	b.WriteString("## Targets\n\n| on | ratio | workers | measured (95 %) | target | |\n|---|---|---|---|---|---|\n")
	for _, o := range all {
		verdict, workers := "met", "–"
		if !o.met() {
			verdict = "**missed**"
		}
		if o.workers > 0 {
			workers = strconv.Itoa(o.workers)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", databaseNames[o.database], o.name, workers, o.measured(), o.wanted(), verdict)
	}
	b.WriteString("\n")
}

// writeRows writes a table for each number of workers, the quickest row first.
func writeRows(b *strings.Builder, title string, r *result, base func(id string) string) {
	fmt.Fprintf(b, "## %s on %s, %s sessions\n\n", title, databaseNames[r.Database], grouped(r.Sessions))
	for _, workers := range r.workers() {
		fmt.Fprintf(b, "%s:\n\n| | p50 | p99 | a second | time ÷ baseline (95 %%) | allocations |\n|---|---|---|---|---|---|\n", plural(workers, "worker"))
		rows := slices.Clone(r.Rows)
		if r.Table == "check" {
			slices.SortStableFunc(rows, func(x, y measured) int {
				return cmp.Compare(y.with(workers).perSecond(), x.with(workers).perSecond())
			})
		}
		for _, m := range rows {
			s := m.with(workers)
			ratio, _ := r.ratio(m.ID, base(m.ID), workers)
			allocations := "–"
			if m.Allocations != nil {
				allocations = fmt.Sprintf("%.0f", *m.Allocations)
			}
			compared := "1"
			if base(m.ID) != m.ID {
				compared = ratio.String()
			}
			fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", m.Title, micros(s.P50), micros(s.P99), grouped(int(s.perSecond())), compared, allocations)
		}
		b.WriteString("\n")
	}
	for _, m := range r.Missing {
		fmt.Fprintf(b, "Not in this table: %s.\n\n", m)
	}
}

// workers returns the numbers of workers of a result.
func (r *result) workers() (all []int) {
	if len(r.Rows) > 0 {
		for _, s := range r.Rows[0].Series {
			all = append(all, s.Workers)
		}
	}
	return all
}

// writeScale shows how the check grows with the tables.
func writeScale(b *strings.Builder, all results) {
	many := slices.DeleteFunc(all.ordered("check"), func(r *result) bool { return r.Database != "postgres" })
	if len(many) < 2 {
		return
	}
	b.WriteString("## More sessions, on PostgreSQL\n\n| sessions | workers | prepared by hand, p50 | adapter, p50 | ratio (95 %) |\n|---|---|---|---|---|\n")
	for _, r := range many {
		for _, workers := range r.workers() {
			base, ours := r.row("baseline").with(workers), r.row("adapter").with(workers)
			if ratio, ok := r.ratio("adapter", "baseline", workers); ok {
				fmt.Fprintf(b, "| %s | %d | %s | %s | %s |\n", grouped(r.Sessions), workers, micros(base.P50), micros(ours.P50), ratio)
			}
		}
	}
	b.WriteString("\n")
}

func writeGrowth(b *strings.Builder, all results) {
	grown := all.ordered("growth")
	if len(grown) == 0 {
		return
	}
	b.WriteString("## Deleting a user with two sessions\n\n| on | among sessions | p50 | p99 |\n|---|---|---|---|\n")
	for _, r := range grown {
		for _, d := range r.Deletions {
			fmt.Fprintf(b, "| %s | %s | %s | %s |\n", databaseNames[r.Database], grouped(d.Among), micros(int64(d.P50)), micros(int64(d.P99)))
		}
	}
	b.WriteString("\n## Adding a column and an index\n\n| on | sessions | statement | took | lock |\n|---|---|---|---|---|\n")
	for _, r := range grown {
		for _, e := range r.Expansion {
			fmt.Fprintf(b, "| %s | %s | `%s` | %v | %s |\n", databaseNames[r.Database], grouped(e.Sessions), e.Statement, e.Took.Round(time.Millisecond), e.Lock)
		}
	}
	b.WriteString("\n")
}

func writeDoors(b *strings.Builder, all results) {
	if len(all.ordered("doors")) == 0 {
		return
	}
	b.WriteString("## Signing in and registering, over HTTP\n\n| on | | hashing | with limits on tries | without |\n|---|---|---|---|---|\n")
	for _, r := range all.ordered("doors") {
		for _, d := range r.Doors {
			fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", databaseNames[r.Database], d.Name, d.Hashing, micros(int64(d.Limited)), micros(int64(d.Unlimited)))
		}
	}
	b.WriteString("\n")
}

func writeProfile(b *strings.Builder, all results) {
	for _, r := range all.ordered("profile") {
		p := r.Profile
		fmt.Fprintf(b, "## Where the time goes\n\n%s on %s with %s, %v of CPU time; the server's own is not in it.\n\n| | share |\n|---|---|\n",
			p.Row, databaseNames[r.Database], plural(p.Workers, "worker"), p.Total.Round(10*time.Millisecond))
		for _, s := range p.Parts {
			fmt.Fprintf(b, "| %s | %.1f %% |\n", s.Name, 100*s.Part)
		}
		b.WriteString("\nThe functions that were on the stack most often, with all that they called:\n\n| | share |\n|---|---|\n")
		for _, s := range p.Functions {
			fmt.Fprintf(b, "| `%s` | %.1f %% |\n", s.Name, 100*s.Part)
		}
		b.WriteString("\n")
	}
}

// writeSoak shows what a long mixed load came to.
func writeSoak(b *strings.Builder, all results) {
	for _, r := range all.ordered("soak") {
		s := r.Soak
		fmt.Fprintf(b, "## %v of mixed load on %s\n\nTwo processes' worth of the engine with caches, %s: %s checks of sessions, and %s sign-ins, sign-outs and changes of role at one of the two. Answers that were wrong: **%d**. Calls that failed: %d. A cache was off %s.\n\nThe heap is what is left after a collection. Each process may keep up to %d connections, and has one more for notifications.\n\n| after | goroutines | heap | connections |\n|---|---|---|---|\n",
			s.Took.Round(time.Second), databaseNames[r.Database], plural(s.Workers, "worker"), grouped(int(s.Checks)), grouped(int(s.Changes)), s.Wrong, s.Failed, plural(int(s.Off), "time"), connections)
		for _, g := range s.Gauge {
			fmt.Fprintf(b, "| %v | %d | %.1f MiB | %d |\n", g.At, g.Goroutines, float64(g.Heap)/(1<<20), g.Connections)
		}
		b.WriteString("\n")
	}
}

// writeMachines names on what each table was measured, and the versions of everything.
func writeMachines(b *strings.Builder, all results) {
	var machines []string // in the order in which they come
	tablesOn := map[string][]*result{}
	for _, t := range tables {
		for _, r := range all.ordered(t.name) {
			m := r.Machine
			text := fmt.Sprintf("%s, %s, %s of memory, %s, Go %s; %s", m.CPU, plural(m.Cores, "core"), gibibytes(m.Memory), m.Kernel, m.Go, strings.Join(m.Modules, ", "))
			if tablesOn[text] == nil {
				machines = append(machines, text)
			}
			tablesOn[text] = append(tablesOn[text], r)
		}
	}
	b.WriteString("## Machines and versions\n\n")
	for _, text := range machines {
		fmt.Fprintf(b, "%s. On it:\n\n| table | day | load before | rounds | server |\n|---|---|---|---|---|\n", text)
		for _, r := range tablesOn[text] {
			rounds := "–"
			if len(r.Rows) > 0 {
				rounds = fmt.Sprintf("%d of %v", len(r.Rows[0].Series[0].PerOperation), r.Round)
			}
			fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", r.name(), r.Machine.Day, r.Machine.Load, rounds, r.Machine.Database)
		}
		b.WriteString("\n")
	}
	var versions []string
	for _, r := range all {
		for _, row := range r.Rows {
			versions = append(versions, row.Versions...)
		}
	}
	slices.Sort(versions)
	if len(versions) > 0 {
		fmt.Fprintf(b, "Other programs: %s.\n\n", strings.Join(slices.Compact(versions), ", "))
	}
}

// gibibytes writes what /proc/meminfo says, "24684084 kB".
func gibibytes(memory string) string {
	number, _, _ := strings.Cut(memory, " ")
	n, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return memory
	}
	return fmt.Sprintf("%.1f GiB", n/(1<<20))
}

// micros writes nanoseconds.
func micros(nanoseconds int64) string {
	switch us := float64(nanoseconds) / 1000; {
	case us >= 10_000:
		return fmt.Sprintf("%.1f ms", us/1000)
	case us >= 1000:
		return fmt.Sprintf("%.2f ms", us/1000)
	case us >= 100:
		return fmt.Sprintf("%.0f µs", us)
	default:
		return fmt.Sprintf("%.1f µs", us)
	}
}

// grouped writes a number with commas between its thousands.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
