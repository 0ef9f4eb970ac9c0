package authenttest_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
)

// brokenAuthenticators break what is asked of an authent.AuthenticatorStore.
var brokenAuthenticators = []broken{
	{name: "DropsTransports", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return dropsTransports{m} }), wide: true, fails: []string{"Authenticator/AuthJSCreate", "Authenticator/CreateAndRead"}},
	{name: "InventsTransports", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return inventsTransports{m} }), fails: []string{"Authenticator/Minimal"}},
	{name: "ReplacesPasskey", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return replacesPasskey{m} }), fails: []string{"Authenticator/Taken"}},
	{name: "PasskeyOfNobody", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return passkeyOfNobody{m} }), fails: []string{"Authenticator/UnknownUser"}},
	{name: "EmptyPasskey", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return emptyPasskey{m} }), wide: true, fails: []string{"Authenticator/AuthJSGet", "Authenticator/Unknown"}},
	{name: "FoldsPasskeys", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return foldsPasskeys{m} }), wide: true, fails: []string{"Authenticator/ByteForByte"}},
	{name: "CutsPasskeys", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return cutsPasskeys{m} }), wide: true, fails: []string{"Authenticator/LongID"}},
	{name: "CapsCounter", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return capsCounter{m} }), fails: []string{"Authenticator/LargeCounter"}},
	{name: "UpdateOfNoPasskey", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return updateOfNoPasskey{m} }), fails: []string{
		"Authenticator/AuthJSUpdateCounter", "Authenticator/ByteForByte", "Authenticator/Unknown",
	}},
	{name: "ClearsName", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return clearsName{m} }), fails: []string{"Authenticator/UpdateOneColumn"}},
	{name: "ListsOnePasskey", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return listsOnePasskey{m} }), fails: []string{"Authenticator/AuthJSListByUserID", "Authenticator/List"}},
	{name: "DeletesOthersPasskey", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return deletesOthersPasskey{m} }), fails: []string{"Authenticator/Delete"}},
	{name: "PasskeyOutlivesUser", wrap: wrapPasskeyOutlivesUser, fails: []string{"Authenticator/OfDeletedUser"}},
	{name: "PasskeysOutsideTx", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return passkeysOutsideTx{m} }), fails: []string{"Authenticator/InTx"}},
}

type dropsTransports struct{ *authenttest.MemoryAdapter }

func (b dropsTransports) CreateAuthenticator(ctx context.Context, a authent.Authenticator) (*authent.Authenticator, error) {
	a.Transports = ""
	return b.MemoryAdapter.CreateAuthenticator(ctx, a)
}

// inventsTransports has a default where there should be NULL.
type inventsTransports struct{ *authenttest.MemoryAdapter }

func (b inventsTransports) CreateAuthenticator(ctx context.Context, a authent.Authenticator) (*authent.Authenticator, error) {
	if a.Transports == "" {
		a.Transports = "internal"
	}
	return b.MemoryAdapter.CreateAuthenticator(ctx, a)
}

// replacesPasskey lets whoever comes later have the credential id.
type replacesPasskey struct{ *authenttest.MemoryAdapter }

func (b replacesPasskey) CreateAuthenticator(ctx context.Context, a authent.Authenticator) (*authent.Authenticator, error) {
	if old, err := b.Authenticator(ctx, a.CredentialID); err == nil {
		if _, err := b.DeleteAuthenticator(ctx, old.UserID, old.CredentialID); err != nil {
			return nil, err
		}
	}
	return b.MemoryAdapter.CreateAuthenticator(ctx, a)
}

type passkeyOfNobody struct{ *authenttest.MemoryAdapter }

func (b passkeyOfNobody) CreateAuthenticator(ctx context.Context, a authent.Authenticator) (*authent.Authenticator, error) {
	got, err := b.MemoryAdapter.CreateAuthenticator(ctx, a)
	if errors.Is(err, authent.ErrNotFound) {
		return &a, nil
	}
	return got, err
}

type emptyPasskey struct{ *authenttest.MemoryAdapter }

func (b emptyPasskey) Authenticator(ctx context.Context, credentialID string) (*authent.Authenticator, error) {
	return empty(b.MemoryAdapter.Authenticator(ctx, credentialID))
}

// foldsPasskeys finds them as MySQL's default collation does.
type foldsPasskeys struct{ *authenttest.MemoryAdapter }

func (b foldsPasskeys) CreateAuthenticator(ctx context.Context, a authent.Authenticator) (*authent.Authenticator, error) {
	a.CredentialID = strings.ToLower(a.CredentialID)
	return b.MemoryAdapter.CreateAuthenticator(ctx, a)
}

