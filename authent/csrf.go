package authent

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
)

// csrf makes and checks the cookie of Auth.js's double submit: "token|hash",
// where only a holder of the secret can make the hash, so that a token planted
// by a sibling domain is not taken. A form must repeat the token.
type csrf struct {
	keys *keyring
	// shared chooses Auth.js's hash, which it can verify too.
	shared bool
	// secret is all secrets joined by commas, as Auth.js hashes them. It is used
	// in shared mode only.
	secret string
}

// issue returns a new token of 64 hex digits and the cookie that goes with it.
func (c csrf) issue(r io.Reader) (token, cookieValue string, err error) {
	b, err := randomBytes(r, tokenBytes)
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

// verify returns the token of a cookie that issue, or in shared mode Auth.js,
// made. In native mode the cookie outlives a change of secrets.
func (c csrf) verify(cookieValue string) (token string, ok bool) {
	token, hash, found := strings.Cut(cookieValue, "|")
	if !found || token == "" {
		return "", false
	}
	hashes, err := c.hashes(token)
	if err != nil {
		return "", false
	}
	for _, want := range hashes {
		ok = want.Equal(Secret(hash)) || ok
	}
	if !ok {
		return "", false
	}
	return token, true
}

// hashes returns the valid hashes of a token, the one for new cookies first.
func (c csrf) hashes(token string) ([]Secret, error) {
	if c.shared {
		return []Secret{hashToken(token + c.secret)}, nil
	}
	keys, err := c.keys.derive(infoCSRF)
	if err != nil {
		return nil, err
	}
	hashes := make([]Secret, 0, len(keys))
	for _, key := range keys {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(token))
		hashes = append(hashes, Secret(hex.EncodeToString(mac.Sum(nil))))
	}
	return hashes, nil
}
