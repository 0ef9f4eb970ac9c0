package redisbroadcast_test

import (
	"os"
	"testing"
)

// TestMain gives the example an environment, as a program has one. Nobody listens there.
func TestMain(m *testing.M) {
	_ = os.Setenv("REDIS_URL", "redis://:password@127.0.0.1:1/0")
	_ = os.Setenv("DATABASE_URL", "mysql://app:password@127.0.0.1:1/app")
	_ = os.Setenv("AUTH_SECRET", "known to everybody, and so for tests alone")
	m.Run()
}
