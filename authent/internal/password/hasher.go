package password

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"github.com/authent/authent/authent/internal/seal"
	"github.com/authent/authent/authent/internal/slots"
	"github.com/authent/authent/authent/secret"
)

// Config says how passwords are hashed.
type Config struct {
	// MaxConcurrent is how many attempts are worked on at once, at least 2. A
	// quarter of it, at least one, is kept for people who are signed in. If zero,
	// twice GOMAXPROCS.
	MaxConcurrent int
	// Bcrypt makes every attempt cost one verification of each family, so that
	// its duration does not tell which one a user has. If false, an attempt costs
	// what the stored hash does, and without one what a new one does.
	Bcrypt bool
	// PreferBcrypt makes new hashes bcrypt, which Auth.js applications can
	// verify. If false, they are argon2id.
	PreferBcrypt bool
	// Rand is where salts of argon2id come from. If nil, crypto/rand.Reader.
	Rand io.Reader
	// Wait is how long an attempt waits for its turn. If zero, 1 second.
	Wait time.Duration

	// onWork is called before each computation of a hash, those of New
	// included. If nil, it is not.
	onWork func(alg string)
}

// Hasher makes and verifies password hashes, a bounded number at a time (P31),
// and with the same work whether or not there is a hash to verify (P10).
type Hasher struct {
	cfg Config
	// slots are everybody's; strangers need one of theirs, which are fewer, too.
	slots, strangers slots.Slots
	// asking are the people for whom something is hashed at the moment.
	asking sync.Map
	// dummies are verified where there is no stored hash; one of each family that
	// an attempt costs. Nobody knows their password.
	dummies []passwordHash
}

// Asker is for whom a password is hashed: the id of a person whose live session was
// checked, or Stranger.
type Asker string

// Stranger is anybody who signs in or registers.
const Stranger Asker = ""

// Verdict is what verify found.
type Verdict struct {
	// OK says that the password is the one that was hashed.
	OK bool
	// Rehash says that the password should be hashed again: the stored hash is
	// of the family or the parameters of the past. It implies OK.
	Rehash bool
}

// New computes the dummy hashes, which takes as long as one attempt.
func New(c Config) (*Hasher, error) {
	if c.MaxConcurrent == 0 {
		c.MaxConcurrent = 2 * runtime.GOMAXPROCS(0)
	}
	if c.MaxConcurrent < MinConcurrent || c.Wait < 0 {
		return nil, fmt.Errorf("hasher: MaxConcurrent is less than %d, or Wait is negative", MinConcurrent)
	}
	if c.Wait == 0 {
		c.Wait = time.Second
	}
	c.Bcrypt = c.Bcrypt || c.PreferBcrypt
	h := &Hasher{cfg: c, slots: make(slots.Slots, c.MaxConcurrent), strangers: make(slots.Slots, c.MaxConcurrent-kept(c.MaxConcurrent))}
	secret, err := seal.RandomBytes(c.Rand, seal.TokenBytes)
	if err != nil {
		return nil, err
	}
	families := []algorithm{argon2id}
	if c.Bcrypt {
		families = append(families, bcryptID)
	}
	for _, alg := range families {
		dummy, err := h.compute(alg, hex.EncodeToString(secret))
		if err != nil {
			return nil, err
		}
		h.dummies = append(h.dummies, dummy)
	}
	return h, nil
}

// MinConcurrent leaves one slot to strangers and one to people who are signed in.
const MinConcurrent = 2

// kept is how many of all slots are kept for people who are signed in.
func kept(all int) int { return max(all/4, 1) }

// check applies the rules for new passwords: ErrShort, ErrLong.
func (h *Hasher) Check(password string) error {
	return checkPassword(password, h.cfg.PreferBcrypt)
}

// hash hashes a password for storing. It does not ask for a minimum length, since
// an older password is rehashed too; call check for a new one. What would not be
// hashed to its end is ErrLong. It waits its turn like verify.
func (h *Hasher) Hash(ctx context.Context, by Asker, password string) (secret.Secret, error) {
	alg := argon2id
	if h.cfg.PreferBcrypt {
		alg = bcryptID
	}
	if len(password) > maxPassword || alg == bcryptID && !fitsBcrypt(password) {
		return "", ErrLong
	}
	release, err := h.acquire(ctx, by)
	if err != nil {
		return "", err
	}
	defer release()
	computed, err := h.compute(alg, password)
	if err != nil {
		return "", err
	}
	return computed.encode(), nil
}

