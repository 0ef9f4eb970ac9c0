package oauthserver

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// signingKey signs ID tokens.
type signingKey struct {
	id, alg string
	private crypto.Signer
}

func newKey(id, alg string) (signingKey, error) {
	if alg == "ES256" {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		return signingKey{id, alg, k}, err
	}
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	return signingKey{id, alg, k}, err
}

// firstRSA and firstEC are every server's first keys: making one takes as long as
// a whole test.
var (
	firstRSA = sync.OnceValues(func() (signingKey, error) { return newKey("key-1", "RS256") })
	firstEC  = sync.OnceValues(func() (signingKey, error) { return newKey("key-1", "ES256") })
)

func firstKey(alg string) (signingKey, error) {
	if alg == "ES256" {
		return firstEC()
	}
	return firstRSA()
}

// RotateKeys makes a new key, signs with it from now on, and stops publishing the
// old one.
func (s *Server) RotateKeys() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys++
	k, err := newKey(fmt.Sprintf("key-%d", s.keys+1), s.cfg.Algorithm)
	if err != nil {
		return fmt.Errorf("oauthserver: rotate keys: %w", err)
	}
	s.key = k
	return nil
}

func (s *Server) signingKey() signingKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.key
}

func (s *Server) jwks(w http.ResponseWriter, r *http.Request) {
	if status(w, s.misbehaviour().KeysStatus) {
		return
	}
	k := s.signingKey()
	w.Header().Set("Cache-Control", "public, max-age=300")
	writeJSON(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: k.private.Public(), KeyID: k.id, Algorithm: k.alg, Use: "sig"},
	}})
}

// sign makes a JWT of the claims, as correctly or as wrongly as it is told to.
func (s *Server) sign(claims map[string]any, m Misbehaviour) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	if m.Payload != "" {
		payload = []byte(m.Payload)
	}
	if m.AlgNone {
		enc := base64.RawURLEncoding
		return enc.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + enc.EncodeToString(payload) + ".", nil
	}
	k := s.signingKey()
	key := jose.SigningKey{Algorithm: jose.SignatureAlgorithm(k.alg), Key: jose.JSONWebKey{Key: k.private, KeyID: k.id}}
	if m.UnknownKey || m.StolenKid {
		other, err := newKey("key-unknown", k.alg)
		if err != nil {
			return "", err
		}
		if m.StolenKid {
			other.id = k.id
		}
		key.Key = jose.JSONWebKey{Key: other.private, KeyID: other.id}
	}
	if m.AlgHS256 {
		key = jose.SigningKey{Algorithm: jose.HS256, Key: hmacKey(s.cfg.ClientSecret)}
	}
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", err
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	if m.BadSignature {
		jws.Signatures[0].Signature[10] ^= 1
	}
	return jws.CompactSerialize()
}

// hmacKey returns the secret, filled with zeros to the 32 bytes that go-jose
// requires. HMAC fills a short key with zeros itself, so it is the same key.
func hmacKey(secret string) []byte {
	key := []byte(secret)
	for len(key) < 32 {
		key = append(key, 0)
	}
	return key
}
