// Package seal derives keys from the application's secrets, seals cookies and columns
// with them, and makes the tokens that browsers and links carry.
package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// What a key is for. Each purpose has a key of its own, so that what was made
// for one never passes for another.
const (
	// Flow is for what a browser keeps on its way through a sign-in.
	Flow = "authent/v1/flow"
	// Recent is for the mark of a recent sign-in.
	Recent = "authent/v1/recent"
	// RateLimit is for the names of counters.
	RateLimit = "authent/v1/rate-limit"
	// Mail is for mails that wait to be sent, and for what their links carry.
	Mail = "authent/v1/mail"
	// Code is for what a browser keeps that waits for a code.
	Code = "authent/v1/code"
	// Known is for the mark of a browser that somebody signed in with.
	Known = "authent/v1/known"
	// Passkey is for what a browser keeps while a passkey is used.
	Passkey = "authent/v1/passkey"
	// Factor is for what a browser keeps between the steps of a sign-in, and while a
	// factor is set up.
	Factor   = "authent/v1/factor"
	infoCSRF = "authent/v1/csrf"
)

// Keyring derives keys from Config.Secrets. The newest one seals, all of them
// open and verify, so that a secret can be replaced without breaking what
// browsers hold.
type Keyring struct {
	secrets [][]byte
	// derived holds what was derived before, [][]byte by info: of the constants above.
	derived sync.Map
}

// NewKeyring makes a Keyring from secrets, the newest first.
func NewKeyring(secrets []string) *Keyring {
	k := &Keyring{}
	for _, s := range secrets {
		k.secrets = append(k.secrets, []byte(s))
	}
	return k
}

// derive returns the 32-byte key for info under each secret, the newest first:
// HKDF-SHA-256 without salt (RFC 5869), since secrets are random, not passwords.
func (k *Keyring) derive(info string) ([][]byte, error) {
	if keys, ok := k.derived.Load(info); ok {
		return keys.([][]byte), nil
	}
	if len(k.secrets) == 0 {
		return nil, fmt.Errorf("derive key %s: no secret", info)
	}
	keys := make([][]byte, 0, len(k.secrets))
	for _, secret := range k.secrets {
		key, err := hkdf.Key(sha256.New, secret, nil, info, sha256.Size)
		if err != nil {
			return nil, fmt.Errorf("derive key %s: %w", info, err)
		}
		keys = append(keys, key)
	}
	k.derived.Store(info, keys)
	return keys, nil
}

// seal encrypts plaintext under the newest secret with AES-256-GCM and a random
// nonce. aad binds the result to its place, the name of its cookie: open refuses
// it anywhere else (P21).
func (k *Keyring) seal(r io.Reader, info, aad string, plaintext []byte) (string, error) {
	keys, err := k.derive(info)
	if err != nil {
		return "", err
	}
	aead, err := newAEAD(keys[0])
	if err != nil {
		return "", err
	}
	nonce, err := RandomBytes(r, aead.NonceSize())
	if err != nil {
		return "", err
	}
	sealed := aead.Seal(nonce, nonce, plaintext, []byte(aad))
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// open decrypts what seal made under any of the secrets with the same info and
// aad. It never says why a value does not open.
func (k *Keyring) open(info, aad, sealed string) ([]byte, bool) {
	// The decoder skips line breaks, which would let one value have many forms.
	if strings.ContainsAny(sealed, "\r\n") {
		return nil, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil {
		return nil, false
	}
	keys, err := k.derive(info)
	if err != nil {
		return nil, false
	}
	for _, key := range keys {
		aead, err := newAEAD(key)
		if err != nil || len(b) < aead.NonceSize() {
			return nil, false
		}
		nonce, ciphertext := b[:aead.NonceSize()], b[aead.NonceSize():]
		if plaintext, err := aead.Open(nil, nonce, ciphertext, []byte(aad)); err == nil {
			return plaintext, true
		}
	}
	return nil, false
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	return aead, nil
}

// envelope puts the expiry inside the seal: a browser keeps a cookie as long as
// it likes.
type envelope struct {
	// Expires is in Unix milliseconds.
	Expires int64           `json:"e"`
	Value   json.RawMessage `json:"v"`
}

// SealJSON seals v as JSON until expires.
func (k *Keyring) SealJSON(r io.Reader, info, aad string, v any, expires time.Time) (string, error) {
	value, err := plainJSON(v)
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	plaintext, err := plainJSON(envelope{expires.UnixMilli(), value})
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	return k.seal(r, info, aad, plaintext)
}

// plainJSON does what json.Marshal does without HTML escaping: six bytes for each
// "&" of a URL would make cookies too large.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

// OpenJSON opens what SealJSON made into the pointer v, if it has not expired at
// now. If it returns false, do not use v.
func (k *Keyring) OpenJSON(info, aad, sealed string, now time.Time, v any) bool {
	plaintext, ok := k.open(info, aad, sealed)
	if !ok {
		return false
	}
	var e envelope
	if err := json.Unmarshal(plaintext, &e); err != nil || now.UnixMilli() >= e.Expires {
		return false
	}
	return json.Unmarshal(e.Value, v) == nil
}

// MAC returns the lowercase hex HMAC-SHA-256 of parts under the newest secret's key for
// info. Each part is preceded by its length, so that no two lists are the same.
func (k *Keyring) MAC(info string, parts ...string) string {
	key, err := k.derive(info)
	if err != nil {
		return "" // New refuses to start without a secret
	}
	mac := hmac.New(sha256.New, key[0])
	for _, part := range parts {
		_ = binary.Write(mac, binary.BigEndian, uint64(len(part)))
		mac.Write([]byte(part))
	}
	return hex.EncodeToString(mac.Sum(nil))
}
