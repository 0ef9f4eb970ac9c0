package authenttest_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
)

// brokenAudits break what is asked of an authent.AuditStore.
var brokenAudits = []broken{
	{name: "DropsReason", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return dropsReason{m} }), wide: true, fails: []string{"AuditEvent/CreateAndRead"}},
	{name: "InventsMethod", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return inventsMethod{m} }), fails: []string{"AuditEvent/Minimal"}},
	{name: "OldestFirst", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return oldestFirst{m} }), wide: true, fails: []string{"AuditEvent/Pages"}},
	{name: "TrustsPages", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return trustsPages{m} }), fails: []string{"AuditEvent/OddPages"}},
	{name: "NobodyIsSomebody", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return nobodyIsSomebody{m} }), fails: []string{"AuditEvent/UsersApart"}},
	{name: "FoldsUserIDs", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return foldsUserIDs{m} }), wide: true, fails: []string{"AuditEvent/ByteForByte"}},
	{name: "EventsGoWithUser", wrap: wrapEventsGoWithUser, fails: []string{"AuditEvent/OutlivesUser"}},
	{name: "ForgetsNoClients", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return forgetsNoClients{m} }), fails: []string{"AuditEvent/ForgetClients"}},
	{name: "RefusesLongValues", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return refusesLongValues{m} }), fails: []string{"AuditEvent/LongValues"}},
	{name: "CutsUserIDs", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return cutsUserIDs{m} }), fails: []string{"AuditEvent/LongUserID"}},
	{name: "EventsOutsideTx", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return eventsOutsideTx{m} }), fails: []string{"AuditEvent/InTx"}},
	{name: "EventsByWallClock", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return eventsByWallClock{m} }), fails: []string{"AuditEvent/Times"}},
	{name: "SweepsEarly", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return keepsLimits{m} }), wide: true, fails: []string{"AuditEvent/Swept"}},
}

type dropsReason struct{ *authenttest.MemoryAdapter }

func (b dropsReason) CreateAuditEvent(ctx context.Context, e authent.AuditEvent) error {
	e.Reason = ""
	return b.MemoryAdapter.CreateAuditEvent(ctx, e)
}

// inventsMethod has a default where there should be NULL.
type inventsMethod struct{ *authenttest.MemoryAdapter }

func (b inventsMethod) CreateAuditEvent(ctx context.Context, e authent.AuditEvent) error {
	if e.Method == "" {
		e.Method = "unknown"
	}
	return b.MemoryAdapter.CreateAuditEvent(ctx, e)
}

type oldestFirst struct{ *authenttest.MemoryAdapter }

func (b oldestFirst) AuditEvents(ctx context.Context, userID string, page authent.AuditPage) ([]authent.AuditEvent, error) {
	all, err := b.MemoryAdapter.AuditEvents(ctx, userID, page)
	slices.Reverse(all)
	return all, err
}

// trustsPages compares what a browser sent as it is, which PostgreSQL refuses.
type trustsPages struct{ *authenttest.MemoryAdapter }

func (b trustsPages) AuditEvents(ctx context.Context, userID string, page authent.AuditPage) ([]authent.AuditEvent, error) {
	if !utf8.ValidString(page.Before) {
		return nil, authent.ErrInvalid
	}
	return b.MemoryAdapter.AuditEvents(ctx, userID, page)
}

// nobodyIsSomebody stores "" instead of NULL.
type nobodyIsSomebody struct{ *authenttest.MemoryAdapter }

func (b nobodyIsSomebody) CreateAuditEvent(ctx context.Context, e authent.AuditEvent) error {
	if e.UserID == "" {
		e.UserID = "nobody's"
	}
	return b.MemoryAdapter.CreateAuditEvent(ctx, e)
}

func (b nobodyIsSomebody) AuditEvents(ctx context.Context, userID string, page authent.AuditPage) ([]authent.AuditEvent, error) {
	if userID == "" {
		userID = "nobody's"
	}
	return b.MemoryAdapter.AuditEvents(ctx, userID, page)
}

