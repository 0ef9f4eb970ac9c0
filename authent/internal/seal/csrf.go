package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"

	"github.com/authent/authent/authent/secret"
)

// CSRF makes and checks the cookie of Auth.js's double submit: "token|hash",
// where only a holder of the secret can make the hash, so that a token planted by
// a sibling domain is not accepted. A form must repeat the token.
type CSRF struct {
	keys *Keyring
	// authJS are the secrets as Auth.js hashes with them, the one for new cookies first;
	// none for hashes of our own.
	authJS []string
}

// NewCSRF returns a CSRF that hashes with a key of its own.
func NewCSRF(keys *Keyring) CSRF { return CSRF{keys: keys} }

// NewAuthJSCSRF returns a CSRF that hashes as Auth.js does, and verifies what Auth.js
// made under one of the secrets. New cookies are under the first. A list of which Auth.js
// makes one secret is passed as that.
func NewAuthJSCSRF(secrets []string) CSRF { return CSRF{authJS: secrets} }

// Issue returns a new token of 64 hex digits and the cookie that goes with it.
func (c CSRF) Issue(r io.Reader) (token, cookieValue string, err error) {
	b, err := RandomBytes(r, TokenBytes)
	if err != nil {
		return "", "", err
	}
	token = hex.EncodeToString(b)
	hashes, err := c.hashes(token)
	if err != nil {
		return "", "", err
	}
	return token, token + "|" + string(hashes[0]), nil
}

// Verify returns the token of a cookie that Issue, or in shared mode Auth.js,
// made. In native mode the cookie outlives a change of secrets.
func (c CSRF) Verify(cookieValue string) (token string, ok bool) {
	token, hash, found := strings.Cut(cookieValue, "|")
	if !found || token == "" {
		return "", false
	}
	hashes, err := c.hashes(token)
	if err != nil {
		return "", false
	}
	for _, want := range hashes {
		ok = want.Equal(secret.Secret(hash)) || ok
	}
	if !ok {
		return "", false
	}
	return token, true
}

// hashes returns the valid hashes of a token, the one for new cookies first.
func (c CSRF) hashes(token string) ([]secret.Secret, error) {
	if len(c.authJS) > 0 {
		var hashes []secret.Secret
		for _, s := range c.authJS {
			hashes = append(hashes, HashToken(token+s))
		}
		return hashes, nil
	}
	keys, err := c.keys.derive(infoCSRF)
	if err != nil {
		return nil, err
	}
	hashes := make([]secret.Secret, 0, len(keys))
	for _, key := range keys {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(token))
		hashes = append(hashes, secret.Secret(hex.EncodeToString(mac.Sum(nil))))
	}
	return hashes, nil
}
