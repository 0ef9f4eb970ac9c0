package authent_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

const document = "/.well-known/openid-configuration"

// newFloodWorld is an oauthWorld whose requests to the provider end when a test
// ends them, not by the time that a slow machine takes.
func newFloodWorld(t *testing.T, kind testdb.Kind, change func(*authent.Config)) *oauthWorld {
	t.Helper()
	return newOAuthWorld(t, kind, setup{config: func(c *authent.Config) {
		c.ProviderTimeout = 2 * time.Minute
		if change != nil {
			change(c)
		}
	}}, oauthserver.Config{Auto: adaThere(), Algorithm: "ES256"}) // whose keys are made fast
}

// flood is many requests at the same moment.
type flood struct {
	wg sync.WaitGroup
	// busy were told to come back, passed were sent to the provider, failed are
	// all others.
	busy, passed, failed atomic.Int64
}

func (w *world) flood(requests []*http.Request) *flood {
	f := &flood{}
	for _, r := range requests {
		f.wg.Go(func() {
			res, err := w.browser().client.Do(r)
			if err != nil {
				w.t.Error(err)
				return
			}
			_ = res.Body.Close()
			switch {
			case res.StatusCode == http.StatusServiceUnavailable && res.Header.Get("Retry-After") != "":
				f.busy.Add(1)
				for _, c := range res.Cookies() {
					if strings.Contains(c.Name, "authent.") && c.MaxAge < 0 {
						w.t.Errorf("who is told to come back loses the cookie %s", c.Name)
					}
				}
			case res.StatusCode == http.StatusFound && !strings.Contains(res.Header.Get("Location"), "error="):
				f.passed.Add(1)
			default:
				f.failed.Add(1)
			}
		})
	}
	return f
}

func (f *flood) String() string {
	return fmt.Sprintf("%d told to come back, %d passed, %d failed", f.busy.Load(), f.passed.Load(), f.failed.Load())
}

// starts are n sign-ins through providers, each by another browser.
func (w *world) starts(n int, ids ...string) (all []*http.Request) {
	w.t.Helper()
	b := w.browser()
	form := url.Values{"csrfToken": {b.csrf()}}.Encode()
	for i := range n {
		r := b.request(http.MethodPost, "/auth/signin/"+ids[i%len(ids)], strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, c := range b.client.Jar.Cookies(b.url()) {
			r.AddCookie(c)
		}
		all = append(all, r)
	}
	return all
}

// callbacks are n callbacks of flows that were started, each with a code that the
// provider may not know.
func (w *oauthWorld) callbacks(n int, id string, real bool) (all []*http.Request) {
	w.t.Helper()
	for range n {
		b := w.browser()
		target := b.toProvider("/auth/signin/" + id)
		back := ""
		if real {
			back = b.atProvider(target)
		} else {
			u, err := url.Parse(target)
			if err != nil {
				w.t.Fatal(err)
			}
			back = w.server.URL + "/auth/callback/" + id + "?" + url.Values{"state": {u.Query().Get("state")}, "code": {"made up"}, "iss": {w.idp.URL}}.Encode()
		}
		u, err := url.Parse(back)
		if err != nil {
			w.t.Fatal(err)
		}
		r := b.request(http.MethodGet, u.RequestURI(), nil)
		for _, c := range b.client.Jar.Cookies(b.url()) {
			r.AddCookie(c)
		}
		all = append(all, r)
	}
	return all
}

// unhindered does what a person who is signed in does meanwhile, and what one does
// who signs in by password.
func (w *world) unhindered(b *browser) {
	w.t.Helper()
	if a := b.post("/auth/reauthenticate", "password", adasWord); a.errorCode() != "" {
		w.t.Errorf("re-authentication meanwhile: %d to %s", a.status, a.target())
	}
	if a := b.post("/auth/password", "currentPassword", adasWord, "password", adasWord); a.errorCode() != "" {
		w.t.Errorf("change of password meanwhile: %d to %s", a.status, a.target())
	}
	if b.who() != ada {
		w.t.Error("the session is gone")
	}
}

// TestP42_DiscoveryFlood: 300 people start a sign-in, at providers of one server,
// while it hangs: it is asked once, some wait, the others are told to come back,
// and everything else goes on.
func TestP42_DiscoveryFlood(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		const people, waiting = 300, 128
		w := newFloodWorld(t, kind, nil)
		b := w.registered()
		requests := w.starts(people, "dev", "trusted", "posting")
		w.idp.Misbehave(oauthserver.Misbehaviour{Hang: []string{document}})
		f := w.flood(requests)
		asked := func() int { return len(w.idp.RequestsTo(document)) }
		await.True(t, "the flood has come as far as it can", func() bool { return f.busy.Load() >= people-waiting || f.failed.Load() > 0 || asked() > 1 })
		w.unhindered(b)
		w.signedIn()
		w.idp.Misbehave(oauthserver.Misbehaviour{})
		f.wg.Wait()
		if f.busy.Load() != people-waiting || f.passed.Load() != waiting || asked() != 1 {
			t.Errorf("%v; the server was asked %d times", f, asked())
		}
		if a := w.browser().through("/auth/signin/dev"); a.errorCode() == "" || asked() != 1 {
			t.Errorf("afterwards: %s, asked %d times", a.target(), asked()) // ada is registered: not linked
		}
	})
}

