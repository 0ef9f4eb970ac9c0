package authent_test

import (
	"context"
	"errors"
	"time"

	"github.com/authent/authent/authent"
)

// hookAdapter lets a test act at the moments between which races happen.
type hookAdapter struct {
	besides
	// beforeTx runs before a transaction begins, locked after LockUser in one.
	beforeTx, locked func()
	// vanishes lets the next LockUser in a transaction find nobody.
	vanishes bool
	// unwritten lets no transaction store an event.
	unwritten bool
}

func (h *hookAdapter) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	if f := h.beforeTx; f != nil {
		h.beforeTx = nil
		f()
	}
	return h.Adapter.InTx(ctx, func(tx authent.Adapter) error { return fn(&hookTx{besides{tx}, h}) })
}

// TouchSessions implements authent.SessionToucher.
func (h *hookAdapter) TouchSessions(ctx context.Context, tokens []authent.Secret, at time.Time) error {
	return h.Adapter.(authent.SessionToucher).TouchSessions(ctx, tokens, at)
}

// WatchSessions implements authent.SessionWatcher.
func (h *hookAdapter) WatchSessions(watch authent.SessionWatch) error {
	return h.Adapter.(authent.SessionWatcher).WatchSessions(watch)
}

// Announce implements authent.SessionWatcher.
func (h *hookAdapter) Announce(ctx context.Context, statement, message string) error {
	return h.Adapter.(authent.SessionWatcher).Announce(ctx, statement, message)
}

// HitRateLimit implements authent.RateLimitStore.
func (h *hookAdapter) HitRateLimit(ctx context.Context, key string, now time.Time, window time.Duration) (int64, time.Time, error) {
	return h.Adapter.(authent.RateLimitStore).HitRateLimit(ctx, key, now, window)
}

// ResetRateLimit implements authent.RateLimitStore.
func (h *hookAdapter) ResetRateLimit(ctx context.Context, key string) error {
	return h.Adapter.(authent.RateLimitStore).ResetRateLimit(ctx, key)
}

// CreateAuditEvent implements authent.AuditStore.
func (h *hookAdapter) CreateAuditEvent(ctx context.Context, e authent.AuditEvent) error {
	return h.Adapter.(authent.AuditStore).CreateAuditEvent(ctx, e)
}

// AuditEvents implements authent.AuditStore.
func (h *hookAdapter) AuditEvents(ctx context.Context, userID string, page authent.AuditPage) ([]authent.AuditEvent, error) {
	return h.Adapter.(authent.AuditStore).AuditEvents(ctx, userID, page)
}

// ForgetAuditClients implements authent.AuditStore.
func (h *hookAdapter) ForgetAuditClients(ctx context.Context, userID string) error {
	return h.Adapter.(authent.AuditStore).ForgetAuditClients(ctx, userID)
}

// CreateAuditEvent implements authent.AuditStore.
func (x *hookTx) CreateAuditEvent(ctx context.Context, e authent.AuditEvent) error {
	if x.h.unwritten {
		return errors.New("the event cannot be stored")
	}
	return x.Adapter.(authent.AuditStore).CreateAuditEvent(ctx, e)
}

// AuditEvents implements authent.AuditStore.
func (x *hookTx) AuditEvents(ctx context.Context, userID string, page authent.AuditPage) ([]authent.AuditEvent, error) {
	return x.Adapter.(authent.AuditStore).AuditEvents(ctx, userID, page)
}

// ForgetAuditClients implements authent.AuditStore.
func (x *hookTx) ForgetAuditClients(ctx context.Context, userID string) error {
	return x.Adapter.(authent.AuditStore).ForgetAuditClients(ctx, userID)
}

type hookTx struct {
	besides
	h *hookAdapter
}

func (x *hookTx) LockUser(ctx context.Context, id string) (*authent.User, error) {
	if x.h.vanishes {
		x.h.vanishes = false
		return nil, authent.ErrNotFound
	}
	u, err := x.Adapter.LockUser(ctx, id)
	if f := x.h.locked; f != nil {
		x.h.locked = nil
		f()
	}
	return u, err
}
