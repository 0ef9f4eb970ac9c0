package authent_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// TestP43_WithWhatItTells: what succeeds is stored with the event that tells it, or not at
// all: if the event cannot be, nothing is done.
func TestP43_WithWhatItTells(t *testing.T) {
	for name, e := range securityEvents {
		if !strings.HasSuffix(e.want, " success") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			w := newOAuthWorld(t, testdb.SQLite, setup{}, oauthserver.Config{Auto: adaThere()})
			b := w.registered()
			b.through("/auth/link/hub")
			if e.before != nil {
				e.before(w, b)
			}
			w.log.forget()
			before := w.guards()
			w.store.unwritten = true
			e.do(w, b)
			w.store.unwritten = false
			if after := w.guards(); !slices.Equal(before, after) {
				t.Errorf("it was done, and no event tells of it:\n%q\n%q", before, after)
			}
			for _, line := range w.log.events("security event") {
				if line["outcome"] == "success" {
					t.Errorf("the log says that it was done: %v", line)
				}
			}
		})
	}
}

// guards lists what guards the accounts: users, accounts and sessions.
func (w *world) guards() []string {
	w.t.Helper()
	var all []string
	for _, query := range []string{
		"SELECT id || ' ' || email || ' ' || COALESCE(password, '') || ' ' || COALESCE(disabled_at, '') || ' ' || COALESCE(email_verified, '') FROM users ORDER BY id",
		"SELECT provider || ' ' || provider_account_id || ' ' || user_id FROM accounts ORDER BY 1",
		"SELECT session_token || ' ' || user_id FROM sessions ORDER BY 1",
	} {
		all = append(all, queryStrings(w.t, w.db, query)...)
	}
	return all
}

// TestP43_Failures: the failures of strangers are stored as far as a limit goes, and told
// in the log beyond.
func TestP43_Failures(t *testing.T) {
	const tries = 5
	w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
		c.RateLimits.SignIn = authent.Limit{Tries: tries, Window: time.Hour}
		c.RateLimits.SignInClient = authent.Limit{Tries: 2 * tries, Window: time.Hour}
	}})
	b := w.registered()
	w.exec("DELETE FROM auditevents")
	w.exec("DELETE FROM ratelimits")
	w.log.forget()
	for range 3 * tries {
		w.browser().signIn(ada, "a wrong password")
	}
	if n, lines := w.count("auditevents"), len(w.log.events("security event")); n != tries || lines != 3*tries {
		t.Errorf("%d rows and %d lines of %d tries, of which %d are admitted", n, lines, 3*tries, tries)
	}
	w.exec("DELETE FROM auditevents")
	w.log.forget()
	for range 6 * tries {
		b.post("/auth/sessions/revoke", "id", "nobody's")
	}
	if n, lines := w.count("auditevents"), len(w.log.events("security event")); n != 2*tries || lines != 6*tries {
		t.Errorf("%d rows and %d lines of %d tries that no limit counts", n, lines, 6*tries)
	}
}

// TestP43_Outlives: events stay when their user is deleted, without addresses and browsers,
// until their time is over.
func TestP43_Outlives(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{config: func(c *authent.Config) { c.Audit.Keep = time.Hour }})
		b, id := w.registered(), w.user().ID
		w.browser().signIn(ada, "a wrong password")
		events, err := w.auth.AuditEvents(t.Context(), id, authent.AuditPage{})
		if err != nil || len(events) != 2 || events[1].IPAddress == "" || events[1].SessionID == "" {
			t.Fatalf("%+v, %v", events, err)
		}
		if a := b.post("/auth/delete"); a.status != http.StatusFound || w.count("users") != 0 {
			t.Fatalf("%d, and %d users", a.status, w.count("users"))
		}
		events, err = w.auth.AuditEvents(t.Context(), id, authent.AuditPage{})
		if err != nil || len(events) != 3 || events[0].Kind != authent.AuditDeletion {
			t.Fatalf("%+v, %v", events, err)
		}
		for _, e := range events {
			if e.IPAddress != "" || e.UserAgent != "" {
				t.Errorf("%s keeps %q, %q", e.Kind, e.IPAddress, e.UserAgent)
			}
		}
		for _, want := range []int{3, 0} {
			if _, err := w.auth.Cleanup(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := w.count("auditevents"); n != want {
				t.Errorf("%d events left, want %d", n, want)
			}
			w.clock.advance(time.Hour + time.Second)
		}
	})
}

// TestAuditEvents: they come in pages, the newest first, and are one person's.
func TestAuditEvents(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{})
	w.registered()
	id := w.user().ID
	w.browser().register("other@example.com", adasWord)
	for range 24 {
		w.browser().signIn(ada, adasWord)
	}
	var seen []string
	page := authent.AuditPage{Limit: 10}
	for {
		events, err := w.auth.AuditEvents(t.Context(), id, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.UserID != id || slices.Contains(seen, e.ID) {
				t.Errorf("%+v is not ada's, or came twice", e)
			}
			seen = append(seen, e.ID)
		}
		if len(events) < page.Limit {
			break
		}
		page.Before = events[len(events)-1].ID
	}
	if len(seen) != 25 || !slices.IsSortedFunc(seen, func(a, b string) int { return strings.Compare(b, a) }) {
		t.Errorf("%d events: %q", len(seen), seen)
	}
	if events, err := w.auth.AuditEvents(t.Context(), id, authent.AuditPage{}); err != nil || len(events) != 20 {
		t.Errorf("%d events, %v", len(events), err)
	}
	for _, limit := range []int{-1, 101} {
		if _, err := w.auth.AuditEvents(t.Context(), id, authent.AuditPage{Limit: limit}); err == nil {
			t.Errorf("a page of %d", limit)
		}
	}
	lean, err := authent.New(authent.Config{
		URL: "http://localhost:8080", Secrets: []string{testSecret}, Providers: []authent.Provider{provider.Password()},
		Adapter: struct{ authent.Adapter }{authenttest.NewMemoryAdapter()},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lean.AuditEvents(context.Background(), id, authent.AuditPage{}); !errors.Is(err, authent.ErrUnsupported) {
		t.Errorf("without a store: %v", err)
	}
}