// TestP42_FailuresAreRemembered for a few seconds, and not for longer.
func TestP42_FailuresAreRemembered(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newFloodWorld(t, kind, nil)
		for _, bad := range []oauthserver.Misbehaviour{{DiscoveryStatus: http.StatusBadGateway}, {Answers: map[string]string{document: "null"}}, {DiscoveryHuge: true}} {
			w.idp.Misbehave(bad)
			before := len(w.idp.RequestsTo(document))
			for pause := range 2 {
				f := w.flood(w.starts(20, "dev", "trusted"))
				f.wg.Wait()
				if asked := len(w.idp.RequestsTo(document)) - before; f.failed.Load() != 20 || asked != pause+1 {
					t.Errorf("%v; after %d pauses the server was asked %d times", f, pause, asked)
				}
				w.clock.advance(5 * time.Second)
			}
		}
		w.idp.Misbehave(oauthserver.Misbehaviour{})
		f := w.flood(w.starts(20, "dev", "trusted"))
		if f.wg.Wait(); f.passed.Load() != 20 {
			t.Errorf("when it is well again: %v", f)
		}
	})
}

// TestP42_EndpointsOutliveTheirDocument for an hour while the server hangs: nobody
// waits, and one request is under way.
func TestP42_EndpointsOutliveTheirDocument(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newFloodWorld(t, kind, nil)
		w.browser().toProvider("/auth/signin/dev")
		w.idp.Misbehave(oauthserver.Misbehaviour{Hang: []string{document}})
		w.clock.advance(2 * time.Minute) // its lifetime was one
		f := w.flood(w.starts(20, "dev", "posting"))
		f.wg.Wait()
		asked := func() int { return len(w.idp.RequestsTo(document)) }
		await.True(t, "the flood has come as far as it can", func() bool { return asked() > 1 })
		if f.passed.Load() != 20 || asked() != 2 {
			t.Errorf("%v; asked %d times", f, asked())
		}
		w.clock.advance(time.Hour)
		late := w.flood(w.starts(20, "dev"))
		w.idp.Misbehave(oauthserver.Misbehaviour{DiscoveryStatus: http.StatusBadGateway})
		late.wg.Wait()
		if late.passed.Load() != 0 || late.failed.Load() != 20 || asked() != 2 {
			t.Errorf("an hour later: %v; asked %d times", late, asked())
		}
	})
}

// TestP42_UnknownKeys: tokens under keys that nobody published have the keys asked
// for once a minute, also when that fails, and a key that was changed is found at
// once.
func TestP42_UnknownKeys(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newFloodWorld(t, kind, nil)
		if a := w.browser().through("/auth/signin/dev"); a.errorCode() != "" {
			t.Fatal(a.target())
		}
		asked := func() int { return len(w.idp.RequestsTo("/keys")) }
		for i, bad := range []oauthserver.Misbehaviour{{UnknownKey: true}, {UnknownKey: true, KeysStatus: http.StatusBadGateway}, {BadSignature: true}} {
			w.idp.Misbehave(bad)
			f := w.flood(append(w.callbacks(5, "dev", true), w.callbacks(5, "trusted", true)...))
			if f.wg.Wait(); f.failed.Load() != 10 || asked() != i+2 {
				t.Errorf("flood %d: %v; the keys were asked for %d times", i, f, asked())
			}
			w.clock.advance(time.Minute)
		}
		w.idp.Misbehave(oauthserver.Misbehaviour{})
		if err := w.idp.RotateKeys(); err != nil {
			t.Fatal(err)
		}
		f := w.flood(w.callbacks(5, "dev", true))
		if f.wg.Wait(); f.passed.Load() != 5 || asked() != 5 {
			t.Errorf("a changed key: %v; asked %d times\n%s", f, asked(), w.log.text())
		}
	})
}

// TestP42_KnownKeysNeedNoAnswer: while the keys hang for tokens under a key that
// nobody published, tokens under a published one are taken.
func TestP42_KnownKeysNeedNoAnswer(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newFloodWorld(t, kind, nil)
		w.browser().through("/auth/signin/dev")
		requests := w.callbacks(10, "dev", true)
		tokens := len(w.idp.RequestsTo("/token"))
		w.idp.Misbehave(oauthserver.Misbehaviour{UnknownKey: true, Hang: []string{"/keys"}})
		f := w.flood(requests)
		await.True(t, "the flood has come as far as it can", func() bool {
			return len(w.idp.RequestsTo("/token")) == tokens+10 && len(w.idp.RequestsTo("/keys")) == 2
		})
		w.idp.Misbehave(oauthserver.Misbehaviour{Hang: []string{"/keys"}})
		b := w.browser()
		if a := b.through("/auth/signin/dev"); b.who() != ada {
			t.Errorf("meanwhile: %s", a.target())
		}
		w.idp.Misbehave(oauthserver.Misbehaviour{})
		f.wg.Wait()
		if len(w.idp.RequestsTo("/keys")) != 2 {
			t.Errorf("%v; the keys were asked for %d times", f, len(w.idp.RequestsTo("/keys")))
		}
	})
}

