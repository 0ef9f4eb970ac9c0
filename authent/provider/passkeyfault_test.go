package provider_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/softauthenticator"
)

// fault is one way in which a browser or an authenticator misbehaves.
type fault struct {
	name string
	// page changes the ceremony, credential the passkey before it answers.
	page       func(*softauthenticator.Ceremony)
	credential func(*softauthenticator.Credential)
	// why is a part of the error.
	why string
}

// clear returns a change that takes flags away.
func clear(flags byte) func(*softauthenticator.Credential) {
	return func(c *softauthenticator.Credential) { c.Flags &^= flags }
}

// told returns a change of a field of the client data.
func told(field string, value any) func(*softauthenticator.Ceremony) {
	return func(at *softauthenticator.Ceremony) {
		at.Faults.ClientData = func(data map[string]any) { data[field] = value }
	}
}

// origin returns a change of the page's origin.
func origin(o string) func(*softauthenticator.Ceremony) {
	return func(at *softauthenticator.Ceremony) { at.Origin = o }
}

// answered returns a change of the answer's JSON.
func answered(change func(answer, response map[string]any)) func(*softauthenticator.Ceremony) {
	return func(at *softauthenticator.Ceremony) { at.Faults.Answer = change }
}

// responded returns a change of a field of the answer's response.
func responded(field string, value any) func(*softauthenticator.Ceremony) {
	return answered(func(_, response map[string]any) { response[field] = value })
}

const notOurOrigin = "the page's origin is not one of Passkey.Origins"

// faults are those of registrations and sign-ins alike.
var faults = []fault{
	{"another challenge", func(at *softauthenticator.Ceremony) { at.Challenge = strings.Repeat("A", 43) }, nil, "the challenge is another one"},
	{"no challenge", told("challenge", ""), nil, "the challenge is another one"},
	{"a challenge with padding", told("challenge", asked.Challenge+"="), nil, "the challenge is another one"},
	{"another type", told("type", "payment.get"), nil, "another kind of ceremony"},
	{"no type", told("type", ""), nil, "another kind of ceremony"},
	{"a type that is a number", told("type", 1), nil, "go-webauthn: "},
	{"another origin", origin("https://evil.example"), nil, notOurOrigin},
	{"a host below ours", origin("https://x.login.example.com"), nil, notOurOrigin},
	{"the RP ID, which is no origin", origin("https://www.example.com"), nil, notOurOrigin},
	{"another port", origin(passkeyOrigin + ":8443"), nil, notOurOrigin},
	{"another scheme", origin("http://login.example.com"), nil, notOurOrigin},
	{"an origin in capitals", origin("https://LOGIN.example.com"), nil, notOurOrigin},
	{"an origin with a path", origin(passkeyOrigin + "/"), nil, notOurOrigin},
	{"an origin with a user", origin("https://login.example.com@evil.example"), nil, notOurOrigin},
	{"no origin", origin(""), nil, notOurOrigin},
	{"a frame of another origin", func(at *softauthenticator.Ceremony) { at.CrossOrigin = true }, nil, "in a frame"},
	{"a frame of a page of ours", func(at *softauthenticator.Ceremony) { at.CrossOrigin, at.TopOrigin = true, passkeyOrigin }, nil, "in a frame"},
	{"a top origin alone", func(at *softauthenticator.Ceremony) { at.TopOrigin = passkeyOrigin }, nil, "in a frame"},
	{"another RP ID", nil, func(c *softauthenticator.Credential) { c.RPID = "evil.example" }, "another relying party's id"},
	{"no user", nil, clear(softauthenticator.UserPresent), "the user was not present"},
	{"an unverified user", nil, clear(softauthenticator.UserVerified), "the user was not verified"},
	{"backed up and never eligible", nil, clear(softauthenticator.BackupEligible), "backed up and cannot be"},
	{"client data that is not JSON", func(at *softauthenticator.Ceremony) {
		at.Faults.ClientDataJSON = func(b []byte) []byte { return b[:len(b)-1] }
	}, nil, "go-webauthn: "},
	{"no client data", responded("clientDataJSON", ""), nil, "go-webauthn: "},
	{"client data null", responded("clientDataJSON", base64.RawURLEncoding.EncodeToString([]byte("null"))), nil, "another kind of ceremony"},
	{"client data that is not base64url", responded("clientDataJSON", "{}"), nil, "not the JSON of a credential"},
	{"client data that is a number", responded("clientDataJSON", 1), nil, "not the JSON of a credential"},
	{"no response", answered(func(answer, _ map[string]any) { delete(answer, "response") }), nil, "go-webauthn: "},
	{"another type of credential", answered(func(answer, _ map[string]any) { answer["type"] = "password" }), nil, "another type"},
	{"no id", answered(func(answer, _ map[string]any) { delete(answer, "id") }), nil, "the credential's id"},
	{"an empty id", answered(func(answer, _ map[string]any) { answer["id"], answer["rawId"] = "", "" }), nil, "the credential's id"},
	{"two ids", answered(func(answer, _ map[string]any) { answer["rawId"] = "AAAA" }), nil, "the credential's id"},
	{"an id with padding", answered(func(answer, _ map[string]any) {
		answer["id"] = answer["id"].(string) + "="
		answer["rawId"] = answer["id"]
	}), nil, "the credential's id"},
	{"an id in standard base64", answered(func(answer, _ map[string]any) { answer["id"], answer["rawId"] = "+/+/", "+/+/" }), nil, "the credential's id"},
	{"an id in a second spelling", answered(func(answer, _ map[string]any) { answer["id"], answer["rawId"] = "AB", "AB" }), nil, "the credential's id is not base64url"},
	{"64 KiB and a byte", answered(func(answer, _ map[string]any) { answer["x"] = strings.Repeat("x", 64<<10) }), nil, "64 KiB"},
}

