package provider_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
)

// hexBytes is bytes that are hexadecimal in JSON.
type hexBytes []byte

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// vector is one of the test vectors of WebAuthn L3 §16.
type vector struct {
	Section      string   `json:"section"`
	CredentialID hexBytes `json:"credentialID"`
	Create       struct {
		Challenge         hexBytes `json:"challenge"`
		ClientDataJSON    hexBytes `json:"clientDataJSON"`
		AttestationObject hexBytes `json:"attestationObject"`
	} `json:"create"`
	Get struct {
		Challenge         hexBytes `json:"challenge"`
		ClientDataJSON    hexBytes `json:"clientDataJSON"`
		AuthenticatorData hexBytes `json:"authenticatorData"`
		Signature         hexBytes `json:"signature"`
		PublicKey         hexBytes `json:"publicKey"`
	} `json:"get"`
}

// asked returns the ceremony of a challenge.
func (v vector) asked(challenge []byte) authent.PasskeyCeremony {
	return authent.PasskeyCeremony{Challenge: base64.RawURLEncoding.EncodeToString(challenge), RPID: "example.org", Origins: []string{"https://example.org"}}
}

// answer returns the JSON of a response.
func (v vector) answer(t *testing.T, response map[string][]byte) []byte {
	t.Helper()
	fields := map[string]string{}
	for name, b := range response {
		fields[name] = base64.RawURLEncoding.EncodeToString(b)
	}
	id := base64.RawURLEncoding.EncodeToString(v.CredentialID)
	b, err := json.Marshal(map[string]any{"id": id, "rawId": id, "type": "public-key", "response": fields})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestPasskeyVectors: what others made passes too, if the user was verified, the page is in
// no frame and the algorithm is one that we ask for.
func TestPasskeyVectors(t *testing.T) {
	t.Parallel()
	const unverified, frame, algorithm, stored = "the user was not verified", "in a frame", "algorithm was not asked for", "the stored key"
	want := map[string]struct{ create, get string }{
		"none-es256":                    {unverified, unverified},
		"packed-self-es256":             {"", unverified},
		"none-es256-crossOrigin":        {frame, frame},
		"none-es256-topOrigin":          {frame, frame},
		"none-es256-long-credential-id": {unverified, ""},
		"packed-es256":                  {"", ""},
		"packed-es384":                  {unverified, stored},
		"packed-es512":                  {algorithm, stored},
		"packed-rs256":                  {"", unverified},
		"packed-eddsa":                  {unverified, unverified},
		"tpm-es256":                     {"", ""},
		"android-key-es256":             {"", unverified},
		"apple-es256":                   {unverified, unverified},
		"fido-u2f-es256":                {unverified, unverified},
	}
	text, err := os.ReadFile("testdata/webauthn-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(text, &vectors); err != nil || len(vectors) != len(want) {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	expect := func(v vector, what, why string, err error) {
		if (err == nil) != (why == "") || err != nil && !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %s: %v, want %q", v.Section, what, err, why)
		}
	}
	for _, v := range vectors {
		r, err := verifier.VerifyRegistration(v.asked(v.Create.Challenge), v.answer(t, map[string][]byte{
			"clientDataJSON": v.Create.ClientDataJSON, "attestationObject": v.Create.AttestationObject}))
		expect(v, "registration", want[v.Section].create, err)
		if err == nil && (!bytes.Equal(r.CredentialID, v.CredentialID) || !bytes.Equal(r.PublicKey, v.Get.PublicKey)) {
			t.Errorf("%s: %+v", v.Section, r)
		}
		_, err = verifier.VerifyAssertion(v.asked(v.Get.Challenge), v.answer(t, map[string][]byte{
			"clientDataJSON": v.Get.ClientDataJSON, "authenticatorData": v.Get.AuthenticatorData, "signature": v.Get.Signature,
		}), authent.PasskeyCredential{ID: v.CredentialID, PublicKey: v.Get.PublicKey, BackupEligible: v.Get.AuthenticatorData[32]&8 != 0})
		expect(v, "sign-in", want[v.Section].get, err)
	}
}
