package authenttest

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	_ "time/tzdata" // so that TZ has an effect on a machine without zones
)

// zoneVar names the zone in a process that runTimeZones started. Such a
// process starts no others.
const zoneVar = "AUTHENTTEST_ZONE"

// runTimeZones runs the cases under Time in a process for each zone: a Go
// program reads TZ once, when it starts.
func runTimeZones(t *testing.T) {
	if os.Getenv(zoneVar) != "" {
		return
	}
	// Exactly the subtest Time of the test that called Run.
	elements := strings.Split(t.Name()+"/Time", "/")
	for i, e := range elements {
		elements[i] = "^" + regexp.QuoteMeta(e) + "$"
	}
	pattern, passed := strings.Join(elements, "/"), "--- PASS: "+t.Name()+"/Time "
	t.Run("TimeZone", func(t *testing.T) {
		for _, zone := range []string{"UTC", "America/New_York", "Asia/Kolkata"} {
			t.Run(strings.ReplaceAll(zone, "/", "-"), func(t *testing.T) {
				t.Parallel()
				self, err := os.Executable()
				if err != nil {
					t.Fatal(err)
				}
				cmd := exec.CommandContext(t.Context(), self, "-test.run="+pattern, "-test.v", "-test.count=1")
				cmd.Env = append(os.Environ(), "TZ="+zone, "PGTZ="+zone, zoneVar+"="+zone)
				out, err := cmd.CombinedOutput()
				if err != nil || !strings.Contains(string(out), passed) {
					t.Errorf("the cases under Time with TZ=%s: %v\n%s", zone, err, out)
				}
			})
		}
	})
}
