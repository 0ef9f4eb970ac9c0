package password

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/authent/authent/authent/internal/slots"
	"github.com/authent/authent/authent/secret"
	"github.com/google/go-cmp/cmp"
)

// modes are the three ways in which hashers are used.
var modes = map[string]Config{
	"native":  {},
	"adopted": {Bcrypt: true},
	"shared":  {Bcrypt: true, PreferBcrypt: true},
}

// work counts computations by algorithm.
type work struct {
	mu sync.Mutex
	by map[string]int
}

func (w *work) count(alg string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.by[alg]++
}

// cheapHasher is a Hasher of a mode whose dummies cost little, and its work.
func cheapHasher(mode string) (*Hasher, *work) {
	w := &work{by: map[string]int{}}
	c := modes[mode]
	c.onWork, c.Wait = w.count, time.Minute
	h := &Hasher{cfg: c, slots: make(slots.Slots, 4), strangers: make(slots.Slots, 3)}
	h.dummies = []passwordHash{cheapArgon2("nobody knows")}
	if c.Bcrypt {
		dummy, _ := parseBcrypt(secret.Secret(bcryptFixtures[0].hash))
		h.dummies = append(h.dummies, dummy)
	}
	return h, w
}

func cheapArgon2(password string) *argon2Hash {
	h := &argon2Hash{Argon2Params: Argon2Params{Memory: 8, Time: 1, Threads: 1}, salt: []byte("somesaltsomesalt")}
	h.key = h.compute(password, argon2KeyLen)
	return h
}

// The dummies are of a random secret and cost what live hashes do.
func TestP10_Dummies(t *testing.T) {
	t.Parallel()
	w := &work{by: map[string]int{}}
	h, err := New(Config{Bcrypt: true, onWork: w.count})
	if err != nil {
		t.Fatal(err)
	}
	if len(h.dummies) != 2 || cmp.Diff(map[string]int{"argon2id": 1, "bcrypt": 1}, w.by) != "" {
		t.Fatalf("%d dummies, work %v", len(h.dummies), w.by)
	}
	for i, want := range []algorithm{argon2id, bcryptID} {
		parsed, ok := parsePasswordHash(h.dummies[i].encode())
		if !ok || parsed.weak() || parsed.algorithm() != want {
			t.Errorf("dummy %d is not a live %s hash", i, want)
		}
	}
	if a, ok := parseArgon2(h.dummies[0].encode()); !ok || a.Argon2Params != LiveArgon2 || len(a.salt) != 16 || len(a.key) != 32 {
		t.Error("the argon2id dummy has other parameters than new hashes")
	}
	if b, ok := parseBcrypt(h.dummies[1].encode()); !ok || b.cost != LiveBcryptCost {
		t.Error("the bcrypt dummy has another cost than new hashes")
	}
	other, err := New(Config{})
	if err != nil || len(other.dummies) != 1 || other.dummies[0].encode().Equal(h.dummies[0].encode()) {
		t.Errorf("another Hasher's dummies: %d, %v", len(other.dummies), err)
	}
	for _, dummy := range []passwordHash{h.dummies[0], other.dummies[0]} {
		if dummy.matches("") {
			t.Error("a dummy matches")
		}
	}
}

// Every attempt costs the same computations, whatever is stored.
func TestP10_SameWork(t *testing.T) {
	t.Parallel()
	const password = "correct horse battery staple"
	stored := map[string]secret.Secret{
		"nobody":            "",
		"argon2id":          cheapArgon2(password).encode(),
		"argon2id, wrong":   cheapArgon2("another").encode(),
		"bcrypt":            secret.Secret(bcryptFixtures[0].hash),
		"bcrypt, wrong":     secret.Secret(bcryptFixtures[3].hash),
		"plain text":        password,
		"malformed":         "$argon2id$v=19$m=8",
		"hostile argon2id":  "$argon2id$v=19$m=4294967295,t=4294967295,p=255$" + salt16 + "$" + key32,
		"hostile bcrypt":    "$2b$31$" + bcryptRest,
		"a hash of nothing": secret.Secret(strings.Repeat("$", 1<<16)),
	}
	for name, s := range stored {
		for mode, c := range modes {
			want := map[string]int{"argon2id": 1}
			if c.Bcrypt {
				want["bcrypt"] = 1
			} else if strings.HasPrefix(name, "bcrypt") {
				want = map[string]int{"bcrypt": 1}
			}
			for _, typed := range []string{password, "", "wrong", strings.Repeat("é", 512)} {
				h, w := cheapHasher(mode)
				v, err := h.Verify(t.Context(), Stranger, s, typed)
				wantOK := typed == password && (name == "argon2id" || name == "bcrypt")
				if err != nil || v.OK != wantOK {
					t.Errorf("%s, %s, %d bytes: %+v, %v", mode, name, len(typed), v, err)
				}
				if diff := cmp.Diff(want, w.by); diff != "" {
					t.Errorf("%s, %s, %d bytes: work %s", mode, name, len(typed), diff)
				}
			}
			h, w := cheapHasher(mode)
			if v, err := h.Verify(t.Context(), Stranger, s, strings.Repeat("a", 1025)); v != (Verdict{}) || err != nil || len(w.by) != 0 {
				t.Errorf("%s, %s, over-long: %+v, %v, work %v", mode, name, v, err, w.by)
			}
		}
	}
}

