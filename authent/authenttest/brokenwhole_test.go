package authenttest_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/authent/authent/authent"
)

// brokenWhole break what the plain cases are about. Where that is much, other
// cases fail as well, and fails lists those that no narrower adapter fails.
var brokenWhole = []broken{
	{name: "DeletesNothing", wrap: func(a authent.Adapter) authent.Adapter { return deletesNothing{a} }, wide: true, fails: []string{
		"Account/Unlink", "DeleteExpired/KeepsUnexpired", "Session/UnknownUser", "Session/UpdateUnknown",
		"SessionDelete/All", "SessionDelete/AllExceptOfAnother", "SessionDelete/ByID", "SessionDelete/ByToken",
		"User/Delete", "User/Unknown", "VerificationToken/DeleteAll",
	}},
	{name: "DropsColumns", wrap: func(a authent.Adapter) authent.Adapter { return dropsColumns{a} }, wide: true, fails: []string{
		"Copies/PassedSessionUpdate", "Copies/ReturnedSession", "Session/CreateAndRead", "Session/Minimal",
		"Session/UpdateOneColumn", "Session/UpdateSameValue", "User/CreateAndRead", "User/Minimal",
		"UserUpdate/EmailTaken", "UserUpdate/SameValue", "VerificationToken/CreateAndRead",
	}},
	{name: "EmptyForMissing", wrap: func(a authent.Adapter) authent.Adapter { return emptyForMissing{a} }, wide: true, fails: []string{
		"Account/Unknown", "Account/Unlink", "Account/UpdateUnknown", "Session/Unknown", "Session/UnknownUser",
		"SessionDelete/ByToken", "User/Unknown", "VerificationToken/Unknown",
	}},
	{name: "NoneIsAnError", wrap: func(a authent.Adapter) authent.Adapter { return noneIsAnError{a} }, wide: true, fails: []string{
		"Account/List", "Account/UnlinkUnknown", "SessionDelete/AllOfNone", "SessionDelete/ByUnknownToken",
		"User/Unknown", "VerificationToken/DeleteAllOfNone", "VerificationToken/ListOfNone",
	}},
	{name: "ProvesAnew", wrap: wrapProvesAnew, wide: true, fails: []string{"Session/ProofStays"}},
	{name: "SameIsMissing", wrap: func(a authent.Adapter) authent.Adapter { return sameIsMissing{a} }, wide: true, fails: []string{
		"Session/UpdateSameValue", "UserUpdate/SameValue",
	}},
	{name: "UpdatesEverybody", wrap: wrapUpdatesEverybody, fails: []string{"UserUpdate/OthersUntouched"}},
	{name: "AccountByIDAlone", wrap: wrapAccountByIDAlone, wide: true, fails: []string{"Account/SameIDElsewhere", "Account/Unknown"}},
	{name: "TakesUserID", wrap: func(a authent.Adapter) authent.Adapter { return takesUserID{a} }, wide: true, fails: []string{"AuthJS/GetUser", "User/AdapterMakesID"}},
	{name: "UnnamedKey", wrap: func(a authent.Adapter) authent.Adapter { return unnamedKey{a} }, fails: []string{"UserUpdate/EmailTaken"}},
	{name: "LinksTwice", wrap: func(a authent.Adapter) authent.Adapter { return linksTwice{a} }, fails: []string{"Account/ConcurrentLink", "Account/Taken", "Conflict/HoldsNoValue"}},
	{name: "SessionOfNobody", wrap: func(a authent.Adapter) authent.Adapter { return sessionOfNobody{a} }, fails: []string{"Session/UnknownUser", "User/MalformedID"}},
	{name: "ListsOne", wrap: func(a authent.Adapter) authent.Adapter { return listsOne{a} }, wide: true, fails: []string{"Account/List", "Session/List"}},
	{name: "UserWithIDAlone", wrap: func(a authent.Adapter) authent.Adapter { return userWithIDAlone{a} }, wide: true, fails: []string{
		"Account/UserByAccount", "Copies/ReturnedSession", "Session/UserOfSession",
	}},
	{name: "UpdateOfMissingRow", wrap: func(a authent.Adapter) authent.Adapter { return updateOfMissingRow{a} }, wide: true, fails: []string{
		"Account/UpdateUnknown", "Session/Unknown", "Session/UpdateUnknown",
	}},
	{name: "KeepsPassedTime", wrap: wrapKeepsPassedTime, fails: []string{"Copies/PassedSessionUpdate", "Copies/ReturnedSession"}},
	{name: "OtherColumnsInTx", wrap: func(a authent.Adapter) authent.Adapter { return otherColumnsInTx{a} }, fails: []string{"InTx/SameColumns"}},
	{name: "FoldsEverything", wrap: func(a authent.Adapter) authent.Adapter { return foldsEverything{a} }, wide: true, fails: []string{
		"ByteForByte/ProviderAccent", "ByteForByte/ProviderAccountIDAccent",
		"ByteForByte/ProviderAccountIDComposition", "ByteForByte/ProviderAccountIDTrailingSpace",
		"ByteForByte/ProviderComposition", "ByteForByte/ProviderTrailingSpace", "ByteForByte/SessionTokenAccent",
		"ByteForByte/SessionTokenComposition",
	}},
}

