package password

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/authent/authent/authent/internal/seal"
	"github.com/authent/authent/authent/secret"
	"golang.org/x/crypto/argon2"
)

// Argon2Params are the costs of an argon2id hash (RFC 9106).
type Argon2Params struct {
	Memory  uint32 // KiB
	Time    uint32
	Threads uint8
}

var (
	// LiveArgon2 is what new hashes cost: OWASP's first choice for servers.
	LiveArgon2 = Argon2Params{Memory: 19456, Time: 2, Threads: 1}
	// maxArgon2 is the most that a stored hash may cost.
	maxArgon2 = Argon2Params{Memory: 64 << 10, Time: 10, Threads: 8}
)

const (
	argon2SaltLen = 16
	argon2KeyLen  = 32
	minArgon2Salt = 8
	minArgon2Key  = 16
	maxArgon2Part = 64
)

// argon2Hash is a PHC string "$argon2id$v=19$m=19456,t=2,p=1$salt$key".
type argon2Hash struct {
	Argon2Params
	salt, key []byte
}

// newArgon2 hashes password with the live parameters and a salt from r.
func newArgon2(r io.Reader, password string) (*argon2Hash, error) {
	salt, err := seal.RandomBytes(r, argon2SaltLen)
	if err != nil {
		return nil, err
	}
	h := &argon2Hash{Argon2Params: LiveArgon2, salt: salt}
	h.key = h.compute(password, argon2KeyLen)
	return h, nil
}

func (h *argon2Hash) compute(password string, keyLen int) []byte {
	return argon2.IDKey([]byte(password), h.salt, h.Time, h.Memory, h.Threads, uint32(keyLen))
}

func (h *argon2Hash) algorithm() algorithm { return argon2id }

func (h *argon2Hash) matches(password string) bool {
	return subtle.ConstantTimeCompare(h.compute(password, len(h.key)), h.key) == 1
}

func (h *argon2Hash) weak() bool {
	return h.Memory < LiveArgon2.Memory || h.Time < LiveArgon2.Time ||
		len(h.salt) < argon2SaltLen || len(h.key) < argon2KeyLen
}

// encode writes the PHC string.
func (h *argon2Hash) encode() secret.Secret {
	return secret.Secret(fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, h.Memory, h.Time, h.Threads,
		base64.RawStdEncoding.EncodeToString(h.salt), base64.RawStdEncoding.EncodeToString(h.key)))
}

// parseArgon2 reads a PHC string strictly: encode writes back exactly what it
// accepts. Costs above the cap are refused.
func parseArgon2(stored secret.Secret) (*argon2Hash, bool) {
	rest, ok := strings.CutPrefix(string(stored), "$argon2id$v=19$")
	if !ok {
		return nil, false
	}
	costs, rest, _ := strings.Cut(rest, "$")
	salt, key, ok := strings.Cut(rest, "$")
	if !ok {
		return nil, false
	}
	var h argon2Hash
	if h.Argon2Params, ok = parseArgon2Params(costs); !ok {
		return nil, false
	}
	if h.salt, ok = decodePHC(salt, minArgon2Salt); !ok {
		return nil, false
	}
	if h.key, ok = decodePHC(key, minArgon2Key); !ok {
		return nil, false
	}
	return &h, true
}

func parseArgon2Params(s string) (Argon2Params, bool) {
	parts := strings.Split(s, ",")
	if len(parts) != 3 {
		return Argon2Params{}, false
	}
	m, okM := parseCost(parts[0], "m=", maxArgon2.Memory)
	t, okT := parseCost(parts[1], "t=", maxArgon2.Time)
	p, okP := parseCost(parts[2], "p=", uint32(maxArgon2.Threads))
	// RFC 9106 §3.1 wants 8 KiB for each lane; the library would use more than
	// the string says.
	if !okM || !okT || !okP || m < 8*p {
		return Argon2Params{}, false
	}
	return Argon2Params{Memory: m, Time: t, Threads: uint8(p)}, true
}

// parseCost reads a decimal from 1 to most, without sign or leading zero.
func parseCost(s, name string, most uint32) (uint32, bool) {
	digits, ok := strings.CutPrefix(s, name)
	n, err := strconv.ParseUint(digits, 10, 32)
	if !ok || err != nil || digits[0] == '0' || n > uint64(most) {
		return 0, false
	}
	return uint32(n), true
}

func decodePHC(s string, least int) ([]byte, bool) {
	enc := base64.RawStdEncoding.Strict()
	// The decoder skips line breaks.
	if n := enc.DecodedLen(len(s)); n < least || n > maxArgon2Part || strings.ContainsAny(s, "\r\n") {
		return nil, false
	}
	b, err := enc.DecodeString(s)
	return b, err == nil
}
