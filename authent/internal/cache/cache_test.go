package cache

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func keyOf(n int) (k Key) {
	binary.LittleEndian.PutUint64(k[:], uint64(n))
	return k
}

func (c *Cache[V]) put(n int, v V, at time.Time, tags ...Tag) {
	c.Put(keyOf(n), v, c.Begin(at), tags...)
}

func TestGet(t *testing.T) {
	c := New[string](100, time.Minute)
	c.put(1, "one", noon, "a", "b")
	for _, test := range []struct {
		name string
		key  int
		now  time.Time
		want string
	}{
		{"at once", 1, noon, "one"},
		{"just in time", 1, noon.Add(time.Minute - 1), "one"},
		{"too late", 1, noon.Add(time.Minute), ""},
		{"after the clock was set back", 1, noon.Add(-1), ""},
		{"another key", 2, noon, ""},
	} {
		if got, ok := c.Get(keyOf(test.key), test.now); got != test.want || ok != (test.want != "") {
			t.Errorf("%s: got %q, %v", test.name, got, ok)
		}
	}
}

// TestExpire: an entry is as good as each of its tags.
func TestExpire(t *testing.T) {
	for _, expire := range map[string]func(*Cache[int]){
		"first tag": func(c *Cache[int]) { c.Expire("a") },
		"last tag":  func(c *Cache[int]) { c.Expire("x", "c") },
		"flush":     func(c *Cache[int]) { c.Flush() },
	} {
		c := New[int](100, time.Minute)
		c.put(1, 1, noon, "a", "b", "c")
		c.put(2, 2, noon, "d")
		began := c.Begin(noon)
		expire(c)
		if _, ok := c.Get(keyOf(1), noon); ok {
			t.Error("the entry is found after it expired")
		}
		before := c.Len()
		c.Put(keyOf(1), 1, began, "a", "b", "c")
		c.Put(keyOf(3), 3, began, "a", "b", "c")
		if c.Len() != before {
			t.Error("an entry is stored that was read before it expired")
		}
		if _, ok := c.Get(keyOf(1), noon); ok {
			t.Error("an entry is found that was read before it expired")
		}
		c.put(1, 1, noon, "a", "b", "c")
		if _, ok := c.Get(keyOf(1), noon); !ok {
			t.Error("an entry that was read afterwards is not found")
		}
	}
}

// TestOthersStay: what expires leaves the others alone, but for the few that share a slot.
func TestOthersStay(t *testing.T) {
	c := New[int](10_000, time.Minute)
	for n := range 1000 {
		c.put(n, n, noon, Tag(fmt.Sprint("tag", n)))
	}
	c.Expire("tag0")
	left := 0
	for n := range 1000 {
		if _, ok := c.Get(keyOf(n), noon); ok {
			left++
		}
	}
	if left < 990 || left == 1000 {
		t.Errorf("%d of 1,000 are left after one has expired", left)
	}
}

// TestSize: however many are stored, the memory is bounded, and the useless go first.
func TestSize(t *testing.T) {
	c := New[int](640, time.Minute)
	for n := range 5000 {
		key := keyOf(n)
		key[0] = byte(n)
		c.Put(key, n, c.Begin(noon.Add(time.Duration(n))), "a")
	}
	if got := c.Len(); got != 640 {
		t.Errorf("%d entries are kept, want 640", got)
	}
	c.Flush()
	if got := c.Len(); got != 0 {
		t.Errorf("%d entries are kept after a flush", got)
	}
	for n := range 10 {
		c.put(n*shards, n, noon, "a")
	}
	c.Expire("a")
	for n := range 3 { // of ten, eight are looked at
		c.put((100+n)*shards, n, noon, "b")
	}
	for n := range 3 {
		if _, ok := c.Get(keyOf((100+n)*shards), noon); !ok {
			t.Fatal("a good entry made room while there were useless ones")
		}
	}
}

// TestModel: whatever is read, changed and found in which order, no value is found that is
// older than the last change before the search.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := New[int](64, time.Minute)
		row, now := map[int]int{}, noon
		type reading struct {
			key, value int
			began      Start
		}
		var open []reading
		rt.Repeat(map[string]func(*rapid.T){
			"begin": func(rt *rapid.T) {
				key := rapid.IntRange(0, 3).Draw(rt, "key")
				began := c.Begin(now)
				open = append(open, reading{key, row[key], began})
			},
			"put": func(rt *rapid.T) {
				if len(open) == 0 {
					rt.Skip()
				}
				i := rapid.IntRange(0, len(open)-1).Draw(rt, "which")
				c.Put(keyOf(open[i].key), open[i].value, open[i].began, Tag(fmt.Sprint(open[i].key)))
				open = append(open[:i], open[i+1:]...)
			},
			"change": func(rt *rapid.T) {
				key := rapid.IntRange(0, 3).Draw(rt, "key")
				row[key]++
				c.Expire(Tag(fmt.Sprint(key)))
			},
			"pass": func(rt *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(rt, "seconds")) * time.Second)
			},
			"": func(rt *rapid.T) {
				for key := range 4 {
					if got, ok := c.Get(keyOf(key), now); ok && got != row[key] {
						rt.Fatalf("key %d is %d and %d was found", key, row[key], got)
					}
				}
			},
		})
	})
}

// TestConcurrent: while others read and store, nobody finds what was changed before they
// began to look.
func TestConcurrent(t *testing.T) {
	c := New[uint64](64, time.Hour)
	var row, announced atomic.Uint64
	var readers sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				least := announced.Load()
				got, ok := c.Get(keyOf(1), noon)
				if !ok {
					began := c.Begin(noon)
					got = row.Load()
					c.Put(keyOf(1), got, began, "a")
				}
				if got < least {
					t.Errorf("found %d after %d was announced", got, least)
					return
				}
			}
		})
	}
	for n := uint64(1); n <= 20_000; n++ {
		row.Store(n)
		c.Expire("a")
		announced.Store(n)
	}
	close(stop)
	readers.Wait()
}

// TestAllocations: what is found costs no allocation.
func TestAllocations(t *testing.T) {
	c := New[*int](100, time.Minute)
	c.put(1, new(int), noon, "a", "b", "c")
	if n := testing.AllocsPerRun(100, func() {
		if _, ok := c.Get(keyOf(1), noon); !ok {
			t.Fatal("not found")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkGet(b *testing.B) {
	c := New[*int](100_000, time.Hour)
	for n := range 100_000 {
		key := keyOf(n * 7919)
		key[0] = byte(n)
		c.Put(key, new(int), c.Begin(noon), "a", "b", "c")
	}
	key := keyOf(500 * 7919)
	key[0] = byte(500 & 0xff)
	for b.Loop() {
		if _, ok := c.Get(key, noon); !ok {
			b.Fatal("not found")
		}
	}
}

// TestMemory: a cache in which sessions come and go for a long time holds hardly more memory
// than one that was filled once.
func TestMemory(t *testing.T) {
	const size = 1 << 14
	held := func(puts int) uint64 {
		before := heap()
		c := New[int](size, time.Hour)
		now := time.Now()
		for i := range puts {
			c.Put(sha256.Sum256(binary.LittleEndian.AppendUint64(nil, uint64(i))), i, c.Begin(now), "user")
		}
		if n := c.Len(); n > size || n < size*9/10 {
			t.Fatalf("%d entries", n)
		}
		after := heap()
		runtime.KeepAlive(c)
		return after - before
	}
	fresh, used := held(3*size), held(100*size)
	if used > fresh*3/2 {
		t.Errorf("%d bytes after long use, %d after a short one", used, fresh)
	}
}

// heap is what is in use once the collector has been through.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
