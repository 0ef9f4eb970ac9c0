package authent

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
func OnHash(a *Auth, f func(algorithm string)) { a.hasher.cfg.onWork = f }

// HashToken is what the database holds for a token in native mode.
func HashToken(token string) string { return string(hashToken(token)) }
