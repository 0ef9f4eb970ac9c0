package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	pprofile "github.com/google/pprof/profile"
)

// TestSummary: each sample belongs to the innermost part on its stack, and functions count
// once for each stack, with their closures.
func TestSummary(t *testing.T) {
	p := &pprofile.Profile{}
	add := func(spent int64, stack ...string) {
		s := &pprofile.Sample{Value: []int64{1, spent}}
		for _, name := range stack { // the innermost first
			s.Location = append(s.Location, &pprofile.Location{Line: []pprofile.Line{{Function: &pprofile.Function{Name: name}}}})
		}
		p.Sample = append(p.Sample, s)
	}
	const check, query = "github.com/authent/authent/authent.(*Auth).checkSession", "database/sql.(*DB).QueryContext"
	add(40, "runtime.mallocgc", "github.com/lib/pq.(*conn).recv", query+".func1", query, check, "main.(*row).measure.func1")
	add(30, "internal/runtime/syscall.Syscall6", "syscall.write", "net.(*conn).Write", "github.com/lib/pq.(*conn).send", check, "main.(*row).measure.func1")
	add(20, "runtime.gcBgMarkWorker")
	add(10, "time.Now", "main.(*row).measure.func1")
	got, err := summary(p)
	if err != nil {
		t.Fatal(err)
	}
	want := &profileResult{
		Workers: profileWorkers, Total: 100,
		Parts:     []share{{"lib/pq", 0.4}, {network, 0.3}, {rest, 0.2}, {"the measuring itself", 0.1}},
		Functions: []share{{check, 0.7}, {query, 0.4}, {"github.com/lib/pq.(*conn).recv", 0.4}, {"github.com/lib/pq.(*conn).send", 0.3}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := summary(&pprofile.Profile{}); err == nil {
		t.Error("an empty profile has no shares")
	}
}
