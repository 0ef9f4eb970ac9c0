package authent_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"golang.org/x/oauth2"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/ent"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// expiredWorld is a world in which ada has signed in through dev, and her token has
// expired.
func expiredWorld(t *testing.T, kind testdb.Kind, server oauthserver.Config) (w *oauthWorld, old string) {
	t.Helper()
	server.Auto = adaThere()
	w = newOAuthWorld(t, kind, setup{}, server)
	w.browser().through("/auth/signin/dev")
	old = w.accessToken().AccessToken
	w.clock.advance(2 * time.Hour)
	return w, old
}

func (w *oauthWorld) source() oauth2.TokenSource { return w.sourceAt("dev") }

func (w *oauthWorld) sourceAt(provider string) oauth2.TokenSource {
	w.t.Helper()
	s, err := w.auth.TokenSource(w.t.Context(), w.user().ID, provider)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *oauthWorld) accessToken() *oauth2.Token { return w.accessTokenAt("dev") }

func (w *oauthWorld) accessTokenAt(provider string) *oauth2.Token {
	w.t.Helper()
	token, err := w.sourceAt(provider).Token()
	if err != nil {
		w.t.Fatal(err)
	}
	w.log.secret(token.AccessToken)
	return token
}

// TestTokenSource_RefreshesOnce: of 32 callers in two engines, as of two
// processes, one asks the provider and all get the new token, also where a
// holder of the lease has died; a refresh token that the provider replaced is
// kept, so that the next refresh works too.
func TestTokenSource_RefreshesOnce(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w, old := expiredWorld(t, kind, oauthserver.Config{RotateRefreshTokens: true})
		second := w.secondEngine()
		for round := 1; round <= 2; round++ {
			if err := w.store.CreateVerificationToken(t.Context(), w.lease(w.clock.now())); err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex
			got := map[string]int{}
			var wg sync.WaitGroup
			for i := range 32 {
				auth := w.auth
				if i%2 == 1 {
					auth = second
				}
				source, err := auth.TokenSource(t.Context(), w.user().ID, "dev")
				if err != nil {
					t.Fatal(err)
				}
				wg.Go(func() {
					token, err := source.Token()
					mu.Lock()
					defer mu.Unlock()
					if err != nil {
						t.Error(err)
						return
					}
					got[token.AccessToken]++
				})
			}
			wg.Wait()
			if len(got) != 1 || got[old] != 0 {
				t.Errorf("round %d: %d different tokens, the old one %d times", round, len(got), got[old])
			}
			if n := w.idp.Refreshes(); n != round {
				t.Errorf("round %d: the provider was asked %d times", round, n)
			}
			if w.count("verificationtokens") != 1 { // the state of the sign-in
				t.Errorf("a lease was left:\n%s", w.dump())
			}
			for old = range got {
				w.log.secret(old)
			}
			w.clock.advance(2 * time.Hour)
		}
	})
}

// lease is that of ada's account.
func (w *oauthWorld) lease(ends time.Time) authent.VerificationToken {
	return authent.VerificationToken{Identifier: "oauth-refresh", Token: authent.Secret(authent.HashToken("dev\x00ada-1\x00" + w.user().ID)), Expires: ends}
}

// secondEngine is another engine on the same database, as in another process.
func (w *oauthWorld) secondEngine() *authent.Auth {
	w.t.Helper()
	return w.engineOn(w.store.Adapter)
}

