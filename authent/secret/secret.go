// Package secret is the type Secret alone, so that an ent schema can name it without
// what signs people in: package authent has it as authent.Secret, and that is the
// name to write.
//
//	token := secret.Secret("a token")
//	fmt.Println(token)          // [redacted]
//	use(string(token))          // the value
package secret

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a string that must not be printed: a token in its stored form, a
// password hash, a provider's access token. Every way in which Go prints a
// value (fmt verbs, encoding/json, encoding/text, log/slog) prints
// "[redacted]" for it, so that a struct that holds one can be logged. A
// conversion, string(s), yields the value.
type Secret string

// String returns "[redacted]".
func (s Secret) String() string { return redacted }

// GoString returns "[redacted]".
func (s Secret) GoString() string { return redacted }

// Format writes "[redacted]" for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText returns "[redacted]"; encoding/json uses it.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue returns "[redacted]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// Equal reports whether s and t are the same bytes, in a time that depends on
// their lengths only.
func (s Secret) Equal(t Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s), []byte(t)) == 1
}
