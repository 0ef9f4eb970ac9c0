package authent

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Broadcaster carries messages between the processes of an application, so that each one's
// cache learns what the others change. Package database/postgres has one that is as reliable
// as the database's transactions, and package redisbroadcast one through Redis.
//
// Messages have at most 64 letters of printable ASCII. Those of one process arrive in their
// order. All methods are safe for concurrent use.
type Broadcaster interface {
	// Statement returns the statement that sends its only argument when, and only if, its
	// transaction is committed; "" if the database has none. Then Publish is called after the
	// commit instead. It always returns the same.
	Statement() string
	// Publish sends a message to all who listen, this process too.
	Publish(ctx context.Context, message string) error
	// Listen calls heard with each message, one after the other, until ctx ends, or until
	// messages may have been lost: it returns then, and is called again.
	Listen(ctx context.Context, heard func(message string)) error
}

const (
	// heartbeat is how often a process sends a message to itself.
	heartbeat = time.Second
	// maxSilence is how long ago a heartbeat may have been sent that arrived last. What was
	// changed before it was sent has arrived too. After that the cache is off, so that no
	// change elsewhere goes unnoticed for longer.
	maxSilence = 3 * time.Second
	// patienceWithSilence is how long nothing is heard before Listen is called anew.
	patienceWithSilence = 10 * time.Second
)

// heartbeatPrefix is what heartbeats begin with.
const heartbeatPrefix = "alive "

// RunSessionCache hears what other processes change and lets the cache be used meanwhile,
// until ctx ends, which it waits for: start it with go. It is needed if
// SessionConfig.Cache has both Size and Broadcaster; else it returns at once.
//
// While it does not run, and whenever a heartbeat of its own does not come back to it within
// 3 seconds, the cache is off and every check asks the database. It then listens anew, by
// itself, and logs one line a minute.
func (a *Auth) RunSessionCache(ctx context.Context) {
	if a.cache == nil || a.cache.broadcaster == nil || a.cache.size == 0 {
		return
	}
	a.cache.running.Add(1)
	defer a.cache.running.Add(-1)
	for ctx.Err() == nil {
		err := a.cache.listen(ctx)
		a.cache.silence()
		if ctx.Err() != nil {
			return
		}
		if a.cache.fails.over(a.now()) {
			a.cfg.Logger.WarnContext(ctx, "authent: the session cache is off, and sessions are read from the database: changes of other processes cannot be heard", "error", err)
		}
		sleep(ctx, heartbeat)
	}
}

// sleep waits until d has passed or ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// errSilent is why listening ended when nothing was heard.
var errSilent = errors.New("no heartbeat came back: if the broadcaster's URL leads to a pooler, or to another database than the Adapter's, use one that leads to that server itself")

// listen hears messages until ctx ends or some may have been lost. The error says why it
// ended.
func (c *sessionCache) listen(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var beating atomic.Int64 // when a heartbeat came back last, by the machine's clock
	began := time.Now()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if time.Since(began)-time.Duration(beating.Load()) > patienceWithSilence {
				cancel(errSilent)
			}
			c.beat(ctx)
			sleep(ctx, heartbeat)
		}
	}()
	err := c.broadcaster.Listen(ctx, func(message string) {
		if c.hear(message) {
			beating.Store(int64(time.Since(began)))
		}
	})
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	cancel(nil)
	<-done
	return err
}

// beat sends a heartbeat, which says who sent it and when.
func (c *sessionCache) beat(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, maxSilence)
	defer cancel()
	message := heartbeatPrefix + c.name + " " + strconv.FormatInt(c.now().UnixMilli(), 10)
	// What is not sent does not come back, which is noticed. It takes the way that changes
	// take: a broadcaster's own connection may lead to another server than the Adapter's.
	if c.statement != "" {
		_ = c.watcher.Announce(withEngine(ctx, c.logger), c.statement, message)
		return
	}
	_ = c.broadcaster.Publish(ctx, message)
}

// hear acts on a message, and reports whether it was a heartbeat of this process.
func (c *sessionCache) hear(message string) bool {
	if tag, ok := strings.CutPrefix(message, changePrefix); ok {
		c.expire(tag)
		return false
	}
	sent, ok := strings.CutPrefix(message, heartbeatPrefix+c.name+" ")
	if !ok {
		return false
	}
	at, err := strconv.ParseInt(sent, 10, 64)
	if err != nil {
		return false
	}
	if c.silent(c.now()) { // what was changed in between may not have been heard
		c.entries.Flush()
	}
	c.heard.Store(at)
	return true
}

// silent reports whether it is unknown what other processes have changed up to maxSilence
// before now.
func (c *sessionCache) silent(now time.Time) bool {
	age := now.Sub(time.UnixMilli(c.heard.Load()))
	return age < 0 || age > maxSilence
}

// silence turns the cache off, and empties it, until a heartbeat comes back.
func (c *sessionCache) silence() {
	c.heard.Store(0)
	c.entries.Flush()
}

// tell sends what was changed to other processes, where the transaction has not done so. A
// failure is told; they see the change once what they know has become too old. After one it
// is not tried for a while, so that nobody waits for it again and again.
func (c *sessionCache) tell(ctx context.Context, changes []SessionChange) {
	if c.broadcaster == nil || c.statement != "" || time.Since(c.started) < time.Duration(c.quiet.Load()) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), heartbeat)
	defer cancel()
	for _, change := range changes {
		if change.Minor {
			continue
		}
		if err := c.broadcaster.Publish(ctx, change.Message()); err != nil {
			c.quiet.Store(int64(time.Since(c.started) + maxSilence))
			if c.tellFails.over(c.now()) {
				c.logger.WarnContext(ctx, "authent: other processes could not be told of a session's end or change: they see it within SessionConfig.Cache.TTL", "error", err)
			}
			return
		}
	}
}
