package authent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/authent/authent/authent/internal/input"
)

// AuditConfig says how events are kept that tell of sign-ins and of changes to accounts.
// They are stored where the Adapter is an AuditStore: a generated one is if the graph has
// mixin.AuditEvent. Elsewhere the log alone has them.
type AuditConfig struct {
	// Keep is how long an event is kept. Cleanup deletes it then. If zero, 180 days.
	Keep time.Duration
}

func (c AuditConfig) withDefaults() AuditConfig {
	if c.Keep == 0 {
		c.Keep = 180 * 24 * time.Hour
	}
	return c
}

func (c AuditConfig) validate() error {
	if c.Keep < 0 {
		return errors.New("Audit.Keep is negative")
	}
	return nil
}

const (
	// maxAuditPage is how many events AuditEvents returns at once, usualAuditPage how many
	// if nothing is said.
	maxAuditPage   = 100
	usualAuditPage = 20
)

// AuditEvents returns what happened to a user's account, the newest first, a page at a
// time: the ID of the last event is the next page's Before. There are none for an unknown
// user; those of a deleted one remain, without addresses and browsers. Without an
// AuditStore it is ErrUnsupported. It does not check who is signed in.
func (a *Auth) AuditEvents(ctx context.Context, userID string, page AuditPage) ([]AuditEvent, error) {
	store, ok := auditStoreOf(a.store)
	if !ok {
		return nil, fmt.Errorf("authent: audit events: no AuditStore: %w", ErrUnsupported)
	}
	if page.Limit == 0 {
		page.Limit = usualAuditPage
	}
	if page.Limit < 1 || page.Limit > maxAuditPage {
		return nil, fmt.Errorf("authent: audit events: a page of %d: use 1 to %d", page.Limit, maxAuditPage)
	}
	events, err := store.AuditEvents(ctx, userID, page)
	if err != nil {
		return nil, fmt.Errorf("authent: audit events: %w", err)
	}
	return events, nil
}

// auditCalls is an AuditStore that is called with the engine's mark and deadline.
type auditCalls struct {
	engine engineAdapter
	next   AuditStore
}

// auditStoreOf returns the AuditStore that an adapter of the engine's is, in a
// transaction that of the transaction; false if it is none.
func auditStoreOf(store Adapter) (auditCalls, bool) {
	e, ok := store.(engineAdapter)
	if !ok {
		return auditCalls{}, false
	}
	next, ok := e.next.(AuditStore)
	return auditCalls{e, next}, ok
}

// CreateAuditEvent implements AuditStore.
func (s auditCalls) CreateAuditEvent(ctx context.Context, e AuditEvent) error {
	return s.engine.exec(ctx, func(ctx context.Context) error { return s.next.CreateAuditEvent(ctx, e) })
}

// AuditEvents implements AuditStore.
func (s auditCalls) AuditEvents(ctx context.Context, userID string, page AuditPage) ([]AuditEvent, error) {
	return call(ctx, s.engine, func(ctx context.Context) ([]AuditEvent, error) { return s.next.AuditEvents(ctx, userID, page) })
}

// ForgetAuditClients implements AuditStore.
func (s auditCalls) ForgetAuditClients(ctx context.Context, userID string) error {
	return s.engine.exec(ctx, func(ctx context.Context) error { return s.next.ForgetAuditClients(ctx, userID) })
}

// write stores the success of e in the transaction of what it tells (P43), so that neither
// is there without the other.
func (a *Auth) write(ctx context.Context, tx Adapter, e securityEvent) error {
	store, ok := auditStoreOf(tx)
	if !ok {
		return a.noAuditIn()
	}
	return store.CreateAuditEvent(ctx, a.auditEvent(e))
}

// noAuditIn is an error if events are stored, but not in the transactions of an Adapter
// that somebody has wrapped by half.
func (a *Auth) noAuditIn() error {
	if _, ok := auditStoreOf(a.store); ok {
		return errors.New("the Adapter is an AuditStore, and what its InTx passes is none: wrap that too")
	}
	return nil
}

// forgetClients empties the addresses and browsers of a user's events.
func forgetClients(ctx context.Context, tx Adapter, userID string) error {
	store, ok := auditStoreOf(tx)
	if !ok {
		return nil
	}
	return store.ForgetAuditClients(ctx, userID)
}

// written runs act, which does what e tells, and stores e with it: where events are
// stored, in one transaction. act may be run again, as InTx says.
func (a *Auth) written(ctx context.Context, e securityEvent, act func(store Adapter) error) error {
	if _, ok := auditStoreOf(a.store); !ok {
		return act(a.store)
	}
	return a.store.InTx(ctx, func(tx Adapter) error {
		if err := act(tx); err != nil {
			return err
		}
		return a.write(ctx, tx, e)
	})
}

// writeFailure stores an event that failed, if a limit admits it: strangers fill no table
// (P42). If that fails, the log has the event anyway.
func (a *Auth) writeFailure(ctx context.Context, e securityEvent) {
	store, ok := auditStoreOf(a.store)
	if !ok || !a.admits(ctx, e) {
		return
	}
	err := store.CreateAuditEvent(context.WithoutCancel(ctx), a.auditEvent(e))
	if err != nil && a.auditFails.over(a.now()) {
		a.cfg.Logger.ErrorContext(ctx, "authent: a failed try was not stored: the log alone tells of it", "error", err)
	}
}

// admits reports whether the failure e may be stored. What no limit has counted before is
// counted here, for the client.
func (a *Auth) admits(ctx context.Context, e securityEvent) bool {
	limit := a.cfg.RateLimits.SignInClient
	switch {
	case errors.Is(e.err, ErrRateLimited), errors.Is(e.err, ErrUnavailable):
		return false
	case e.admitted, !e.from.IsValid(), limit.Off:
		return true
	}
	ctx = context.WithoutCancel(ctx)
	count, _, err := a.counters.HitRateLimit(ctx, a.counter("audit", network(e.from)), a.now(), limit.Window)
	return err == nil && count <= int64(limit.Tries)
}

// auditEvent returns the row of an event.
func (a *Auth) auditEvent(e securityEvent) AuditEvent {
	now := a.now()
	outcome, reason := e.outcome()
	return AuditEvent{
		Time: now, UserID: e.userID, Kind: e.kind, SessionID: e.sessionID, Method: e.method,
		IPAddress: e.client(), UserAgent: input.CutUserAgent(e.userAgent),
		Outcome: outcome, Reason: reason, Expires: now.Add(a.cfg.Audit.Keep),
	}
}
