package authent_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// meanwhile runs f once, when the token endpoint has answered and the engine does
// not have the answer yet.
type meanwhile struct{ f func() }

func (m *meanwhile) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if f := m.f; f != nil && strings.HasSuffix(r.URL.Path, "/token") {
		m.f = nil
		f()
	}
	return res, err
}

// meanwhileWorld is an expiredWorld that m can disturb.
func meanwhileWorld(t *testing.T, kind testdb.Kind) (*oauthWorld, *meanwhile) {
	t.Helper()
	m := &meanwhile{}
	c := newClock()
	w := newOAuthWorld(t, kind, setup{config: func(config *authent.Config) {
		config.Now, config.ProviderTimeout, config.Transport = c.now, time.Minute, m
	}}, oauthserver.Config{Auto: adaThere(), Now: c.now})
	w.clock = c
	w.browser().through("/auth/signin/dev")
	w.clock.advance(2 * time.Hour)
	return w, m
}

// moves unlinks ada's account and links it to somebody else.
func (w *oauthWorld) moves() {
	w.t.Helper()
	w.browser().register("grace@example.com", adasWord)
	grace, err := w.store.UsersByEmail(w.t.Context(), "grace@example.com")
	if err != nil || len(grace) != 1 {
		w.t.Fatal(grace, err)
	}
	if err := w.store.UnlinkAccount(w.t.Context(), "dev", "ada-1"); err != nil {
		w.t.Fatal(err)
	}
	err = w.store.LinkAccount(w.t.Context(), authent.Account{
		UserID: grace[0].ID, Type: "oidc", Provider: "dev", ProviderAccountID: "ada-1",
		AccessToken: "what grace allowed", RefreshToken: "and may renew", ExpiresAt: w.clock.now().Add(time.Hour),
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestTokenSource_StaysWithItsUser: an account that is somebody else's by now
// gives no token, and its row is left alone.
func TestTokenSource_StaysWithItsUser(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for _, when := range []string{"before", "meanwhile"} {
			t.Run(when, func(t *testing.T) {
				w, m := meanwhileWorld(t, kind)
				source := w.source()
				refreshes := 0
				if when == "before" {
					w.moves()
				} else {
					m.f, refreshes = w.moves, 1
				}
				if token, err := source.Token(); !errors.Is(err, authent.ErrNotFound) || token != nil {
					t.Errorf("ada got a token (%v), error %v", token != nil, err)
				}
				if w.idp.Refreshes() != refreshes {
					t.Errorf("%d refreshes", w.idp.Refreshes())
				}
				if acc, err := w.store.Account(t.Context(), "dev", "ada-1"); err != nil || acc.AccessToken != "what grace allowed" || acc.RefreshToken != "and may renew" {
					t.Errorf("grace's row was written (%v)", err)
				}
			})
		}
	})
}

// TestTokenSource_SignInMeanwhile: the tokens of a sign-in that is newer than what
// was refreshed are not overwritten, and are what the caller gets.
func TestTokenSource_SignInMeanwhile(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w, m := meanwhileWorld(t, kind)
		var stored string
		m.f = func() {
			w.browser().through("/auth/signin/dev")
			stored = line(w.dump(), "accounts.access_token=")
		}
		first := w.accessToken()
		if after := line(w.dump(), "accounts.access_token="); stored == "" || after != stored {
			t.Error("the sign-in's token was overwritten")
		}
		if next := w.accessToken(); next.AccessToken != first.AccessToken || w.idp.Refreshes() != 1 {
			t.Errorf("another token than the stored one, after %d refreshes", w.idp.Refreshes())
		}
	})
}

// TestTokenSource_SpentMeanwhile: a provider that takes a sign-in for the end of the
// tokens before it refuses them; those of the sign-in work.
func TestTokenSource_SpentMeanwhile(t *testing.T) {
	w, m := meanwhileWorld(t, testdb.SQLite)
	w.idp.RevokeGrants()
	m.f = func() { w.browser().through("/auth/signin/dev") }
	if token, err := w.source().Token(); err != nil || token.Expiry.Before(w.clock.now()) {
		t.Errorf("after a sign-in: %v", err)
	}
}

// TestTokenSource_UnlinkedMeanwhile: nobody gets a token.
func TestTokenSource_UnlinkedMeanwhile(t *testing.T) {
	w, m := meanwhileWorld(t, testdb.SQLite)
	m.f = func() { w.exec(`DELETE FROM accounts`) }
	if _, err := w.source().Token(); !errors.Is(err, authent.ErrNotFound) {
		t.Errorf("unlinked: %v", err)
	}
	if w.count("verificationtokens") != 1 {
		t.Error("a lease was left")
	}
}