type foldsUserIDs struct{ *authenttest.MemoryAdapter }

func (b foldsUserIDs) CreateAuditEvent(ctx context.Context, e authent.AuditEvent) error {
	e.UserID = strings.ToLower(e.UserID)
	return b.MemoryAdapter.CreateAuditEvent(ctx, e)
}

func (b foldsUserIDs) AuditEvents(ctx context.Context, userID string, page authent.AuditPage) ([]authent.AuditEvent, error) {
	return b.MemoryAdapter.AuditEvents(ctx, strings.ToLower(userID), page)
}

// eventsGoWithUser has a foreign key.
type eventsGoWithUser struct {
	*authenttest.MemoryAdapter
	gone *sync.Map
}

func wrapEventsGoWithUser(a authent.Adapter) authent.Adapter {
	return eventsGoWithUser{a.(*authenttest.MemoryAdapter), &sync.Map{}}
}

func (b eventsGoWithUser) DeleteUser(ctx context.Context, id string) error {
	b.gone.Store(id, true)
	return b.MemoryAdapter.DeleteUser(ctx, id)
}

func (b eventsGoWithUser) AuditEvents(ctx context.Context, userID string, page authent.AuditPage) ([]authent.AuditEvent, error) {
	if _, gone := b.gone.Load(userID); gone {
		return nil, nil
	}
	return b.MemoryAdapter.AuditEvents(ctx, userID, page)
}

// forgetsNoClients empties one of the two columns.
type forgetsNoClients struct{ *authenttest.MemoryAdapter }

func (b forgetsNoClients) AuditEvents(ctx context.Context, userID string, page authent.AuditPage) ([]authent.AuditEvent, error) {
	all, err := b.MemoryAdapter.AuditEvents(ctx, userID, page)
	for i := range all {
		if all[i].Method != "" && all[i].UserAgent == "" && len(all[i].Reason) < 100 {
			all[i].UserAgent = "Lynx"
		}
	}
	return all, err
}

type refusesLongValues struct{ *authenttest.MemoryAdapter }

func (b refusesLongValues) CreateAuditEvent(ctx context.Context, e authent.AuditEvent) error {
	if len(e.UserAgent) > 1<<16-1 {
		return &authent.InvalidError{Field: "AuditEvent.user_agent"}
	}
	return b.MemoryAdapter.CreateAuditEvent(ctx, e)
}

type cutsUserIDs struct{ *authenttest.MemoryAdapter }

func (b cutsUserIDs) CreateAuditEvent(ctx context.Context, e authent.AuditEvent) error {
	e.UserID = e.UserID[:min(len(e.UserID), authent.MaxKey)]
	return b.MemoryAdapter.CreateAuditEvent(ctx, e)
}

// eventsOutsideTx keeps the events of a transaction that fails.
type eventsOutsideTx struct{ *authenttest.MemoryAdapter }

func (b eventsOutsideTx) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	recorder := &recorder{}
	err := b.MemoryAdapter.InTx(ctx, func(tx authent.Adapter) error {
		recorder.MemoryAdapter = tx.(*authenttest.MemoryAdapter)
		return fn(recorder)
	})
	if err != nil {
		for _, e := range recorder.events {
			_ = b.CreateAuditEvent(ctx, e)
		}
	}
	return err
}

// recorder remembers the events that are stored through it.
type recorder struct {
	*authenttest.MemoryAdapter
	events []authent.AuditEvent
}

func (b *recorder) CreateAuditEvent(ctx context.Context, e authent.AuditEvent) error {
	b.events = append(b.events, e)
	return b.MemoryAdapter.CreateAuditEvent(ctx, e)
}

// eventsByWallClock forgets the zone of the process that stores.
type eventsByWallClock struct{ *authenttest.MemoryAdapter }

func (b eventsByWallClock) CreateAuditEvent(ctx context.Context, e authent.AuditEvent) error {
	e.Time = wallClock(e.Time, e.Time.Location())
	return b.MemoryAdapter.CreateAuditEvent(ctx, e)
}