var registrationFaults = []fault{
	{"the type of a sign-in", told("type", "webauthn.get"), nil, "another kind of ceremony"},
	{"another id than the signed one", answered(func(answer, _ map[string]any) { answer["id"], answer["rawId"] = "AAAA", "AAAA" }), nil, "not the one that was signed"},
	{"an id of 1,024 bytes", nil, func(c *softauthenticator.Credential) { c.ID = make([]byte, 1024) }, "go-webauthn: "},
	{"no signed id", nil, func(c *softauthenticator.Credential) { c.ID = nil }, "the credential's id"},
	{"no credential", attested(func(b []byte) []byte { b[32] &^= 1 << 6; return b[:37] }), nil, "go-webauthn: "},
	{"a flag without its credential", attested(func(b []byte) []byte { return b[:37] }), nil, "go-webauthn: "},
	{"short authenticator data", attested(func(b []byte) []byte { return b[:36] }), nil, "go-webauthn: "},
	{"a truncated key", attested(func(b []byte) []byte { return b[:len(b)-1] }), nil, "go-webauthn: "},
	{"bytes after the key", attested(func(b []byte) []byte { return append(b, 0) }), nil, "go-webauthn: "},
	{"extensions that are not there", attested(func(b []byte) []byte { b[32] |= 1 << 7; return b }), nil, "go-webauthn: "},
	{"a length beyond the end", attested(func(b []byte) []byte { b[53], b[54] = 3, 255; return b }), nil, "go-webauthn: "},
	{"an attestation object that is not CBOR", object(func(b []byte) []byte { return []byte("rubbish") }), nil, "go-webauthn: "},
	{"half of one", object(func(b []byte) []byte { return b[:len(b)/2] }), nil, "go-webauthn: "},
	{"bytes after it", object(func(b []byte) []byte { return append(b, 0) }), nil, "go-webauthn: "},
	{"an array", object(func(b []byte) []byte { return []byte{0x80} }), nil, "go-webauthn: "},
	{"an empty map", object(func(b []byte) []byte { return []byte{0xa0} }), nil, "go-webauthn: "},
	{"a map of four billion", object(func(b []byte) []byte { return []byte{0xba, 0xff, 0xff, 0xff, 0xff} }), nil, "go-webauthn: "},
	{"a thousand arrays, one in the other", object(func(b []byte) []byte { return bytes.Repeat([]byte{0x81}, 1000) }), nil, "go-webauthn: "},
	{"a map without an end", object(func(b []byte) []byte { return []byte{0xbf, 0x63} }), nil, "go-webauthn: "},
	{"none", object(func(b []byte) []byte { return nil }), nil, "go-webauthn: "},
	{"a statement with the format none", func(at *softauthenticator.Ceremony) {
		at.Faults.Attestation = func(o map[string]any) { o["attStmt"] = map[string]any{"alg": -7} }
	}, nil, "go-webauthn: invalid_attestation"},
	{"a format that is a number", func(at *softauthenticator.Ceremony) {
		at.Faults.Attestation = func(o map[string]any) { o["fmt"] = 1 }
	}, nil, "go-webauthn: "},
	{"a key of another type", key(1, 2), nil, "the public key is not valid"},
	{"a key of no type", key(1, 99), nil, "the public key is not valid"},
	{"a key with another algorithm", key(3, -7), nil, "the public key is not valid"},
	{"a key on another curve", key(-1, 4), nil, "the public key is not valid"},
	{"a short key", key(-2, make([]byte, 31)), nil, "the public key is not valid"},
	{"a key that is text", key(-2, "x"), nil, "the public key is not valid"},
}

