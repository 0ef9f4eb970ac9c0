package authent

import "github.com/authent/authent/authent/secret"

// Secret is a string that must not be printed: a token in its stored form, a
// password hash, a provider's access token. Every way in which Go prints a
// value (fmt verbs, encoding/json, encoding/text, log/slog) prints
// "[redacted]" for it, so that a struct that holds one can be logged. A
// conversion, string(s), yields the value.
//
// It is a package of its own so that a schema does not link all of this one.
type Secret = secret.Secret
