package authent_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// local is how the user who has the address came to be.
var locals = map[string]func(w *oauthWorld){
	"password": func(w *oauthWorld) { w.registered() },
	"oauth": func(w *oauthWorld) {
		w.idp.SetAuto(person("ada-at-hub", ada, nil))
		w.browser().through("/auth/signin/hub")
	},
}

// TestP15_WhoMayJoinAUser: of all who come with an address that a user has, only
// those whom a trusted provider vouches for.
func TestP15_WhoMayJoinAUser(t *testing.T) {
	yes, no := true, false
	claims := map[string]*bool{"true": &yes, "false": &no, "missing": nil}
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for local, create := range locals {
			for _, localVerified := range []bool{true, false} {
				for claim, verified := range claims {
					for _, provider := range []string{"dev", "trusted", "hub"} {
						for _, open := range []bool{true, false} {
							name := fmt.Sprintf("%s, verified here %v, claim %s, %s, signed in as another %v", local, localVerified, claim, provider, open)
							t.Run(name, func(t *testing.T) {
								t.Parallel()
								w := newOAuthWorld(t, kind, setup{}, oauthserver.Config{})
								create(w)
								if localVerified {
									now := w.clock.now()
									if _, err := w.store.UpdateUser(t.Context(), w.user().ID, authent.UserUpdate{EmailVerified: &now}); err != nil {
										t.Fatal(err)
									}
								}
								w.comes(provider, verified, open)
							})
						}
					}
				}
			}
		}
	})
}

// comes has somebody with ada's address come, and checks what becomes of them.
func (w *oauthWorld) comes(provider string, verified *bool, open bool) {
	w.t.Helper()
	b := w.browser()
	if open {
		b.register("mallory@example.com", adasWord)
	}
	before := w.accounts()
	w.idp.SetAuto(person("somebody", ada, verified))
	a := b.through("/auth/signin/" + provider)
	joins := provider == "trusted" && verified != nil && *verified
	if joins {
		if a.errorCode() != "" || b.who() != ada || !slices.Contains(w.accounts(), provider+"/somebody") {
			w.t.Errorf("did not join: %s, signed in as %q, accounts %v", a.target(), b.who(), w.accounts())
		}
		return
	}
	if a.errorCode() != "OAuthAccountNotLinked" || !slices.Equal(w.accounts(), before) {
		w.t.Errorf("joined: %s, accounts %v", a.target(), w.accounts())
	}
	if want := map[bool]string{true: "mallory@example.com"}[open]; b.who() != want {
		w.t.Errorf("signed in as %q, want %q", b.who(), want)
	}
}

// TestP15_LookalikeAddressesDoNotJoin: an address that only becomes the user's by
// being normalised may be another mailbox.
func TestP15_LookalikeAddressesDoNotJoin(t *testing.T) {
	yes := true
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOAuthWorld(t, kind, setup{}, oauthserver.Config{})
		w.registered()
		for _, address := range []string{"\uff41da@example.com", "ada@example.com ", "ada\uff20example.com", "AD\uff21@example.com"} {
			w.idp.SetAuto(person("lookalike", address, &yes))
			b := w.browser()
			if a := b.through("/auth/signin/trusted"); a.errorCode() == "" || b.who() != "" {
				t.Errorf("%q joined: %s", address, a.target())
			}
		}
		w.idp.SetAuto(person("ada", "ADA@EXAMPLE.com", &yes))
		b := w.browser()
		if a := b.through("/auth/signin/trusted"); b.who() != ada {
			t.Errorf("in capitals: %s", a.target())
		}
	})
}

