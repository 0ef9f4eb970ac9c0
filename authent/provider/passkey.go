package provider

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"github.com/authent/authent/authent"
)

// Passkey returns sign-in with a passkey. Its id is "passkey", so that the browser client of
// next-auth/webauthn calls it with signIn("passkey"). People who are signed in add passkeys;
// to sign in, they type no name.
//
// What browsers answer is checked by github.com/go-webauthn/webauthn. Set RPID where
// several hosts share their passkeys:
//
//	p := provider.Passkey()
//	p.Passkey.RPID = "example.com"
func Passkey() authent.Provider {
	return authent.Provider{ID: "passkey", Name: "Passkey", Type: authent.TypeWebAuthn, Passkey: &authent.Passkey{Verifier: passkeyVerifier{}}}
}

// minChallenge is how many bytes a challenge has at least (WebAuthn L3 §13.4.3).
const minChallenge = 16

// passkeyVerifier is an authent.PasskeyVerifier. The protocol is go-webauthn's; what it
// leaves to its caller is checked here, and so is whatever the log should name.
type passkeyVerifier struct{}

// VerifyRegistration implements authent.PasskeyVerifier by WebAuthn L3 §7.1. The numbers of
// its steps are in the comments.
func (passkeyVerifier) VerifyRegistration(c authent.PasskeyCeremony, answer []byte) (authent.PasskeyRegistration, error) {
	none := authent.PasskeyRegistration{}
	if err := checkCeremony(c); err != nil {
		return none, err
	}
	a, err := readPasskeyAnswer(answer)
	if err != nil {
		return none, err
	}
	parsed, err := a.creation()
	if err != nil {
		return none, err
	}
	object := &parsed.Response.AttestationObject
	data := &object.AuthData
	if err := checkClientData(c, protocol.CreateCeremony, &parsed.Response.CollectedClientData); err != nil { // 7 to 11
		return none, err
	}
	if err := checkAuthenticatorData(c, data); err != nil { // 14 to 17
		return none, err
	}
	if !bytes.Equal(data.AttData.CredentialID, a.id) {
		return none, refusePasskey("the credential's id is not the one that was signed")
	}
	algorithm, err := checkPasskeyKey(data.AttData.CredentialPublicKey) // 20
	if err != nil {
		return none, err
	}
	// 21 to 24: "none" was asked for. A statement that comes all the same proves nothing that
	// we ask for, and is not handed to the parsers of seven formats.
	if object.Format != string(protocol.AttestationFormatNone) {
		object.Format, object.AttStatement = string(protocol.AttestationFormatNone), nil
	}
	_, err = parsed.Verify(c.Challenge, c.RPID, nil, c.Origins, nil, protocol.TopOriginExplicitVerificationMode,
		false, true, true, nil, passkeyAlgorithms, protocol.AttestationPolicy{}, protocol.SignaturePolicy{})
	if err != nil {
		return none, refuseProtocol(err)
	}
	return authent.PasskeyRegistration{
		CredentialID: data.AttData.CredentialID, PublicKey: data.AttData.CredentialPublicKey, Algorithm: algorithm,
		Counter: data.Counter, BackupEligible: data.Flags.HasBackupEligible(), BackedUp: data.Flags.HasBackupState(),
		UserVerified: data.Flags.HasUserVerified(), Transports: a.transports(), AAGUID: [16]byte(data.AttData.AAGUID),
	}, nil
}

// CredentialID implements authent.PasskeyVerifier.
func (passkeyVerifier) CredentialID(answer []byte) ([]byte, error) {
	a, err := readPasskeyAnswer(answer)
	if err != nil {
		return nil, err
	}
	return a.id, nil
}

// VerifyAssertion implements authent.PasskeyVerifier by WebAuthn L3 §7.2.
func (passkeyVerifier) VerifyAssertion(c authent.PasskeyCeremony, answer []byte, credential authent.PasskeyCredential) (authent.PasskeyAssertion, error) {
	none := authent.PasskeyAssertion{}
	if err := checkCeremony(c); err != nil {
		return none, err
	}
	if _, err := checkPasskeyKey(credential.PublicKey); err != nil {
		return none, errors.New("authent: verify passkey: the stored key is not a COSE key of ES256, EdDSA or RS256")
	}
	a, err := readPasskeyAnswer(answer)
	if err != nil {
		return none, err
	}
	if !bytes.Equal(a.id, credential.ID) { // 6
		return none, refusePasskey("the answer is of another credential")
	}
	parsed, err := a.assertion()
	if err != nil {
		return none, err
	}
	data := &parsed.Response.AuthenticatorData
	if err := checkClientData(c, protocol.AssertCeremony, &parsed.Response.CollectedClientData); err != nil { // 10 to 14
		return none, err
	}
	if err := checkAuthenticatorData(c, data); err != nil { // 15 to 18
		return none, err
	}
	if data.Flags.HasBackupEligible() != credential.BackupEligible { // 19
		return none, refusePasskey("whether it can be backed up has changed")
	}
	// 20 and 21
	err = parsed.Verify(c.Challenge, c.RPID, "", nil, c.Origins, nil, protocol.TopOriginExplicitVerificationMode,
		false, true, true, credential.PublicKey, protocol.SignaturePolicy{})
	if err != nil {
		return none, refuseProtocol(err)
	}
	return authent.PasskeyAssertion{
		Counter:         data.Counter,
		CounterWentBack: credential.Counter != 0 && data.Counter <= credential.Counter, // 22
		BackedUp:        data.Flags.HasBackupState(), UserVerified: data.Flags.HasUserVerified(), UserHandle: a.handle(),
	}, nil
}

