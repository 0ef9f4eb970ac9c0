package redislimit_test

import (
	"os"
	"testing"
)

// TestMain gives the examples an environment, as a program has one.
func TestMain(m *testing.M) {
	_ = os.Setenv("REDIS_URL", "redis://:password@127.0.0.1:6379/0")
	_ = os.Setenv("AUTH_SECRET", "known to everybody, and so for tests alone")
	m.Run()
}
