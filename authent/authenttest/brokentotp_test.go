package authenttest_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
)

// brokenTOTPs break what is asked of an authent.TOTPStore.
var brokenTOTPs = []broken{
	{name: "ForgetsStep", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return forgetsStep{m} }), wide: true, fails: []string{"TOTP/CreateAndRead"}},
	{name: "SecondTOTPWins", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return secondTOTPWins{m} }), fails: []string{"TOTP/Taken"}},
	{name: "TOTPOfNobody", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return totpOfNobody{m} }), wide: true, fails: []string{"TOTP/UnknownUser"}},
	{name: "NoTOTPIsAnError", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return noTOTPIsAnError{m} }), fails: []string{"TOTP/Delete", "TOTP/OfNobody"}},
	{name: "LongSecrets", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return longSecrets{m} }), fails: []string{"TOTP/LongSecret"}},
	{name: "StepsGoDown", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return stepsGoDown{m} }), fails: []string{"TOTP/StepsGoUp"}},
	{name: "RacySteps", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return racySteps{m} }), fails: []string{"TOTP/ConcurrentStep"}},
	{name: "ResealsBlindly", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return resealsBlindly{m} }), wide: true, fails: []string{"TOTP/UpdateSecret"}},
	{name: "TOTPOutlivesUser", wrap: wrapTOTPOutlivesUser, fails: []string{"TOTP/OfDeletedUser"}},
	{name: "ListsFromAfter", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return listsFromAfter{m} }), fails: []string{"TOTP/List"}},
	{name: "StepsOutsideTx", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return stepsOutsideTx{m} }), fails: []string{"TOTP/InTx"}},
	{name: "TOTPByWallClock", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return totpByWallClock{m} }), fails: []string{"TOTP/Times"}},
}

// forgetsStep begins at 0, so that the first code works once more.
type forgetsStep struct{ *authenttest.MemoryAdapter }

func (b forgetsStep) CreateTOTP(ctx context.Context, t authent.TOTP) error {
	t.LastStep = 0
	return b.MemoryAdapter.CreateTOTP(ctx, t)
}

type secondTOTPWins struct{ *authenttest.MemoryAdapter }

func (b secondTOTPWins) CreateTOTP(ctx context.Context, t authent.TOTP) error {
	if err := b.DeleteTOTP(ctx, t.UserID); err != nil {
		return err
	}
	return b.MemoryAdapter.CreateTOTP(ctx, t)
}

// totpOfNobody has no foreign key.
type totpOfNobody struct{ *authenttest.MemoryAdapter }

func (b totpOfNobody) CreateTOTP(ctx context.Context, t authent.TOTP) error {
	err := b.MemoryAdapter.CreateTOTP(ctx, t)
	if errors.Is(err, authent.ErrNotFound) {
		return nil
	}
	return err
}

type noTOTPIsAnError struct{ *authenttest.MemoryAdapter }

func (b noTOTPIsAnError) DeleteTOTP(ctx context.Context, userID string) error {
	if _, err := b.TOTP(ctx, userID); err != nil {
		return err
	}
	return b.MemoryAdapter.DeleteTOTP(ctx, userID)
}

// longSecrets cuts what its column does not hold.
type longSecrets struct{ *authenttest.MemoryAdapter }

func (b longSecrets) CreateTOTP(ctx context.Context, t authent.TOTP) error {
	t.Secret = t.Secret[:min(len(t.Secret), authent.MaxKey)]
	return b.MemoryAdapter.CreateTOTP(ctx, t)
}

// stepsGoDown takes any step but the last one.
type stepsGoDown struct{ *authenttest.MemoryAdapter }

func (b stepsGoDown) UseTOTPStep(ctx context.Context, userID string, step int64) (bool, error) {
	used, err := b.MemoryAdapter.UseTOTPStep(ctx, userID, step)
	t, e := b.TOTP(ctx, userID)
	return used || e == nil && step > 0 && step < t.LastStep, err
}

// racySteps looks first, and writes then.
type racySteps struct{ *authenttest.MemoryAdapter }

func (b racySteps) UseTOTPStep(ctx context.Context, userID string, step int64) (bool, error) {
	t, err := b.TOTP(ctx, userID)
	if err != nil || t.LastStep >= step {
		return false, nil
	}
	time.Sleep(10 * time.Millisecond)
	_, err = b.MemoryAdapter.UseTOTPStep(ctx, userID, step)
	return true, err
}

// resealsBlindly does not look which secret is stored.
type resealsBlindly struct{ *authenttest.MemoryAdapter }

func (b resealsBlindly) UpdateTOTPSecret(ctx context.Context, userID string, _, sealed authent.Secret) error {
	t, err := b.TOTP(ctx, userID)
	if err != nil {
		return nil
	}
	return b.MemoryAdapter.UpdateTOTPSecret(ctx, userID, t.Secret, sealed)
}

// totpOutlivesUser keeps the rows of users who are deleted.
type totpOutlivesUser struct {
	*authenttest.MemoryAdapter
	kept *sync.Map
}

func wrapTOTPOutlivesUser(a authent.Adapter) authent.Adapter {
	return totpOutlivesUser{a.(*authenttest.MemoryAdapter), &sync.Map{}}
}

func (b totpOutlivesUser) DeleteUser(ctx context.Context, id string) error {
	if t, err := b.MemoryAdapter.TOTP(ctx, id); err == nil {
		b.kept.Store(id, t)
	}
	return b.MemoryAdapter.DeleteUser(ctx, id)
}

func (b totpOutlivesUser) TOTP(ctx context.Context, userID string) (*authent.TOTP, error) {
	if t, ok := b.kept.Load(userID); ok {
		return t.(*authent.TOTP), nil
	}
	return b.MemoryAdapter.TOTP(ctx, userID)
}

// listsFromAfter returns the last one of a page again.
type listsFromAfter struct{ *authenttest.MemoryAdapter }

func (b listsFromAfter) TOTPs(ctx context.Context, after string, limit int) ([]authent.TOTP, error) {
	page, err := b.MemoryAdapter.TOTPs(ctx, after, limit)
	if last, e := b.TOTP(ctx, after); e == nil && err == nil {
		page = append([]authent.TOTP{*last}, page...)
	}
	return page[:min(len(page), limit)], err
}

// stepsOutsideTx keeps the steps of a transaction that fails.
type stepsOutsideTx struct{ *authenttest.MemoryAdapter }

func (b stepsOutsideTx) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	steps := &stepRecorder{}
	err := b.MemoryAdapter.InTx(ctx, func(tx authent.Adapter) error {
		steps.MemoryAdapter = tx.(*authenttest.MemoryAdapter)
		return fn(steps)
	})
	for id, step := range steps.used {
		_, _ = b.UseTOTPStep(ctx, id, step)
	}
	return err
}

// stepRecorder remembers the steps that are used through it.
type stepRecorder struct {
	*authenttest.MemoryAdapter
	used map[string]int64
}

func (b *stepRecorder) UseTOTPStep(ctx context.Context, userID string, step int64) (bool, error) {
	b.used = map[string]int64{userID: step}
	return b.MemoryAdapter.UseTOTPStep(ctx, userID, step)
}

// totpByWallClock forgets the zone of the process that stores.
type totpByWallClock struct{ *authenttest.MemoryAdapter }

func (b totpByWallClock) CreateTOTP(ctx context.Context, t authent.TOTP) error {
	t.ConfirmedAt = wallClock(t.ConfirmedAt, t.ConfirmedAt.Location())
	return b.MemoryAdapter.CreateTOTP(ctx, t)
}
