package factor

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"

	"github.com/authent/authent/authent/internal/seal"
	"github.com/authent/authent/authent/secret"
)

const (
	// RecoveryCodes is how many recovery codes somebody has.
	RecoveryCodes = 10
	// recoveryBytes are 120 bits: stored codes need neither salt nor stretching, and no
	// limit keeps anybody from guessing one (ASVS 6.5.2 asks for 112).
	recoveryBytes = 15
	// recoveryLetters is how long a code is, recoveryGroup how many letters stand together.
	recoveryLetters = 24
	recoveryGroup   = 4

	recoveryAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
)

// NewRecoveryCodes makes ten codes of 24 letters of base32 (RFC 4648) each from 150 bytes of
// r. If r is nil, crypto/rand.Reader. Show them once, as FormatRecoveryCode writes them, and
// store what HashRecoveryCode makes of them.
func NewRecoveryCodes(r io.Reader) ([]secret.Secret, error) {
	codes := make([]secret.Secret, RecoveryCodes)
	for i := range codes {
		b, err := seal.RandomBytes(r, recoveryBytes)
		if err != nil {
			return nil, err
		}
		codes[i] = secret.Secret(base32Text.EncodeToString(b))
	}
	return codes, nil
}

// FormatRecoveryCode returns a code as people read it: six groups of four letters, with
// dashes between them.
func FormatRecoveryCode(code secret.Secret) secret.Secret {
	var groups []string
	for rest := string(code); rest != ""; {
		n := min(recoveryGroup, len(rest))
		groups, rest = append(groups, rest[:n]), rest[n:]
	}
	return secret.Secret(strings.Join(groups, "-"))
}

// ParseRecoveryCode returns the code that somebody typed or pasted: spaces, dashes, lower
// case and full-width letters are taken. It is false for what cannot be one, which costs no
// SQL. Nothing is corrected: base32 has no 0, 1, 8 and 9, but whoever types one may have
// misread more.
func ParseRecoveryCode(typed string) (secret.Secret, bool) {
	code := []byte(compact(typed))
	if len(code) != recoveryLetters {
		return "", false
	}
	for i, c := range code {
		if 'a' <= c && c <= 'z' {
			code[i] = c - 'a' + 'A'
		}
		if strings.IndexByte(recoveryAlphabet, code[i]) < 0 {
			return "", false
		}
	}
	return secret.Secret(code), true
}

// HashRecoveryCode returns the stored form of a code, as NewRecoveryCodes and
// ParseRecoveryCode return it: the hex SHA-256 of a purpose, the user's id and the code. So
// the same code of another user is another row, and no row is of use elsewhere.
func HashRecoveryCode(userID string, code secret.Secret) secret.Secret {
	sum := sha256.Sum256([]byte("recovery-code\x00" + userID + "\x00" + string(code)))
	return secret.Secret(hex.EncodeToString(sum[:]))
}
