package authent

import (
	"encoding/base64"
	"errors"
	"slices"
)

// TypeWebAuthn signs in with a passkey (Web Authentication).
const TypeWebAuthn ProviderType = "webauthn"

// ErrPasskey refuses what a browser answered for a passkey: it is not well-formed, belongs
// to another page, site or ceremony, or its signature is wrong. The text says which, and
// holds nothing of the answer.
var ErrPasskey = errors.New("the answer for the passkey is not valid")

// Passkey signs in with passkeys. They belong to a domain: a passkey of one RPID works with
// no other, so change it only before there are any.
type Passkey struct {
	// RPID is the relying party's id: the host of Config.URL, or a domain above it whose
	// hosts all may use the passkeys. If "", the host of Config.URL.
	RPID string
	// Origins are all the origins whose pages may use the passkeys, such as
	// "https://example.com" or "android:apk-key-hash:…". They are compared as a whole,
	// and Config.TrustedOrigins is not among them. If empty, that of Config.URL.
	Origins []string
	// Verifier checks what browsers answer. Required; provider.Passkey sets it.
	Verifier PasskeyVerifier
}

// PasskeyCeremony is what a browser was asked, and what must be true of its answer.
type PasskeyCeremony struct {
	// Challenge is 32 random bytes in base64url without padding. The caller makes it for
	// one ceremony of one browser, and takes it back once.
	Challenge string
	// RPID is the relying party's id.
	RPID string
	// Origins are those of which one must be the page's, letter by letter.
	Origins []string
}

// PasskeyRegistration is a new credential whose answer was checked. Who made the
// authenticator is not: no attestation is asked for, and one that comes is not verified, since
// anybody could leave it out.
type PasskeyRegistration struct {
	// CredentialID is up to 1,023 bytes. The caller refuses one that is registered.
	CredentialID []byte
	// PublicKey is in COSE (RFC 9052), in the canonical form of CTAP2.
	PublicKey []byte
	// Algorithm is the key's, by its COSE number: -7 (ES256), -8 (EdDSA) or -257 (RS256).
	Algorithm int64
	// Counter is how often the authenticator says that it has signed; 0 if it does not
	// count.
	Counter uint32
	// BackupEligible says that the passkey can be on several devices, BackedUp that it is.
	BackupEligible bool
	BackedUp       bool
	// UserVerified says that the authenticator knew its user, by a PIN or a finger. It is
	// always true: an answer without is refused.
	UserVerified bool
	// Transports are how browsers can reach the authenticator, such as "internal" and
	// "usb": at most 8, each once, of the letters a to z and "-". They are not signed.
	Transports []string
	// AAGUID says which model of authenticator it is; zero if it does not tell.
	AAGUID [16]byte
}

// PasskeyCredential is a stored credential.
type PasskeyCredential struct {
	// ID and PublicKey are as PasskeyRegistration has them.
	ID        []byte
	PublicKey []byte
	// Counter is that of the last sign-in, or of the registration.
	Counter uint32
	// BackupEligible is that of the registration. It never changes.
	BackupEligible bool
}

// PasskeyAssertion is a sign-in with a credential whose answer was checked.
type PasskeyAssertion struct {
	// Counter is to be stored, unless CounterWentBack.
	Counter uint32
	// CounterWentBack says that the counter is not above the stored one, although the
	// authenticator counts: there may be a copy of the private key (WebAuthn L3 §6.1.1).
	// The caller blocks the credential.
	CounterWentBack bool
	// BackedUp says that the passkey is on several devices now.
	BackedUp bool
	// UserVerified is as in PasskeyRegistration.
	UserVerified bool
	// UserHandle is the user's handle, as the answer has it, or "". It is not signed; see
	// HasHandle.
	UserHandle string
}

// HasHandle reports whether the answer has the handle that the user was registered with, in
// any of the ways in which it may be written. Browsers write base64url of its bytes.
// SimpleWebAuthn up to version 9 writes it as text, and registers the text of the base64url
// that it was given. A handle that is not text is lost there, so give users one that is.
//
// The credential's id says whose it is; that the handle fits is a check more.
func (a PasskeyAssertion) HasHandle(handle []byte) bool {
	encoded := base64.RawURLEncoding.EncodeToString(handle)
	return len(handle) > 0 && slices.Contains([]string{encoded, string(handle), base64.RawURLEncoding.EncodeToString([]byte(encoded))}, a.UserHandle)
}

// PasskeyVerifier checks what browsers answer, by the steps of WebAuthn L3 §7.1 and §7.2. It
// keeps nothing and asks nobody, and is safe for concurrent use.
//
// An answer is the JSON of PublicKeyCredential.toJSON, or of SimpleWebAuthn, of at most 64
// KiB. Errors about it wrap ErrPasskey; others say that the ceremony or the stored credential
// is not usable.
type PasskeyVerifier interface {
	// VerifyRegistration checks the answer to navigator.credentials.create, and that the
	// user was present and verified.
	VerifyRegistration(c PasskeyCeremony, answer []byte) (PasskeyRegistration, error)
	// CredentialID returns the id of the credential that an answer names, to be looked
	// up. Nothing else is checked yet.
	CredentialID(answer []byte) ([]byte, error)
	// VerifyAssertion checks the answer to navigator.credentials.get with the credential
	// that it names, and that the user was present and verified.
	VerifyAssertion(c PasskeyCeremony, answer []byte, credential PasskeyCredential) (PasskeyAssertion, error)
	// Name returns what people call a model of authenticator, such as "Apple Passwords",
	// or "" for one that is not known.
	Name(aaguid [16]byte) string
}
