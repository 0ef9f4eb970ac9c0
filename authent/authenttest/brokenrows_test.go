package authenttest_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
)

var brokenRows = []broken{
	{name: "NoCascade", wrap: wrapNoCascade, fails: []string{"User/Cascade"}},
	{name: "ByCascadeAlone", open: openCascading, fails: []string{"User/SoftDelete"}},
	{name: "HidesOutage", open: openAway, fails: []string{"Outage/CallerGone", "Outage/Told"}},
	{name: "Orphan", wrap: wrapOrphan, fails: []string{"Session/OfDeletedUser"}},
	{name: "UpdateOfMissingUser", wrap: func(a authent.Adapter) authent.Adapter { return updateOfMissing{a} }, fails: []string{"User/MalformedID", "UserUpdate/Unknown"}},
	{name: "DeleteOfMissingUser", wrap: func(a authent.Adapter) authent.Adapter { return deleteOfMissing{a} }, fails: []string{"User/DeleteUnknown", "User/MalformedID"}},
	{name: "UpdatesWholeUser", wrap: func(a authent.Adapter) authent.Adapter { return updatesWhole{a} }, fails: []string{
		"AuthJS/UpdateUser", "Copies/ReturnedUser", "UserUpdate/Nothing", "UserUpdate/OneColumn", "UserUpdate/ToNull",
	}},
	{name: "IgnoresNull", wrap: func(a authent.Adapter) authent.Adapter { return ignoresNull{a} }, fails: []string{"UserUpdate/ToNull"}},
	{name: "ZeroForNull", wrap: func(a authent.Adapter) authent.Adapter { return zeroForNull{a} }, fails: []string{"Account/Minimal", "Account/UpdateToNull", "AuthJS/GetAccount"}},
	{name: "NoForeignKey", wrap: func(a authent.Adapter) authent.Adapter { return noForeignKey{a} }, fails: []string{"Account/UnknownUser", "User/MalformedID"}},
	{name: "NonAtomicUse", wrap: func(a authent.Adapter) authent.Adapter { return nonAtomicUse{a} }, fails: []string{"VerificationToken/ConcurrentUse"}},
	{name: "ReusableToken", wrap: func(a authent.Adapter) authent.Adapter { return reusableToken{a} }, fails: inZones(
		"AuthJS/UseVerificationToken", "KeyLength/VerificationToken",
		"ByteForByte/VerificationTokenAccent", "ByteForByte/VerificationTokenCase",
		"ByteForByte/VerificationTokenComposition", "ByteForByte/VerificationTokenTrailingSpace",
		"Time/VerificationTokenPrecision", "Time/VerificationTokenUTC", "VerificationToken/AgainAfterUse",
		"VerificationToken/ConcurrentUse", "VerificationToken/ExpiredIsUsedUp", "VerificationToken/List", "VerificationToken/UseOnce",
	)},
	{name: "KeepsExpiredToken", wrap: func(a authent.Adapter) authent.Adapter { return keepsExpiredToken{a} }, fails: []string{"VerificationToken/ExpiredIsUsedUp"}},
	{name: "ListsUnexpiredTokens", wrap: func(a authent.Adapter) authent.Adapter { return listsUnexpired{a} }, fails: []string{"VerificationToken/List"}},
	{name: "JudgesExpiry", wrap: func(a authent.Adapter) authent.Adapter { return judgesExpiry{a} }, fails: []string{"Session/ExpiredIsThere"}},
	{name: "SessionByIDOfAnybody", wrap: wrapByIDOfAnybody, fails: []string{"SessionDelete/ByIDOfAnother", "SessionDelete/ByUnknownID"}},
	{name: "IgnoresExcept", wrap: func(a authent.Adapter) authent.Adapter { return ignoresExcept{a} }, fails: []string{
		"DeleteExpired/Batches", "SessionDelete/AllExcept", "VerificationToken/DeleteAllExcept",
	}},
	{name: "TokenAsID", wrap: func(a authent.Adapter) authent.Adapter { return tokenAsID{a} }, fails: []string{"Session/IDIsNotTheToken", "SessionDelete/ByUnknownID"}},
	{name: "UnstableID", wrap: func(a authent.Adapter) authent.Adapter { return unstableID{a} }, fails: []string{"AuthJS/GetSessionAndUser", "Session/IDIsStable"}},
	{name: "TakesSessionID", wrap: func(a authent.Adapter) authent.Adapter { return takesSessionID{a} }, fails: []string{"Session/AdapterMakesID"}},
	{name: "IgnoresLimit", wrap: func(a authent.Adapter) authent.Adapter { return ignoresLimit{a} }, fails: []string{"DeleteExpired/Batches", "DeleteExpired/LimitBelowOne"}},
	{name: "ExpiresTooEarly", wrap: func(a authent.Adapter) authent.Adapter { return expiresTooEarly{a} }, fails: inZones("DeleteExpired/KeepsBoundary", "Time/DeleteExpiredPrecision")},
	{name: "SharesReturned", wrap: wrapSharesReturned, fails: []string{"Copies/ReturnedVerificationToken"}},
	{name: "KeepsPassed", wrap: wrapKeepsPassed, fails: []string{"Copies/PassedUserUpdate"}},
	{name: "DropsPassword", wrap: func(a authent.Adapter) authent.Adapter { return dropsPassword{a} }, fails: []string{"User/MissingColumns"}},
}

