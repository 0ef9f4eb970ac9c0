package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// keySet are the keys by which a server signs, as they are published. Their
// lifetime is kept: one that was withdrawn must go. A token under a key that is not
// known has them asked for again (OpenID Connect Core §10.1.1), at most once in
// renewPause, so that a flood of such tokens is none at the server.
type keySet struct{ lookup[[]jose.JSONWebKey] }

// signed is one token whose signature is checked. It implements oidc.KeySet, whose
// caller loses the error of asking for the keys.
type signed struct {
	keys *keySet
	err  error
}

// VerifySignature implements oidc.KeySet.
func (s *signed) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	jws, err := jose.ParseSigned(token, signatureAlgorithms())
	if err != nil || len(jws.Signatures) != 1 {
		return nil, errors.New("it is not signed once, by an algorithm that is accepted")
	}
	known, err := s.keys.get(ctx)
	if err != nil {
		s.err = err
		return nil, err
	}
	if payload, ok := verifyBy(*known, jws); ok {
		return payload, nil
	}
	renewed, err := s.keys.renew(ctx, known)
	if err != nil {
		s.err = err
		return nil, err
	}
	if payload, ok := verifyBy(*renewed, jws); ok && renewed != known {
		return payload, nil
	}
	return nil, errors.New("none of the server's keys made it")
}

// verifyBy checks a signature by the keys that have its name, or by all of them
// where it has none.
func verifyBy(keys []jose.JSONWebKey, jws *jose.JSONWebSignature) ([]byte, bool) {
	name := jws.Signatures[0].Header.KeyID
	for i := range keys {
		if name != "" && keys[i].KeyID != name {
			continue
		}
		if payload, err := jws.Verify(&keys[i]); err == nil {
			return payload, true
		}
	}
	return nil, false
}

func signatureAlgorithms() []jose.SignatureAlgorithm {
	all := make([]jose.SignatureAlgorithm, len(signatures))
	for i, name := range signatures {
		all[i] = jose.SignatureAlgorithm(name)
	}
	return all
}

// fetchKeys gets a JSON Web Key Set. Keys that are not understood are left out
// (RFC 7517 §5), and so are those for encryption.
func fetchKeys(ctx context.Context, c *http.Client, url string) (*[]jose.JSONWebKey, time.Duration, error) {
	var set Claims
	header, err := fetchJSON(ctx, c, url, &set)
	if err != nil {
		return nil, 0, err
	}
	published, isList := set["keys"].([]any)
	if !isList {
		return nil, 0, fmt.Errorf("%s has no key that can be used: it has no list called keys", printable(url, maxCause))
	}
	var keys []jose.JSONWebKey
	for _, one := range published {
		members, _ := one.(map[string]any)
		if key, ok := readKey(members); ok {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, 0, fmt.Errorf("%s has no key that can be used: it has %d, none of them a public key for signatures that is understood", printable(url, maxCause), len(published))
	}
	return &keys, lifetime(header), nil
}

// keyMembers are what a public key of each kty is made of (RFC 7518 §6, RFC 8037
// §2). Others, as a chain of certificates, are not read: nothing is made of them.
var keyMembers = map[string][]string{"RSA": {"n", "e"}, "EC": {"crv", "x", "y"}, "OKP": {"crv", "x"}}

// readKey is a key, if it is understood and not for encryption.
func readKey(members Claims) (key jose.JSONWebKey, ok bool) {
	kept := map[string]string{"kty": members.String("kty")}
	for _, name := range keyMembers[kept["kty"]] {
		if text, ok := members[name].(string); ok {
			kept[name] = text
		}
	}
	if name := members.String("kid"); name != "" {
		kept["kid"] = name
	}
	text, err := json.Marshal(kept)
	if err != nil || json.Unmarshal(text, &key) != nil {
		return key, false
	}
	return key, key.Valid() && key.IsPublic() && members.String("use") != "enc"
}
