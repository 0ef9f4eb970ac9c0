package authenttest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authent/authent/authent"
)

var rateLimitCases = []testCase{
	{name: "Counts", run: rateLimitCounts},
	{name: "WindowEnds", run: rateLimitWindowEnds},
	{name: "Clock", run: rateLimitClock},
	{name: "KeysApart", run: rateLimitKeysApart},
	{name: "LongKeys", run: rateLimitLongKeys},
	{name: "Reset", run: rateLimitReset},
	{name: "Concurrent", run: rateLimitConcurrent},
	{name: "ConcurrentNewWindow", run: rateLimitConcurrentNewWindow},
	{name: "InTx", needsAdapter: true, run: rateLimitInTx},
	{name: "Swept", needsAdapter: true, run: rateLimitSwept},
}

// RunRateLimitStore tests a store of counters that is not an Adapter against the comments
// of authent.RateLimitStore. It calls open once for each case, and from parallel tests:
// open must return an empty store that nothing else uses, and close it with t.Cleanup.
func RunRateLimitStore(t *testing.T, open func(t testing.TB) authent.RateLimitStore) {
	t.Helper()
	cases := slices.DeleteFunc(slices.Clone(rateLimitCases), func(c testCase) bool { return c.needsAdapter })
	runCases(t, cases, func(t testing.TB) Subject { return Subject{Adapter: countersOnly{RateLimitStore: open(t)}} })
}

// countersOnly is a RateLimitStore where an Adapter is expected, for cases that only use
// the former.
type countersOnly struct {
	authent.Adapter
	authent.RateLimitStore
}

func isRateLimitStore(s Subject) bool {
	_, ok := s.Adapter.(authent.RateLimitStore)
	return ok
}

func (c *check) limits() authent.RateLimitStore { return c.Adapter.(authent.RateLimitStore) }

// hit wants the counter to be count, in a window that ends at ends.
func (c *check) hit(key string, now time.Time, window time.Duration, count int64, ends time.Time) {
	c.Helper()
	gotCount, gotEnds, err := c.limits().HitRateLimit(c.ctx, key, now, window)
	c.must(err, "HitRateLimit")
	c.wantSame(count, gotCount, "the count")
	if !gotEnds.Equal(ends) || gotEnds.Location() != time.UTC {
		c.Errorf("the window ends at %v, want %v", gotEnds, ends)
	}
}

func rateLimitCounts(c *check) {
	ends := epoch.Add(time.Minute)
	for i := range int64(5) {
		c.hit("key", epoch.Add(time.Duration(i)*time.Second), time.Minute, i+1, ends)
	}
}

func rateLimitWindowEnds(c *check) {
	c.hit("key", epoch, time.Minute, 1, epoch.Add(time.Minute))
	c.hit("key", epoch.Add(59*time.Second), time.Minute, 2, epoch.Add(time.Minute))
	later := epoch.Add(61 * time.Second)
	c.hit("key", later, time.Hour, 1, later.Add(time.Hour))
	c.hit("key", later.Add(time.Second), time.Minute, 2, later.Add(time.Hour))
	ends := later.Add(time.Hour)
	c.hit("key", ends.Add(-time.Millisecond), time.Minute, 3, ends)
	c.hit("key", ends, time.Minute, 1, ends.Add(time.Minute))
}

// rateLimitClock: the clocks of two processes may have zones, and more digits than the
// store keeps.
func rateLimitClock(c *check) {
	const odd = 1_999_999 * time.Nanosecond
	ends := epoch.Add(time.Minute + time.Millisecond)
	for i, zone := range []*time.Location{time.FixedZone("", 5*3600+1800), time.UTC, time.FixedZone("", -8*3600)} {
		c.hit("key", epoch.Add(odd).In(zone), time.Minute, int64(i)+1, ends)
	}
	c.hit("key", ends.Add(-time.Nanosecond), time.Minute, 4, ends)
	c.hit("key", ends.In(time.FixedZone("", 14*3600)), time.Minute, 1, ends.Add(time.Minute))
}

func rateLimitKeysApart(c *check) {
	ends := epoch.Add(time.Minute)
	c.hit("a", epoch, time.Minute, 1, ends)
	c.hit("a", epoch, time.Minute, 2, ends)
	c.hit("b", epoch, time.Minute, 1, ends)
}