func (b foldsPasskeys) Authenticator(ctx context.Context, credentialID string) (*authent.Authenticator, error) {
	return b.MemoryAdapter.Authenticator(ctx, strings.ToLower(credentialID))
}

// cutsPasskeys cuts what its column does not hold.
type cutsPasskeys struct{ *authenttest.MemoryAdapter }

func (b cutsPasskeys) CreateAuthenticator(ctx context.Context, a authent.Authenticator) (*authent.Authenticator, error) {
	a.CredentialID, a.ProviderAccountID = a.CredentialID[:min(len(a.CredentialID), 191)], ""
	return b.MemoryAdapter.CreateAuthenticator(ctx, a)
}

// capsCounter stores the largest number that its column holds instead.
type capsCounter struct{ *authenttest.MemoryAdapter }

func (b capsCounter) UpdateAuthenticator(ctx context.Context, credentialID string, u authent.AuthenticatorUpdate) error {
	if u.Counter != nil {
		u.Counter = new(min(*u.Counter, math.MaxInt32))
	}
	return b.MemoryAdapter.UpdateAuthenticator(ctx, credentialID, u)
}

type updateOfNoPasskey struct{ *authenttest.MemoryAdapter }

func (b updateOfNoPasskey) UpdateAuthenticator(ctx context.Context, credentialID string, u authent.AuthenticatorUpdate) error {
	_ = b.MemoryAdapter.UpdateAuthenticator(ctx, credentialID, u)
	return nil
}

// clearsName writes every column.
type clearsName struct{ *authenttest.MemoryAdapter }

func (b clearsName) UpdateAuthenticator(ctx context.Context, credentialID string, u authent.AuthenticatorUpdate) error {
	if u.Name == nil {
		u.Name = new(string)
	}
	return b.MemoryAdapter.UpdateAuthenticator(ctx, credentialID, u)
}

type listsOnePasskey struct{ *authenttest.MemoryAdapter }

func (b listsOnePasskey) Authenticators(ctx context.Context, userID string) ([]*authent.Authenticator, error) {
	all, err := b.MemoryAdapter.Authenticators(ctx, userID)
	return all[:min(1, len(all))], err
}

// deletesOthersPasskey does not look whose it is.
type deletesOthersPasskey struct{ *authenttest.MemoryAdapter }

func (b deletesOthersPasskey) DeleteAuthenticator(ctx context.Context, userID, credentialID string) (bool, error) {
	if a, err := b.Authenticator(ctx, credentialID); err == nil {
		userID = a.UserID
	}
	return b.MemoryAdapter.DeleteAuthenticator(ctx, userID, credentialID)
}

// passkeyOutlivesUser keeps the rows of users who are deleted.
type passkeyOutlivesUser struct {
	*authenttest.MemoryAdapter
	kept *sync.Map
}

func wrapPasskeyOutlivesUser(a authent.Adapter) authent.Adapter {
	return passkeyOutlivesUser{a.(*authenttest.MemoryAdapter), &sync.Map{}}
}

func (b passkeyOutlivesUser) DeleteUser(ctx context.Context, id string) error {
	all, _ := b.Authenticators(ctx, id)
	for _, a := range all {
		b.kept.Store(a.CredentialID, a)
	}
	return b.MemoryAdapter.DeleteUser(ctx, id)
}

func (b passkeyOutlivesUser) Authenticator(ctx context.Context, credentialID string) (*authent.Authenticator, error) {
	if a, ok := b.kept.Load(credentialID); ok {
		return a.(*authent.Authenticator), nil
	}
	return b.MemoryAdapter.Authenticator(ctx, credentialID)
}

// passkeysOutsideTx keeps the counters of a transaction that fails.
type passkeysOutsideTx struct{ *authenttest.MemoryAdapter }

func (b passkeysOutsideTx) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	counters := &counterRecorder{}
	err := b.MemoryAdapter.InTx(ctx, func(tx authent.Adapter) error {
		counters.MemoryAdapter = tx.(*authenttest.MemoryAdapter)
		return fn(counters)
	})
	for id, u := range counters.updates {
		_ = b.UpdateAuthenticator(ctx, id, u)
	}
	return err
}

// counterRecorder remembers the updates that are made through it.
type counterRecorder struct {
	*authenttest.MemoryAdapter
	updates map[string]authent.AuthenticatorUpdate
}

func (b *counterRecorder) UpdateAuthenticator(ctx context.Context, credentialID string, u authent.AuthenticatorUpdate) error {
	b.updates = map[string]authent.AuthenticatorUpdate{credentialID: u}
	return b.MemoryAdapter.UpdateAuthenticator(ctx, credentialID, u)
}
