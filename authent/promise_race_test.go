package authent_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/softauthenticator"
	"github.com/authent/authent/internal/testdb"
)

// acting are the endpoints that act for the session of a request, by action: each
// prepares what it needs and returns the request.
var acting = map[string][]func(w *oauthWorld, b, other *browser) func() answer{
	"sessions/revoke": {
		func(_ *oauthWorld, b, other *browser) func() answer {
			id := other.sessions()[0].ID
			return func() answer { return b.script("/auth/sessions/revoke", "id", id) }
		},
		func(_ *oauthWorld, b, _ *browser) func() answer {
			return func() answer { return b.script("/auth/sessions/revoke", "others", "true") }
		},
	},
	"password": {func(_ *oauthWorld, b, _ *browser) func() answer {
		return func() answer {
			return b.script("/auth/password", "currentPassword", adasWord, "password", newWord)
		}
	}},
	"reauthenticate": {
		func(_ *oauthWorld, b, _ *browser) func() answer {
			return func() answer { return b.script("/auth/reauthenticate", "password", adasWord) }
		},
		func(w *oauthWorld, b, _ *browser) func() answer {
			w.proved()
			p := w.setUp(b)
			return func() answer { return b.script("/auth/reauthenticate", "code", p.code()) }
		},
		func(_ *oauthWorld, b, _ *browser) func() answer {
			b.through("/auth/link/dev")
			back := b.atProvider(b.toProvider("/auth/reauthenticate/dev"))
			return func() answer { return b.to(back) }
		},
	},
	"link": {func(_ *oauthWorld, b, _ *browser) func() answer {
		back := b.atProvider(b.toProvider("/auth/link/dev"))
		return func() answer { return b.to(back) }
	}},
	"unlink": {func(_ *oauthWorld, b, _ *browser) func() answer {
		b.through("/auth/link/hub")
		return func() answer {
			return b.script("/auth/unlink", "provider", "hub", "providerAccountId", "ada-1")
		}
	}},
	"code": {func(w *oauthWorld, b, _ *browser) func() answer {
		b.post("/auth/email", "email", newAddress)
		code := string(w.next(authent.MailChange).Code)
		return func() answer { return b.script("/auth/code", "code", code) }
	}},
	"change-email": {func(w *oauthWorld, b, _ *browser) func() answer {
		b.post("/auth/email", "email", newAddress)
		fields := linkFields(w.next(authent.MailChange))
		return func() answer { return b.script("/auth/change-email", fields...) }
	}},
	"verify-email": {func(w *oauthWorld, b, _ *browser) func() answer {
		b.post("/auth/verify-email/send")
		fields := linkFields(w.next(authent.MailVerify))
		return func() answer { return b.script("/auth/verify-email", fields...) }
	}},
	"delete": {func(_ *oauthWorld, b, _ *browser) func() answer {
		return func() answer { return b.script("/auth/delete") }
	}},
	"totp": {func(w *oauthWorld, b, _ *browser) func() answer {
		w.proved()
		p := w.begin(b)
		return func() answer { return b.script("/auth/totp", "code", p.code()) }
	}},
	"totp/remove": {func(w *oauthWorld, b, _ *browser) func() answer {
		w.proved()
		w.setUp(b)
		return func() answer { return b.script("/auth/totp/remove") }
	}},
	"recovery-codes": {func(w *oauthWorld, b, _ *browser) func() answer {
		w.proved()
		w.setUp(b)
		return func() answer { return b.script("/auth/recovery-codes") }
	}},
	"passkeys/rename": {func(w *oauthWorld, b, _ *browser) func() answer {
		key := w.newKey(softauthenticator.ES256)
		b.add(key)
		b.use(key)
		return func() answer {
			return b.script("/auth/passkeys/rename", "id", base64.StdEncoding.EncodeToString(key.ID), "name", "x")
		}
	}},
	"passkeys/remove": {func(w *oauthWorld, b, _ *browser) func() answer {
		key := w.newKey(softauthenticator.ES256)
		b.add(key)
		b.use(key)
		return func() answer {
			return b.script("/auth/passkeys/remove", "id", base64.StdEncoding.EncodeToString(key.ID))
		}
	}},
	"trust/revoke": {func(_ *oauthWorld, b, _ *browser) func() answer {
		return func() answer { return b.script("/auth/trust/revoke") }
	}},
}

