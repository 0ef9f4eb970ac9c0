// Package password makes and checks password hashes, a bounded number at a time:
// argon2id, and bcrypt if Auth.js applications read or wrote them.
package password

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/authent/authent/authent/secret"
)

var (
	// ErrShort refuses a new password of fewer than 8 code points (ASVS
	// 6.2.1).
	ErrShort = errors.New("password is shorter than 8 characters")
	// ErrLong refuses a new password that would not be hashed to its end:
	// of more than 1,024 bytes or, in shared mode, because bcrypt reads no
	// further, of more than 72 bytes or with a NUL in it (ASVS 6.2.8).
	ErrLong = errors.New("password is too long")
)

const (
	minPassword = 8    // code points
	maxPassword = 1024 // bytes
	// maxBcryptPassword is how many bytes bcrypt reads.
	maxBcryptPassword = 72
)

// fitsBcrypt reports whether bcrypt can tell password from every other one. It
// reads 72 bytes and repeats a shorter password with NULs between, so that "abc"
// and "abc\x00abc" have the same hash.
func fitsBcrypt(password string) bool {
	return len(password) <= maxBcryptPassword && !strings.Contains(password, "\x00")
}

// checkPassword applies the rules for a new password: length only, any
// characters (ASVS 6.2.5). The password is used as it is typed.
func checkPassword(password string, forBcrypt bool) error {
	switch {
	case len(password) > maxPassword, forBcrypt && !fitsBcrypt(password):
		return ErrLong
	case utf8.RuneCountInString(password) < minPassword:
		return ErrShort
	}
	return nil
}

// algorithm is a family of password hashes.
type algorithm string

const (
	argon2id algorithm = "argon2id"
	bcryptID algorithm = "bcrypt"
)

// passwordHash is a stored hash whose parameters are harmless.
type passwordHash interface {
	algorithm() algorithm
	// matches does the hash's whole work, whatever the password.
	matches(password string) bool
	// weak reports parameters below the live ones.
	weak() bool
	// encode returns the form that is stored.
	encode() secret.Secret
}

// parsePasswordHash reads a stored hash of either family. It refuses anything
// else: unknown formats, and parameters that would burn memory or CPU (P12).
func parsePasswordHash(stored secret.Secret) (passwordHash, bool) {
	if h, ok := parseArgon2(stored); ok {
		return h, true
	}
	if h, ok := parseBcrypt(stored); ok {
		return h, true
	}
	return nil, false
}
