package seal

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/authent/authent/authent/secret"
)

// TokenBytes is how many random bytes a token has: twice the 128 bits that ASVS
// 7.2.3 asks for.
const TokenBytes = 32

// NewToken makes a token for a cookie or a link from 32 bytes of r, 43
// characters of base64url. If r is nil, crypto/rand.Reader.
func NewToken(r io.Reader) (string, error) {
	b, err := RandomBytes(r, TokenBytes)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// SumToken returns the SHA-256 of a token. Every session check passes here, so that nothing
// is copied to the heap.
func SumToken(token string) [sha256.Size]byte {
	var room [MaxTokenLen]byte
	return sha256.Sum256(append(room[:0], token...))
}

// HashToken returns the stored form of a token: the lowercase hex SHA-256 of its
// text, so that any program that can hash a string finds the row, whatever the
// token's encoding. A token is random enough to need neither salt nor stretching.
func HashToken(token string) secret.Secret {
	sum := SumToken(token)
	var text [2 * sha256.Size]byte
	hex.Encode(text[:], sum[:])
	return secret.Secret(text[:])
}

// MinTokenLen and MaxTokenLen are how many characters a token has.
const (
	MinTokenLen = 20
	MaxTokenLen = 255
)

// TokenFormat says what a token can look like.
type TokenFormat struct {
	// Extra are characters that it may hold beside A–Z, a–z, 0–9, ".", "_", "~" and "-".
	Extra string
	// Min and Max bound its length in bytes.
	Min, Max int
}

// Plausible reports whether s can be a token at all. Anything else costs no SQL (P31).
func (f TokenFormat) Plausible(s string) bool {
	if len(s) < f.Min || len(s) > f.Max {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && c != '.' && c != '_' && c != '~' && c != '-' && strings.IndexByte(f.Extra, c) < 0 {
			return false
		}
	}
	return true
}

// PlausibleToken reports whether s can be a token of our own, or of an Auth.js that makes
// them as it always does.
func PlausibleToken(s string) bool {
	return TokenFormat{Min: MinTokenLen, Max: MaxTokenLen}.Plausible(s)
}

// IsText reports whether s can be stored as it is: valid UTF-8 without NUL.
func IsText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// RandomBytes reads n bytes from r, or from crypto/rand.Reader if r is nil. A
// source that runs dry is an error, never a shorter secret.
func RandomBytes(r io.Reader, n int) ([]byte, error) {
	if r == nil {
		r = rand.Reader
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("read random bytes: %w", err)
	}
	return b, nil
}
