package authenttest_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
)

// brokenAuthJS break what Auth.js's own suite asks, and the length of keys.
var brokenAuthJS = []broken{
	{name: "CutsKeys", wrap: func(a authent.Adapter) authent.Adapter { return cutsKeys{a} }, fails: []string{
		"KeyLength/Email", "KeyLength/EmailChanged", "KeyLength/Identifier", "KeyLength/Provider",
		"KeyLength/ProviderAccountID", "KeyLength/SessionToken", "KeyLength/VerificationToken",
	}},
	{name: "LosesLongKeys", wrap: func(a authent.Adapter) authent.Adapter { return losesLongKeys{a} }, fails: []string{"KeyLength/SessionToken"}},
	{name: "NotImplemented", wrap: func(a authent.Adapter) authent.Adapter { return notImplemented{a} }, wide: true, fails: []string{
		"AuthJS/FutureMethods", "AuthJS/RequiredMethods", "AuthJS/VerificationTokenMethods",
	}},
	{name: "FindsAnybody", wrap: func(a authent.Adapter) authent.Adapter { return &findsAnybody{Adapter: a} }, wide: true, fails: []string{
		"AuthJS/GetAccount", "AuthJS/GetUser", "AuthJS/GetUserByAccount", "AuthJS/GetUserByEmail",
	}},
	{name: "KeepsKeys", wrap: func(a authent.Adapter) authent.Adapter { return &keepsKeys{Adapter: a} }, wide: true, fails: []string{"AuthJS/DeleteUser"}},
	{name: "LosesHalf", wrap: func(a authent.Adapter) authent.Adapter { return losesHalf{a} }, wide: true, fails: []string{
		"AuthJS/CreateSession", "AuthJS/CreateUser", "AuthJS/CreateVerificationToken", "AuthJS/GetSessionAndUser",
		"AuthJS/LinkAccount", "AuthJS/UpdateSession", "AuthJS/UpdateUser",
	}},
	{name: "RemovesNothing", wrap: func(a authent.Adapter) authent.Adapter { return removesNothing{deletesNothing{a}} }, wide: true, fails: []string{
		"AuthJS/DeleteSession", "AuthJS/DeleteUser", "AuthJS/UnlinkAccount", "AuthJS/UseVerificationToken",
	}},
	{name: "IgnoresTimes", open: subject(authenttest.Subject{TakesTimes: true}), fails: []string{
		"AuthJS/CreateUser", "AuthJS/GetSessionAndUser", "AuthJS/GetUser", "AuthJS/GetUserByEmail", "AuthJS/UpdateUser", "User/SetsTimes",
	}},
	{name: "MovesUpdatedAt", open: subject(authenttest.Subject{LeavesUpdatedAt: true}), wide: true, fails: []string{"User/SetsTimes"}},
	{name: "NarrowKeys", open: subject(authenttest.Subject{KeyLetters: 300}), wide: true, fails: []string{"KeyLength/Email", "KeyLength/SessionToken"}},
}

// subject returns a Subject whose description of a good adapter is wrong.
func subject(s authenttest.Subject) func(testing.TB) authenttest.Subject {
	return func(testing.TB) authenttest.Subject {
		s.Adapter = authenttest.NewMemoryAdapter()
		return s
	}
}

// cutsKeys is a database that stores what its columns hold of a key.
type cutsKeys struct{ authent.Adapter }

func cutKey[S ~string](s S) S {
	return s[:min(len(s), authent.MaxKey)]
}

func (b cutsKeys) CreateUser(ctx context.Context, u authent.User) (*authent.User, error) {
	u.Email = cutKey(u.Email)
	return b.Adapter.CreateUser(ctx, u)
}

func (b cutsKeys) UpdateUser(ctx context.Context, id string, u authent.UserUpdate) (*authent.User, error) {
	if u.Email != nil {
		u.Email = new(cutKey(*u.Email))
	}
	return b.Adapter.UpdateUser(ctx, id, u)
}

func (b cutsKeys) LinkAccount(ctx context.Context, a authent.Account) error {
	a.Provider, a.ProviderAccountID = cutKey(a.Provider), cutKey(a.ProviderAccountID)
	return b.Adapter.LinkAccount(ctx, a)
}

func (b cutsKeys) CreateSession(ctx context.Context, s authent.Session) (*authent.Session, error) {
	s.Token = cutKey(s.Token)
	return b.Adapter.CreateSession(ctx, s)
}

func (b cutsKeys) CreateVerificationToken(ctx context.Context, v authent.VerificationToken) error {
	v.Identifier, v.Token = cutKey(v.Identifier), cutKey(v.Token)
	return b.Adapter.CreateVerificationToken(ctx, v)
}