// left holds what a deletion of users leaves behind.
type left struct {
	authent.Adapter
	mu       sync.Mutex
	accounts map[string][]*authent.Account
	sessions map[string][]*authent.Session
}

func newLeft(a authent.Adapter) *left {
	return &left{Adapter: a, accounts: map[string][]*authent.Account{}, sessions: map[string][]*authent.Session{}}
}

func (l *left) DeleteUser(ctx context.Context, id string) error {
	accounts, accountsErr := l.Adapter.Accounts(ctx, id)
	sessions, sessionsErr := l.Adapter.Sessions(ctx, id)
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(accounts)+len(sessions) > 0 {
		l.accounts[id], l.sessions[id] = accounts, sessions
	}
	return errors.Join(accountsErr, sessionsErr, l.Adapter.DeleteUser(ctx, id))
}

type noCascade struct{ *left }

func wrapNoCascade(a authent.Adapter) authent.Adapter { return noCascade{newLeft(a)} }

func (b noCascade) Accounts(ctx context.Context, userID string) ([]*authent.Account, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if kept := b.accounts[userID]; kept != nil {
		return kept, nil
	}
	return b.Adapter.Accounts(ctx, userID)
}

type orphan struct{ *left }

func wrapOrphan(a authent.Adapter) authent.Adapter { return orphan{newLeft(a)} }

func (b orphan) SessionAndUser(ctx context.Context, token authent.Secret) (*authent.Session, error) {
	s, err := b.Adapter.SessionAndUser(ctx, token)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, kept := range b.sessions {
		for _, s := range kept {
			if err != nil && s.Token == token {
				return s, nil
			}
		}
	}
	return s, err
}

// cascading leaves accounts and sessions to the foreign keys of a user's row,
// which the application keeps.
type cascading struct {
	authent.Adapter
	keeps atomic.Bool
}

func openCascading(testing.TB) authenttest.Subject {
	a := &cascading{Adapter: authenttest.NewMemoryAdapter()}
	return authenttest.Subject{Adapter: a, SoftDelete: func() { a.keeps.Store(true) }}
}

func (b *cascading) DeleteUser(ctx context.Context, id string) error {
	if b.keeps.Load() {
		return nil
	}
	return b.Adapter.DeleteUser(ctx, id)
}

// away calls everything an outage from one on, who has gone too, and goes on
// writing all the same.
type away struct {
	authent.Adapter
	gone atomic.Bool
}

func openAway(testing.TB) authenttest.Subject {
	a := &away{Adapter: authenttest.NewMemoryAdapter()}
	return authenttest.Subject{Adapter: a, Outage: func() { a.gone.Store(true) }}
}

