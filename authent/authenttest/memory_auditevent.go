package authenttest

import (
	"cmp"
	"context"
	"slices"

	"github.com/authent/authent/authent"
)

// CreateAuditEvent implements authent.AuditStore.
func (m *MemoryAdapter) CreateAuditEvent(ctx context.Context, e authent.AuditEvent) error {
	id, err := newID()
	if err == nil {
		err = authent.CheckKey("AuditEvent.user_id", e.UserID)
	}
	if err != nil {
		return err
	}
	e.ID, e.Time, e.Expires = id, instant(e.Time), instant(e.Expires)
	return m.change(ctx, func(t *memoryTables) error {
		t.events[id] = e
		return nil
	})
}

// AuditEvents implements authent.AuditStore.
func (m *MemoryAdapter) AuditEvents(ctx context.Context, userID string, page authent.AuditPage) ([]authent.AuditEvent, error) {
	t, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	found := []authent.AuditEvent{}
	for _, e := range t.events {
		if userID != "" && e.UserID == userID && (page.Before == "" || e.ID < page.Before) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b authent.AuditEvent) int { return cmp.Compare(b.ID, a.ID) })
	return found[:min(len(found), page.Limit)], nil
}

// ForgetAuditClients implements authent.AuditStore.
func (m *MemoryAdapter) ForgetAuditClients(ctx context.Context, userID string) error {
	return m.change(ctx, func(t *memoryTables) error {
		for id, e := range t.events {
			if userID != "" && e.UserID == userID {
				e.IPAddress, e.UserAgent = "", ""
				t.events[id] = e
			}
		}
		return nil
	})
}
