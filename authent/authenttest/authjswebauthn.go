package authenttest

import (
	"github.com/authent/authent/authent"
)

// The cases of Auth.js's own suite for WebAuthn. AuthJS/GetAccount is the fifth.

// passkeyOf stores a user, the account of a passkey and the passkey, as that suite does:
// its device type is none of the two, since that suite's is not.
func (c *check) passkeyOf(email, credentialID string) authent.Authenticator {
	c.Helper()
	u := c.create(authent.User{ID: someID, Email: email})
	c.link(authent.Account{UserID: u.ID, Type: "webauthn", Provider: "webauthn", ProviderAccountID: credentialID})
	return c.anotherOf(u.ID, credentialID)
}

// anotherOf stores one more passkey of a user.
func (c *check) anotherOf(userID, credentialID string) authent.Authenticator {
	c.Helper()
	return *c.add(authent.Authenticator{
		CredentialID: credentialID, UserID: userID, ProviderAccountID: credentialID, CredentialPublicKey: "cHVibGljS2V5",
		Counter: 42, CredentialDeviceType: "platform", CredentialBackedUp: true, Transports: "usb,ble,nfc",
	})
}

func authJSCreateAuthenticator(c *check) {
	got := c.passkeyOf("a@example.com", "Y3JlZGVudGlhbDE=")
	if got.CredentialID != "Y3JlZGVudGlhbDE=" || got.CredentialDeviceType != "platform" || got.Counter != 42 || got.Transports != "usb,ble,nfc" {
		c.Errorf("CreateAuthenticator returned %+v", got)
	}
	c.wantAuthenticator(got)
}

func authJSGetAuthenticator(c *check) {
	want := c.passkeyOf("a@example.com", "Y3JlZGVudGlhbDE=")
	_, err := c.passkeys().Authenticator(c.ctx, "invalid-id")
	c.wantErr(err, authent.ErrNotFound, "Authenticator of an invalid id")
	c.wantAuthenticator(want)
}

func authJSListAuthenticators(c *check) {
	first := c.passkeyOf("a@example.com", "Y3JlZGVudGlhbDE=")
	c.anotherOf(first.UserID, "Y3JlZGVudGlhbDI=")
	second := c.passkeyOf("b@example.com", "Y3JlZGVudGlhbDM=")
	c.wantAuthenticators(someID)
	c.wantAuthenticators(first.UserID, "Y3JlZGVudGlhbDE=", "Y3JlZGVudGlhbDI=")
	c.wantAuthenticators(second.UserID, "Y3JlZGVudGlhbDM=")
}

func authJSUpdateCounter(c *check) {
	want := c.passkeyOf("a@example.com", "Y3JlZGVudGlhbDE=")
	want.Counter++
	update := authent.AuthenticatorUpdate{Counter: &want.Counter}
	c.wantErr(c.passkeys().UpdateAuthenticator(c.ctx, "invalid-id", update), authent.ErrNotFound, "UpdateAuthenticator of an invalid id")
	c.must(c.passkeys().UpdateAuthenticator(c.ctx, want.CredentialID, update), "UpdateAuthenticator")
	c.wantAuthenticator(want)
}