func (b *away) DeleteSession(ctx context.Context, token authent.Secret) error {
	if b.gone.Load() {
		return authent.ErrUnavailable
	}
	return b.Adapter.DeleteSession(ctx, token)
}

type updateOfMissing struct{ authent.Adapter }

func (b updateOfMissing) UpdateUser(ctx context.Context, id string, u authent.UserUpdate) (*authent.User, error) {
	got, err := b.Adapter.UpdateUser(ctx, id, u)
	if errors.Is(err, authent.ErrNotFound) {
		return &authent.User{ID: id}, nil
	}
	return got, err
}

type deleteOfMissing struct{ authent.Adapter }

func (b deleteOfMissing) DeleteUser(ctx context.Context, id string) error {
	if _, err := b.User(ctx, id); err != nil {
		return err
	}
	return b.Adapter.DeleteUser(ctx, id)
}

type updatesWhole struct{ authent.Adapter }

func (b updatesWhole) UpdateUser(ctx context.Context, id string, u authent.UserUpdate) (*authent.User, error) {
	if u.Image == nil {
		u.Image = new("")
	}
	return b.Adapter.UpdateUser(ctx, id, u)
}

type ignoresNull struct{ authent.Adapter }

func (b ignoresNull) UpdateUser(ctx context.Context, id string, u authent.UserUpdate) (*authent.User, error) {
	if u.EmailVerified != nil && u.EmailVerified.IsZero() {
		u.EmailVerified = nil
	}
	return b.Adapter.UpdateUser(ctx, id, u)
}

type zeroForNull struct{ authent.Adapter }

func (b zeroForNull) Account(ctx context.Context, provider, id string) (*authent.Account, error) {
	a, err := b.Adapter.Account(ctx, provider, id)
	if err == nil && a.ExpiresAt.IsZero() {
		a.ExpiresAt = time.Unix(0, 0).UTC()
	}
	return a, err
}

type noForeignKey struct{ authent.Adapter }

func (b noForeignKey) LinkAccount(ctx context.Context, a authent.Account) error {
	if _, err := b.User(ctx, a.UserID); err != nil {
		return nil
	}
	return b.Adapter.LinkAccount(ctx, a)
}

type nonAtomicUse struct{ authent.Adapter }

func (b nonAtomicUse) UseVerificationToken(ctx context.Context, identifier string, token authent.Secret) (*authent.VerificationToken, error) {
	v, err := b.VerificationToken(ctx, identifier, token)
	time.Sleep(time.Millisecond)
	_, _ = b.Adapter.UseVerificationToken(ctx, identifier, token)
	return v, err
}

type reusableToken struct{ authent.Adapter }

func (b reusableToken) UseVerificationToken(ctx context.Context, identifier string, token authent.Secret) (*authent.VerificationToken, error) {
	return b.VerificationToken(ctx, identifier, token)
}

type keepsExpiredToken struct{ authent.Adapter }

func (b keepsExpiredToken) UseVerificationToken(ctx context.Context, identifier string, token authent.Secret) (*authent.VerificationToken, error) {
	v, err := b.VerificationToken(ctx, identifier, token)
	if err == nil && v.Expires.Before(time.Now()) {
		return nil, authent.ErrNotFound
	}
	return b.Adapter.UseVerificationToken(ctx, identifier, token)
}

// listsUnexpired leaves out of the list what it takes for expired.
type listsUnexpired struct{ authent.Adapter }

func (b listsUnexpired) VerificationTokens(ctx context.Context, identifier string) ([]authent.VerificationToken, error) {
	all, err := b.Adapter.VerificationTokens(ctx, identifier)
	return slices.DeleteFunc(all, func(v authent.VerificationToken) bool { return v.Expires.Before(time.Now()) }), err
}

type judgesExpiry struct{ authent.Adapter }

func (b judgesExpiry) SessionAndUser(ctx context.Context, token authent.Secret) (*authent.Session, error) {
	s, err := b.Adapter.SessionAndUser(ctx, token)
	if err == nil && s.Expires.Before(time.Now()) {
		return nil, authent.ErrNotFound
	}
	return s, err
}

