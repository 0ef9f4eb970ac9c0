// Package redisclient is what packages that use Redis ask of a client.
package redisclient

import (
	"errors"

	"github.com/redis/go-redis/v9"
)

// Check returns an error unless there is a client, one that keeps the deadlines of contexts.
// Of a client that is of another type than go-redis's own, it knows nothing.
func Check(client redis.UniversalClient) error {
	there, keeps := true, true
	switch client := client.(type) {
	case nil:
		there = false
	case *redis.Client:
		there = client != nil
		keeps = there && client.Options().ContextTimeoutEnabled
	case *redis.ClusterClient:
		there = client != nil
		keeps = there && client.Options().ContextTimeoutEnabled
	case *redis.Ring:
		there = client != nil
		keeps = there && client.Options().ContextTimeoutEnabled
	}
	switch {
	case !there:
		return errors.New("no client: pass redis.NewClient(options)")
	case !keeps:
		return errors.New("the client ignores the deadlines of requests: set ContextTimeoutEnabled in its options")
	}
	return nil
}

// ParseURL returns the options that a URL stands for, with ContextTimeoutEnabled set. Its
// error holds no part of the URL, since redis.ParseURL's own may hold the password.
func ParseURL(rawURL string) (*redis.Options, error) {
	options, err := redis.ParseURL(rawURL)
	if err != nil {
		return nil, errors.New("the URL of Redis is not understood: write redis://user:password@host:6379/0, or rediss:// for TLS, with what is special in the password as %40 for @; then check each option after the ?")
	}
	options.ContextTimeoutEnabled = true
	return options, nil
}