// checkCeremony refuses a ceremony that would let anything pass.
func checkCeremony(c authent.PasskeyCeremony) error {
	challenge, err := base64.RawURLEncoding.Strict().DecodeString(c.Challenge)
	if err != nil || len(challenge) < minChallenge {
		return fmt.Errorf("authent: verify passkey: the challenge is not %d random bytes or more", minChallenge)
	}
	if c.RPID == "" || len(c.Origins) == 0 || slices.Contains(c.Origins, "") {
		return errors.New("authent: verify passkey: the ceremony has no relying party's id, or no origin")
	}
	return nil
}

// checkClientData compares what the browser says of the page with what is expected.
// go-webauthn does so too, and compares origins as they are only if they are called opaque.
func checkClientData(c authent.PasskeyCeremony, kind protocol.CeremonyType, data *protocol.CollectedClientData) error {
	switch {
	case data.Type != kind:
		return refusePasskey("it is of another kind of ceremony")
	case subtle.ConstantTimeCompare([]byte(data.Challenge), []byte(c.Challenge)) != 1:
		return refusePasskey("the challenge is another one")
	case !slices.Contains(c.Origins, data.Origin):
		return refusePasskey("the page's origin is not one of Passkey.Origins")
	case data.CrossOrigin || data.TopOrigin != "":
		return refusePasskey("the page is in a frame of another origin")
	}
	return nil
}

// checkAuthenticatorData compares what the authenticator says with what is expected.
func checkAuthenticatorData(c authent.PasskeyCeremony, data *protocol.AuthenticatorData) error {
	hash := sha256.Sum256([]byte(c.RPID))
	switch {
	case !bytes.Equal(data.RPIDHash, hash[:]):
		return refusePasskey("it is for another relying party's id")
	case !data.Flags.HasUserPresent():
		return refusePasskey("the user was not present")
	case !data.Flags.HasUserVerified():
		return refusePasskey("the user was not verified")
	case data.Flags.HasBackupState() && !data.Flags.HasBackupEligible():
		return refusePasskey("it is backed up and cannot be backed up")
	}
	return nil
}

// passkeyAlgorithms are those that a browser is asked for.
var passkeyAlgorithms = []protocol.CredentialParameter{
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
}

// RSA keys of passkeys have 2,048 bits. What is longer costs time, what is shorter is weak.
const minModulus, maxModulus = 2048 / 8, 4096 / 8

// checkPasskeyKey returns the algorithm of a public key in COSE, if it is one that browsers
// are asked for and the key is sound.
func checkPasskeyKey(public []byte) (algorithm int64, err error) {
	key, err := webauthncose.ParsePublicKey(public)
	if err != nil {
		return 0, refusePasskey("the public key is not valid")
	}
	switch k := key.(type) {
	case webauthncose.EC2PublicKeyData:
		algorithm = k.Algorithm
	case webauthncose.OKPPublicKeyData:
		algorithm = k.Algorithm
	case webauthncose.RSAPublicKeyData:
		algorithm = k.Algorithm
		if n := len(bytes.TrimLeft(k.Modulus, "\x00")); n < minModulus || n > maxModulus {
			return 0, refusePasskey("the RSA key has fewer than 2,048 bits or more than 4,096")
		}
	}
	for _, p := range passkeyAlgorithms {
		if int64(p.Algorithm) == algorithm {
			return algorithm, nil
		}
	}
	return 0, refusePasskey("the key's algorithm was not asked for")
}

// refusePasskey returns an ErrPasskey. why is a text of ours, never a part of an answer.
func refusePasskey(why string) error {
	return fmt.Errorf("authent: verify passkey: %w: %s", authent.ErrPasskey, why)
}

// refuseProtocol returns an ErrPasskey for an error of go-webauthn, of which only the kind is
// told: its texts may quote the answer.
func refuseProtocol(err error) error {
	kind := "error"
	if e := (*protocol.Error)(nil); errors.As(err, &e) {
		kind = e.Type
	}
	return refusePasskey("go-webauthn: " + kind)
}
