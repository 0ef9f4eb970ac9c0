package main

import (
	"context"

	"github.com/authent/authent/authent"
)

var _ authent.AuthenticatorStore = allowed{}

func (a allowed) passkeys() authent.AuthenticatorStore { return a.next.(authent.AuthenticatorStore) }

func (a allowed) CreateAuthenticator(ctx context.Context, c authent.Authenticator) (*authent.Authenticator, error) {
	return a.passkeys().CreateAuthenticator(allow(ctx), c)
}

func (a allowed) Authenticator(ctx context.Context, credentialID string) (*authent.Authenticator, error) {
	return a.passkeys().Authenticator(allow(ctx), credentialID)
}

func (a allowed) Authenticators(ctx context.Context, userID string) ([]*authent.Authenticator, error) {
	return a.passkeys().Authenticators(allow(ctx), userID)
}

func (a allowed) UpdateAuthenticator(ctx context.Context, credentialID string, u authent.AuthenticatorUpdate) error {
	return a.passkeys().UpdateAuthenticator(allow(ctx), credentialID, u)
}

func (a allowed) DeleteAuthenticator(ctx context.Context, userID, credentialID string) (bool, error) {
	return a.passkeys().DeleteAuthenticator(allow(ctx), userID, credentialID)
}