// ofNoSession are the other endpoints that take a POST: they start a session, end
// the request's own, or change nothing.
var ofNoSession = []string{"session", "signin", "callback", "signout", "register",
	"factor", "forgot-password", "reset-password", "verify-email/send", "email", "undo-email", "_log"}

// endings are how the session behind a request may end while it is under way.
var endings = map[string]func(w *oauthWorld, userID, sessionID string) error{
	"revoked": func(w *oauthWorld, userID, sessionID string) error {
		return w.auth.RevokeSession(context.Background(), userID, sessionID)
	},
	"user disabled": func(w *oauthWorld, userID, _ string) error { return w.auth.DisableUser(context.Background(), userID) },
	"user deleted":  func(w *oauthWorld, userID, _ string) error { return w.auth.DeleteUser(context.Background(), userID) },
}

// TestP04_EndedSessionsActNoMore: a session that ended after a request was
// checked, and before the request's transaction, changes nothing. Whoever is too
// late is asked to sign in; it is no fault of the server's.
func TestP04_EndedSessionsActNoMore(t *testing.T) {
	for _, e := range authent.Endpoints() {
		if e.Method == http.MethodPost && acting[e.Action] == nil && !slices.Contains(ofNoSession, e.Action) {
			t.Errorf("POST %s is in neither table of this test", e.Action)
		}
	}
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for action, all := range acting {
			for _, prepare := range all {
				for ending, end := range endings {
					t.Run(action+" "+ending, func(t *testing.T) {
						w := newPasskeyWorld(t, kind, nil)
						b := w.registered()
						send := prepare(w, b, w.signedIn())
						userID, sessionID, dump := w.user().ID, b.sessions()[0].ID, "the request began no transaction"
						w.store.beforeTx = func() {
							if err := end(w, userID, sessionID); err != nil {
								t.Error(err)
							}
							dump = w.sortedDump()
						}
						a := send()
						if a.status != http.StatusUnauthorized || a.errorCode() != "SessionRequired" {
							t.Errorf("%d %s", a.status, a.errorCode())
						}
						if w.sortedDump() != dump {
							t.Errorf("it was done all the same:\n%s\ninstead of\n%s", w.sortedDump(), dump)
						}
						if faults := w.log.events("request failed"); len(faults) > 0 {
							t.Errorf("the log calls it a fault: %v", faults)
						}
					})
				}
			}
		}
	})
}

// TestP04_TwoThatEndEachOther: of two sessions that sign the other one out at the
// same moment one stays.
func TestP04_TwoThatEndEachOther(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		first, second := w.registered(), w.signedIn()
		w.store.beforeTx = func() {
			if a := second.script("/auth/sessions/revoke", "others", "true"); a.errorCode() != "" {
				t.Errorf("the faster one: %s", a.errorCode())
			}
		}
		if a := first.script("/auth/sessions/revoke", "others", "true"); a.errorCode() != "SessionRequired" {
			t.Errorf("the slower one: %d %s", a.status, a.errorCode())
		}
		if first.who() != "" || second.who() != ada {
			t.Errorf("signed in: %q, %q", first.who(), second.who())
		}
	})
}

// sortedDump is dump with its lines in order, so that two can be compared.
func (w *world) sortedDump() string {
	w.t.Helper()
	lines := strings.Split(w.dump(), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// TestProviderSignInAsksAgain: a sign-in through a provider whose user is deleted
// before its row is locked is no fault of the server's: it begins anew.
func TestProviderSignInAsksAgain(t *testing.T) {
	for _, path := range []string{"/auth/signin/hub", "/auth/signin/trusted"} {
		w := newOAuthWorld(t, testdb.SQLite, setup{}, oauthserver.Config{Auto: adaThere()})
		b := w.registered()
		b.through("/auth/link/hub")
		other := w.browser()
		w.store.vanishes = true
		if a := other.through(path); a.errorCode() != "" || other.who() != ada || w.store.vanishes {
			t.Errorf("%s: %d %s", path, a.status, a.errorCode())
		}
	}
}
