package password

import (
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// shippedArgon2 and shippedBcryptCost are what hashes cost outside of tests.
var shippedArgon2, shippedBcryptCost = LiveArgon2, LiveBcryptCost

// In tests, which make thousands, new hashes cost next to nothing. What is weaker
// still is so.
func init() { cheapHashes() }

func cheapHashes() {
	LiveArgon2 = Argon2Params{Memory: 64, Time: 2, Threads: 1}
	LiveBcryptCost = bcrypt.MinCost + 1
}

// shippedHashes makes hashes cost what they do outside of tests until t ends. No
// test may run beside t.
func shippedHashes(t testing.TB) {
	LiveArgon2, LiveBcryptCost = shippedArgon2, shippedBcryptCost
	t.Cleanup(cheapHashes)
}
