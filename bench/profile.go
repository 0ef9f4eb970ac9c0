package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"maps"
	"regexp"
	"runtime/pprof"
	"slices"
	"strings"
	"syscall"
	"time"

	pprofile "github.com/google/pprof/profile"
)

// profileWorkers is how many workers a profiled check has.
const profileWorkers = 8

// profileResult says where this process spends its time. The server's is not in it.
type profileResult struct {
	// Row is what was profiled.
	Row     string        `json:"row"`
	Workers int           `json:"workers"`
	Total   time.Duration `json:"total"` // of CPU time
	// Parts are what all samples were in, the largest first; their shares make up 1.
	Parts []share `json:"parts"`
	// Functions are the authent's, ent's and drivers' own functions that were on the stack
	// most often: the shares overlap.
	Functions []share `json:"functions"`
}

// share is a part of the samples.
type share struct {
	Name string  `json:"name"`
	Part float64 `json:"part"`
}

// parts are what a function belongs to, by its package. The first that fits counts.
var parts = []struct{ prefix, name string }{
	{"github.com/authent/authent/bench.", "the measuring itself"},
	{"main.", "the measuring itself"},
	{"github.com/authent/authent/ent", "ent and the generated adapter"},
	{"entgo.io/ent", "ent and the generated adapter"},
	{"github.com/authent/authent/authent/entadapter", "ent and the generated adapter"},
	{"github.com/authent/authent/authent/database", "authent/database: kept statements, deadlines"},
	{"github.com/authent/authent/authent", "authent: the engine and its middleware"},
	{"github.com/lib/pq", "lib/pq"},
	{"database/sql", "database/sql"},
}

// rest is where a stack belongs that has none of parts: scheduler, collector, timers.
const rest = "runtime: scheduler, garbage collector"

// network is for waiting for and moving bytes, whoever asked.
const network = "net and the kernel: sending and receiving"

// profile profiles LoadSession: it passes through all that a check passes through.
func profile(ctx context.Context, w *world, o options, into *result) (err error) {
	r, err := loadSession(ctx, w)
	if err != nil {
		return err
	}
	n, err := r.calibrate(w, profileWorkers, o.round)
	if err != nil {
		return err
	}
	keys := w.randomKeys(n)
	var b bytes.Buffer
	if err := pprof.StartCPUProfile(&b); err != nil {
		return err
	}
	began, used := time.Now(), processorTime()
	for err == nil && (time.Since(began) < o.profile || processorTime()-used < leastProfiled) {
		_, err = r.measure(keys, profileWorkers)
	}
	pprof.StopCPUProfile()
	if err != nil {
		return err
	}
	p, err := pprofile.Parse(&b)
	if err != nil {
		return err
	}
	into.Profile, err = summary(p)
	if err == nil {
		into.Profile.Row = r.title
	}
	return err
}

// leastProfiled is for how long a processor must have worked, whatever else the machine
// does: a sample is taken each 10 ms of it.
const leastProfiled = 200 * time.Millisecond

// processorTime returns how long processors have worked for this process.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// summary says where the samples of p were.
func summary(p *pprofile.Profile) (*profileResult, error) {
	var total int64
	byPart, byFunction := map[string]int64{}, map[string]int64{}
	for _, s := range p.Sample {
		spent := s.Value[len(s.Value)-1] // nanoseconds
		total += spent
		stack := functions(s)
		byPart[partOf(stack)] += spent
		seen := map[string]bool{}
		for _, f := range stack {
			if name := ownPart(f); name != "" && name != parts[0].name && !seen[f] {
				seen[f] = true
				byFunction[f] += spent
			}
		}
	}
	if total == 0 {
		return nil, errors.New("the profile is empty: take it for longer")
	}
	r := &profileResult{Workers: profileWorkers, Total: time.Duration(total), Parts: largest(byPart, total), Functions: largest(byFunction, total)}
	r.Functions = r.Functions[:min(len(r.Functions), 15)]
	return r, nil
}

// closure matches what a name has after that of the function in which it stands.
var closure = regexp.MustCompile(`(\.func\d+|\.\d+|\[go\.shape[^\]]*\])+$`)

// functions returns the names on a stack, the innermost first.
func functions(s *pprofile.Sample) (all []string) {
	for _, l := range s.Location {
		for _, line := range l.Line {
			if line.Function != nil {
				all = append(all, closure.ReplaceAllString(line.Function.Name, ""))
			}
		}
	}
	return all
}

// partOf returns the part to which a sample belongs: that of the innermost function with
// one, so that memory which a driver asks for is the driver's. System calls are the
// network's.
func partOf(stack []string) string {
	for _, f := range stack {
		if strings.HasPrefix(f, "net.") || strings.HasPrefix(f, "internal/poll.") || strings.HasPrefix(f, "syscall.") {
			return network
		}
		if name := ownPart(f); name != "" {
			return name
		}
	}
	return rest
}

// ownPart returns the part of a function, "" if it belongs to none.
func ownPart(function string) string {
	for _, p := range parts {
		if strings.HasPrefix(function, p.prefix) {
			return p.name
		}
	}
	return ""
}

// largest returns the shares in total, the largest first.
func largest(of map[string]int64, total int64) []share {
	all := make([]share, 0, len(of))
	for _, name := range slices.Sorted(maps.Keys(of)) {
		all = append(all, share{name, float64(of[name]) / float64(total)})
	}
	slices.SortStableFunc(all, func(a, b share) int { return cmp.Compare(b.Part, a.Part) })
	return all
}
