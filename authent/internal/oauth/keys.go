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

// keySet holds the keys with which a server signs, as it publishes them. They are
// not kept beyond their lifetime, since a withdrawn key must go. A token signed
// with an unknown key makes us fetch them again (OpenID Connect Core §10.1.1), at
// most once in renewPause, so that a flood of such tokens does not reach the
// server.
type keySet struct{ lookup[[]jose.JSONWebKey] }

// signed is one token whose signature is checked. It implements oidc.KeySet, and
// keeps the error of fetching the keys, which the caller of a KeySet loses.
type signed struct {
	keys *keySet
	err  error
}

// VerifySignature implements oidc.KeySet.
func (s *signed) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	jws, err := jose.ParseSigned(token, signatureAlgorithms())
	if err != nil || len(jws.Signatures) != 1 {
		return nil, errors.New("it does not have exactly one signature, by an algorithm that is accepted")
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

// verifyBy checks a signature with the keys of its name, or with all keys if it
// names none.
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

// fetchKeys gets a JSON Web Key Set. It leaves out keys that it does not
// understand (RFC 7517 §5), and those for encryption.
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
// §2). Other members, such as a chain of certificates, are not used and so not
// read.
var keyMembers = map[string][]string{"RSA": {"n", "e"}, "EC": {"crv", "x", "y"}, "OKP": {"crv", "x"}}

// readKey reads a key, if it is understood and not for encryption.
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