func (w *oauthWorld) engineOn(store authent.Adapter) *authent.Auth {
	w.t.Helper()
	auth, err := authent.New(authent.Config{
		URL: w.server.URL + "/auth", Secrets: []string{testSecret}, Adapter: store, Providers: providersAt(w.idp.URL),
		Logger: w.log.logger(), Now: w.clock.now,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return auth
}

// patience is that of somebody who goes away when they have looked so many times
// whether a lease has ended.
type patience struct {
	authent.Adapter
	looks int
	leave context.CancelFunc
}

func impatient(t *testing.T, store authent.Adapter, looks int) (context.Context, *patience) {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	return ctx, &patience{store, looks, cancel}
}

func (p *patience) VerificationToken(ctx context.Context, identifier string, token authent.Secret) (*authent.VerificationToken, error) {
	if p.looks--; p.looks == 0 {
		defer p.leave()
	}
	return p.Adapter.VerificationToken(ctx, identifier, token)
}

// TestTokenSource_LeaseOfADeadHolder is taken over.
func TestTokenSource_LeaseOfADeadHolder(t *testing.T) {
	w, old := expiredWorld(t, testdb.SQLite, oauthserver.Config{})
	if err := w.store.CreateVerificationToken(t.Context(), w.lease(w.clock.now().Add(30*time.Second))); err != nil {
		t.Fatal(err)
	}
	ctx, waiter := impatient(t, w.store.Adapter, 3)
	waiting, err := w.engineOn(waiter).TokenSource(ctx, w.user().ID, "dev")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := waiting.Token(); !errors.Is(err, context.Canceled) || w.idp.Refreshes() != 0 {
		t.Errorf("the lease was not waited for: %v", err)
	}
	w.clock.advance(31 * time.Second)
	if token := w.accessToken(); token.AccessToken == old || w.idp.Refreshes() != 1 {
		t.Error("the lease was not taken over")
	}
}

// overtaken answers that a lease has expired when somebody else has just taken
// it over.
type overtaken struct {
	authent.Adapter
	live authent.VerificationToken
}

func (o *overtaken) VerificationToken(ctx context.Context, identifier string, token authent.Secret) (*authent.VerificationToken, error) {
	expired, err := o.Adapter.VerificationToken(ctx, identifier, token)
	if err != nil || o.live.Token == "" {
		return expired, err
	}
	if _, err := o.Adapter.UseVerificationToken(ctx, identifier, token); err != nil {
		return nil, err
	}
	live := o.live
	o.live = authent.VerificationToken{}
	return expired, o.Adapter.CreateVerificationToken(ctx, live)
}

// TestTokenSource_LeaseTakenOverMeanwhile: of two who find a dead holder's lease
// the second leaves the first's alone.
func TestTokenSource_LeaseTakenOverMeanwhile(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w, _ := expiredWorld(t, kind, oauthserver.Config{})
		if err := w.store.CreateVerificationToken(t.Context(), w.lease(w.clock.now())); err != nil {
			t.Fatal(err)
		}
		ctx, waiter := impatient(t, &overtaken{w.store.Adapter, w.lease(w.clock.now().Add(30 * time.Second))}, 4)
		source, err := w.engineOn(waiter).TokenSource(ctx, w.user().ID, "dev")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := source.Token(); !errors.Is(err, context.Canceled) || w.idp.Refreshes() != 0 {
			t.Errorf("the other's lease was not waited for: %v", err)
		}
	})
}

// TestTokenSource_Errors: each says what can be done about it.
func TestTokenSource_Errors(t *testing.T) {
	w, _ := expiredWorld(t, testdb.SQLite, oauthserver.Config{})
	if _, err := w.auth.TokenSource(t.Context(), w.user().ID, "hub"); !errors.Is(err, authent.ErrNotFound) {
		t.Errorf("not linked: %v", err)
	}
	if _, err := w.auth.TokenSource(t.Context(), w.user().ID, "credentials"); !errors.Is(err, authent.ErrUnsupported) {
		t.Errorf("no OAuth: %v", err)
	}
	w.idp.Misbehave(oauthserver.Misbehaviour{TokenStatus: 503})
	if _, err := w.source().Token(); err == nil || errors.Is(err, authent.ErrNoToken) || !strings.Contains(err.Error(), "503") {
		t.Errorf("the provider is away: %v", err)
	}
	w.idp.Misbehave(oauthserver.Misbehaviour{})
	if w.count("verificationtokens") != 1 {
		t.Error("a lease was left")
	}
	w.idp.RevokeGrants()
	if _, err := w.source().Token(); !errors.Is(err, authent.ErrNoToken) {
		t.Errorf("revoked: %v", err)
	}
	w.exec(`UPDATE accounts SET refresh_token = NULL`)
	if _, err := w.source().Token(); !errors.Is(err, authent.ErrNoToken) {
		t.Errorf("no refresh token: %v", err)
	}
}

// TestTokenSource_Rotation: tokens that were sealed under an older secret open as
// long as it is configured, and count as absent afterwards.
func TestTokenSource_Rotation(t *testing.T) {
	w := newOAuthWorld(t, testdb.SQLite, setup{}, oauthserver.Config{Auto: adaThere()})
	w.browser().through("/auth/signin/dev")
	want := w.accessToken().AccessToken
	const newer = "a newer secret of more than thirty-two bytes"
	for name, secrets := range map[string][]string{"rotated": {newer, testSecret}, "forgotten": {newer}} {
		auth, err := authent.New(authent.Config{URL: w.server.URL, Secrets: secrets, Adapter: w.store.Adapter, Providers: providersAt(w.idp.URL), Logger: w.log.logger(), Now: w.clock.now})
		if err != nil {
			t.Fatal(err)
		}
		source, err := auth.TokenSource(t.Context(), w.user().ID, "dev")
		if err != nil {
			t.Fatal(err)
		}
		token, err := source.Token()
		switch {
		case name == "rotated" && (err != nil || token.AccessToken != want):
			t.Errorf("%s: %v", name, err)
		case name == "forgotten" && !errors.Is(err, authent.ErrNoToken):
			t.Errorf("%s: %v", name, err)
		}
	}
	w.exec(`UPDATE accounts SET access_token = ?`, "a plain token from before")
	if token := w.accessToken(); token.AccessToken != "a plain token from before" {
		t.Errorf("a plain value: %q", token.AccessToken)
	}
}