type deletesNothing struct{ authent.Adapter }

func (b deletesNothing) DeleteUser(context.Context, string) error            { return nil }
func (b deletesNothing) UnlinkAccount(context.Context, string, string) error { return nil }
func (b deletesNothing) DeleteSession(context.Context, authent.Secret) error { return nil }
func (b deletesNothing) DeleteSessionByID(context.Context, string, string) (bool, error) {
	return false, nil
}

func (b deletesNothing) DeleteSessions(context.Context, string, authent.Secret) (int, error) {
	return 0, nil
}

func (b deletesNothing) DeleteVerificationTokens(context.Context, string, authent.Secret) (int, error) {
	return 0, nil
}

func (b deletesNothing) DeleteExpired(context.Context, time.Time, int) (int, error) { return 0, nil }

type dropsColumns struct{ authent.Adapter }

func (b dropsColumns) CreateUser(ctx context.Context, u authent.User) (*authent.User, error) {
	u.Image = ""
	got, err := b.Adapter.CreateUser(ctx, u)
	if err == nil {
		got.Role = u.Role
	}
	return got, err
}

func (b dropsColumns) CreateSession(ctx context.Context, s authent.Session) (*authent.Session, error) {
	s.UserAgent, s.IPAddress = "unknown", ""
	return b.Adapter.CreateSession(ctx, s)
}

func (b dropsColumns) UpdateSession(ctx context.Context, token authent.Secret, u authent.SessionUpdate) error {
	u.LastUsedAt = nil
	return b.Adapter.UpdateSession(ctx, token, u)
}

func (b dropsColumns) VerificationToken(ctx context.Context, identifier string, token authent.Secret) (*authent.VerificationToken, error) {
	v, err := b.Adapter.VerificationToken(ctx, identifier, token)
	if err == nil {
		v.Identifier = ""
	}
	return v, err
}

// emptyForMissing returns an empty row where there is none.
type emptyForMissing struct{ authent.Adapter }

func empty[T any](row *T, err error) (*T, error) {
	if errors.Is(err, authent.ErrNotFound) {
		return new(T), nil
	}
	return row, err
}

func (b emptyForMissing) LockUser(ctx context.Context, id string) (*authent.User, error) {
	return empty(b.Adapter.LockUser(ctx, id))
}

func (b emptyForMissing) Account(ctx context.Context, provider, id string) (*authent.Account, error) {
	return empty(b.Adapter.Account(ctx, provider, id))
}

func (b emptyForMissing) SessionAndUser(ctx context.Context, token authent.Secret) (*authent.Session, error) {
	return empty(b.Adapter.SessionAndUser(ctx, token))
}

func (b emptyForMissing) UseVerificationToken(ctx context.Context, identifier string, token authent.Secret) (*authent.VerificationToken, error) {
	return empty(b.Adapter.UseVerificationToken(ctx, identifier, token))
}

// noneIsAnError reports that there was nothing to list or to delete.
type noneIsAnError struct{ authent.Adapter }

func none(n int, err error) error {
	if n == 0 && err == nil {
		return authent.ErrNotFound
	}
	return err
}

func (b noneIsAnError) Accounts(ctx context.Context, userID string) ([]*authent.Account, error) {
	accounts, err := b.Adapter.Accounts(ctx, userID)
	return accounts, none(len(accounts), err)
}

func (b noneIsAnError) UnlinkAccount(ctx context.Context, provider, id string) error {
	if _, err := b.Account(ctx, provider, id); err != nil {
		return err
	}
	return b.Adapter.UnlinkAccount(ctx, provider, id)
}

