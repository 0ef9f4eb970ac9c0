// Package limit counts tries in memory, for applications whose store has no place for
// counters.
package limit

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"sync"
	"time"
)

// DefaultMax is how many counters a Memory holds if nothing else is said. They take some
// 12 MB.
const DefaultMax = 100_000

// renewal is after how many removals, as a multiple of how many counters there may be, the
// map of their keys is made anew.
const renewal = 8

// Memory counts hits per key, each within a window of its own. It is safe for
// concurrent use, and starts no goroutine.
//
// It holds a bounded number of counters (P42). When it is full, a counter whose window
// has ended makes room; if there is none, the one with the lowest count does, and of
// several such the one that was hit the longest ago. So a flood of new keys pushes out
// its own counters, and not the one that an attacker has run up. To push that one out,
// every other counter has to be run up as far within one window; a store outside the
// process knows no such bound.
type Memory struct {
	max int

	mu sync.Mutex
	// at says where the counter of a key is.
	at map[id]int32
	// removed is how many keys have left it since it was made.
	removed int
	// counters are all that there ever were; those in free are not in use.
	counters []counter
	free     []int32
	// byEnd has the window that ends first on top, byCount the counter that has to go
	// first.
	byEnd, byCount heap
	hits           uint64
}

// id stands for a key: its hash, so that memory does not depend on how long keys are.
// Nobody can make two keys with the same one.
type id [16]byte

// counter is what is known of a key.
type counter struct {
	id id
	// ends is when the window ends, in Unix milliseconds.
	ends  int64
	count int64
	// last is which hit of all was the newest one of this counter.
	last uint64
	// inEnd and inCount are its places in the heaps.
	inEnd, inCount int32
}

// NewMemory makes a Memory for at most max counters. If zero, DefaultMax.
func NewMemory(max int) (*Memory, error) {
	if max == 0 {
		max = DefaultMax
	}
	if max < 0 || max > 1<<30 {
		return nil, fmt.Errorf("limit: a store of %d counters: use 1 to %d, or 0 for %d", max, 1<<30, DefaultMax)
	}
	m := &Memory{max: max, at: map[id]int32{}}
	m.byEnd = heap{less: m.endsBefore, place: func(i int32) *int32 { return &m.counters[i].inEnd }}
	m.byCount = heap{less: m.goesBefore, place: func(i int32) *int32 { return &m.counters[i].inCount }}
	return m, nil
}

// HitRateLimit adds one to the counter of key, and returns the new count and when the
// counter's window ends, in UTC and cut to the millisecond. The first hit, and the first
// after the window has ended at now, starts a window that ends after the given duration.
// It never waits, so that a request that was cancelled is counted too, and it never
// fails.
func (m *Memory) HitRateLimit(_ context.Context, key string, now time.Time, window time.Duration) (int64, time.Time, error) {
	k := idOf(key)
	m.mu.Lock()
	defer m.mu.Unlock()
	i, known := m.at[k]
	if !known {
		i = m.add(k, now.UnixMilli())
	}
	c := &m.counters[i]
	if c.count == 0 || now.UnixMilli() >= c.ends {
		c.count, c.ends = 0, now.Add(window).UnixMilli()
	}
	m.hits++
	c.count, c.last = c.count+1, m.hits
	m.byEnd.fix(c.inEnd)
	m.byCount.fix(c.inCount)
	return c.count, time.UnixMilli(c.ends).UTC(), nil
}

// ResetRateLimit sets the counter of key back to zero.
func (m *Memory) ResetRateLimit(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i, known := m.at[idOf(key)]; known {
		m.remove(i)
	}
	return nil
}

func idOf(key string) id {
	sum := sha256.Sum256([]byte(key))
	return id(sum[:len(id{})])
}

// add makes a counter without hits, for which it makes room.
func (m *Memory) add(k id, now int64) int32 {
	if len(m.at) == m.max {
		if top := m.byEnd.order[0]; m.counters[top].ends <= now {
			m.remove(top)
		} else {
			m.remove(m.byCount.order[0])
		}
	}
	i := int32(len(m.counters))
	if n := len(m.free); n > 0 {
		i, m.free = m.free[n-1], m.free[:n-1]
	} else {
		m.counters = append(m.counters, counter{})
	}
	m.counters[i] = counter{id: k}
	m.at[k] = i
	m.byEnd.push(i)
	m.byCount.push(i)
	return i
}

// remove forgets a counter.
func (m *Memory) remove(i int32) {
	c := m.counters[i]
	m.byEnd.remove(c.inEnd)
	m.byCount.remove(c.inCount)
	delete(m.at, c.id)
	m.free = append(m.free, i)
	if m.removed++; m.removed > renewal*m.max {
		m.renew()
	}
}

// renew makes the map anew. One from which a key is deleted for each that is added grows for
// a long time, to a multiple of what its entries need.
func (m *Memory) renew() {
	at := make(map[id]int32, len(m.at)+1)
	maps.Copy(at, m.at)
	m.at, m.removed = at, 0
}

func (m *Memory) endsBefore(a, b int32) bool { return m.counters[a].ends < m.counters[b].ends }

func (m *Memory) goesBefore(a, b int32) bool {
	x, y := &m.counters[a], &m.counters[b]
	if x.count != y.count {
		return x.count < y.count
	}
	return x.last < y.last
}
