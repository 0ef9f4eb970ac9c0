// Package softauthenticator is an authenticator in software, together with the browser that
// it is in, for tests: it makes passkeys and signs with them, and answers in the JSON that
// PublicKeyCredential.toJSON writes. It can misbehave in every way that a relying party has
// to notice.
package softauthenticator

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// Flags of the authenticator data (WebAuthn L3 §6.1).
const (
	UserPresent    = 1 << 0
	UserVerified   = 1 << 2
	BackupEligible = 1 << 3
	BackedUp       = 1 << 4
	attested       = 1 << 6
)

// Credential is a passkey with its private key. It is not safe for concurrent use.
type Credential struct {
	// ID is its id, 32 random bytes.
	ID []byte
	// RPID is the relying party that it belongs to.
	RPID string
	// UserHandle is what it knows of its user.
	UserHandle []byte
	// AAGUID says which model of authenticator it is in.
	AAGUID [16]byte
	// Flags are set in each answer; from New, all of them.
	Flags byte
	// Counts says that signatures are counted. Otherwise Counter stays what it is, as
	// with passkeys that are synchronised, where it is 0.
	Counts bool
	// Counter is that of the last signature.
	Counter uint32

	key key
}

// New makes a passkey with a key of an algorithm: ES256, EdDSA, RS256 or, which relying
// parties do not ask for, ES384. rpID is the relying party's id, userHandle the user's.
func New(algorithm int64, rpID string, userHandle []byte) (*Credential, error) {
	k, err := newKey(algorithm)
	if err != nil {
		return nil, fmt.Errorf("softauthenticator: %w", err)
	}
	c := &Credential{
		ID: make([]byte, 32), RPID: rpID, UserHandle: userHandle,
		Flags: UserPresent | UserVerified | BackupEligible | BackedUp, key: k,
	}
	if _, err := rand.Read(c.ID); err != nil {
		return nil, fmt.Errorf("softauthenticator: make an id: %w", err)
	}
	return c, nil
}

// PublicKey returns the key as a relying party stores it, in COSE.
func (c *Credential) PublicKey() ([]byte, error) { return encode(c.key.cose()) }

// Ceremony is what a page asks for, and what its browser tells of the page.
type Ceremony struct {
	// Challenge is that of the options.
	Challenge string
	// Origin is the page's.
	Origin string
	// CrossOrigin says that the page is in a frame of another one; TopOrigin is the
	// latter's, if the browser tells it.
	CrossOrigin bool
	TopOrigin   string
	// TextHandle writes the user handle as text, as SimpleWebAuthn does up to version 9,
	// and not in base64url.
	TextHandle bool
	// Faults are what goes wrong.
	Faults Faults
}

// Faults change what browsers and authenticators make. Each may be nil.
type Faults struct {
	// ClientData changes the client data before it is written.
	ClientData func(map[string]any)
	// ClientDataJSON changes it as it is written, before it is hashed.
	ClientDataJSON func([]byte) []byte
	// AuthenticatorData changes the authenticator data before it is signed.
	AuthenticatorData func([]byte) []byte
	// PublicKey changes the key that is registered, before it is written.
	PublicKey func(map[int]any)
	// Attestation changes the attestation object before it is written.
	Attestation func(map[string]any)
	// AttestationObject changes it as it is written.
	AttestationObject func([]byte) []byte
	// Signature changes the signature.
	Signature func([]byte) []byte
	// Answer changes the answer, and what it has under "response".
	Answer func(answer, response map[string]any)
}

// Create registers the passkey, and returns the browser's answer to
// navigator.credentials.create.
func (c *Credential) Create(at Ceremony) ([]byte, error) {
	cose := c.key.cose()
	call(at.Faults.PublicKey, cose)
	public, err := encode(cose)
	if err != nil {
		return nil, err
	}
	data := c.authenticatorData(attested)
	data = append(data, c.AAGUID[:]...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(c.ID)))
	data = append(append(data, c.ID...), public...)
	data = changed(at.Faults.AuthenticatorData, data)
	object := map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data}
	call(at.Faults.Attestation, object)
	attestation, err := encode(object)
	if err != nil {
		return nil, err
	}
	client, err := at.clientData("webauthn.create")
	if err != nil {
		return nil, err
	}
	return c.answer(at, map[string]any{
		"clientDataJSON":     text(client),
		"attestationObject":  text(changed(at.Faults.AttestationObject, attestation)),
		"authenticatorData":  text(data),
		"transports":         []string{"internal", "hybrid"},
		"publicKeyAlgorithm": c.key.algorithm(),
	})
}

// Get signs in with the passkey, and returns the browser's answer to
// navigator.credentials.get.
func (c *Credential) Get(at Ceremony) ([]byte, error) {
	if c.Counts {
		c.Counter++
	}
	client, err := at.clientData("webauthn.get")
	if err != nil {
		return nil, err
	}
	data := changed(at.Faults.AuthenticatorData, c.authenticatorData(0))
	hash := sha256.Sum256(client)
	signature, err := c.key.sign(append(data[:len(data):len(data)], hash[:]...))
	if err != nil {
		return nil, fmt.Errorf("softauthenticator: sign: %w", err)
	}
	response := map[string]any{
		"clientDataJSON":    text(client),
		"authenticatorData": text(data),
		"signature":         text(changed(at.Faults.Signature, signature)),
	}
	switch {
	case len(c.UserHandle) > 0 && at.TextHandle:
		response["userHandle"] = string(c.UserHandle)
	case len(c.UserHandle) > 0:
		response["userHandle"] = text(c.UserHandle)
	}
	return c.answer(at, response)
}

// authenticatorData returns the first 37 bytes, which every answer has.
func (c *Credential) authenticatorData(more byte) []byte {
	hash := sha256.Sum256([]byte(c.RPID))
	return binary.BigEndian.AppendUint32(append(hash[:], c.Flags|more), c.Counter)
}

func (c *Credential) answer(at Ceremony, response map[string]any) ([]byte, error) {
	answer := map[string]any{
		"id": text(c.ID), "rawId": text(c.ID), "type": "public-key", "response": response,
		"authenticatorAttachment": "platform", "clientExtensionResults": map[string]any{},
	}
	if at.Faults.Answer != nil {
		at.Faults.Answer(answer, response)
	}
	b, err := json.Marshal(answer)
	if err != nil {
		return nil, fmt.Errorf("softauthenticator: write the answer: %w", err)
	}
	return b, nil
}

func (at Ceremony) clientData(kind string) ([]byte, error) {
	data := map[string]any{"type": kind, "challenge": at.Challenge, "origin": at.Origin, "crossOrigin": at.CrossOrigin}
	if at.TopOrigin != "" {
		data["topOrigin"] = at.TopOrigin
	}
	call(at.Faults.ClientData, data)
	b, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("softauthenticator: write the client data: %w", err)
	}
	return changed(at.Faults.ClientDataJSON, b), nil
}

// text is how bytes are written in JSON.
func text(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// encode writes CBOR in the canonical form of CTAP2, as authenticators do.
func encode(v any) ([]byte, error) {
	mode, err := cbor.CTAP2EncOptions().EncMode()
	if err != nil {
		return nil, fmt.Errorf("softauthenticator: %w", err)
	}
	b, err := mode.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("softauthenticator: write CBOR: %w", err)
	}
	return b, nil
}

func call[T any](change func(T), v T) {
	if change != nil {
		change(v)
	}
}

func changed(change func([]byte) []byte, b []byte) []byte {
	if change == nil {
		return b
	}
	return change(b)
}