var assertionFaults = []fault{
	{"the type of a registration", told("type", "webauthn.create"), nil, "another kind of ceremony"},
	{"another credential", nil, func(c *softauthenticator.Credential) { c.ID = []byte("another") }, "of another credential"},
	{"no longer eligible for backup", nil, clear(softauthenticator.BackupEligible | softauthenticator.BackedUp), "backed up has changed"},
	{"a changed signature", signed(func(b []byte) []byte { b[8] ^= 1; return b }), nil, "invalid_signature"},
	{"half a signature", signed(func(b []byte) []byte { return b[:len(b)/2] }), nil, "invalid_signature"},
	{"bytes after the signature", signed(func(b []byte) []byte { return append(b, 0) }), nil, "invalid_signature"},
	{"no signature", signed(func([]byte) []byte { return nil }), nil, "invalid_signature"},
	{"a signature of zeros", signed(func([]byte) []byte { return make([]byte, 64) }), nil, "invalid_signature"},
	{"signed data and other data", answered(func(_, response map[string]any) {
		b, _ := base64.RawURLEncoding.DecodeString(response["authenticatorData"].(string))
		b[36]++ // the counter
		response["authenticatorData"] = base64.RawURLEncoding.EncodeToString(b)
	}), nil, "invalid_signature"},
	{"another client data than the signed one", answered(func(_, response map[string]any) {
		b, _ := base64.RawURLEncoding.DecodeString(response["clientDataJSON"].(string))
		response["clientDataJSON"] = base64.RawURLEncoding.EncodeToString(append(b, ' '))
	}), nil, "invalid_signature"},
	{"short authenticator data", attested(func(b []byte) []byte { return b[:36] }), nil, "go-webauthn: "},
	{"bytes after the authenticator data", attested(func(b []byte) []byte { return append(b, 0) }), nil, "go-webauthn: "},
	{"a credential that is not there", attested(func(b []byte) []byte { b[32] |= 1 << 6; return b }), nil, "go-webauthn: "},
	{"no authenticator data", responded("authenticatorData", ""), nil, "go-webauthn: "},
	{"a handle that is a number", responded("userHandle", 1), nil, "not the JSON of a credential"},
}

func attested(change func([]byte) []byte) func(*softauthenticator.Ceremony) {
	return func(at *softauthenticator.Ceremony) { at.Faults.AuthenticatorData = change }
}

func object(change func([]byte) []byte) func(*softauthenticator.Ceremony) {
	return func(at *softauthenticator.Ceremony) { at.Faults.AttestationObject = change }
}

func signed(change func([]byte) []byte) func(*softauthenticator.Ceremony) {
	return func(at *softauthenticator.Ceremony) { at.Faults.Signature = change }
}

func key(label int, value any) func(*softauthenticator.Ceremony) {
	return func(at *softauthenticator.Ceremony) {
		at.Faults.PublicKey = func(key map[int]any) { key[label] = value }
	}
}

// misbehave makes a passkey that misbehaves, and the page that it is on. The row is of
// before that.
func (f fault) misbehave(t *testing.T, algorithm int64) (*softauthenticator.Credential, softauthenticator.Ceremony, authent.PasskeyCredential) {
	t.Helper()
	c, at := newPasskey(t, algorithm), page
	stored := storedOf(t, c)
	if f.page != nil {
		f.page(&at)
	}
	if f.credential != nil {
		f.credential(c)
	}
	return c, at, stored
}

