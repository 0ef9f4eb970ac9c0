package provider_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/softauthenticator"
)

const (
	passkeyRPID   = "example.com"
	passkeyOrigin = "https://login.example.com"
)

var (
	verifier = provider.Passkey().Passkey.Verifier
	// asked is the ceremony of all answers, page the page that they come from.
	asked = authent.PasskeyCeremony{
		Challenge: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
		RPID:      passkeyRPID, Origins: []string{"https://example.com", passkeyOrigin},
	}
	page = softauthenticator.Ceremony{Challenge: asked.Challenge, Origin: passkeyOrigin}
	// handle is Ada's, whose passkey newPasskey makes.
	handle = []byte("Ada's \xff handle")
)

func newPasskey(t testing.TB, algorithm int64) *softauthenticator.Credential {
	t.Helper()
	c, err := softauthenticator.New(algorithm, passkeyRPID, handle)
	if err != nil {
		t.Fatal(err)
	}
	c.AAGUID = [16]byte{0xfb, 0xfc, 0x30, 0x07, 0x15, 0x4e, 0x4e, 0xcc, 0x8c, 0x0b, 0x6e, 0x02, 0x05, 0x57, 0xd7, 0xbd}
	return c
}

// answerOf returns what the browser answers.
func answerOf(t testing.TB, answer func(softauthenticator.Ceremony) ([]byte, error), at softauthenticator.Ceremony) []byte {
	t.Helper()
	b, err := answer(at)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// storedOf returns the row of a passkey.
func storedOf(t testing.TB, c *softauthenticator.Credential) authent.PasskeyCredential {
	t.Helper()
	public, err := c.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return authent.PasskeyCredential{ID: c.ID, PublicKey: public, Counter: c.Counter, BackupEligible: c.Flags&softauthenticator.BackupEligible != 0}
}

func TestPasskeyProvider(t *testing.T) {
	t.Parallel()
	p := provider.Passkey()
	if p.ID != "passkey" || string(p.Type) != "webauthn" || p.Passkey.RPID != "" || len(p.Passkey.Origins) != 0 {
		t.Errorf("%+v, %+v", p, p.Passkey)
	}
}

func TestPasskeyRegistration(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []int64{softauthenticator.ES256, softauthenticator.EdDSA, softauthenticator.RS256} {
		c := newPasskey(t, algorithm)
		c.Counter = 7
		r, err := verifier.VerifyRegistration(asked, answerOf(t, c.Create, page))
		if err != nil {
			t.Errorf("algorithm %d: %v", algorithm, err)
			continue
		}
		stored := storedOf(t, c)
		if !bytes.Equal(r.CredentialID, c.ID) || !bytes.Equal(r.PublicKey, stored.PublicKey) || r.Algorithm != algorithm || r.Counter != 7 || r.AAGUID != c.AAGUID {
			t.Errorf("algorithm %d: %+v", algorithm, r)
		}
		if !r.BackupEligible || !r.BackedUp || !r.UserVerified || !slices.Equal(r.Transports, []string{"internal", "hybrid"}) {
			t.Errorf("algorithm %d: %+v", algorithm, r)
		}
	}
}

func TestPasskeyRegistrationOfASecurityKey(t *testing.T) {
	t.Parallel()
	c := newPasskey(t, softauthenticator.ES256)
	c.Flags = softauthenticator.UserPresent | softauthenticator.UserVerified
	r, err := verifier.VerifyRegistration(asked, answerOf(t, c.Create, page))
	if err != nil || r.BackupEligible || r.BackedUp || !r.UserVerified {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestPasskeyAttestation: statements that nobody asked for are not verified, so that none keeps
// anybody out.
func TestPasskeyAttestation(t *testing.T) {
	t.Parallel()
	rubbish := []byte("\x30\x82\xff\xffrubbish")
	for name, statement := range map[string]any{
		"packed":            map[string]any{"alg": -7, "sig": rubbish},
		"packed ":           map[string]any{},
		"fido-u2f":          map[string]any{"sig": rubbish, "x5c": []any{rubbish}},
		"tpm":               map[string]any{"ver": "2.0", "alg": -257, "sig": rubbish, "x5c": []any{rubbish}, "certInfo": rubbish, "pubArea": rubbish},
		"apple":             map[string]any{"x5c": []any{}},
		"android-key":       map[string]any{"alg": "x", "sig": 1, "x5c": []any{1, "x", rubbish}},
		"android-safetynet": map[string]any{"ver": 1, "response": rubbish},
		"compound":          []any{map[string]any{"fmt": "tpm", "attStmt": map[string]any{"x": rubbish}}},
		"unheard-of":        map[string]any{"x": nil},
		"":                  map[string]any{},
	} {
		c := newPasskey(t, softauthenticator.ES256)
		at := page
		at.Faults.Attestation = func(object map[string]any) {
			object["fmt"], object["attStmt"] = strings.TrimSpace(name), statement
		}
		if r, err := verifier.VerifyRegistration(asked, answerOf(t, c.Create, at)); err != nil || !bytes.Equal(r.CredentialID, c.ID) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestPasskeyTransports(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		told any
		want string
	}{
		{nil, ""},
		{[]string{}, ""},
		{[]string{"usb", "nfc", "ble", "smart-card", "hybrid", "internal"}, "usb nfc ble smart-card hybrid internal"},
		{[]string{"usb", "usb", "", "USB", "a,b", "a b", "<x>", strings.Repeat("a", 17), "cable"}, "usb cable"},
		{[]string{"a", "b", "c", "d", "e", "f", "g", "h", "i"}, "a b c d e f g h"},
	} {
		at := page
		at.Faults.Answer = func(_, response map[string]any) { response["transports"] = tt.told }
		r, err := verifier.VerifyRegistration(asked, answerOf(t, newPasskey(t, softauthenticator.EdDSA).Create, at))
		if got := strings.Join(r.Transports, " "); err != nil || got != tt.want {
			t.Errorf("%v: %q, %v", tt.told, got, err)
		}
	}
}

func TestPasskeyAssertion(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []int64{softauthenticator.ES256, softauthenticator.EdDSA, softauthenticator.RS256} {
		c := newPasskey(t, algorithm)
		answer := answerOf(t, c.Get, page)
		if id, err := verifier.CredentialID(answer); err != nil || !bytes.Equal(id, c.ID) {
			t.Errorf("algorithm %d: id %x, %v", algorithm, id, err)
		}
		a, err := verifier.VerifyAssertion(asked, answer, storedOf(t, c))
		if err != nil || a.Counter != 0 || a.CounterWentBack || !a.BackedUp || !a.UserVerified || !a.HasHandle(handle) {
			t.Errorf("algorithm %d: %+v, %v", algorithm, a, err)
		}
	}
}

// TestPasskeyOfAuthJS: a public key is stored as it is, and SimpleWebAuthn writes it with
// other libraries' CBOR, whose maps may be in another order.
func TestPasskeyOfAuthJS(t *testing.T) {
	t.Parallel()
	c := newPasskey(t, softauthenticator.EdDSA)
	stored := storedOf(t, c)
	// {1: 1, 3: -8, -1: 6, -2: x} becomes {-2: x, -1: 6, 3: -8, 1: 1}.
	x := stored.PublicKey[len(stored.PublicKey)-32:]
	stored.PublicKey = slices.Concat([]byte{0xa4, 0x21, 0x58, 0x20}, x, []byte{0x20, 0x06, 0x03, 0x27, 0x01, 0x01})
	if _, err := verifier.VerifyAssertion(asked, answerOf(t, c.Get, page), stored); err != nil {
		t.Error(err)
	}
}

func TestPasskeyCounter(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		stored, told uint32
		back         bool
	}{
		{0, 0, false}, {0, 1, false}, {1, 2, false}, {1, 100, false}, {1<<32 - 2, 1<<32 - 1, false},
		{1, 0, true}, {1, 1, true}, {2, 1, true}, {1<<32 - 1, 0, true},
	} {
		c := newPasskey(t, softauthenticator.EdDSA)
		stored := storedOf(t, c)
		stored.Counter, c.Counter = tt.stored, tt.told
		a, err := verifier.VerifyAssertion(asked, answerOf(t, c.Get, page), stored)
		if err != nil || a.CounterWentBack != tt.back || a.Counter != tt.told {
			t.Errorf("%d after %d: %+v, %v", tt.told, tt.stored, a, err)
		}
	}
	c := newPasskey(t, softauthenticator.EdDSA)
	c.Counts = true
	stored := storedOf(t, c)
	if a, err := verifier.VerifyAssertion(asked, answerOf(t, c.Get, page), stored); err != nil || a.Counter != 1 {
		t.Errorf("the first: %+v, %v", a, err)
	}
}

func TestPasskeyHandle(t *testing.T) {
	t.Parallel()
	c := newPasskey(t, softauthenticator.EdDSA)
	text := page
	text.TextHandle = true
	for _, tt := range []struct {
		name          string
		of            []byte
		at            softauthenticator.Ceremony
		handle        []byte
		has, whatever bool
	}{
		{"bytes", handle, page, handle, true, false},
		{"text", []byte("3f2a"), text, []byte("3f2a"), true, false},
		{"text that is not base64url", []byte("ädä & co"), text, []byte("ädä & co"), true, false},
		{"text of base64url", []byte("M2YyYQ"), text, []byte("3f2a"), true, false},
		{"base64url twice", []byte("M2YyYQ"), page, []byte("3f2a"), true, false},
		{"another user's", []byte("mallory"), page, handle, false, false},
		{"none", nil, page, handle, false, false},
		{"none, and none is known", nil, page, nil, false, false},
	} {
		c.UserHandle = tt.of
		a, err := verifier.VerifyAssertion(asked, answerOf(t, c.Get, tt.at), storedOf(t, c))
		if err != nil || a.HasHandle(tt.handle) != tt.has {
			t.Errorf("%s: %+v, %v", tt.name, a, err)
		}
	}
}

func TestPasskeyName(t *testing.T) {
	t.Parallel()
	for aaguid, want := range map[[16]byte]string{
		newPasskey(t, softauthenticator.EdDSA).AAGUID:                                                    "Apple Passwords",
		{0xba, 0xda, 0x55, 0x66, 0xa7, 0xaa, 0x40, 0x1f, 0xbd, 0x96, 0x45, 0x61, 0x9a, 0x55, 0x12, 0x0d}: "1Password",
		{}:                 "",
		{0xfb, 0xfc, 0x30}: "",
	} {
		if got := verifier.Name(aaguid); got != want {
			t.Errorf("%x: %q, want %q", aaguid, got, want)
		}
	}
}

// TestPasskeyCeremony: a ceremony that would let anything pass is a fault of ours, not of
// the answer.
func TestPasskeyCeremony(t *testing.T) {
	t.Parallel()
	c := newPasskey(t, softauthenticator.EdDSA)
	for name, change := range map[string]func(*authent.PasskeyCeremony){
		"no challenge":        func(c *authent.PasskeyCeremony) { c.Challenge = "" },
		"a short challenge":   func(c *authent.PasskeyCeremony) { c.Challenge = base64.RawURLEncoding.EncodeToString(make([]byte, 15)) },
		"no base64url":        func(c *authent.PasskeyCeremony) { c.Challenge = strings.Repeat("/", 43) },
		"no RP ID":            func(c *authent.PasskeyCeremony) { c.RPID = "" },
		"no origins":          func(c *authent.PasskeyCeremony) { c.Origins = nil },
		"one origin is empty": func(c *authent.PasskeyCeremony) { c.Origins = []string{passkeyOrigin, ""} },
	} {
		odd := asked
		change(&odd)
		at := page
		at.Challenge = odd.Challenge
		if _, err := verifier.VerifyRegistration(odd, answerOf(t, c.Create, at)); err == nil || errors.Is(err, authent.ErrPasskey) {
			t.Errorf("%s: registration: %v", name, err)
		}
		if _, err := verifier.VerifyAssertion(odd, answerOf(t, c.Get, at), storedOf(t, c)); err == nil || errors.Is(err, authent.ErrPasskey) {
			t.Errorf("%s: assertion: %v", name, err)
		}
	}
}

// TestPasskeyStoredKey: a row that holds no key is a fault of ours too.
func TestPasskeyStoredKey(t *testing.T) {
	t.Parallel()
	c := newPasskey(t, softauthenticator.ES384)
	ed := newPasskey(t, softauthenticator.EdDSA)
	for name, key := range map[string][]byte{
		"none": nil, "rubbish": []byte("rubbish"), "ES384": storedOf(t, c).PublicKey,
		"truncated": storedOf(t, ed).PublicKey[:20], "longer": append(storedOf(t, ed).PublicKey, 0),
	} {
		stored := storedOf(t, ed)
		stored.PublicKey = key
		if _, err := verifier.VerifyAssertion(asked, answerOf(t, ed.Get, page), stored); err == nil || errors.Is(err, authent.ErrPasskey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
