package seal

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/authent/authent/authent/secret"
)

const (
	accountToken = "authent/v1/account-token"
	keyID        = "authent/v1/key-id"
	// columnPrefix begins a sealed column; a value without it is plain.
	columnPrefix = "authent.v1."
)

// IsColumn reports whether a value has the form that SealColumn gives it.
func IsColumn(value secret.Secret) bool { return strings.HasPrefix(string(value), columnPrefix) }

// SealColumn seals a value for a column as "authent.v1.<key id>.<sealed>". aad binds
// it to its row and column.
func (k *Keyring) SealColumn(r io.Reader, aad string, value secret.Secret) (secret.Secret, error) {
	ids, err := k.keyIDs()
	if err != nil {
		return "", err
	}
	sealed, err := k.seal(r, accountToken, aad, []byte(value))
	if err != nil {
		return "", err
	}
	return secret.Secret(columnPrefix + ids[0] + "." + sealed), nil
}

// OpenColumn opens what SealColumn made, and returns a value that was never sealed
// as it is. A value sealed under a secret that is no longer known, or for another
// place, becomes "".
func (k *Keyring) OpenColumn(aad string, value secret.Secret) secret.Secret {
	rest, sealed := strings.CutPrefix(string(value), columnPrefix)
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
		one := Keyring{secrets: k.secrets[i : i+1]}
		if plain, ok := one.open(accountToken, aad, text); ok {
			return secret.Secret(plain)
		}
	}
	return ""
}

// keyIDs returns the names that the keys have in the database, which reveal
// nothing about them.
func (k *Keyring) keyIDs() ([]string, error) {
	ids := make([]string, len(k.secrets))
	for i, s := range k.secrets {
		id, err := hkdf.Key(sha256.New, s, nil, keyID, 4)
		if err != nil {
			return nil, fmt.Errorf("derive key id: %w", err)
		}
		ids[i] = hex.EncodeToString(id)
	}
	return ids, nil
}
