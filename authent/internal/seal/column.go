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
	factorSecret = "authent/v1/factor-secret"
	keyID        = "authent/v1/key-id"
	// columnPrefix begins a sealed column; a value without it is plain.
	columnPrefix = "authent.v1."
)

// IsColumn reports whether a value has the form that SealColumn gives it.
func IsColumn(value secret.Secret) bool { return strings.HasPrefix(string(value), columnPrefix) }

// SealColumn seals a value for a column as "authent.v1.<key id>.<sealed>". aad binds
// it to its row and column.
func (k *Keyring) SealColumn(r io.Reader, aad string, value secret.Secret) (secret.Secret, error) {
	return k.sealValue(r, accountToken, aad, value)
}

// SealFactor does what SealColumn does for the secret of a second factor, under a key of
// its own.
func (k *Keyring) SealFactor(r io.Reader, aad string, value secret.Secret) (secret.Secret, error) {
	return k.sealValue(r, factorSecret, aad, value)
}

func (k *Keyring) sealValue(r io.Reader, info, aad string, value secret.Secret) (secret.Secret, error) {
	ids, err := k.keyIDs()
	if err != nil {
		return "", err
	}
	sealed, err := k.seal(r, info, aad, []byte(value))
	if err != nil {
		return "", err
	}
	return secret.Secret(columnPrefix + ids[0] + "." + sealed), nil
}

// OpenColumn opens what SealColumn made, and returns a value that was never sealed
// as it is. A value sealed under a secret that is no longer known, or for another
// place, becomes "".
func (k *Keyring) OpenColumn(aad string, value secret.Secret) secret.Secret {
	if !IsColumn(value) {
		return value
	}
	plain, _, _ := k.openValue(accountToken, aad, value)
	return plain
}

// OpenFactor opens what SealFactor made. stale says that an older secret than the newest
// has sealed it. ok is false for a value that was never sealed, that was sealed under a
// secret which is no longer known, or for another place.
func (k *Keyring) OpenFactor(aad string, value secret.Secret) (plain secret.Secret, stale, ok bool) {
	return k.openValue(factorSecret, aad, value)
}

func (k *Keyring) openValue(info, aad string, value secret.Secret) (plain secret.Secret, stale, ok bool) {
	rest, _ := strings.CutPrefix(string(value), columnPrefix)
	id, text, found := strings.Cut(rest, ".")
	ids, err := k.keyIDs()
	if err != nil || !found || !IsColumn(value) {
		return "", false, false
	}
	for i := range ids {
		if ids[i] != id {
			continue
		}
		one := Keyring{secrets: k.secrets[i : i+1]}
		if plain, ok := one.open(info, aad, text); ok {
			return secret.Secret(plain), i > 0, true
		}
	}
	return "", false, false
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