// TestTokenSource_AuthJSShared stores tokens as Auth.js does.
func TestTokenSource_AuthJSShared(t *testing.T) {
	w := newOAuthWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) { c.AuthJS.Mode = authent.AuthJSShared }}, oauthserver.Config{Auto: adaThere()})
	w.browser().through("/auth/signin/dev")
	if token := w.accessToken().AccessToken; !strings.Contains(w.dump(), "access_token="+token) {
		t.Error("the token is not stored as issued")
	}
}

// TestTokenSource_TwoProcesses is TestTokenSource_RefreshesOnce with a process of
// its own for half of the callers.
func TestTokenSource_TwoProcesses(t *testing.T) {
	if os.Getenv("AUTHENT_TEST_REFRESH") != "" {
		refreshInChild(t)
		return
	}
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOAuthWorld(t, kind, setup{}, oauthserver.Config{Auto: adaThere(), RotateRefreshTokens: true})
		w.browser().through("/auth/signin/dev")
		w.exec(`UPDATE accounts SET expires_at = 1`)
		w.idp.Misbehave(oauthserver.Misbehaviour{TokenDelay: 200 * time.Millisecond})
		var wg sync.WaitGroup
		outs := make([]string, 2)
		for i := range outs {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTokenSource_TwoProcesses$", "-test.v")
			cmd.Env = append(os.Environ(), "AUTHENT_TEST_REFRESH="+w.idp.URL, "AUTHENT_TEST_DATABASE="+w.url, "AUTHENT_TEST_USER="+w.user().ID)
			wg.Go(func() {
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Errorf("%v: %s", err, out)
				}
				outs[i] = string(out)
			})
		}
		wg.Wait()
		if n := w.idp.Refreshes(); n != 1 {
			t.Errorf("the provider was asked %d times", n)
		}
		if a, b := tokenLine(outs[0]), tokenLine(outs[1]); a == "" || a != b {
			t.Errorf("the processes got different tokens, or none:\n%s\n%s", outs[0], outs[1])
		}
	})
}

func tokenLine(out string) string {
	for line := range strings.Lines(out) {
		if hash, ok := strings.CutPrefix(line, "token "); ok {
			return hash
		}
	}
	return ""
}

// refreshInChild is what the other process does: 16 callers at once.
func refreshInChild(t *testing.T) {
	dialect, db, err := database.Open(os.Getenv("AUTHENT_TEST_DATABASE"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	auth, err := authent.New(authent.Config{
		URL: "http://localhost/auth", Secrets: []string{testSecret}, Providers: providersAt(os.Getenv("AUTHENT_TEST_REFRESH")),
		Adapter: ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(dialect, db)))),
	})
	if err != nil {
		t.Fatal(err)
	}
	source, err := auth.TokenSource(t.Context(), os.Getenv("AUTHENT_TEST_USER"), "dev")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	got := map[string]bool{}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			token, err := source.Token()
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			got[authent.HashToken(token.AccessToken)] = true
		})
	}
	wg.Wait()
	if len(got) != 1 {
		t.Errorf("%d different tokens", len(got))
	}
	for hash := range got {
		fmt.Println("token", hash)
	}
}

// TestTokenSource_TokenOfNothing: an access token that is left out, since no database
// takes it, is none to call a provider with; the refresh token beside it is kept.
func TestTokenSource_TokenOfNothing(t *testing.T) {
	w, _ := expiredWorld(t, testdb.SQLite, oauthserver.Config{RotateRefreshTokens: true})
	w.idp.Misbehave(oauthserver.Misbehaviour{TokenFields: map[string]any{"access_token": "a\x00b"}})
	if token, err := w.source().Token(); err == nil || !strings.Contains(err.Error(), "the token endpoint answered with an access token that is not valid text") {
		t.Errorf("%v, %v", token, err)
	}
	w.idp.Misbehave(oauthserver.Misbehaviour{})
	if token, err := w.source().Token(); err != nil || token.AccessToken == "" {
		t.Errorf("the next refresh: %v", err)
	}
}
