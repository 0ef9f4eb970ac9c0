package password

import (
	"fmt"
	"strings"

	"github.com/authent/authent/authent/secret"
	"golang.org/x/crypto/bcrypt"
)

// LiveBcryptCost is the cost of new bcrypt hashes, about 250 ms.
var LiveBcryptCost = 12

const (
	// maxBcryptCost is the most that a stored hash may cost, about 2 s.
	maxBcryptCost = 15
	bcryptLen     = len("$2a$12$") + 22 + 31
	// bcryptLetters are the letters of bcrypt's base64, in which salt and hash
	// are written.
	bcryptLetters = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// bcryptHash is a bcrypt string as Auth.js applications have them: $2a$, $2b$ or
// $2y$. The three mean the same algorithm; $2x$ means a broken one.
type bcryptHash struct {
	text string
	cost int
}

// newBcrypt hashes a password, which must fit bcrypt, at the live cost. The salt
// comes from crypto/rand.
func newBcrypt(password string) (*bcryptHash, error) {
	text, err := bcrypt.GenerateFromPassword([]byte(password), LiveBcryptCost)
	if err != nil {
		return nil, fmt.Errorf("bcrypt: %w", err)
	}
	return &bcryptHash{text: string(text), cost: LiveBcryptCost}, nil
}

func (h *bcryptHash) algorithm() algorithm { return bcryptID }

// matches compares the first 72 bytes, as bcryptjs does: people whose adopted
// hash was made from a longer password can sign in. A password with a NUL never
// matches, since bcrypt may take it for a shorter one (fitsBcrypt).
func (h *bcryptHash) matches(password string) bool {
	err := bcrypt.CompareHashAndPassword([]byte(h.text), []byte(password))
	return err == nil && !strings.Contains(password, "\x00")
}

func (h *bcryptHash) weak() bool { return h.cost < LiveBcryptCost }

func (h *bcryptHash) encode() secret.Secret { return secret.Secret(h.text) }

// parseBcrypt reads a bcrypt string. A cost outside 4 to 15 is refused.
func parseBcrypt(stored secret.Secret) (*bcryptHash, bool) {
	s := string(stored)
	if len(s) != bcryptLen || s[6] != '$' {
		return nil, false
	}
	switch s[:4] {
	case "$2a$", "$2b$", "$2y$":
	default:
		return nil, false
	}
	cost := int(s[4]-'0')*10 + int(s[5]-'0')
	if !isDigit(s[4]) || !isDigit(s[5]) || cost < bcrypt.MinCost || cost > maxBcryptCost {
		return nil, false
	}
	if strings.Trim(s[len("$2a$12$"):], bcryptLetters) != "" {
		return nil, false
	}
	return &bcryptHash{text: s, cost: cost}, true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
