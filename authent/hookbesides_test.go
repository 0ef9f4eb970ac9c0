package authent_test

import (
	"context"

	"github.com/authent/authent/authent"
)

// What the adapter of the tests passes on of what an Adapter may do besides, outside and
// inside a transaction.
type besides struct{ authent.Adapter }

func (b besides) CreateTOTP(ctx context.Context, t authent.TOTP) error {
	return b.Adapter.(authent.TOTPStore).CreateTOTP(ctx, t)
}

func (b besides) TOTP(ctx context.Context, userID string) (*authent.TOTP, error) {
	return b.Adapter.(authent.TOTPStore).TOTP(ctx, userID)
}

func (b besides) UseTOTPStep(ctx context.Context, userID string, step int64) (bool, error) {
	return b.Adapter.(authent.TOTPStore).UseTOTPStep(ctx, userID, step)
}

func (b besides) UpdateTOTPSecret(ctx context.Context, userID string, old, sealed authent.Secret) error {
	return b.Adapter.(authent.TOTPStore).UpdateTOTPSecret(ctx, userID, old, sealed)
}

func (b besides) DeleteTOTP(ctx context.Context, userID string) error {
	return b.Adapter.(authent.TOTPStore).DeleteTOTP(ctx, userID)
}

func (b besides) TOTPs(ctx context.Context, after string, limit int) ([]authent.TOTP, error) {
	return b.Adapter.(authent.TOTPStore).TOTPs(ctx, after, limit)
}

func (b besides) CreateAuthenticator(ctx context.Context, a authent.Authenticator) (*authent.Authenticator, error) {
	return b.Adapter.(authent.AuthenticatorStore).CreateAuthenticator(ctx, a)
}

func (b besides) Authenticator(ctx context.Context, id string) (*authent.Authenticator, error) {
	return b.Adapter.(authent.AuthenticatorStore).Authenticator(ctx, id)
}

func (b besides) Authenticators(ctx context.Context, userID string) ([]*authent.Authenticator, error) {
	return b.Adapter.(authent.AuthenticatorStore).Authenticators(ctx, userID)
}

func (b besides) UpdateAuthenticator(ctx context.Context, id string, u authent.AuthenticatorUpdate) error {
	return b.Adapter.(authent.AuthenticatorStore).UpdateAuthenticator(ctx, id, u)
}

func (b besides) DeleteAuthenticator(ctx context.Context, userID, id string) (bool, error) {
	return b.Adapter.(authent.AuthenticatorStore).DeleteAuthenticator(ctx, userID, id)
}
