package provider_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/softauthenticator"
)

// fuzzed checks what must be true of any answer: an error is an ErrPasskey, nothing
// panics, and what passes has what was asked for.
func fuzzed(t *testing.T, c *softauthenticator.Credential, answer []byte) {
	t.Helper()
	r, err := verifier.VerifyRegistration(asked, answer)
	switch {
	case err != nil && !errors.Is(err, authent.ErrPasskey):
		t.Fatalf("registration: %v", err)
	case err == nil && (len(r.CredentialID) == 0 || len(r.PublicKey) == 0 || !r.UserVerified || r.BackedUp && !r.BackupEligible || len(r.Transports) > 8):
		t.Fatalf("registration: %+v", r)
	}
	id, err := verifier.CredentialID(answer)
	if err != nil && !errors.Is(err, authent.ErrPasskey) || err == nil && len(id) == 0 {
		t.Fatalf("id %x, %v", id, err)
	}
	a, err := verifier.VerifyAssertion(asked, answer, storedOf(t, c))
	switch {
	case err != nil && !errors.Is(err, authent.ErrPasskey):
		t.Fatalf("assertion: %v", err)
	case err == nil && (!slices.Equal(id, c.ID) || !a.UserVerified):
		t.Fatalf("assertion: %+v of %x", a, id)
	}
}

// seedsOf returns answers of a passkey, whole and misbehaving.
func seedsOf(t testing.TB, passkey *softauthenticator.Credential, answer func(*softauthenticator.Credential, softauthenticator.Ceremony) ([]byte, error), all []fault) (seeds [][]byte) {
	t.Helper()
	for _, f := range append([]fault{{}}, all...) {
		c, at := *passkey, page
		if f.page != nil {
			f.page(&at)
		}
		if f.credential != nil {
			f.credential(&c)
		}
		b, err := answer(&c, at)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) < 4096 {
			seeds = append(seeds, b)
		}
	}
	return seeds
}

func FuzzPasskeyAnswer(f *testing.F) {
	c := newPasskey(f, softauthenticator.EdDSA)
	for _, b := range seedsOf(f, c, (*softauthenticator.Credential).Create, append(faults[:len(faults):len(faults)], registrationFaults...)) {
		f.Add(b)
	}
	for _, b := range seedsOf(f, c, (*softauthenticator.Credential).Get, append(faults[:len(faults):len(faults)], assertionFaults...)) {
		f.Add(b)
	}
	for _, s := range []string{"", "null", "[]", "{}", `{"id":"AA","rawId":"AA","type":"public-key"}`, `{"id":"AA","rawId":"AA","type":"public-key","response":null}`, `{"response":{"userHandle":null}}`, `{"id":[],"id":"AA"}`, "\xff", `{"type":"public-key"}{}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, answer []byte) { fuzzed(t, c, answer) })
}

// partOf returns a part of the response of an answer.
func partOf(t testing.TB, answer []byte, name string) []byte {
	t.Helper()
	var a struct {
		Response map[string]json.RawMessage `json:"response"`
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		t.Fatal(err)
	}
	var text string
	_ = json.Unmarshal(a.Response[name], &text) // a misbehaving one may have a number there
	b, _ := base64.RawURLEncoding.DecodeString(text)
	return b
}

func FuzzPasskeyClientData(f *testing.F) {
	c := newPasskey(f, softauthenticator.EdDSA)
	for _, b := range seedsOf(f, c, (*softauthenticator.Credential).Get, faults) {
		f.Add(partOf(f, b, "clientDataJSON"))
	}
	f.Fuzz(func(t *testing.T, client []byte) {
		at := page
		at.Faults.ClientDataJSON = func([]byte) []byte { return client }
		fuzzed(t, c, answerOf(t, c.Create, at))
		answer := answerOf(t, c.Get, at)
		fuzzed(t, c, answer)
		if _, err := verifier.VerifyAssertion(asked, answer, storedOf(t, c)); err != nil {
			return
		}
		var data struct {
			Type, Challenge, Origin string
			CrossOrigin             bool
			TopOrigin               string
		}
		if err := json.Unmarshal(client, &data); err != nil || data.Type != "webauthn.get" || data.Challenge != asked.Challenge || !slices.Contains(asked.Origins, data.Origin) || data.CrossOrigin || data.TopOrigin != "" {
			t.Fatalf("this passes: %q", client)
		}
	})
}

func FuzzPasskeyAttestationObject(f *testing.F) {
	c := newPasskey(f, softauthenticator.EdDSA)
	for _, b := range seedsOf(f, c, (*softauthenticator.Credential).Create, registrationFaults) {
		f.Add(partOf(f, b, "attestationObject"))
	}
	for _, algorithm := range []int64{softauthenticator.ES256, softauthenticator.ES384} {
		f.Add(partOf(f, answerOf(f, newPasskey(f, algorithm).Create, page), "attestationObject"))
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		at := page
		at.Faults.AttestationObject = func([]byte) []byte { return object }
		fuzzed(t, c, answerOf(t, c.Create, at))
	})
}