// verify compares a password with a stored hash. A stored hash that is "" (there
// is no user, or no password) or cannot be used is answered like a wrong
// password, after the same work. slots.ErrBusy says that no slot became free in time;
// other errors are the context's.
func (h *Hasher) Verify(ctx context.Context, by Asker, stored secret.Secret, password string) (Verdict, error) {
	if len(password) > maxPassword {
		return Verdict{}, nil
	}
	release, err := h.acquire(ctx, by)
	if err != nil {
		return Verdict{}, err
	}
	defer release()
	own, _ := parsePasswordHash(stored)
	ok := false
	for _, p := range h.work(own) {
		h.count(p.algorithm())
		if matched := p.matches(password); p == own {
			ok = matched && h.trusts(own, password)
		}
	}
	return Verdict{OK: ok, Rehash: ok && h.outdated(own, password)}, nil
}

// work lists what an attempt computes: the dummies, own in place of its
// family's. Where bcrypt is not expected, own of that family is all.
func (h *Hasher) work(own passwordHash) []passwordHash {
	if own == nil {
		return h.dummies
	}
	work := []passwordHash{own}
	for _, dummy := range h.dummies {
		if h.cfg.Bcrypt && dummy.algorithm() != own.algorithm() {
			work = append(work, dummy)
		}
	}
	return work
}

// trusts reports whether a match counts. In shared mode a bcrypt hash was made
// from 72 bytes or fewer, so a longer password is another one.
func (h *Hasher) trusts(own passwordHash, password string) bool {
	return !h.cfg.PreferBcrypt || own.algorithm() != bcryptID || fitsBcrypt(password)
}

// outdated reports whether a password that matched own should be hashed again.
func (h *Hasher) outdated(own passwordHash, password string) bool {
	isBcrypt := own.algorithm() == bcryptID
	switch {
	case h.cfg.PreferBcrypt:
		return fitsBcrypt(password) && (!isBcrypt || own.weak())
	case isBcrypt:
		// From 72 bytes on the match may be with the start of a longer password,
		// whose owner must not be locked out by a hash of this one.
		return len(password) < maxBcryptPassword
	default:
		return own.weak()
	}
}

// compute makes a hash under live parameters.
func (h *Hasher) compute(alg algorithm, password string) (passwordHash, error) {
	h.count(alg)
	if alg == bcryptID {
		return newBcrypt(password)
	}
	return newArgon2(h.cfg.Rand, password)
}

// OnWork has f called with "argon2id" or "bcrypt" before each computation of a hash,
// for tests that count them.
func (h *Hasher) OnWork(f func(algorithm string)) { h.cfg.onWork = f }

func (h *Hasher) count(alg algorithm) {
	if h.cfg.onWork != nil {
		h.cfg.onWork(string(alg))
	}
}

// acquire waits until it is the Asker's turn; release ends it. However many
// strangers wait, the slots that they cannot have stay free of them (P42). Of one
// person one password is hashed at a time, so that nobody who has registered takes
// them all: a second one is slots.ErrBusy.
func (h *Hasher) acquire(ctx context.Context, by Asker) (release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("wait to hash a password: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, h.cfg.Wait, slots.ErrBusy)
	defer cancel()
	needed := []slots.Slots{h.slots}
	if by == Stranger {
		needed = []slots.Slots{h.strangers, h.slots}
	}
	release = func() {}
	if by != Stranger {
		if _, taken := h.asking.LoadOrStore(by, true); taken {
			return nil, fmt.Errorf("a password of this person is hashed already: %w", slots.ErrBusy)
		}
		release = func() { h.asking.Delete(by) }
	}
	for _, s := range needed {
		if err := s.Take(ctx); err != nil {
			release()
			return nil, fmt.Errorf("wait to hash a password: %w", err)
		}
		before := release
		release = func() { s.Give(); before() }
	}
	return release, nil
}
