package authent_test

import (
	"context"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// asked notes whom the signIn callback was asked about when somebody came from a
// provider, "" for a new user, and refuses whom the test names.
type asked struct {
	last    string
	times   int
	refused string
}

func (a *asked) signIn(_ context.Context, p authent.SignInParams) (string, error) {
	if p.Profile == nil {
		return "", nil // a registration
	}
	a.times++
	if a.last = p.User.Email; p.IsNewUser {
		a.last = ""
	}
	if a.last == a.refused {
		return "", authent.ErrAccessDenied
	}
	return "", nil
}

// gives links the account dev/ada-1 to the user with the address, whoever had it.
func (w *oauthWorld) gives(address string) {
	w.t.Helper()
	users, err := w.store.UsersByEmail(w.t.Context(), address)
	if err != nil || len(users) != 1 {
		w.t.Fatal(users, err)
	}
	if err := w.store.UnlinkAccount(w.t.Context(), "dev", "ada-1"); err != nil {
		w.t.Fatal(err)
	}
	if err := w.store.LinkAccount(w.t.Context(), authent.Account{UserID: users[0].ID, Type: "oidc", Provider: "dev", ProviderAccountID: "ada-1"}); err != nil {
		w.t.Fatal(err)
	}
}

// TestP15_CallbackIsAskedAboutWhoSignsIn: what is found out after the application
// was asked is not what it allowed, so it is asked again.
func TestP15_CallbackIsAskedAboutWhoSignsIn(t *testing.T) {
	const grace = "grace@example.com"
	registers := func(address string) func(w *oauthWorld) {
		return func(w *oauthWorld) { w.browser().register(address, adasWord) }
	}
	for name, tc := range map[string]struct {
		provider         string
		before, meantime func(w *oauthWorld)
		wants            string
	}{
		"the address is registered": {"trusted", nil, registers(ada), ada},
		"the account changes hands": {"dev", func(w *oauthWorld) { registers(ada)(w); registers(grace)(w); w.gives(ada) }, func(w *oauthWorld) { w.gives(grace) }, grace},
		"a stranger's is linked":    {"dev", registers(grace), func(w *oauthWorld) { w.gives(grace) }, grace},
	} {
		for _, refuse := range []bool{false, true} {
			t.Run(name+map[bool]string{true: ", refused"}[refuse], func(t *testing.T) {
				a := &asked{refused: "nobody"}
				w := newOAuthWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) { c.Callbacks.SignIn = a.signIn }}, oauthserver.Config{Auto: adaThere()})
				if tc.before != nil {
					tc.before(w)
				}
				if refuse {
					a.refused = tc.wants
				}
				b := w.browser()
				back := b.atProvider(b.toProvider("/auth/signin/" + tc.provider))
				w.store.beforeTx = func() { tc.meantime(w) }
				got := b.to(back)
				if a.last != tc.wants || a.times != 2 {
					t.Errorf("asked %d times, the last time about %q, want %q", a.times, a.last, tc.wants)
				}
				if refuse && (b.who() != "" || got.errorCode() != "AccessDenied") || !refuse && b.who() != tc.wants {
					t.Errorf("%s, signed in as %q", got.target(), b.who())
				}
			})
		}
	}
}

// TestP15_AccountThatNeverStaysSignsInNobody: it is asked about three times.
func TestP15_AccountThatNeverStaysSignsInNobody(t *testing.T) {
	a := &asked{refused: "nobody"}
	w := newOAuthWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) { c.Callbacks.SignIn = a.signIn }}, oauthserver.Config{Auto: adaThere()})
	people := []string{ada, "grace@example.com"}
	for _, address := range people {
		w.browser().register(address, adasWord)
	}
	w.gives(ada)
	b := w.browser()
	back := b.atProvider(b.toProvider("/auth/signin/dev"))
	moves := 0
	var move func()
	move = func() {
		moves++
		w.gives(people[moves%2])
		w.store.beforeTx = move
	}
	w.store.beforeTx = move
	got := b.to(back)
	w.store.beforeTx = nil
	if got.errorCode() != "OAuthAccountNotLinked" || b.who() != "" || a.times != 3 {
		t.Errorf("%s, signed in as %q, asked %d times", got.target(), b.who(), a.times)
	}
}
