package authent

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
	var set struct{ Keys []json.RawMessage }
	header, err := fetchJSON(ctx, c, url, &set)
	if err != nil {
		return nil, 0, err
	}
	var keys []jose.JSONWebKey
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) == nil && key.Valid() && key.Use != "enc" {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, 0, fmt.Errorf("%s has no key that can be used", printable(url))
	}
	return &keys, lifetime(header), nil
}