func TestP12_Rehash(t *testing.T) {
	t.Parallel()
	const password = "correct horse battery staple"
	long := strings.Repeat("0123456789ab", 6)
	strong := &argon2Hash{Argon2Params: LiveArgon2, salt: []byte("somesaltsomesalt")}
	strong.key = strong.compute(password, argon2KeyLen)
	strongBcrypt, err := newBcrypt(password)
	if err != nil {
		t.Fatal(err)
	}
	yes, again, no := Verdict{OK: true}, Verdict{OK: true, Rehash: true}, Verdict{}
	tests := []struct {
		name, password string
		stored         secret.Secret
		native, shared Verdict
	}{
		{"live argon2id", password, strong.encode(), yes, again},
		{"weak argon2id", password, cheapArgon2(password).encode(), again, again},
		{"live bcrypt", password, strongBcrypt.encode(), again, yes},
		{"weak bcrypt", password, secret.Secret(bcryptFixtures[0].hash), again, again},
		{"bcrypt of 71 bytes", strings.Repeat("a", 71), secret.Secret(bcryptFixtures[9].hash), again, again},
		{"bcrypt of 72 bytes", long, fixture72, yes, again},
		{"bcrypt, truncated match", long + "more", fixture72, yes, no},
		{"argon2id of 73 bytes", long + "x", cheapArgon2(long + "x").encode(), again, yes},
		{"argon2id with a NUL", "pass\x00word", cheapArgon2("pass\x00word").encode(), again, yes},
		{"bcrypt with a NUL", "password\x00password", fixtureNUL, no, no},
		{"wrong password, weak", "wrong", cheapArgon2(password).encode(), no, no},
		{"wrong password, weak bcrypt", "wrong", secret.Secret(bcryptFixtures[0].hash), no, no},
	}
	for _, tt := range tests {
		for mode, want := range map[string]Verdict{"native": tt.native, "adopted": tt.native, "shared": tt.shared} {
			h, _ := cheapHasher(mode)
			if got, err := h.Verify(t.Context(), Stranger, tt.stored, tt.password); got != want || err != nil {
				t.Errorf("%s, %s: %+v, %v; want %+v", tt.name, mode, got, err, want)
			}
		}
	}
}

func TestP11_HashVerifies(t *testing.T) {
	shippedHashes(t)
	tests := []struct{ mode, password, prefix string }{
		{"native", "pässwörd 🔑", "$argon2id$v=19$m=19456,t=2,p=1$"},
		{"native", strings.Repeat("a", 1024), "$argon2id$v=19$m=19456,t=2,p=1$"},
		{"native", "short", "$argon2id$v=19$m=19456,t=2,p=1$"},
		{"shared", strings.Repeat("é", 36), "$2a$12$"},
	}
	for _, tt := range tests {
		h, _ := cheapHasher(tt.mode)
		stored, err := h.Hash(t.Context(), Stranger, tt.password)
		if err != nil || !strings.HasPrefix(string(stored), tt.prefix) {
			t.Errorf("%s, %d bytes: %v, not %s", tt.mode, len(tt.password), err, tt.prefix)
			continue
		}
		if v, err := h.Verify(t.Context(), Stranger, stored, tt.password); v != (Verdict{OK: true}) || err != nil {
			t.Errorf("%s, %d bytes: %+v, %v", tt.mode, len(tt.password), v, err)
		}
		if v, _ := h.Verify(t.Context(), Stranger, stored, tt.password[:len(tt.password)-1]); v.OK {
			t.Errorf("%s, %d bytes: one byte less verifies", tt.mode, len(tt.password))
		}
	}
	for _, tt := range []struct{ mode, password string }{
		{"native", strings.Repeat("a", 1025)}, {"shared", strings.Repeat("a", 73)}, {"shared", "pass\x00word"},
	} {
		h, w := cheapHasher(tt.mode)
		if s, err := h.Hash(t.Context(), Stranger, tt.password); !errors.Is(err, ErrLong) || s != "" || len(w.by) != 0 {
			t.Errorf("%s, %d bytes: %v, work %v", tt.mode, len(tt.password), err, w.by)
		}
		if err := h.Check(tt.password); !errors.Is(err, ErrLong) {
			t.Errorf("%s, %d bytes: check says %v", tt.mode, len(tt.password), err)
		}
	}
}