func (b noneIsAnError) DeleteSession(ctx context.Context, token authent.Secret) error {
	if _, err := b.SessionAndUser(ctx, token); err != nil {
		return err
	}
	return b.Adapter.DeleteSession(ctx, token)
}

func (b noneIsAnError) DeleteSessions(ctx context.Context, userID string, except authent.Secret) (int, error) {
	n, err := b.Adapter.DeleteSessions(ctx, userID, except)
	return n, none(n, err)
}

func (b noneIsAnError) VerificationTokens(ctx context.Context, identifier string) ([]authent.VerificationToken, error) {
	all, err := b.Adapter.VerificationTokens(ctx, identifier)
	return all, none(len(all), err)
}

func (b noneIsAnError) DeleteVerificationTokens(ctx context.Context, identifier string, except authent.Secret) (int, error) {
	n, err := b.Adapter.DeleteVerificationTokens(ctx, identifier, except)
	return n, none(n, err)
}

// sameIsMissing trusts the number of changed rows that MySQL reports.
type sameIsMissing struct{ authent.Adapter }

func (b sameIsMissing) UpdateUser(ctx context.Context, id string, u authent.UserUpdate) (*authent.User, error) {
	before, err := b.User(ctx, id)
	if err == nil && u.Name != nil && *u.Name == before.Name {
		return nil, authent.ErrNotFound
	}
	return b.Adapter.UpdateUser(ctx, id, u)
}

func (b sameIsMissing) UpdateSession(ctx context.Context, token authent.Secret, u authent.SessionUpdate) error {
	s, err := b.SessionAndUser(ctx, token)
	if err == nil && u.Expires != nil && u.Expires.Equal(s.Expires) {
		return authent.ErrNotFound
	}
	return b.Adapter.UpdateSession(ctx, token, u)
}

// updatesEverybody lacks a WHERE.
type updatesEverybody struct {
	authent.Adapter
	ids *sync.Map
}

func wrapUpdatesEverybody(a authent.Adapter) authent.Adapter { return updatesEverybody{a, &sync.Map{}} }

func (b updatesEverybody) CreateUser(ctx context.Context, u authent.User) (*authent.User, error) {
	got, err := b.Adapter.CreateUser(ctx, u)
	if err == nil {
		b.ids.Store(got.ID, true)
	}
	return got, err
}

func (b updatesEverybody) UpdateUser(ctx context.Context, id string, u authent.UserUpdate) (*authent.User, error) {
	got, err := b.Adapter.UpdateUser(ctx, id, u)
	for other := range b.ids.Range {
		if err == nil && other != id {
			_, _ = b.Adapter.UpdateUser(ctx, other.(string), authent.UserUpdate{Name: u.Name, Image: u.Image})
		}
	}
	return got, err
}

// accountByIDAlone takes the provider's id for one among all providers.
type accountByIDAlone struct {
	authent.Adapter
	providers *sync.Map // provider account id → provider
}

func wrapAccountByIDAlone(a authent.Adapter) authent.Adapter { return accountByIDAlone{a, &sync.Map{}} }

func (b accountByIDAlone) LinkAccount(ctx context.Context, a authent.Account) error {
	b.providers.LoadOrStore(a.ProviderAccountID, a.Provider)
	return b.Adapter.LinkAccount(ctx, a)
}

func (b accountByIDAlone) UserByAccount(ctx context.Context, provider, id string) (*authent.User, error) {
	if first, ok := b.providers.Load(id); ok {
		provider = first.(string)
	}
	return b.Adapter.UserByAccount(ctx, provider, id)
}

type takesUserID struct{ authent.Adapter }

func (b takesUserID) CreateUser(ctx context.Context, u authent.User) (*authent.User, error) {
	got, err := b.Adapter.CreateUser(ctx, u)
	if err == nil && u.ID != "" {
		got.ID = u.ID
	}
	return got, err
}

type unnamedKey struct{ authent.Adapter }

func (b unnamedKey) UpdateUser(ctx context.Context, id string, u authent.UserUpdate) (*authent.User, error) {
	got, err := b.Adapter.UpdateUser(ctx, id, u)
	if errors.Is(err, authent.ErrConflict) {
		return nil, &authent.ConflictError{}
	}
	return got, err
}

type linksTwice struct{ authent.Adapter }

func (b linksTwice) LinkAccount(ctx context.Context, a authent.Account) error {
	err := b.Adapter.LinkAccount(ctx, a)
	if errors.Is(err, authent.ErrConflict) {
		return nil
	}
	return err
}

type sessionOfNobody struct{ authent.Adapter }

