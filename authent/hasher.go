package authent

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"
)

// hasherConfig says how passwords are hashed.
type hasherConfig struct {
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

	// onWork is called before each computation of a hash, those of newHasher
	// included. If nil, it is not.
	onWork func(alg string)
}

// hasher makes and verifies password hashes, a bounded number at a time (P31),
// and with the same work whether or not there is a hash to verify (P10).
type hasher struct {
	cfg hasherConfig
	// slots are everybody's; strangers need one of theirs, which are fewer, too.
	slots, strangers slots
	// asking are the people for whom something is hashed at the moment.
	asking sync.Map
	// dummies are verified where there is no stored hash; one of each family that
	// an attempt costs. Nobody knows their password.
	dummies []passwordHash
}

// asker is for whom a password is hashed: the id of a person whose live session was
// checked, or byStranger.
type asker string

// byStranger is anybody who signs in or registers.
const byStranger asker = ""

// verdict is what verify found.
type verdict struct {
	// OK says that the password is the one that was hashed.
	OK bool
	// Rehash says that the password should be hashed again: the stored hash is
	// of the family or the parameters of the past. It implies OK.
	Rehash bool
}

// newHasher computes the dummy hashes, which takes as long as one attempt.
func newHasher(c hasherConfig) (*hasher, error) {
	if c.MaxConcurrent == 0 {
		c.MaxConcurrent = 2 * runtime.GOMAXPROCS(0)
	}
	if c.MaxConcurrent < minHashes || c.Wait < 0 {
		return nil, fmt.Errorf("hasher: MaxConcurrent is less than %d, or Wait is negative", minHashes)
	}
	if c.Wait == 0 {
		c.Wait = time.Second
	}
	c.Bcrypt = c.Bcrypt || c.PreferBcrypt
	h := &hasher{cfg: c, slots: make(slots, c.MaxConcurrent), strangers: make(slots, c.MaxConcurrent-kept(c.MaxConcurrent))}
	secret, err := randomBytes(c.Rand, tokenBytes)
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

// minHashes leaves one slot to strangers and one to people who are signed in.
const minHashes = 2

// kept is how many of all slots are kept for people who are signed in.
func kept(all int) int { return max(all/4, 1) }

// check applies the rules for new passwords: ErrPasswordShort, ErrPasswordLong.
func (h *hasher) check(password string) error {
	return checkPassword(password, h.cfg.PreferBcrypt)
}

// hash hashes a password for storing. It does not ask for a minimum length, since
// an older password is rehashed too; call check for a new one. What would not be
// hashed to its end is ErrPasswordLong. It waits its turn like verify.
func (h *hasher) hash(ctx context.Context, by asker, password string) (Secret, error) {
	alg := argon2id
	if h.cfg.PreferBcrypt {
		alg = bcryptID
	}
	if len(password) > maxPassword || alg == bcryptID && !fitsBcrypt(password) {
		return "", ErrPasswordLong
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
// password, after the same work. ErrBusy says that no slot became free in time;
// other errors are the context's.
func (h *hasher) verify(ctx context.Context, by asker, stored Secret, password string) (verdict, error) {
	if len(password) > maxPassword {
		return verdict{}, nil
	}
	release, err := h.acquire(ctx, by)
	if err != nil {
		return verdict{}, err
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
	return verdict{OK: ok, Rehash: ok && h.outdated(own, password)}, nil
}

// work lists what an attempt computes: the dummies, own in place of its
// family's. Where bcrypt is not expected, own of that family is all.
func (h *hasher) work(own passwordHash) []passwordHash {
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
func (h *hasher) trusts(own passwordHash, password string) bool {
	return !h.cfg.PreferBcrypt || own.algorithm() != bcryptID || fitsBcrypt(password)
}

// outdated reports whether a password that matched own should be hashed again.
func (h *hasher) outdated(own passwordHash, password string) bool {
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
func (h *hasher) compute(alg algorithm, password string) (passwordHash, error) {
	h.count(alg)
	if alg == bcryptID {
		return newBcrypt(password)
	}
	return newArgon2(h.cfg.Rand, password)
}

func (h *hasher) count(alg algorithm) {
	if h.cfg.onWork != nil {
		h.cfg.onWork(string(alg))
	}
}

// acquire waits until it is the asker's turn; release ends it. However many
// strangers wait, the slots that they cannot have stay free of them (P42). Of one
// person one password is hashed at a time, so that nobody who has registered takes
// them all: a second one is ErrBusy.
func (h *hasher) acquire(ctx context.Context, by asker) (release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("wait to hash a password: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, h.cfg.Wait, ErrBusy)
	defer cancel()
	needed := []slots{h.slots}
	if by == byStranger {
		needed = []slots{h.strangers, h.slots}
	}
	release = func() {}
	if by != byStranger {
		if _, taken := h.asking.LoadOrStore(by, true); taken {
			return nil, fmt.Errorf("a password of this person is hashed already: %w", ErrBusy)
		}
		release = func() { h.asking.Delete(by) }
	}
	for _, s := range needed {
		if err := s.take(ctx); err != nil {
			release()
			return nil, fmt.Errorf("wait to hash a password: %w", err)
		}
		before := release
		release = func() { s.give(); before() }
	}
	return release, nil
}