type byIDOfAnybody struct {
	authent.Adapter
	owners *sync.Map // session id → user id
}

func wrapByIDOfAnybody(a authent.Adapter) authent.Adapter { return byIDOfAnybody{a, &sync.Map{}} }

func (b byIDOfAnybody) CreateSession(ctx context.Context, s authent.Session) (*authent.Session, error) {
	got, err := b.Adapter.CreateSession(ctx, s)
	if err == nil {
		b.owners.Store(got.ID, got.UserID)
	}
	return got, err
}

func (b byIDOfAnybody) DeleteSessionByID(ctx context.Context, userID, id string) (bool, error) {
	if owner, ok := b.owners.Load(id); ok {
		userID = owner.(string)
	}
	return b.Adapter.DeleteSessionByID(ctx, userID, id)
}

type ignoresExcept struct{ authent.Adapter }

func (b ignoresExcept) DeleteSessions(ctx context.Context, userID string, _ authent.Secret) (int, error) {
	return b.Adapter.DeleteSessions(ctx, userID, "")
}

func (b ignoresExcept) DeleteVerificationTokens(ctx context.Context, identifier string, _ authent.Secret) (int, error) {
	return b.Adapter.DeleteVerificationTokens(ctx, identifier, "")
}

type tokenAsID struct{ authent.Adapter }

func (b tokenAsID) CreateSession(ctx context.Context, s authent.Session) (*authent.Session, error) {
	return tokenIsID(b.Adapter.CreateSession(ctx, s))
}

func (b tokenAsID) SessionAndUser(ctx context.Context, token authent.Secret) (*authent.Session, error) {
	return tokenIsID(b.Adapter.SessionAndUser(ctx, token))
}

func (b tokenAsID) Sessions(ctx context.Context, userID string) ([]*authent.Session, error) {
	sessions, err := b.Adapter.Sessions(ctx, userID)
	for _, s := range sessions {
		s.ID = string(s.Token)
	}
	return sessions, err
}

func (b tokenAsID) DeleteSessionByID(ctx context.Context, userID, id string) (bool, error) {
	s, err := b.Adapter.SessionAndUser(ctx, authent.Secret(id))
	if err != nil || s.UserID != userID {
		return false, nil
	}
	return true, b.DeleteSession(ctx, s.Token)
}

func tokenIsID(s *authent.Session, err error) (*authent.Session, error) {
	if err == nil {
		s.ID = string(s.Token)
	}
	return s, err
}

type unstableID struct{ authent.Adapter }

func (b unstableID) SessionAndUser(ctx context.Context, token authent.Secret) (*authent.Session, error) {
	s, err := b.Adapter.SessionAndUser(ctx, token)
	if err == nil {
		s.ID += "x"
	}
	return s, err
}

type takesSessionID struct{ authent.Adapter }

func (b takesSessionID) CreateSession(ctx context.Context, s authent.Session) (*authent.Session, error) {
	got, err := b.Adapter.CreateSession(ctx, s)
	if err == nil && s.ID != "" {
		got.ID = s.ID
	}
	return got, err
}

type ignoresLimit struct{ authent.Adapter }

func (b ignoresLimit) DeleteExpired(ctx context.Context, before time.Time, _ int) (int, error) {
	return b.Adapter.DeleteExpired(ctx, before, 1000)
}

type expiresTooEarly struct{ authent.Adapter }

func (b expiresTooEarly) DeleteExpired(ctx context.Context, before time.Time, limit int) (int, error) {
	return b.Adapter.DeleteExpired(ctx, before.Add(time.Millisecond), limit)
}

// dropsPassword has no such column, and does not tell who writes it.
type dropsPassword struct{ authent.Adapter }

func (b dropsPassword) Columns() authent.Columns {
	cols := b.Adapter.Columns()
	cols.UserPassword = false
	return cols
}

func (b dropsPassword) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	return b.Adapter.InTx(ctx, func(tx authent.Adapter) error { return fn(dropsPassword{tx}) })
}