// TestP42_CodesFlood: whoever started flows brings codes that were made up, while
// the token endpoint hangs.
func TestP42_CodesFlood(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		const flows, most = 80, 64
		w := newFloodWorld(t, kind, nil)
		b := w.registered()
		requests := w.callbacks(flows, "dev", false)
		w.idp.Misbehave(oauthserver.Misbehaviour{Hang: []string{"/token"}})
		f := w.flood(requests)
		asked := func() int { return len(w.idp.RequestsTo("/token")) }
		await.True(t, "the flood has come as far as it can", func() bool { return int(f.busy.Load())+asked() == flows })
		if asked() != most {
			t.Errorf("%d codes were sent at once", asked())
		}
		w.unhindered(b)
		w.signedIn()
		w.idp.Misbehave(oauthserver.Misbehaviour{})
		f.wg.Wait()
		if f.busy.Load() != flows-most || f.failed.Load() != most || asked() != most {
			t.Errorf("%v; %d codes were sent", f, asked())
		}
		w.idp.SetAuto(person("grace", "grace@example.com", nil))
		if a := w.browser().through("/auth/signin/dev"); a.errorCode() != "" {
			t.Errorf("afterwards: %s", a.target())
		}
	})
}

// TestP42_HashFlood: sign-ins and registrations of strangers leave a quarter of
// the hashes, and of few one, to people who are signed in.
func TestP42_HashFlood(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		for most, strangers := range map[int]int64{2: 1, 3: 2, 8: 6} {
			w := newWorld(t, kind, setup{config: func(c *authent.Config) { c.MaxHashes = most }})
			b := w.registered()
			var entered atomic.Int64
			var open atomic.Bool
			gate := make(chan struct{})
			authent.OnHash(w.auth, func(string) {
				if !open.Load() {
					entered.Add(1)
					<-gate
				}
			})
			requests := w.strangers(24)
			f := w.flood(requests)
			await.True(t, "the flood has come as far as it can", func() bool { return f.busy.Load()+f.failed.Load()+entered.Load() == int64(len(requests)) })
			if entered.Load() != strangers {
				t.Errorf("of %d hashes strangers have %d", most, entered.Load())
			}
			open.Store(true) // nobody else gets a turn: the strangers' stand at the gate
			w.unhindered(b)
			close(gate)
			f.wg.Wait()
			if f.busy.Load() != int64(len(requests))-strangers {
				t.Errorf("of %d hashes: %v", most, f)
			}
			w.signedIn()
		}
	})
}

// TestP42_OneHashAPerson: nobody who has registered takes the hashes of others who
// are signed in.
func TestP42_OneHashAPerson(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) { c.MaxHashes = 4 }})
	b, other := w.registered(), w.browser()
	other.register("grace@example.com", adasWord)
	var entered atomic.Int64
	var open atomic.Bool
	gate := make(chan struct{})
	authent.OnHash(w.auth, func(string) {
		if !open.Load() {
			entered.Add(1)
			<-gate
		}
	})
	csrf := b.csrf()
	var requests []*http.Request
	for range 8 {
		r := b.request(http.MethodPost, "/auth/reauthenticate", strings.NewReader(url.Values{"csrfToken": {csrf}, "password": {"wrong password"}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, c := range b.client.Jar.Cookies(b.url()) {
			r.AddCookie(c)
		}
		requests = append(requests, r)
	}
	f := w.flood(requests)
	await.True(t, "the flood has come as far as it can", func() bool { return f.busy.Load() == 7 && entered.Load() == 1 })
	open.Store(true)
	if a := other.post("/auth/reauthenticate", "password", adasWord); a.errorCode() != "" || a.status != http.StatusFound {
		t.Errorf("somebody else: %d %s", a.status, a.errorCode())
	}
	close(gate)
	f.wg.Wait()
}

// strangers are n sign-ins and registrations.
func (w *world) strangers(n int) (all []*http.Request) {
	w.t.Helper()
	b := w.browser()
	token := b.csrf()
	for i := range n {
		path, form := "/auth/callback/credentials", url.Values{"csrfToken": {token}, "email": {ada}, "password": {"wrong password"}}
		if i%2 == 1 {
			path, form = "/auth/register", url.Values{"csrfToken": {token}, "email": {fmt.Sprintf("p%d@example.com", i)}, "password": {"another password"}}
		}
		r := b.request(http.MethodPost, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, c := range b.client.Jar.Cookies(b.url()) {
			r.AddCookie(c)
		}
		all = append(all, r)
	}
	return all
}
