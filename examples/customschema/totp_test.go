package main

import (
	"context"

	"github.com/authent/authent/authent"
)

var _ authent.TOTPStore = allowed{}

func (a allowed) totps() authent.TOTPStore { return a.next.(authent.TOTPStore) }

func (a allowed) CreateTOTP(ctx context.Context, t authent.TOTP) error {
	return a.totps().CreateTOTP(allow(ctx), t)
}

func (a allowed) TOTP(ctx context.Context, userID string) (*authent.TOTP, error) {
	return a.totps().TOTP(allow(ctx), userID)
}

func (a allowed) UseTOTPStep(ctx context.Context, userID string, step int64) (bool, error) {
	return a.totps().UseTOTPStep(allow(ctx), userID, step)
}

func (a allowed) UpdateTOTPSecret(ctx context.Context, userID string, old, sealed authent.Secret) error {
	return a.totps().UpdateTOTPSecret(allow(ctx), userID, old, sealed)
}

func (a allowed) DeleteTOTP(ctx context.Context, userID string) error {
	return a.totps().DeleteTOTP(allow(ctx), userID)
}

func (a allowed) TOTPs(ctx context.Context, after string, limit int) ([]authent.TOTP, error) {
	return a.totps().TOTPs(allow(ctx), after, limit)
}