func (b sessionOfNobody) CreateSession(ctx context.Context, s authent.Session) (*authent.Session, error) {
	got, err := b.Adapter.CreateSession(ctx, s)
	if errors.Is(err, authent.ErrNotFound) {
		return &s, nil
	}
	return got, err
}

type listsOne struct{ authent.Adapter }

func (b listsOne) Sessions(ctx context.Context, userID string) ([]*authent.Session, error) {
	sessions, err := b.Adapter.Sessions(ctx, userID)
	return sessions[:min(1, len(sessions))], err
}

func (b listsOne) Accounts(ctx context.Context, userID string) ([]*authent.Account, error) {
	accounts, err := b.Adapter.Accounts(ctx, userID)
	return accounts[:min(1, len(accounts))], err
}

type userWithIDAlone struct{ authent.Adapter }

func (b userWithIDAlone) SessionAndUser(ctx context.Context, token authent.Secret) (*authent.Session, error) {
	s, err := b.Adapter.SessionAndUser(ctx, token)
	if err == nil {
		s.User = &authent.User{ID: s.UserID}
	}
	return s, err
}

func (b userWithIDAlone) UserByAccount(ctx context.Context, provider, id string) (*authent.User, error) {
	u, err := b.Adapter.UserByAccount(ctx, provider, id)
	if err != nil {
		return nil, err
	}
	return &authent.User{ID: u.ID}, nil
}

type updateOfMissingRow struct{ authent.Adapter }

func (b updateOfMissingRow) UpdateSession(ctx context.Context, token authent.Secret, u authent.SessionUpdate) error {
	_ = b.Adapter.UpdateSession(ctx, token, u)
	return nil
}

func (b updateOfMissingRow) UpdateAccount(ctx context.Context, provider, id string, u authent.AccountUpdate) error {
	_ = b.Adapter.UpdateAccount(ctx, provider, id, u)
	return nil
}

// keepsPassedTime keeps the pointer to a new expiry, and one value per session.
type keepsPassedTime struct {
	authent.Adapter
	expires, shared *sync.Map
}

func wrapKeepsPassedTime(a authent.Adapter) authent.Adapter {
	return keepsPassedTime{a, &sync.Map{}, &sync.Map{}}
}

func (b keepsPassedTime) UpdateSession(ctx context.Context, token authent.Secret, u authent.SessionUpdate) error {
	if u.Expires != nil {
		b.expires.Store(token, u.Expires)
	}
	b.shared.Delete(token)
	return b.Adapter.UpdateSession(ctx, token, u)
}

func (b keepsPassedTime) SessionAndUser(ctx context.Context, token authent.Secret) (*authent.Session, error) {
	s, err := b.Adapter.SessionAndUser(ctx, token)
	if err != nil {
		return nil, err
	}
	if at, ok := b.expires.Load(token); ok {
		s.Expires = at.(*time.Time).UTC().Truncate(time.Millisecond)
	}
	shared, loaded := b.shared.LoadOrStore(token, s)
	if loaded && shared.(*authent.Session).UserID != "" && shared.(*authent.Session).ID != s.ID {
		return s, nil // another session by now
	}
	return shared.(*authent.Session), nil
}

type otherColumnsInTx struct{ authent.Adapter }

func (b otherColumnsInTx) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	return b.Adapter.InTx(ctx, func(tx authent.Adapter) error { return fn(noColumns{tx}) })
}

type noColumns struct{ authent.Adapter }

func (noColumns) Columns() authent.Columns { return authent.Columns{} }

// foldsEverything finds accounts and sessions as MySQL's default collation does.
type foldsEverything struct{ authent.Adapter }

var foldAll = strings.NewReplacer("é", "e", "e\u0301", "e", "A", "a", "C", "c", "E", "e", " ", "")

func (b foldsEverything) LinkAccount(ctx context.Context, a authent.Account) error {
	a.Provider, a.ProviderAccountID = foldAll.Replace(a.Provider), foldAll.Replace(a.ProviderAccountID)
	return b.Adapter.LinkAccount(ctx, a)
}

func (b foldsEverything) Account(ctx context.Context, provider, id string) (*authent.Account, error) {
	return b.Adapter.Account(ctx, foldAll.Replace(provider), foldAll.Replace(id))
}

func (b foldsEverything) SessionAndUser(ctx context.Context, token authent.Secret) (*authent.Session, error) {
	return b.Adapter.SessionAndUser(ctx, authent.Secret(foldAll.Replace(string(token))))
}
