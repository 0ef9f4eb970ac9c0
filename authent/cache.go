package authent

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/authent/authent/authent/internal/cache"
	"github.com/authent/authent/authent/internal/seal"
)

// CacheConfig says which session checks are answered without asking the database: those of
// the middleware and of GET {base}/session. What acts for a person, by the handler or in a
// transaction, asks the database all the same.
//
// What this process changes, by authent or through the client that its Adapter was made
// with, counts at once. What other processes change counts once the Broadcaster has told of
// it: with that of package database/postgres within 3 seconds or TTL, whichever is less, since
// the cache is off where it cannot be told. With redisbroadcast, without a Broadcaster, and for
// what is changed in other ways, it counts within TTL: by SQL, outside a transaction by a
// process that dies or is cut off before it has told of it, by a mutation that runs through
// another client than made it, by an OnCommit hook whose transaction wrote nothing to sessions
// or users before, or where reads go to replicas that lag.
//
// The Adapter must be a SessionWatcher, and its client have all its hooks and interceptors
// before New is called, which adds to them: nothing may use the client meanwhile. The shared
// modes of AuthJS cannot have a cache, since Node.js does not tell what it changes.
type CacheConfig struct {
	// Size is how many sessions are kept, each with its user: some 2 kB, and what the
	// application's own fields take. If zero, none: every check asks the database.
	Size int
	// TTL is how long what was read is used, at most 15 minutes. If zero, 30 seconds.
	TTL time.Duration
	// Broadcaster tells other processes what this one changes, also where Size is zero, and
	// with Auth.RunSessionCache this one what they do. Every process that changes sessions
	// or users should have it. If nil, nobody is told.
	Broadcaster Broadcaster
}

const (
	defaultCacheTTL = 30 * time.Second
	maxCacheTTL     = 15 * time.Minute
)

func (c CacheConfig) on() bool { return c.Size > 0 || c.Broadcaster != nil }

func (c CacheConfig) withDefaults() CacheConfig {
	if c.TTL == 0 {
		c.TTL = defaultCacheTTL
	}
	return c
}

func (c *Config) validateCache() error {
	var errs []error
	cached := c.Session.Cache
	if cached.Size < 0 {
		errs = append(errs, fmt.Errorf("Session.Cache.Size is %d: use 0 for no cache, or how many sessions to keep", cached.Size))
	}
	if cached.TTL < 0 || cached.TTL > maxCacheTTL {
		errs = append(errs, fmt.Errorf("Session.Cache.TTL is %v: use at most %v", cached.TTL, maxCacheTTL))
	}
	if cached.Size > 0 && c.shared() {
		errs = append(errs, errors.New("Session.Cache.Size: sessions that an Auth.js application writes too cannot be kept, since it does not tell what it changes: leave it 0"))
	}
	if _, ok := c.Adapter.(SessionWatcher); cached.on() && c.Adapter != nil && !ok {
		errs = append(errs, fmt.Errorf("Session.Cache: the Adapter (%T) is no SessionWatcher: generate it anew, or leave Cache empty", c.Adapter))
	}
	if b := reflect.ValueOf(cached.Broadcaster); b.Kind() == reflect.Pointer && b.IsNil() {
		errs = append(errs, fmt.Errorf("Session.Cache.Broadcaster is a nil %T: look at the error of what made it, or leave it out", cached.Broadcaster))
	}
	return errors.Join(errs...)
}

// sessionCache keeps sessions in front of the Adapter.
type sessionCache struct {
	entries *cache.Cache[*Session]
	// size is how many sessions it keeps; 0 if it only tells others.
	size        int
	broadcaster Broadcaster
	// watcher is the Adapter, and statement what tells others in its transactions, if any.
	watcher   SessionWatcher
	statement string
	now       func() time.Time
	logger    *slog.Logger
	// name distinguishes this process's heartbeats from those of others.
	name string
	// heard is when the heartbeat was sent that came back last, in Unix milliseconds; 0 if
	// none has.
	heard atomic.Int64
	// quiet is until when nothing is published after a failure, as nanoseconds since started.
	quiet   atomic.Int64
	started time.Time
	// running counts the calls of RunSessionCache.
	running atomic.Int64
	// fails, tellFails and idle keep the log to one line a minute each.
	fails, tellFails, idle pause
}

