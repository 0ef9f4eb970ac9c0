package authent

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

const (
	infoAccountToken = "authent/v1/account-token"
	infoKeyID        = "authent/v1/key-id"
	// sealedPrefix begins a sealed column; what it does not begin is plain.
	sealedPrefix = "authent.v1."
)

// sealAccount seals an account's tokens for the database: whoever reads it does
// not act for people at their providers. In shared mode they stay as Auth.js
// stores them.
func (a *Auth) sealAccount(acc Account) (Account, error) {
	if a.cfg.SharedWithAuthJS {
		return acc, nil
	}
	for _, column := range acc.tokens() {
		if *column.value == "" {
			continue
		}
		sealed, err := a.keys.sealColumn(a.cfg.Rand, acc.aad(column.name), *column.value)
		if err != nil {
			return acc, fmt.Errorf("authent: seal account: %w", err)
		}
		*column.value = sealed
	}
	return acc, nil
}

// openAccount opens an account's tokens. One that is sealed under a key that is
// no longer known counts as absent.
func (a *Auth) openAccount(acc Account) Account {
	for _, column := range acc.tokens() {
		*column.value = a.keys.openColumn(acc.aad(column.name), *column.value)
	}
	return acc
}

// ErrNoSecret says that NewTokenSealer was given no secret and found none in the
// environment.
var ErrNoSecret = errors.New("no secret: set AUTH_SECRET (openssl rand -base64 33)")

// TokenSealer seals providers' tokens as the engine does, for programs that
// write accounts without it: migrate adopt does. Any number of goroutines may
// use it.
type TokenSealer struct{ keys *keyring }

// NewTokenSealer takes the secrets, the newest first, each of 32 bytes or more:
// those of Config.Secrets, or the tokens do not open there. If there are none,
// the environment's, as for Config.Secrets; none there either is ErrNoSecret.
func NewTokenSealer(secrets ...string) (*TokenSealer, error) {
	if len(secrets) == 0 {
		secrets = secretsFromEnv(os.Getenv, false)
	}
	if len(secrets) == 0 {
		return nil, fmt.Errorf("authent: token sealer: %w", ErrNoSecret)
	}
	if err := validateSecrets(secrets); err != nil {
		return nil, fmt.Errorf("authent: token sealer: %w", err)
	}
	return &TokenSealer{newKeyring(secrets)}, nil
}

// Seal replaces each token of an account by what the database is to hold. A
// token that is sealed already, and one that is "", stays. Provider and
// ProviderAccountID must be those under which the account is stored.
func (s *TokenSealer) Seal(acc *Account) error {
	for _, column := range acc.tokens() {
		if *column.value == "" || strings.HasPrefix(string(*column.value), sealedPrefix) {
			continue
		}
		sealed, err := s.keys.sealColumn(rand.Reader, acc.aad(column.name), *column.value)
		if err != nil {
			return fmt.Errorf("authent: seal account: %w", err)
		}
		*column.value = sealed
	}
	return nil
}

// Open replaces each token of an account, as it is stored, by itself. One that was
// never sealed stays; one that is sealed under another secret, or was another
// account's, becomes "".
func (s *TokenSealer) Open(acc *Account) {
	for _, column := range acc.tokens() {
		*column.value = s.keys.openColumn(acc.aad(column.name), *column.value)
	}
}

type tokenColumn struct {
	name  string
	value *Secret
}

func (a *Account) tokens() []tokenColumn {
	return []tokenColumn{{"refresh_token", &a.RefreshToken}, {"access_token", &a.AccessToken}, {"id_token", &a.IDToken}}
}

// aad binds what is sealed to its row and column, so that nobody who can write
// to the database gives one person's token to another.
func (a *Account) aad(column string) string {
	return a.Provider + "\x00" + a.ProviderAccountID + "\x00" + column
}

// sealColumn seals a value as "authent.v1.<key id>.<sealed>".
func (k *keyring) sealColumn(r io.Reader, aad string, value Secret) (Secret, error) {
	ids, err := k.keyIDs()
	if err != nil {
		return "", err
	}
	sealed, err := k.seal(r, infoAccountToken, aad, []byte(value))
	if err != nil {
		return "", err
	}
	return Secret(sealedPrefix + ids[0] + "." + sealed), nil
}

// openColumn opens what sealColumn made; a value that was never sealed is
// returned as it is.
func (k *keyring) openColumn(aad string, value Secret) Secret {
	rest, sealed := strings.CutPrefix(string(value), sealedPrefix)
	if !sealed {
		return value
	}
	id, text, found := strings.Cut(rest, ".")
	ids, err := k.keyIDs()
	if err != nil || !found {
		return ""
	}
	for i := range ids {
		if ids[i] != id {
			continue
		}
		one := keyring{secrets: k.secrets[i : i+1]}
		if plain, ok := one.open(infoAccountToken, aad, text); ok {
			return Secret(plain)
		}
	}
	return ""
}

// keyIDs name the keys in the database, without telling anything of them.
func (k *keyring) keyIDs() ([]string, error) {
	ids := make([]string, len(k.secrets))
	for i, secret := range k.secrets {
		id, err := hkdf.Key(sha256.New, secret, nil, infoKeyID, 4)
		if err != nil {
			return nil, fmt.Errorf("derive key id: %w", err)
		}
		ids[i] = hex.EncodeToString(id)
	}
	return ids, nil
}
