package authent

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/authent/authent/authent/internal/seal"
)

// ErrNoSecret is returned by NewTokenSealer when it was given no secret and found
// none in the environment.
var ErrNoSecret = errors.New("no secret: set AUTH_SECRET (openssl rand -base64 33)")

// TokenSealer seals providers' tokens as the engine does, for programs that
// write accounts without it: migrate adopt does. Any number of goroutines may
// use it.
type TokenSealer struct {
	keys *seal.Keyring
	rand io.Reader
}

// NewTokenSealer makes one from secrets, the newest first, each of 32 bytes or
// more. They must be those of Config.Secrets, or the engine cannot open the
// tokens. If there are none, the environment's, as for Config.Secrets; if there
// are none either, it returns ErrNoSecret.
func NewTokenSealer(secrets ...string) (*TokenSealer, error) {
	if len(secrets) == 0 {
		secrets = new(Config).secretsFromEnv(os.Getenv)
	}
	if len(secrets) == 0 {
		return nil, fmt.Errorf("authent: token sealer: %w", ErrNoSecret)
	}
	if err := validateSecrets(secrets); err != nil {
		return nil, fmt.Errorf("authent: token sealer: %w", err)
	}
	return &TokenSealer{seal.NewKeyring(secrets), rand.Reader}, nil
}

// Seal replaces each token of an account with its sealed form, which is what the
// engine stores. A token that is sealed already, or "", stays. The account's
// Provider and ProviderAccountID must be those of its row: the tokens can be
// opened only there.
func (s *TokenSealer) Seal(acc *Account) error {
	return s.seal(acc, seal.IsColumn)
}

// seal seals the tokens that keep does not name.
func (s *TokenSealer) seal(acc *Account, keep func(Secret) bool) error {
	for _, column := range acc.tokens() {
		if *column.value == "" || keep(*column.value) {
			continue
		}
		sealed, err := s.keys.SealColumn(s.rand, acc.aad(column.name), *column.value)
		if err != nil {
			return fmt.Errorf("authent: seal account: %w", err)
		}
		*column.value = sealed
	}
	return nil
}

// Open replaces each stored token of an account with the token itself. One that
// was never sealed stays; one that is sealed under another secret, or was another
// account's, becomes "".
func (s *TokenSealer) Open(acc *Account) {
	for _, column := range acc.tokens() {
		*column.value = s.keys.OpenColumn(acc.aad(column.name), *column.value)
	}
}

// sealAccount seals an account's tokens for the database, so that whoever reads
// it cannot act for people at their providers. In shared mode they stay as
// Auth.js stores them. Everything that a provider sends is sealed, even if it
// looks sealed already.
func (a *Auth) sealAccount(acc *Account) error {
	if a.cfg.shared() {
		return nil
	}
	return a.tokens.seal(acc, func(Secret) bool { return false })
}

type tokenColumn struct {
	name  string
	value *Secret
}

func (a *Account) tokens() []tokenColumn {
	return []tokenColumn{{"refresh_token", &a.RefreshToken}, {"access_token", &a.AccessToken}, {"id_token", &a.IDToken}}
}

// aad returns what binds a sealed token to its row and column, so that nobody who
// can write to the database can give one person's token to another.
func (a *Account) aad(column string) string {
	return a.Provider + "\x00" + a.ProviderAccountID + "\x00" + column
}