// TestP15_LinkIsBoundToItsSession: a link that one session started is not ended by
// another, by none, or as a sign-in.
func TestP15_LinkIsBoundToItsSession(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for name, disturb := range map[string]func(w *oauthWorld, b *browser){
			"signed out":      func(_ *oauthWorld, b *browser) { b.post("/auth/signout") },
			"another session": func(_ *oauthWorld, b *browser) { b.signIn(ada, adasWord) },
			"another user":    func(_ *oauthWorld, b *browser) { b.register("mallory@example.com", adasWord) },
			"revoked":         func(w *oauthWorld, _ *browser) { _, _ = w.auth.RevokeAllSessions(w.t.Context(), w.user().ID) },
		} {
			t.Run(name, func(t *testing.T) {
				w := newOAuthWorld(t, kind, setup{}, oauthserver.Config{Auto: person("new", "new@example.com", nil)})
				b := w.registered()
				back := b.atProvider(b.toProvider("/auth/link/dev"))
				disturb(w, b)
				if a := b.to(back); a.errorCode() != "OAuthCallbackError" || len(w.accounts()) != 0 {
					t.Errorf("%s, accounts %v", a.target(), w.accounts())
				}
			})
		}
	})
}

// TestP15_Linking: the account becomes a way in for who linked it, and is taken
// from nobody.
func TestP15_Linking(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOAuthWorld(t, kind, setup{}, oauthserver.Config{Auto: person("new", "other@example.com", nil)})
		b := w.registered()
		token := b.token()
		a := b.through("/auth/link/dev")
		if a.target() != w.server.URL+"/auth/account?notice=account_linked" || b.token() != token {
			t.Fatalf("linking: %s, the session stayed: %v", a.target(), b.token() == token)
		}
		if a := b.through("/auth/link/dev"); a.errorCode() != "" || len(w.accounts()) != 1 {
			t.Errorf("linking again: %s", a.target())
		}
		in := w.browser()
		if in.through("/auth/signin/dev"); in.who() != ada {
			t.Errorf("the linked account signs in as %q", in.who())
		}
		mallory := w.browser()
		mallory.register("mallory@example.com", adasWord)
		if a := mallory.through("/auth/link/dev"); a.errorCode() != "AccountNotLinked" || mallory.who() != "mallory@example.com" {
			t.Errorf("linked somebody else's account: %s", a.target())
		}
		if in = w.browser(); in.through("/auth/signin/dev").errorCode() != "" || in.who() != ada {
			t.Errorf("the account moved: %q", in.who())
		}
	})
}

// TestUnlink: what is linked can be unlinked, but for the last way in.
func TestUnlink(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOAuthWorld(t, kind, setup{}, oauthserver.Config{Auto: adaThere()})
		b := w.browser()
		b.through("/auth/signin/dev")
		unlink := func(provider, id string) answer {
			return b.script("/auth/unlink", "provider", provider, "providerAccountId", id)
		}
		if a := unlink("dev", "ada-1"); a.errorCode() != "LastSignIn" || len(w.accounts()) != 1 {
			t.Errorf("the last way in: %s", a.target())
		}
		b.through("/auth/link/hub")
		if a := unlink("dev", "ada-1"); a.errorCode() != "" || !slices.Equal(w.accounts(), []string{"hub/ada-1"}) {
			t.Errorf("unlink: %s, left: %v", a.target(), w.accounts())
		}
		if in := w.browser(); in.through("/auth/signin/dev").errorCode() != "OAuthAccountNotLinked" {
			t.Errorf("the unlinked account signs in as %q", in.who())
		}
		if in := w.browser(); in.through("/auth/signin/hub").errorCode() != "" || in.who() != ada {
			t.Errorf("the other one signs in as %q", in.who())
		}
	})
}

// TestP04_UnlinkingEndsOtherSessions: one that was got through the account does not
// go on without it. If that fails, the account stays linked.
func TestP04_UnlinkingEndsOtherSessions(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOAuthWorld(t, kind, setup{}, oauthserver.Config{Auto: adaThere()})
		this, thief := w.registered(), w.browser()
		this.through("/auth/link/dev")
		if thief.through("/auth/signin/dev"); thief.who() != ada {
			t.Fatal("the linked account does not sign in")
		}
		for n := 1; ; n++ {
			w.store.beforeTx = func() { w.driver.failNth(n) }
			a := this.script("/auth/unlink", "provider", "dev", "providerAccountId", "ada-1")
			w.driver.failNth(0)
			if a.errorCode() == "" {
				break
			}
			if n == 40 || len(w.accounts()) != 1 || thief.who() != ada {
				t.Fatalf("statement %d failed: accounts %v, the other session is %q", n, w.accounts(), thief.who())
			}
		}
		if len(w.accounts()) != 0 || thief.who() != "" || this.who() != ada {
			t.Errorf("unlinked: accounts %v, the other session is %q, this one %q", w.accounts(), thief.who(), this.who())
		}
	})
}

