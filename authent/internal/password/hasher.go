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
	// quarter of them, at least one, is reserved for people who are signed in. If
	// zero, twice GOMAXPROCS.
	MaxConcurrent int
	// Bcrypt makes every attempt cost one verification of each family, so that
	// its duration does not reveal which one a user has. If false, an attempt
	// costs what the stored hash costs, or if there is none what a new one costs.
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
	// slots are everybody's; strangers also need one of strangers, which are
	// fewer.
	slots, strangers slots.Slots
	// asking holds the people for whom something is being hashed.
	asking sync.Map
	// dummies are verified if there is no stored hash: one of each family that an
	// attempt costs. Nobody knows their password.
	dummies []passwordHash
}

// Asker is for whom a password is hashed: the id of a person whose live session was
// checked, or Stranger.
type Asker string

// Stranger is anybody who signs in or registers.
const Stranger Asker = ""

// Verdict is what Verify found.
type Verdict struct {
	// OK says that the password is the one that was hashed.
	OK bool
	// Rehash says that the password should be hashed again: the stored hash is of
	// an outdated family or has outdated parameters. It implies OK.
	Rehash bool
}

// New makes a Hasher and computes its dummy hashes, which takes as long as one
// attempt.
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

// MinConcurrent is the smallest MaxConcurrent: one slot for strangers and one for
// people who are signed in.
const MinConcurrent = 2

// kept returns how many of all slots are reserved for people who are signed in.
func kept(all int) int { return max(all/4, 1) }

// Limits are the lengths that a new password may have.
type Limits struct {
	// Min is in code points, Max in bytes.
	Min, Max int
}

// Limits returns the lengths that Check allows.
func (h *Hasher) Limits() Limits {
	if h.cfg.PreferBcrypt {
		return Limits{minPassword, maxBcryptPassword}
	}
	return Limits{minPassword, maxPassword}
}

// Check applies the rules for new passwords: ErrShort, ErrLong.
func (h *Hasher) Check(password string) error {
	return checkPassword(password, h.cfg.PreferBcrypt)
}

// Hash hashes a password for storing. It requires no minimum length, since an
// older password is rehashed too; call Check for a new one. A password that would
// not be hashed to its end is ErrLong. It waits its turn like Verify.
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

// Verify compares a password with a stored hash. A stored hash that is "" (there is
// no user, or no password) or cannot be used is answered like a wrong password, after
// the same work. If no slot becomes free in time, the error is slots.ErrBusy; other
// errors are the context's.
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

// work lists what an attempt computes: the dummies, with own in place of its
// family's. If bcrypt is not expected and own is bcrypt, own is all.
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
// from 72 bytes or fewer, so a longer password is a different one.
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
		// From 72 bytes on, the match may be with the start of a longer password,
		// whose owner must not be locked out by a hash of this one.
		return len(password) < maxBcryptPassword
	default:
		return own.weak()
	}
}

// compute makes a hash with live parameters.
func (h *Hasher) compute(alg algorithm, password string) (passwordHash, error) {
	h.count(alg)
	if alg == bcryptID {
		return newBcrypt(password)
	}
	return newArgon2(h.cfg.Rand, password)
}

// OnWork makes the Hasher call f with "argon2id" or "bcrypt" before it computes a
// hash, for tests that count that.
func (h *Hasher) OnWork(f func(algorithm string)) { h.cfg.onWork = f }

func (h *Hasher) count(alg algorithm) {
	if h.cfg.onWork != nil {
		h.cfg.onWork(string(alg))
	}
}

// acquire waits until it is the Asker's turn; release ends the turn. However many
// strangers wait, they never take the reserved slots (P42). One password of a
// person is hashed at a time, so that nobody who has registered takes all slots: a
// second one is slots.ErrBusy.
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
			return nil, fmt.Errorf("a password of this person is already being hashed: %w", slots.ErrBusy)
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