// refused fails unless an error is an ErrPasskey for a reason, and quotes nothing.
func refused(t *testing.T, name, why string, answer []byte, err error) {
	t.Helper()
	if !errors.Is(err, authent.ErrPasskey) || !strings.Contains(err.Error(), why) {
		t.Errorf("%s: %v, want %q", name, err, why)
		return
	}
	var parts map[string]json.RawMessage
	if json.Unmarshal(answer, &parts) == nil {
		for _, part := range append([]string{"evil", "rubbish"}, string(bytes.Trim(parts["id"], `"`))) {
			if part != "" && strings.Contains(err.Error(), part) {
				t.Errorf("%s: the error quotes the answer: %v", name, err)
			}
		}
	}
}

func TestPasskeyRegistrationRefused(t *testing.T) {
	t.Parallel()
	for _, f := range append(faults[:len(faults):len(faults)], registrationFaults...) {
		c, at, _ := f.misbehave(t, softauthenticator.EdDSA)
		answer := answerOf(t, c.Create, at)
		r, err := verifier.VerifyRegistration(asked, answer)
		refused(t, f.name, f.why, answer, err)
		if len(r.CredentialID) != 0 {
			t.Errorf("%s: there is a credential beside the error", f.name)
		}
	}
}

func TestPasskeyAssertionRefused(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []int64{softauthenticator.ES256, softauthenticator.EdDSA} {
		for _, f := range append(faults[:len(faults):len(faults)], assertionFaults...) {
			c, at, stored := f.misbehave(t, algorithm)
			answer := answerOf(t, c.Get, at)
			_, err := verifier.VerifyAssertion(asked, answer, stored)
			refused(t, f.name, f.why, answer, err)
		}
	}
}

// TestPasskeyOfAnotherKey: the id is not enough.
func TestPasskeyOfAnotherKey(t *testing.T) {
	t.Parallel()
	ada, mallory := newPasskey(t, softauthenticator.ES256), newPasskey(t, softauthenticator.ES256)
	mallory.ID = ada.ID
	answer := answerOf(t, mallory.Get, page)
	_, err := verifier.VerifyAssertion(asked, answer, storedOf(t, ada))
	refused(t, "another key", "invalid_signature", answer, err)
}

// TestPasskeyAlgorithms: keys that were not asked for are refused, and so are those that
// are too weak.
func TestPasskeyAlgorithms(t *testing.T) {
	t.Parallel()
	answer := answerOf(t, newPasskey(t, softauthenticator.ES384).Create, page)
	_, err := verifier.VerifyRegistration(asked, answer)
	refused(t, "ES384", "algorithm was not asked for", answer, err)
	for name, tt := range map[string]struct {
		label int
		value any
		why   string
	}{
		"RS1":                    {3, -65535, "algorithm was not asked for"},
		"RS384":                  {3, -258, "algorithm was not asked for"},
		"1,024 bits":             {-1, bytes.Repeat([]byte{0xff}, 128), "bits"},
		"1,024 bits and zeros":   {-1, append(make([]byte, 128), bytes.Repeat([]byte{0xff}, 128)...), "bits"},
		"8,192 bits":             {-1, bytes.Repeat([]byte{0xff}, 1024), "bits"},
		"no modulus":             {-1, []byte{}, "the public key is not valid"},
		"an exponent of 9 bytes": {-2, bytes.Repeat([]byte{0xff}, 9), "the public key is not valid"},
	} {
		at := page
		key(tt.label, tt.value)(&at)
		answer := answerOf(t, newPasskey(t, softauthenticator.RS256).Create, at)
		_, err := verifier.VerifyRegistration(asked, answer)
		refused(t, name, tt.why, answer, err)
	}
	at := page
	key(-2, bytes.Repeat([]byte{1}, 32))(&at)
	answer = answerOf(t, newPasskey(t, softauthenticator.ES256).Create, at)
	_, err = verifier.VerifyRegistration(asked, answer)
	refused(t, "a point that is not on the curve", "the public key is not valid", answer, err)
}
