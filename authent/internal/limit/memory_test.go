package limit_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/internal/limit"
)

var epoch = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

func memory(t interface{ Fatal(...any) }, max int) *limit.Memory {
	m, err := limit.NewMemory(max)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func count(m *limit.Memory, key string, now time.Time, window time.Duration) int64 {
	n, _, _ := m.HitRateLimit(context.Background(), key, now, window)
	return n
}

// Measured first, while no other test takes memory.
func TestMemory_IsBounded(t *testing.T) {
	long := strings.Repeat("k", 4000)
	before := heapInUse()
	m := memory(t, 0)
	for i := range 2 * limit.DefaultMax {
		count(m, fmt.Sprint(long, i), epoch, time.Hour)
	}
	taken := heapInUse() - before
	t.Logf("%d counters take %d bytes, %d each", limit.DefaultMax, taken, taken/limit.DefaultMax)
	if taken > 16<<20 {
		t.Errorf("%d counters take %d bytes", limit.DefaultMax, taken)
	}
	runtime.KeepAlive(m)
}

// TestMemory_LongUse: a store in which counters come and go for a long time holds hardly more
// memory than one that was filled once.
func TestMemory_LongUse(t *testing.T) {
	const size = 10_000
	held := func(keys int) int64 {
		before := heapInUse()
		m := memory(t, size)
		for i := range keys {
			count(m, strconv.Itoa(i), epoch, time.Hour)
		}
		taken := heapInUse() - before
		runtime.KeepAlive(m)
		return taken
	}
	if fresh, used := held(3*size), held(200*size); used > fresh*3/2 {
		t.Errorf("%d bytes after long use, %d after a short one", used, fresh)
	}
}

func heapInUse() int64 {
	var s runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

func TestMemory_IsRateLimitStore(t *testing.T) {
	t.Parallel()
	authenttest.RunRateLimitStore(t, func(t testing.TB) authent.RateLimitStore { return memory(t, 0) })
}

func TestNewMemory_RefusesNegative(t *testing.T) {
	t.Parallel()
	if _, err := limit.NewMemory(-1); err == nil || !strings.Contains(err.Error(), "use 1 to") {
		t.Error(err)
	}
}

// A flood of new keys does not push out the counter that has been run up, nor one that
// has two hits.
func TestMemory_FloodLeavesHighCounts(t *testing.T) {
	t.Parallel()
	m := memory(t, 100)
	for range 9 {
		count(m, "guessed", epoch, time.Hour)
	}
	count(m, "twice", epoch, time.Hour)
	count(m, "twice", epoch, time.Hour)
	for i := range 10_000 {
		if n := count(m, fmt.Sprint("flood ", i), epoch, 2*time.Hour); n != 1 {
			t.Fatalf("a new key has count %d", n)
		}
	}
	for key, want := range map[string]int64{"guessed": 10, "twice": 3} {
		if n := count(m, key, epoch, time.Hour); n != want {
			t.Errorf("%s has count %d, want %d", key, n, want)
		}
	}
}

// Windows that have ended go before counts are looked at, however high they are.
func TestMemory_EndedGoFirst(t *testing.T) {
	t.Parallel()
	m := memory(t, 2)
	for range 5 {
		count(m, "ended", epoch, time.Minute)
	}
	count(m, "open", epoch, time.Hour)
	later := epoch.Add(time.Minute)
	count(m, "new", later, time.Hour)
	if n := count(m, "open", later, time.Hour); n != 2 {
		t.Errorf("the open window was forgotten: count %d", n)
	}
}

func TestMemory_Parallel(t *testing.T) {
	t.Parallel()
	m := memory(t, 10)
	const crowd, each = 64, 100
	got := make([][]int64, crowd)
	var all sync.WaitGroup
	for g := range crowd {
		all.Go(func() {
			for range each {
				got[g] = append(got[g], count(m, "key", epoch, time.Hour))
				count(m, fmt.Sprint("other ", g), epoch, time.Hour)
			}
		})
	}
	all.Wait()
	counts := slices.Concat(got...)
	slices.Sort(counts)
	for i, n := range counts {
		if n != int64(i+1) {
			t.Fatalf("hit %d of %d has count %d", i+1, len(counts), n)
		}
	}
}

// model does what Memory does, by looking at everything each time.
type model struct {
	max  int
	hits int
	all  map[string]*modelCounter
}

type modelCounter struct {
	count int64
	ends  time.Time
	last  int
}

func (m *model) hit(key string, now time.Time, window time.Duration) (int64, time.Time) {
	c := m.all[key]
	if c != nil && !now.Before(c.ends) {
		*c = modelCounter{}
	}
	if c == nil {
		m.makeRoom(now)
		c = &modelCounter{}
		m.all[key] = c
	}
	if c.count == 0 {
		c.ends = now.Add(window).Truncate(time.Millisecond)
	}
	m.hits++
	c.count, c.last = c.count+1, m.hits
	return c.count, c.ends
}

func (m *model) makeRoom(now time.Time) {
	if len(m.all) < m.max {
		return
	}
	first := ""
	for key, c := range m.all {
		if !now.Before(c.ends) {
			delete(m.all, key)
			return
		}
		if f := m.all[first]; f == nil || c.count < f.count || c.count == f.count && c.last < f.last {
			first = key
		}
	}
	delete(m.all, first)
}

func TestMemory_IsAsTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		max := rapid.IntRange(1, 9).Draw(t, "max")
		now := epoch
		m, want := memory(t, max), &model{max: max, all: map[string]*modelCounter{}}
		key := rapid.StringMatching("[a-m]")
		t.Repeat(map[string]func(*rapid.T){
			"hit": func(t *rapid.T) {
				key, window := key.Draw(t, "key"), time.Duration(rapid.IntRange(0, 5000).Draw(t, "window"))*time.Millisecond/2
				wantCount, wantEnds := want.hit(key, now, window)
				n, ends, err := m.HitRateLimit(t.Context(), key, now, window)
				if n != wantCount || !ends.Equal(wantEnds) || err != nil {
					t.Fatalf("%s: count %d until %v, want %d until %v (%v)", key, n, ends, wantCount, wantEnds, err)
				}
			},
			"reset": func(t *rapid.T) {
				key := key.Draw(t, "key")
				delete(want.all, key)
				if err := m.ResetRateLimit(t.Context(), key); err != nil {
					t.Fatal(err)
				}
			},
			"later": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, "ms")) * time.Millisecond / 2)
			},
		})
	})
}

// BenchmarkMemory_Full hits new keys in a full store, so that each pushes one out: the
// time may grow with the logarithm of how many there are, and no faster.
func BenchmarkMemory_Full(b *testing.B) {
	for _, max := range []int{1000, limit.DefaultMax} {
		b.Run(fmt.Sprint(max), func(b *testing.B) {
			m := memory(b, max)
			for i := range max {
				count(m, fmt.Sprint("old ", i), epoch, time.Hour)
			}
			keys := make([]string, 4*max)
			for i := range keys {
				keys[i] = fmt.Sprint("new ", i)
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				count(m, keys[i%len(keys)], epoch, time.Hour)
				i++
			}
		})
	}
}
