// Package redisbroadcast tells the processes of an application through Redis that a session
// has ended or changed, so that their caches (authent.SessionConfig.Cache) forget it. It is
// for databases that cannot tell each other's clients anything, such as MySQL and MariaDB.
//
// What it guarantees is the cache's TTL, and no more: what one process changes counts at the
// others within CacheConfig.TTL. Mostly it counts within milliseconds. But the message is
// sent after the change is committed, so that a process that dies in between, or cannot
// reach Redis then, tells nobody; and Redis delivers a message at most once. Choose a TTL
// with that in mind: whoever has signed out, been disabled or lost a role may go on for so
// long in other processes.
//
// On PostgreSQL use postgres.NewBroadcaster of authent/database/postgres instead: it tells
// of a change if and only if the change is committed.
package redisbroadcast

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/internal/redisclient"
)

// connectTimeout is how long Listen takes at most until it hears.
const connectTimeout = 5 * time.Second

// Config says how messages are sent.
type Config struct {
	// Channel is what messages are sent on. It is not of one of a server's numbered
	// databases: applications that share a server each need one of their own. If "",
	// "authent:sessions".
	Channel string
}

// Broadcaster is an authent.Broadcaster. Make it with New. It is safe for concurrent use.
type Broadcaster struct {
	client  redis.UniversalClient
	channel string
}

var _ authent.Broadcaster = (*Broadcaster)(nil)

// New makes a Broadcaster on a client: of a single server, a Sentinel or a cluster. It does
// not dial. The client is the caller's, who may use it for other things, and closes it after
// Auth.RunSessionCache has returned. While that runs it has a connection more than its pool.
//
// The client's option ContextTimeoutEnabled must be true, as ParseURL sets it, so that a
// Redis that does not answer keeps nobody waiting. A redis.Ring is refused: its processes
// need not agree which of its servers a channel is on.
func New(client redis.UniversalClient, c Config) (*Broadcaster, error) {
	if err := redisclient.Check(client); err != nil {
		return nil, fmt.Errorf("redisbroadcast: %w", err)
	}
	if _, ok := client.(*redis.Ring); ok {
		return nil, errors.New("redisbroadcast: two processes may look for a channel on different servers of a ring: pass a client of one of them")
	}
	if c.Channel == "" {
		c.Channel = "authent:sessions"
	}
	return &Broadcaster{client: client, channel: c.Channel}, nil
}

// ParseURL returns the options that a URL such as
// rediss://user:password@redis.example.com:6379/0 stands for, as redis.ParseURL does, with
// ContextTimeoutEnabled set. rediss is Redis with TLS. Its error holds no part of the URL,
// so that it can be logged: redis.ParseURL's own may hold the password.
func ParseURL(rawURL string) (*redis.Options, error) {
	options, err := redisclient.ParseURL(rawURL)
	if err != nil {
		return nil, fmt.Errorf("redisbroadcast: %w", err)
	}
	return options, nil
}

// Statement returns "": no statement of a database sends through Redis.
func (b *Broadcaster) Statement() string { return "" }

// Publish sends a message to all who listen. Nobody needs to. A client that sends a command
// again when the answer was lost (MaxRetries) may send it twice.
func (b *Broadcaster) Publish(ctx context.Context, message string) error {
	if err := b.client.Publish(ctx, b.channel, message).Err(); err != nil {
		return fmt.Errorf("redisbroadcast: publish: %w", err)
	}
	return nil
}

// Listen calls heard with each message that is sent from when it has subscribed on, one
// after the other, until ctx ends, whose error it then returns, or until the connection is
// lost and messages may have been. Connecting takes at most 5 seconds, also where ctx ends
// meanwhile and Redis does not answer.
func (b *Broadcaster) Listen(ctx context.Context, heard func(message string)) error {
	err := b.listen(ctx, heard)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("redisbroadcast: listen: %w", err)
}

// errLost is why listening ends when the client has connected anew by itself.
var errLost = errors.New("the connection was lost")

func (b *Broadcaster) listen(ctx context.Context, heard func(message string)) error {
	connecting, done := context.WithTimeout(ctx, connectTimeout)
	defer done()
	channel := b.client.Subscribe(connecting, b.channel)
	defer channel.Close()
	defer context.AfterFunc(ctx, func() { _ = channel.Close() })()
	if _, err := channel.ReceiveTimeout(connecting, connectTimeout); err != nil {
		return err
	}
	// The client would connect anew by itself and subscribe again, and nobody would know
	// that messages were lost. With a context that has ended it reads on, but cannot connect.
	ended, end := context.WithCancel(context.WithoutCancel(ctx))
	end()
	for {
		got, err := channel.Receive(ended)
		if err != nil {
			return err
		}
		switch got := got.(type) {
		case *redis.Message:
			heard(got.Payload)
		case *redis.Subscription: // a second one
			return errLost
		}
	}
}