// rateLimitLongKeys: the engine's keys have up to 100 bytes.
func rateLimitLongKeys(c *check) {
	for i := range int64(2) {
		for _, last := range []string{"a", "b"} {
			c.hit("mail-client:"+strings.Repeat("0", 87)+last, epoch, time.Minute, i+1, epoch.Add(time.Minute))
		}
	}
}

func rateLimitReset(c *check) {
	c.must(c.limits().ResetRateLimit(c.ctx, "unknown"), "ResetRateLimit of an unknown key")
	for range 3 {
		for _, key := range []string{"a", "b"} {
			_, _, err := c.limits().HitRateLimit(c.ctx, key, epoch, time.Minute)
			c.must(err, "HitRateLimit")
		}
	}
	c.must(c.limits().ResetRateLimit(c.ctx, "a"), "ResetRateLimit")
	for key, want := range map[string]int64{"a": 1, "b": 4} {
		got, _, err := c.limits().HitRateLimit(c.ctx, key, epoch.Add(time.Second), time.Minute)
		c.must(err, "HitRateLimit")
		c.wantSame(want, got, "the count after ResetRateLimit")
	}
}

func rateLimitConcurrent(c *check) { c.hitsAtOnce(epoch) }

// rateLimitConcurrentNewWindow: of those who find that the window has ended, one starts
// the next, and the others are counted in it.
func rateLimitConcurrentNewWindow(c *check) {
	c.hit("key", epoch, time.Minute, 1, epoch.Add(time.Minute))
	c.hitsAtOnce(epoch.Add(time.Hour))
}

// hitsAtOnce wants simultaneous hits to be counted from 1 on, each once, in one window.
func (c *check) hitsAtOnce(now time.Time) {
	c.Helper()
	var mu sync.Mutex
	var got []int64
	errs := atOnce(func(int) error {
		n, ends, err := c.limits().HitRateLimit(c.ctx, "key", now, time.Minute)
		mu.Lock()
		defer mu.Unlock()
		got = append(got, n)
		if err == nil && !ends.Equal(now.Add(time.Minute)) {
			err = fmt.Errorf("hit %d is told that the window ends at %v, want %v", n, ends, now.Add(time.Minute))
		}
		return err
	})
	for _, err := range errs {
		c.must(err, "HitRateLimit")
	}
	slices.Sort(got)
	var want []int64
	for i := range int64(crowd) {
		want = append(want, i+1)
	}
	c.wantSame(want, got, "the counts of 64 hits at once")
}

// rateLimitInTx: an adapter that InTx passed refuses to count, or counts all the same
// when the transaction fails.
func rateLimitInTx(c *check) {
	want := int64(1)
	err := c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		if limits, ok := tx.(authent.RateLimitStore); ok {
			if _, _, err := limits.HitRateLimit(c.ctx, "key", epoch, time.Minute); err == nil {
				want++
			}
		}
		return errBoom
	})
	c.wantErr(err, errBoom, "InTx")
	c.hit("key", epoch, time.Minute, want, epoch.Add(time.Minute))
}

// rateLimitSwept: the counters of those who never come back do not stay for ever.
func rateLimitSwept(c *check) {
	for i := range 3 {
		c.hit(numbered("ended-", i), epoch, time.Minute, 1, epoch.Add(time.Minute))
	}
	c.hit("open", epoch, time.Hour, 1, epoch.Add(time.Hour))
	sweep := func(before time.Time, limit, want int) {
		c.Helper()
		n, err := c.Adapter.DeleteExpired(c.ctx, before, limit)
		c.wantCount(want, n, err, "DeleteExpired")
	}
	sweep(epoch.Add(time.Minute), 10, 0)
	sweep(epoch.Add(time.Minute+time.Millisecond), 2, 2)
	sweep(epoch.Add(time.Minute+time.Millisecond), 2, 1)
	sweep(epoch.Add(time.Minute+time.Millisecond), 2, 0)
	c.hit("ended-0", epoch, time.Minute, 1, epoch.Add(time.Minute))
	c.hit("open", epoch, time.Hour, 2, epoch.Add(time.Hour))
}