// A thousand attempts at once: no more than the slots are worked on, the others
// give up after Wait, and nothing stays taken.
func TestP31_BoundedHashing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const free, attempts = 3, 1000 // of 4, of which one is not for strangers
		h, _ := cheapHasher("native")
		h.cfg.Wait = time.Second
		var working, most, busy, done atomic.Int64
		open := make(chan struct{})
		h.cfg.onWork = func(string) {
			most.Store(max(most.Load(), working.Add(1)))
			<-open
			working.Add(-1)
		}
		start := time.Now()
		var wg sync.WaitGroup
		for range attempts {
			wg.Go(func() {
				switch _, err := h.Verify(t.Context(), Stranger, "", "password"); {
				case err == nil:
					done.Add(1)
				case errors.Is(err, slots.ErrBusy) && time.Since(start) == time.Second:
					busy.Add(1)
				default:
					t.Errorf("after %v: %v", time.Since(start), err)
				}
			})
		}
		synctest.Wait()
		if working.Load() != free || busy.Load() != 0 {
			t.Errorf("%d at work, %d gave up at once", working.Load(), busy.Load())
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if busy.Load() != attempts-free {
			t.Errorf("%d gave up", busy.Load())
		}
		close(open)
		wg.Wait()
		if most.Load() != free || done.Load() != free || len(h.slots)+len(h.strangers) != 0 {
			t.Errorf("at most %d at work, %d done, %d slots taken", most.Load(), done.Load(), len(h.slots))
		}
	})
}

func TestHasherWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, w := cheapHasher("native")
		h.cfg.Wait = time.Second
		for range cap(h.slots) {
			h.slots <- struct{}{}
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			time.Sleep(100 * time.Millisecond)
			cancel()
		}()
		start := time.Now()
		if _, err := h.Verify(ctx, Stranger, "", "password"); !errors.Is(err, context.Canceled) || time.Since(start) != 100*time.Millisecond {
			t.Errorf("cancelled while waiting: %v after %v", err, time.Since(start))
		}
		if _, err := h.Hash(t.Context(), Stranger, "password"); !errors.Is(err, slots.ErrBusy) {
			t.Errorf("hash while all slots are taken: %v", err)
		}
		go func() {
			time.Sleep(500 * time.Millisecond)
			h.slots.Give()
		}()
		if len(w.by) != 0 {
			t.Errorf("work without a slot: %v", w.by)
		}
		if _, err := h.Verify(t.Context(), Stranger, "", "password"); err != nil {
			t.Errorf("a slot became free in time: %v", err)
		}
		for range cap(h.slots) - 1 {
			h.slots.Give()
		}
		w.by = map[string]int{}
		if _, err := h.Hash(ctx, Stranger, "password"); !errors.Is(err, context.Canceled) || len(w.by) != 0 {
			t.Errorf("cancelled before: %v, work %v", err, w.by)
		}
	})
}

func TestNewHasher(t *testing.T) {
	t.Parallel()
	h, err := New(Config{PreferBcrypt: true, MaxConcurrent: 3})
	if err != nil || cap(h.slots) != 3 || cap(h.strangers) != 2 || h.cfg.Wait != time.Second || len(h.dummies) != 2 {
		t.Errorf("%d slots, wait %v, %d dummies, %v", cap(h.slots), h.cfg.Wait, len(h.dummies), err)
	}
	h, err = New(Config{})
	if err != nil || cap(h.slots) < 2 || cap(h.slots)%2 != 0 {
		t.Errorf("by default %d slots, %v", cap(h.slots), err)
	}
	broken := errors.New("broken")
	for _, c := range []Config{{MaxConcurrent: -1}, {MaxConcurrent: 1}, {Wait: -1}, {Rand: iotest.ErrReader(broken)}} {
		if _, err := New(c); err == nil {
			t.Errorf("accepted %+v", c)
		}
	}
}

// Whatever is stored, verifying it neither panics nor does more than one dummy's
// worth of work, unless it is a hash within the caps.
func FuzzP12_Verify(f *testing.F) {
	for _, tt := range argon2Corpus {
		f.Add(tt.stored, "password")
	}
	for _, tt := range bcryptCorpus {
		f.Add(tt.stored, "password")
	}
	f.Add("", "")
	f.Fuzz(func(t *testing.T, stored, password string) {
		if own, ok := parsePasswordHash(secret.Secret(stored)); ok && !cheap(own) {
			return // within the caps, and slow
		}
		h, w := cheapHasher("adopted")
		v, err := h.Verify(t.Context(), Stranger, secret.Secret(stored), password)
		if err != nil || v.Rehash && !v.OK {
			t.Fatalf("%+v, %v", v, err)
		}
		if len(password) <= 1024 && (w.by["argon2id"] != 1 || w.by["bcrypt"] != 1) {
			t.Fatalf("work %v", w.by)
		}
	})
}

func cheap(h passwordHash) bool {
	switch h := h.(type) {
	case *argon2Hash:
		return h.Memory <= 1024 && h.Time <= 2
	case *bcryptHash:
		return h.cost <= 5
	}
	return false
}
