// Package cache keeps what was read from a database for a short time, and never longer than
// what it was made of stays as it was.
//
// Each entry depends on some tags, such as whose row it holds. Who changes a row expires its
// tag once the change can be read. From then on no entry is found that was read before,
// and none is stored that was being read meanwhile:
//
//	began := c.Begin(now) // before it is read
//	value := read()
//	c.Put(key, value, began, tags...)
//
//	change()
//	c.Expire(tag) // after it can be read
package cache

import (
	"hash/maphash"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// Key is what an entry is found by: a hash, so that nobody chooses where it lies.
type Key [32]byte

// Tag names something that an entry depends on.
type Tag string

// maxTags is on how many tags an entry depends at most.
const maxTags = 3

const (
	// shards is how many parts there are, each with a lock of its own.
	shards = 64
	// minSlots and maxSlots are how many counters tags share, at least eight for an entry
	// between them. Two tags that share one expire together, which costs a read and no more.
	minSlots, maxSlots = 1 << 14, 1 << 21
	// sample is how many entries are looked at to find one that makes room.
	sample = 8
	// renewal is after how many evictions, as a multiple of what a shard holds, its map is
	// made anew.
	renewal = 8
)

// Cache holds a number of entries. New makes one; it is safe for concurrent use.
type Cache[V any] struct {
	ttl time.Duration
	// most is how many entries a shard holds.
	most int
	seed maphash.Seed
	// changes counts what has expired so far. A slot holds what the count was made by the
	// last of its tags, and flushed by the last Flush: what was begun before is no good.
	changes atomic.Uint64
	flushed atomic.Uint64
	slots   []atomic.Uint64
	shards  [shards]shard[V]
}

type shard[V any] struct {
	mu      sync.RWMutex
	entries map[Key]*entry[V]
	// evicted is how many entries had to make room since the map was made.
	evicted int
}

type entry[V any] struct {
	value V
	began Start
	slots [maxTags]uint32
}

// Start is when something began to be read.
type Start struct {
	changes uint64
	at      time.Time
}

// New makes a Cache of at most size entries, or a few more, since each of its parts holds one
// at least. An entry is good for ttl after it began to be read.
func New[V any](size int, ttl time.Duration) *Cache[V] {
	c := &Cache[V]{ttl: ttl, most: max(1, (size+shards-1)/shards), seed: maphash.MakeSeed()}
	n := minSlots
	for n < 8*size && n < maxSlots {
		n *= 2
	}
	c.slots = make([]atomic.Uint64, n)
	for i := range c.shards {
		c.shards[i].entries = map[Key]*entry[V]{}
	}
	return c
}

// Get returns the value of the key, if it is good at now.
func (c *Cache[V]) Get(key Key, now time.Time) (value V, ok bool) {
	s := c.shard(key)
	s.mu.RLock()
	e := s.entries[key]
	s.mu.RUnlock()
	if e == nil || !c.good(e, now) {
		return value, false
	}
	return e.value, true
}

// good reports whether nothing that e depends on has changed, and it is not too old. It is
// too old as well if the clock was set back.
func (c *Cache[V]) good(e *entry[V], now time.Time) bool {
	if age := now.Sub(e.began.at); age < 0 || age >= c.ttl || c.flushed.Load() > e.began.changes {
		return false
	}
	for _, slot := range e.slots {
		if c.slots[slot].Load() > e.began.changes {
			return false
		}
	}
	return true
}

// Begin must be called before that is read which Put shall store.
func (c *Cache[V]) Begin(now time.Time) Start { return Start{c.changes.Load(), now} }

// Put stores what was read since began, unless something of it has changed meanwhile. It
// depends on the tags, at most three.
func (c *Cache[V]) Put(key Key, value V, began Start, tags ...Tag) {
	e := &entry[V]{value: value, began: began}
	for i := range e.slots {
		e.slots[i] = c.slot(tags[min(i, len(tags)-1)])
	}
	if !c.good(e, began.at) {
		return
	}
	s := c.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.entries[key]; !ok && len(s.entries) >= c.most {
		c.evict(s, began.at)
	}
	s.entries[key] = e
}

// evict makes room for one: of some entries the first that is no good, or else the oldest.
func (c *Cache[V]) evict(s *shard[V], now time.Time) {
	var victim Key
	var oldest time.Time
	seen := 0
	for key, e := range s.entries { // in an order that differs each time
		if seen == 0 || e.began.at.Before(oldest) {
			victim, oldest = key, e.began.at
		}
		if !c.good(e, now) {
			victim = key
			break
		}
		if seen++; seen == sample {
			break
		}
	}
	delete(s.entries, victim)
	if s.evicted++; s.evicted > renewal*c.most {
		s.renew()
	}
}

// renew puts the entries into a new map. A map from which one key is deleted for each that is
// added grows for a long time, to a multiple of what its entries need.
func (s *shard[V]) renew() {
	entries := make(map[Key]*entry[V], len(s.entries)+1)
	maps.Copy(entries, s.entries)
	s.entries, s.evicted = entries, 0
}

// Expire makes all entries useless that depend on one of the tags, and those that are being
// read. It must be called once the change can be read.
func (c *Cache[V]) Expire(tags ...Tag) {
	for _, tag := range tags {
		raise(&c.slots[c.slot(tag)], c.changes.Add(1))
	}
}

// Flush makes all entries useless, and those that are being read, and frees their memory.
func (c *Cache[V]) Flush() {
	raise(&c.flushed, c.changes.Add(1))
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		clear(s.entries)
		s.mu.Unlock()
	}
}

// Len returns how many entries are kept, good or not.
func (c *Cache[V]) Len() int {
	n := 0
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.RLock()
		n += len(s.entries)
		s.mu.RUnlock()
	}
	return n
}

// raise sets a counter to n unless somebody has set it higher.
func raise(counter *atomic.Uint64, n uint64) {
	for {
		old := counter.Load()
		if old >= n || counter.CompareAndSwap(old, n) {
			return
		}
	}
}

func (c *Cache[V]) shard(key Key) *shard[V] { return &c.shards[key[0]%shards] }

func (c *Cache[V]) slot(tag Tag) uint32 {
	return uint32(maphash.String(c.seed, string(tag)) % uint64(len(c.slots)))
}
