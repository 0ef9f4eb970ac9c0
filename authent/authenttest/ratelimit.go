package authenttest

import (
	"slices"
	"sync"
	"time"

	"github.com/authent/authent/authent"
)

var rateLimitCases = []testCase{
	{name: "Counts", run: rateLimitCounts},
	{name: "WindowEnds", run: rateLimitWindowEnds},
	{name: "KeysApart", run: rateLimitKeysApart},
	{name: "Reset", run: rateLimitReset},
	{name: "Concurrent", run: rateLimitConcurrent},
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
}

func rateLimitKeysApart(c *check) {
	ends := epoch.Add(time.Minute)
	c.hit("a", epoch, time.Minute, 1, ends)
	c.hit("a", epoch, time.Minute, 2, ends)
	c.hit("b", epoch, time.Minute, 1, ends)
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

func rateLimitConcurrent(c *check) {
	var mu sync.Mutex
	var got []int64
	errs := atOnce(func(int) error {
		n, _, err := c.limits().HitRateLimit(c.ctx, "key", epoch, time.Minute)
		mu.Lock()
		defer mu.Unlock()
		got = append(got, n)
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
