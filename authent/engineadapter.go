package authent

import (
	"context"
	"time"
)

// engineAdapter marks the context of every call as the engine's (FromEngine).
type engineAdapter struct{ next Adapter }

func (e engineAdapter) Columns() Columns { return e.next.Columns() }

func (e engineAdapter) CreateUser(ctx context.Context, u User) (*User, error) {
	return e.next.CreateUser(withEngine(ctx), u)
}

func (e engineAdapter) User(ctx context.Context, id string) (*User, error) {
	return e.next.User(withEngine(ctx), id)
}

func (e engineAdapter) UsersByEmail(ctx context.Context, emails ...string) ([]*User, error) {
	return e.next.UsersByEmail(withEngine(ctx), emails...)
}

func (e engineAdapter) UserByAccount(ctx context.Context, provider, id string) (*User, error) {
	return e.next.UserByAccount(withEngine(ctx), provider, id)
}

func (e engineAdapter) LockUser(ctx context.Context, id string) (*User, error) {
	return e.next.LockUser(withEngine(ctx), id)
}

func (e engineAdapter) UpdateUser(ctx context.Context, id string, u UserUpdate) (*User, error) {
	return e.next.UpdateUser(withEngine(ctx), id, u)
}

func (e engineAdapter) DeleteUser(ctx context.Context, id string) error {
	return e.next.DeleteUser(withEngine(ctx), id)
}

func (e engineAdapter) LinkAccount(ctx context.Context, a Account) error {
	return e.next.LinkAccount(withEngine(ctx), a)
}

func (e engineAdapter) Account(ctx context.Context, provider, id string) (*Account, error) {
	return e.next.Account(withEngine(ctx), provider, id)
}

func (e engineAdapter) Accounts(ctx context.Context, userID string) ([]*Account, error) {
	return e.next.Accounts(withEngine(ctx), userID)
}

func (e engineAdapter) UpdateAccount(ctx context.Context, provider, id string, u AccountUpdate) error {
	return e.next.UpdateAccount(withEngine(ctx), provider, id, u)
}

func (e engineAdapter) UnlinkAccount(ctx context.Context, provider, id string) error {
	return e.next.UnlinkAccount(withEngine(ctx), provider, id)
}

func (e engineAdapter) CreateSession(ctx context.Context, s Session) (*Session, error) {
	return e.next.CreateSession(withEngine(ctx), s)
}

func (e engineAdapter) SessionAndUser(ctx context.Context, token Secret) (*Session, error) {
	return e.next.SessionAndUser(withEngine(ctx), token)
}

func (e engineAdapter) Sessions(ctx context.Context, userID string) ([]*Session, error) {
	return e.next.Sessions(withEngine(ctx), userID)
}

func (e engineAdapter) UpdateSession(ctx context.Context, token Secret, u SessionUpdate) error {
	return e.next.UpdateSession(withEngine(ctx), token, u)
}

func (e engineAdapter) DeleteSession(ctx context.Context, token Secret) error {
	return e.next.DeleteSession(withEngine(ctx), token)
}

func (e engineAdapter) DeleteSessionByID(ctx context.Context, userID, id string) (bool, error) {
	return e.next.DeleteSessionByID(withEngine(ctx), userID, id)
}

func (e engineAdapter) DeleteSessions(ctx context.Context, userID string, except Secret) (int, error) {
	return e.next.DeleteSessions(withEngine(ctx), userID, except)
}

func (e engineAdapter) CreateVerificationToken(ctx context.Context, v VerificationToken) error {
	return e.next.CreateVerificationToken(withEngine(ctx), v)
}

func (e engineAdapter) VerificationToken(ctx context.Context, identifier string, token Secret) (*VerificationToken, error) {
	return e.next.VerificationToken(withEngine(ctx), identifier, token)
}

func (e engineAdapter) UseVerificationToken(ctx context.Context, identifier string, token Secret) (*VerificationToken, error) {
	return e.next.UseVerificationToken(withEngine(ctx), identifier, token)
}

func (e engineAdapter) DeleteVerificationTokens(ctx context.Context, identifier string, except Secret) (int, error) {
	return e.next.DeleteVerificationTokens(withEngine(ctx), identifier, except)
}

func (e engineAdapter) DeleteExpired(ctx context.Context, before time.Time, limit int) (int, error) {
	return e.next.DeleteExpired(withEngine(ctx), before, limit)
}

func (e engineAdapter) InTx(ctx context.Context, fn func(tx Adapter) error) error {
	return e.next.InTx(withEngine(ctx), func(tx Adapter) error { return fn(engineAdapter{tx}) })
}
