package authenttest_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
)

// brokenVar names the broken adapter in a process that runs the suite on it.
const brokenVar = "AUTHENTTEST_BROKEN"

// A broken adapter breaks one promise.
type broken struct {
	name string
	// wrap breaks a good adapter. If nil, open opens a broken one.
	wrap func(good authent.Adapter) authent.Adapter
	open func(t testing.TB) authenttest.Subject
	// fails lists the cases that must find it out.
	fails []string
	// wide says that other cases may fail as well. If false, none may.
	wide bool
}

func inZones(cases ...string) []string {
	return append(cases, "TimeZone/America-New_York", "TimeZone/Asia-Kolkata", "TimeZone/UTC")
}

var brokenAdapters = slices.Concat(brokenRows, brokenKeys, brokenTimes, brokenTransactions, brokenMirrors, brokenWhole, brokenLimits, brokenAudits, brokenTOTPs, brokenAuthenticators, brokenTouches, brokenWatches, brokenAuthJS)

// TestBrokenAdapters runs the suite on adapters that break a promise, each in
// a process of its own, since a test that fails cannot be taken back.
func TestBrokenAdapters(t *testing.T) {
	if name := os.Getenv(brokenVar); name != "" {
		runBroken(t, name)
		return
	}
	for _, b := range brokenAdapters {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			out, failed := runChild(t, b)
			if b.wide {
				failed = slices.DeleteFunc(failed, func(name string) bool { return !slices.Contains(b.fails, name) })
			}
			want := slices.Sorted(slices.Values(b.fails))
			if diff := cmp.Diff(want, failed); diff != "" {
				t.Errorf("failing cases differ (-want +got):\n%s\n%s", diff, out)
			}
		})
	}
}

func runBroken(t *testing.T, name string) {
	i := slices.IndexFunc(brokenAdapters, func(b broken) bool { return b.name == name })
	if i < 0 {
		t.Fatalf("no broken adapter %q", name)
	}
	b := brokenAdapters[i]
	if b.open == nil {
		b.open = func(testing.TB) authenttest.Subject {
			return authenttest.Subject{Adapter: b.wrap(authenttest.NewMemoryAdapter())}
		}
	}
	authenttest.Run(t, b.open)
}

// failLine is how the testing package reports a failed test to test2json. What
// a test logs has no such mark, so that a log within a log is not taken for one.
var failLine = regexp.MustCompile(`(?m)^ *\x16--- FAIL: TestBrokenAdapters/(\S+)`)

// runChild returns what the process printed and the names of the cases that
// failed in it.
func runChild(t *testing.T, b broken) (out string, failed []string) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestBrokenAdapters$", "-test.v=test2json")
	// The race detector would sleep for a second at each process's end.
	cmd.Env = append(os.Environ(), brokenVar+"="+b.name, "TZ=UTC", "GORACE=atexit_sleep_ms=0")
	if !slices.ContainsFunc(b.fails, func(name string) bool { return strings.HasPrefix(name, "TimeZone/") }) {
		// One zone will do: the cases under Time run in this process.
		cmd.Env = append(cmd.Env, "AUTHENTTEST_ZONE=UTC")
	}
	raw, err := cmd.CombinedOutput()
	if err == nil {
		t.Errorf("the suite passes the broken adapter")
	}
	var names []string
	for _, m := range failLine.FindAllSubmatch(raw, -1) {
		names = append(names, string(m[1]))
	}
	// Keep the cases, not the groups they are in.
	for _, n := range names {
		isGroup := func(other string) bool { return strings.HasPrefix(other, n+"/") }
		if !slices.ContainsFunc(names, isGroup) {
			failed = append(failed, n)
		}
	}
	slices.Sort(failed)
	return string(raw), failed
}

// TestEveryCaseCanFail wants each case of the suite to fail on some broken
// adapter, so that none is there for show.
func TestEveryCaseCanFail(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^(TestRows|TestGenerated)$", "-test.v=test2json")
	cmd.Env = append(os.Environ(), "TZ=UTC", "AUTHENTTEST_ZONE=UTC", "GORACE=atexit_sleep_ms=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	fails := map[string]bool{
		"Time/Zone": true, // it tests the process, not the adapter
	}
	for _, b := range brokenAdapters {
		for _, name := range b.fails {
			fails[name] = true
		}
	}
	cases := regexp.MustCompile(`(?m)^ *\x16--- PASS: (?:TestRows|TestGenerated)/(\S+/\S+)`).FindAllSubmatch(out, -1)
	if len(cases) < 100 {
		t.Errorf("found %d cases, want 100 or more", len(cases))
	}
	for _, m := range cases {
		if name := string(m[1]); !fails[name] {
			t.Errorf("no broken adapter fails %s", name)
		}
	}
}