// newCache returns nil if there is nothing to keep and nobody to tell.
func (a *Auth) newCache() (*sessionCache, error) {
	config := a.cfg.Session.Cache
	if !config.on() {
		return nil, nil
	}
	c := &sessionCache{
		entries: cache.New[*Session](config.Size, config.TTL), size: config.Size,
		broadcaster: config.Broadcaster, watcher: a.cfg.Adapter.(SessionWatcher),
		now: a.now, started: time.Now(), logger: a.cfg.Logger, name: rand.Text(),
	}
	if c.broadcaster != nil {
		c.statement = c.broadcaster.Statement()
	}
	if err := c.watcher.WatchSessions(SessionWatch{Changed: c.changed, Statement: c.statement}); err != nil {
		return nil, fmt.Errorf("Session.Cache: %w", err)
	}
	return c, nil
}

// changed makes useless what was kept of the sessions, and tells others.
func (c *sessionCache) changed(ctx context.Context, changes []SessionChange) {
	for _, change := range changes {
		c.expire(change.tag())
	}
	c.tell(ctx, changes)
}

func (c *sessionCache) expire(tag string) {
	if tag == "" {
		c.entries.Flush()
		return
	}
	c.entries.Expire(cache.Tag(tag))
}

// usable reports whether the cache may be asked at now.
func (c *sessionCache) usable(now time.Time) bool {
	if c == nil || c.size == 0 {
		return false
	}
	if c.broadcaster == nil || !c.silent(now) {
		return true
	}
	if c.running.Load() == 0 && c.idle.over(now) {
		c.logger.Warn("authent: the session cache is off, since nobody hears what other processes change: start auth.RunSessionCache(ctx) with go")
	}
	return false
}

// requestSession is the context of one request and the session that it carries. The request
// owns both session and user, and may change them.
type requestSession struct {
	context.Context
	session Session
	user    User
}

// Value implements context.Context.
func (r *requestSession) Value(key any) any {
	if key == (sessionKey{}) {
		return &r.session
	}
	return r.Context.Value(key)
}

// Format implements fmt.Formatter for every verb. What prints a context would print the
// session's secrets else: fmt reads unexported fields as they are.
func (r *requestSession) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "authent.session") }

// recallSession does what checkSession does, from the cache if it may. What is found there
// comes with the context that holds it, which is nil otherwise.
func (a *Auth) recallSession(ctx context.Context, c caller) (holds context.Context, s *Session, rolled time.Time, err error) {
	now := a.now()
	if !a.cache.usable(now) || len(c.tokens) != 1 {
		s, rolled, err = a.checkSession(ctx, c)
		return nil, s, rolled, err
	}
	key := cache.Key(seal.SumToken(c.tokens[0]))
	// What is due to be rolled on is read: another process may have done so.
	if kept, ok := a.cache.entries.Get(key, now); ok && a.alive(kept, now) && !a.rollDue(kept, now) {
		r := &requestSession{Context: ctx, session: *kept, user: *kept.User}
		r.session.User, r.session.brought = &r.user, Secret(c.tokens[0])
		s, rolled, err = a.useSession(ctx, c, &r.session, now)
		return r, s, rolled, err
	}
	began := a.cache.entries.Begin(now)
	s, rolled, err = a.checkSession(ctx, c)
	if s != nil {
		a.cache.keep(key, s, began)
	}
	return nil, s, rolled, err
}

// keep stores a copy of what was read, so that nothing a request does to it is kept.
func (c *sessionCache) keep(key cache.Key, s *Session, began cache.Start) {
	kept := *s
	user := *s.User
	kept.User, kept.brought, kept.authenticated, kept.from = &user, "", time.Time{}, netip.Addr{}
	c.entries.Put(key, &kept, began,
		cache.Tag(SessionChange{Token: s.Token}.tag()), cache.Tag(SessionChange{ID: s.ID}.tag()), cache.Tag(SessionChange{UserID: s.UserID}.tag()))
}