// losesLongKeys stores a long token and does not find it, nor delete it.
type losesLongKeys struct{ authent.Adapter }

func (b losesLongKeys) SessionAndUser(ctx context.Context, token authent.Secret) (*authent.Session, error) {
	if len(token) > 255 {
		return nil, authent.ErrNotFound
	}
	return b.Adapter.SessionAndUser(ctx, token)
}

func (b losesLongKeys) DeleteSession(ctx context.Context, token authent.Secret) error {
	if len(token) > 255 {
		return nil
	}
	return b.Adapter.DeleteSession(ctx, token)
}

// notImplemented lacks methods, as far as Go lets it.
type notImplemented struct{ authent.Adapter }

func (notImplemented) UpdateSession(context.Context, authent.Secret, authent.SessionUpdate) error {
	return authent.ErrUnsupported
}

func (notImplemented) UseVerificationToken(context.Context, string, authent.Secret) (*authent.VerificationToken, error) {
	return nil, authent.ErrUnsupported
}

func (notImplemented) UnlinkAccount(context.Context, string, string) error {
	return authent.ErrUnsupported
}

// findsAnybody answers with the last user where nobody is found.
type findsAnybody struct {
	authent.Adapter
	last *authent.User
}

func (b *findsAnybody) CreateUser(ctx context.Context, u authent.User) (*authent.User, error) {
	created, err := b.Adapter.CreateUser(ctx, u)
	if err == nil {
		b.last = new(*created)
	}
	return created, err
}

func (b *findsAnybody) User(ctx context.Context, id string) (*authent.User, error) {
	if u, err := b.Adapter.User(ctx, id); err == nil {
		return u, nil
	}
	return b.last, nil
}

func (b *findsAnybody) UserByAccount(ctx context.Context, provider, id string) (*authent.User, error) {
	if u, err := b.Adapter.UserByAccount(ctx, provider, id); err == nil {
		return u, nil
	}
	return b.last, nil
}

func (b *findsAnybody) UsersByEmail(ctx context.Context, emails ...string) ([]*authent.User, error) {
	if users, err := b.Adapter.UsersByEmail(ctx, emails...); err != nil || len(users) > 0 {
		return users, err
	}
	return []*authent.User{b.last}, nil
}

// Account answers with an account of nobody.
func (b *findsAnybody) Account(ctx context.Context, provider, id string) (*authent.Account, error) {
	if a, err := b.Adapter.Account(ctx, provider, id); err == nil {
		return a, nil
	}
	return &authent.Account{Provider: provider, ProviderAccountID: id}, nil
}

// keepsKeys marks an account that is unlinked instead of deleting it, so that it cannot be
// linked again.
type keepsKeys struct {
	authent.Adapter
	gone sync.Map
}

func (b *keepsKeys) LinkAccount(ctx context.Context, a authent.Account) error {
	if _, gone := b.gone.Load(a.Provider + "/" + a.ProviderAccountID); gone {
		return authent.ErrConflict
	}
	return b.Adapter.LinkAccount(ctx, a)
}

func (b *keepsKeys) UnlinkAccount(ctx context.Context, provider, id string) error {
	b.gone.Store(provider+"/"+id, true)
	return b.Adapter.UnlinkAccount(ctx, provider, id)
}

// losesHalf forgets something in each row.
type losesHalf struct{ authent.Adapter }

func (b losesHalf) CreateUser(ctx context.Context, u authent.User) (*authent.User, error) {
	u.EmailVerified = u.EmailVerified.Truncate(time.Second)
	return b.Adapter.CreateUser(ctx, u)
}

func (b losesHalf) LinkAccount(ctx context.Context, a authent.Account) error {
	a.SessionState = ""
	return b.Adapter.LinkAccount(ctx, a)
}

func (b losesHalf) CreateSession(ctx context.Context, s authent.Session) (*authent.Session, error) {
	s.Expires = s.Expires.Truncate(24 * time.Hour)
	return b.Adapter.CreateSession(ctx, s)
}

func (b losesHalf) UpdateSession(ctx context.Context, token authent.Secret, u authent.SessionUpdate) error {
	return b.Adapter.UpdateSession(ctx, token, authent.SessionUpdate{})
}

func (b losesHalf) CreateVerificationToken(ctx context.Context, v authent.VerificationToken) error {
	v.Expires = v.Expires.Truncate(time.Hour)
	return b.Adapter.CreateVerificationToken(ctx, v)
}

// removesNothing leaves a verification token that is used where it is.
type removesNothing struct{ deletesNothing }

func (b removesNothing) UseVerificationToken(ctx context.Context, identifier string, token authent.Secret) (*authent.VerificationToken, error) {
	return b.VerificationToken(ctx, identifier, token)
}
