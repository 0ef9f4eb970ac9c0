package provider

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
)

const (
	// maxPasskeyAnswer is how long an answer may be. Common ones take 2 KB, those with
	// chains of certificates 10.
	maxPasskeyAnswer = 64 << 10
	// maxTransports and maxTransport bound what is stored of the transports.
	maxTransports = 8
	maxTransport  = 16
)

// passkeyAnswer is the JSON of a browser's answer, as PublicKeyCredential.toJSON writes it.
// go-webauthn would read it too, but not a user handle that is not base64url; see
// authent.PasskeyAssertion.HasHandle.
type passkeyAnswer struct {
	ID       string `json:"id"`
	RawID    string `json:"rawId"`
	Type     string `json:"type"`
	Response struct {
		ClientDataJSON    base64url `json:"clientDataJSON"`
		AttestationObject base64url `json:"attestationObject"`
		AuthenticatorData base64url `json:"authenticatorData"`
		Signature         base64url `json:"signature"`
		UserHandle        *string   `json:"userHandle"`
		Transports        []string  `json:"transports"`
	} `json:"response"`

	id base64url
}

// base64url is bytes that are base64url without padding in JSON.
type base64url []byte

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *base64url) UnmarshalText(text []byte) (err error) {
	*b, err = base64.RawURLEncoding.Strict().DecodeString(string(text))
	return err
}

// readPasskeyAnswer reads an answer, of either kind.
func readPasskeyAnswer(answer []byte) (*passkeyAnswer, error) {
	if len(answer) > maxPasskeyAnswer {
		return nil, refusePasskey("it is longer than 64 KiB")
	}
	var a passkeyAnswer
	if err := json.Unmarshal(answer, &a); err != nil {
		return nil, refusePasskey("it is not the JSON of a credential")
	}
	if a.Type != string(protocol.PublicKeyCredentialType) {
		return nil, refusePasskey("it is of another type than public-key")
	}
	if err := a.id.UnmarshalText([]byte(a.ID)); err != nil || len(a.id) == 0 || a.RawID != a.ID {
		return nil, refusePasskey("the credential's id is not base64url, or is there twice and not the same")
	}
	return &a, nil
}

// creation parses the answer to navigator.credentials.create.
func (a *passkeyAnswer) creation() (*protocol.ParsedCredentialCreationData, error) {
	parsed, err := protocol.CredentialCreationResponse{
		PublicKeyCredential: a.credential(),
		AttestationResponse: protocol.AuthenticatorAttestationResponse{
			AuthenticatorResponse: a.clientData(),
			AttestationObject:     protocol.URLEncodedBase64(a.Response.AttestationObject),
		},
	}.Parse()
	if err != nil {
		return nil, refuseProtocol(err)
	}
	return parsed, nil
}

// assertion parses the answer to navigator.credentials.get.
func (a *passkeyAnswer) assertion() (*protocol.ParsedCredentialAssertionData, error) {
	parsed, err := protocol.CredentialAssertionResponse{
		PublicKeyCredential: a.credential(),
		AssertionResponse: protocol.AuthenticatorAssertionResponse{
			AuthenticatorResponse: a.clientData(),
			AuthenticatorData:     protocol.URLEncodedBase64(a.Response.AuthenticatorData),
			Signature:             protocol.URLEncodedBase64(a.Response.Signature),
		},
	}.Parse()
	if err != nil {
		return nil, refuseProtocol(err)
	}
	return parsed, nil
}

func (a *passkeyAnswer) credential() protocol.PublicKeyCredential {
	return protocol.PublicKeyCredential{Credential: protocol.Credential{ID: a.ID, Type: a.Type}, RawID: protocol.URLEncodedBase64(a.id)}
}

func (a *passkeyAnswer) clientData() protocol.AuthenticatorResponse {
	return protocol.AuthenticatorResponse{ClientDataJSON: protocol.URLEncodedBase64(a.Response.ClientDataJSON)}
}

// handle returns the user handle as it is written.
func (a *passkeyAnswer) handle() string {
	if a.Response.UserHandle == nil {
		return ""
	}
	return *a.Response.UserHandle
}

// transports returns the transports of which browsers may be told again, as they came. A
// client may write anything there; what a name of one cannot be is left out.
func (a *passkeyAnswer) transports() []string {
	var found []string
	for _, t := range a.Response.Transports {
		plain := t != "" && len(t) <= maxTransport && strings.Trim(t, "abcdefghijklmnopqrstuvwxyz-") == ""
		if plain && !slices.Contains(found, t) && len(found) < maxTransports {
			found = append(found, t)
		}
	}
	return found
}
