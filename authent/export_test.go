package authent

import (
	"context"
	"fmt"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/authent/authent/authent/internal/password"
	"github.com/authent/authent/authent/internal/seal"
)

// Seams for the tests in package authent_test.

// Endpoint is a row of the route table.
type Endpoint struct {
	Method, Action string
	Provider       bool
}

// Endpoints are all rows of the route table.
func Endpoints() []Endpoint {
	var all []Endpoint
	for _, rt := range routes {
		all = append(all, Endpoint{rt.method, rt.action, rt.provider})
	}
	return all
}

// OnHash calls f at every hash computation of a with "argon2id" or "bcrypt".
func OnHash(a *Auth, f func(algorithm string)) { a.hasher.OnWork(f) }

// HashToken is what the database holds for a token in native mode.
func HashToken(token string) string { return string(seal.HashToken(token)) }

// shippedArgon2 and shippedBcryptCost are what hashes cost outside of tests.
var shippedArgon2, shippedBcryptCost = password.LiveArgon2, password.LiveBcryptCost

// In tests, which make thousands, new hashes cost next to nothing. What is weaker
// still is so.
func init() { cheapHashes() }

func cheapHashes() {
	password.LiveArgon2 = password.Argon2Params{Memory: 64, Time: 2, Threads: 1}
	password.LiveBcryptCost = bcrypt.MinCost + 1
}

// ShippedHashes makes hashes cost what they do outside of tests until t ends. No
// test may run beside t.
func ShippedHashes(t testing.TB) {
	password.LiveArgon2, password.LiveBcryptCost = shippedArgon2, shippedBcryptCost
	t.Cleanup(cheapHashes)
}

// BcryptPrefix is how new bcrypt hashes begin.
func BcryptPrefix() string { return fmt.Sprintf("$2a$%02d$", password.LiveBcryptCost) }

// StoredCode is what the database holds of a code.
func StoredCode(nonce, purpose, address, letters string) string {
	return string((&codeFlow{Nonce: nonce, Purpose: purpose, Address: address}).stored(letters))
}

// Recalls returns what the middleware asks for a request with the token: the context with
// the session in it.
func (a *Auth) Recalls(token string) func(context.Context) context.Context {
	c := caller{tokens: []string{token}}
	return func(ctx context.Context) context.Context {
		ctx, _, _, err := a.recallSession(ctx, c)
		if err != nil {
			panic(err)
		}
		return ctx
	}
}

// UserHandle is what passkeys of a user are registered with.
var UserHandle = userHandle
