package softauthenticator

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"math/big"
)

// Algorithms, with their COSE numbers.
const (
	ES256 int64 = -7
	EdDSA int64 = -8
	ES384 int64 = -35
	RS256 int64 = -257
)

// key is a private key of one algorithm.
type key interface {
	algorithm() int64
	// cose returns the public key as a COSE_Key (RFC 9053).
	cose() map[int]any
	sign(data []byte) ([]byte, error)
}

func newKey(algorithm int64) (key, error) {
	switch algorithm {
	case ES256:
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		return ecKey{k}, err
	case ES384:
		k, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
		return ecKey{k}, err
	case EdDSA:
		_, k, err := ed25519.GenerateKey(rand.Reader)
		return edKey{k}, err
	case RS256:
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		return rsaKey{k}, err
	}
	return nil, fmt.Errorf("no algorithm %d", algorithm)
}

type ecKey struct{ *ecdsa.PrivateKey }

func (k ecKey) algorithm() int64 {
	if k.Curve == elliptic.P384() {
		return ES384
	}
	return ES256
}

func (k ecKey) cose() map[int]any {
	curve := map[int64]int{ES256: 1, ES384: 2}[k.algorithm()]
	point, err := k.PublicKey.Bytes()
	if err != nil {
		panic(err) // a key that was made above is on its curve
	}
	half := (len(point) - 1) / 2
	return map[int]any{1: 2, 3: k.algorithm(), -1: curve, -2: point[1 : 1+half], -3: point[1+half:]}
}

func (k ecKey) sign(data []byte) ([]byte, error) {
	if k.algorithm() == ES384 {
		sum := sha512.Sum384(data)
		return ecdsa.SignASN1(rand.Reader, k.PrivateKey, sum[:])
	}
	sum := sha256.Sum256(data)
	return ecdsa.SignASN1(rand.Reader, k.PrivateKey, sum[:])
}

type edKey struct{ ed25519.PrivateKey }

func (edKey) algorithm() int64 { return EdDSA }

func (k edKey) cose() map[int]any {
	return map[int]any{1: 1, 3: EdDSA, -1: 6, -2: []byte(k.PrivateKey[ed25519.SeedSize:])}
}

func (k edKey) sign(data []byte) ([]byte, error) { return ed25519.Sign(k.PrivateKey, data), nil }

type rsaKey struct{ *rsa.PrivateKey }

func (rsaKey) algorithm() int64 { return RS256 }

func (k rsaKey) cose() map[int]any {
	return map[int]any{1: 3, 3: RS256, -1: k.N.Bytes(), -2: big.NewInt(int64(k.E)).Bytes()}
}

func (k rsaKey) sign(data []byte) ([]byte, error) {
	sum := sha256.Sum256(data)
	return rsa.SignPKCS1v15(rand.Reader, k.PrivateKey, crypto.SHA256, sum[:])
}