// TestP06_UnlinkTellsNothing: somebody else's account is answered like one that
// nobody has, byte for byte.
func TestP06_UnlinkTellsNothing(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOAuthWorld(t, kind, setup{}, oauthserver.Config{Auto: adaThere()})
		w.browser().through("/auth/signin/dev")
		mallory := w.browser()
		mallory.register("mallory@example.com", adasWord)
		theirs := mallory.script("/auth/unlink", "provider", "dev", "providerAccountId", "ada-1")
		nobodys := mallory.script("/auth/unlink", "provider", "dev", "providerAccountId", "nobody")
		if theirs.status != nobodys.status || theirs.body != nobodys.body || theirs.errorCode() != "AccountNotFound" || len(w.accounts()) != 1 {
			t.Errorf("%d %s, and %d %s", theirs.status, theirs.body, nobodys.status, nobodys.body)
		}
	})
}

// TestP07_LinkingAsksForRecentSignIn, and unlinking.
func TestP07_LinkingAsksForRecentSignIn(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOAuthWorld(t, kind, setup{}, oauthserver.Config{Auto: adaThere()})
		b := w.registered()
		b.through("/auth/link/hub")
		w.clock.advance(10*time.Minute + time.Second)
		for path, fields := range map[string][]string{"/auth/link/dev": nil, "/auth/unlink": {"provider", "hub", "providerAccountId", "ada-1"}} {
			if a := b.script(path, fields...); a.status != http.StatusForbidden || a.errorCode() != "RecentSignInRequired" {
				t.Errorf("%s: %d %s", path, a.status, a.errorCode())
			}
		}
		if len(w.accounts()) != 1 {
			t.Error(w.accounts())
		}
		b.post("/auth/reauthenticate", "password", adasWord)
		if a := b.through("/auth/link/dev"); a.errorCode() != "" || len(w.accounts()) != 2 {
			t.Errorf("after re-authentication: %s", a.target())
		}
	})
}

// TestP29_ProvedAddressKillsWhatUnprovedHandsLeft: an attacker registers the
// victim's address and waits; when a trusted provider brings the victim, none of
// the attacker's ways in works any more.
func TestP29_ProvedAddressKillsWhatUnprovedHandsLeft(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOAuthWorld(t, kind, setup{}, oauthserver.Config{Auto: person("attacker", "attacker@example.com", nil)})
		attacker := w.registered()
		if a := attacker.through("/auth/link/dev"); a.errorCode() != "" {
			t.Fatal(a.target())
		}
		link := authent.VerificationToken{Identifier: "reset:" + w.user().ID, Token: authent.Secret(authent.HashToken("link")), Expires: time.Now().Add(time.Hour)}
		if err := w.store.CreateVerificationToken(t.Context(), link); err != nil {
			t.Fatal(err)
		}
		w.idp.SetAuto(adaThere())
		victim := w.browser()
		if a := victim.through("/auth/signin/trusted"); victim.who() != ada {
			t.Fatal(a.target())
		}
		if attacker.who() != "" {
			t.Error("the attacker's session is alive")
		}
		if a := w.browser().signIn(ada, adasWord); a.errorCode() != "CredentialsSignin:credentials" {
			t.Error("the attacker's password works")
		}
		w.idp.SetAuto(person("attacker", "attacker@example.com", nil))
		if in := w.browser(); in.through("/auth/signin/dev").errorCode() == "" && in.who() == ada {
			t.Error("the attacker's account works")
		}
		if _, err := w.store.VerificationToken(t.Context(), link.Identifier, link.Token); err == nil {
			t.Error("a link that the attacker asked for works")
		}
		if w.user().EmailVerified.IsZero() {
			t.Error("the address is not noted as verified")
		}
		// A second provider does not end what the owner has by now.
		before := victim.token()
		w.idp.SetAuto(&oauthserver.Person{Subject: "ada-2", Email: ada, EmailVerified: adaThere().EmailVerified})
		w.browser().through("/auth/signin/trusted")
		if w.with("authjs.session-token", before).who() != ada {
			t.Error("a proved address was proved again, and ended its owner's sessions")
		}
	})
}

