package authenttest_test

import (
	"context"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
)

// brokenTouches break what is asked of an authent.SessionToucher.
var brokenTouches = []broken{
	{name: "TouchesBack", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return touchesBack{m} }), fails: []string{"Touch/Older", "Watch/TouchSessions"}},
	{name: "TouchesOne", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return touchesOne{m} }), fails: []string{"Touch/Many", "Touch/Older", "Touch/ThoseAlone", "Watch/TouchSessions"}},
	{name: "TouchesTheEnd", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return touchesTheEnd{m} }), fails: []string{"Touch/ThoseAlone", "Watch/TouchSessions"}},
	{name: "TouchMissing", wrap: inMemory(func(m *authenttest.MemoryAdapter) authent.Adapter { return touchMissing{m} }), fails: []string{"Touch/Many", "Touch/ThoseAlone"}},
}

// touchesBack sets a time that is earlier than the one that is there.
type touchesBack struct{ *authenttest.MemoryAdapter }

func (b touchesBack) TouchSessions(ctx context.Context, tokens []authent.Secret, at time.Time) error {
	for _, token := range tokens {
		_ = b.UpdateSession(ctx, token, authent.SessionUpdate{LastUsedAt: &at})
	}
	return nil
}

// touchesOne touches the first alone.
type touchesOne struct{ *authenttest.MemoryAdapter }

func (b touchesOne) TouchSessions(ctx context.Context, tokens []authent.Secret, at time.Time) error {
	return b.MemoryAdapter.TouchSessions(ctx, tokens[:min(1, len(tokens))], at)
}

// touchesTheEnd extends the sessions too.
type touchesTheEnd struct{ *authenttest.MemoryAdapter }

func (b touchesTheEnd) TouchSessions(ctx context.Context, tokens []authent.Secret, at time.Time) error {
	for _, token := range tokens {
		ends := at.Add(time.Hour)
		_ = b.UpdateSession(ctx, token, authent.SessionUpdate{Expires: &ends})
	}
	return b.MemoryAdapter.TouchSessions(ctx, tokens, at)
}

// touchMissing fails for a token that is no session's.
type touchMissing struct{ *authenttest.MemoryAdapter }

func (b touchMissing) TouchSessions(ctx context.Context, tokens []authent.Secret, at time.Time) error {
	for _, token := range tokens {
		if _, err := b.SessionAndUser(ctx, token); err != nil {
			return err
		}
	}
	return b.MemoryAdapter.TouchSessions(ctx, tokens, at)
}
