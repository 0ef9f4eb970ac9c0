// Package await waits in tests for something to happen, however long it takes: on
// a busy machine a moment may be a minute.
package await

import (
	"testing"
	"time"
)

// pause is how long True waits before it asks again.
const pause = 5 * time.Millisecond

// True returns when holds returns true. It ends the test shortly before go test's
// own -timeout would end the process, and says what it waited for; with -timeout=0
// it waits for ever.
func True(t testing.TB, what string, holds func() bool) {
	t.Helper()
	end, bounded := time.Time{}, false
	if d, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
		end, bounded = d.Deadline()
	}
	for !holds() {
		if bounded && time.Until(end) < 20*time.Second {
			t.Fatalf("this did not come to be: %s", what)
		}
		time.Sleep(pause)
	}
}