// TestP04_DisabledUsersDoNotComeInThroughProviders.
func TestP04_DisabledUsersDoNotComeInThroughProviders(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newOAuthWorld(t, kind, setup{}, oauthserver.Config{Auto: adaThere()})
		w.browser().through("/auth/signin/trusted")
		late := w.browser()
		back := late.atProvider(late.toProvider("/auth/signin/trusted"))
		w.store.beforeTx = func() {
			if err := w.auth.DisableUser(t.Context(), w.user().ID); err != nil {
				t.Error(err)
			}
		}
		if a := late.to(back); a.errorCode() != "AccessDenied" || late.token() != "" {
			t.Errorf("disabled meanwhile: %s", a.target())
		}
		if a := w.browser().through("/auth/signin/trusted"); a.errorCode() != "AccessDenied" {
			t.Errorf("disabled: %s", a.target())
		}
		w.idp.SetAuto(&oauthserver.Person{Subject: "ada-2", Email: ada, EmailVerified: adaThere().EmailVerified})
		if a := w.browser().through("/auth/signin/trusted"); a.errorCode() != "AccessDenied" {
			t.Errorf("disabled, by address: %s", a.target())
		}
	})
}

// TestP15_VerifiedIsOfThisAddress: where ID token and profile are merged, neither
// says of the other's address that it is verified. A claim that cannot be read hides
// none that can.
func TestP15_VerifiedIsOfThisAddress(t *testing.T) {
	const eve = "eve@example.com"
	type claims = map[string]any
	for name, tc := range map[string]struct {
		token, profile claims
		joins          bool
	}{
		"the profile's flag, another's address": {claims{"email": ada, "email_verified": nil}, claims{"email": eve, "email_verified": true}, false},
		"the token's flag, no address":          {claims{"email": nil, "email_verified": true}, claims{"email": ada, "email_verified": false}, false},
		"the token's flag, an odd address":      {claims{"email": 7, "email_verified": true}, claims{"email": ada, "email_verified": nil}, false},
		"an odd flag, another's address":        {claims{"email": ada, "email_verified": 1}, claims{"email": eve, "email_verified": true}, false},
		"two flags, one address":                {claims{"email": ada, "email_verified": false}, claims{"email": ada, "email_verified": true}, false},
		"the token's both":                      {claims{"email": ada, "email_verified": true}, claims{"email": eve, "email_verified": false}, true},
		"the profile's both":                    {claims{"email": nil, "email_verified": nil}, claims{"email": ada, "email_verified": true}, true},
		"the profile's both, odd in the token":  {claims{"email": "", "email_verified": null}, claims{"email": ada, "email_verified": "true"}, true},
		"one address, the profile's flag":       {claims{"email": ada, "email_verified": null}, claims{"email": ada, "email_verified": true}, true},
	} {
		w := propertiesWorld(t, testdb.SQLite, oauthserver.Config{}, func(o *authent.OAuth) { o.MergeUserInfo, o.TrustEmail = true, true })
		w.registered()
		w.idp.Misbehave(oauthserver.Misbehaviour{Claims: tc.token, UserInfoClaims: tc.profile})
		a := w.browser().through("/auth/signin/odd")
		if joined := slices.Contains(w.accounts(), "odd/ada-1"); joined != tc.joins || (a.errorCode() == "OAuthAccountNotLinked") == tc.joins {
			t.Errorf("%s: joined %v, to %s", name, joined, a.target())
		}
	}
}
