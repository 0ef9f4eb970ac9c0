package authent_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// securityEvents are what people and the application do, and the line that each
// leaves: "kind outcome reason", and whose it is.
var securityEvents = map[string]struct {
	// before is what must be there first.
	before, do func(w *oauthWorld, b *browser)
	want       string
	// nobody says that the line names no user, verb that no request is behind it.
	nobody, verb bool
}{
	"registration":     {before: nobodyYet, do: func(w *oauthWorld, _ *browser) { w.browser().register(ada, adasWord) }, want: "registration success"},
	"address taken":    {do: func(w *oauthWorld, _ *browser) { w.browser().register(ada, adasWord) }, want: "registration refused Register:email_taken", nobody: true},
	"password too bad": {do: func(w *oauthWorld, _ *browser) { w.browser().register("x@example.com", "short") }, want: "registration refused Register:password_short", nobody: true},
	"sign in":          {do: func(w *oauthWorld, _ *browser) { w.browser().signIn(ada, adasWord) }, want: "sign_in success"},
	"wrong password":   {do: func(w *oauthWorld, _ *browser) { w.browser().signIn(ada, "a mistyped password") }, want: "sign_in refused CredentialsSignin:credentials"},
	"unknown address":  {do: func(w *oauthWorld, _ *browser) { w.browser().signIn("mistyped@example.com", adasWord) }, want: "sign_in refused CredentialsSignin:credentials", nobody: true},
	"database away": {do: func(w *oauthWorld, _ *browser) {
		o := w.browser()
		o.csrf()
		w.driver.failNth(4) // the session, after two counters and the user
		o.signIn(ada, adasWord)
	}, want: "sign_in error Configuration"},
	"counters away": {do: func(w *oauthWorld, _ *browser) {
		o := w.browser()
		o.csrf()
		w.driver.failNth(1)
		o.signIn(ada, adasWord)
	}, want: "sign_in error Unavailable", nobody: true},
	"too often": {do: func(w *oauthWorld, _ *browser) {
		_, _ = w.db.Exec("UPDATE ratelimits SET count = 1000000")
		w.browser().signIn(ada, adasWord)
	}, want: "sign_in refused RateLimited", nobody: true},
	"sign out":           {do: func(_ *oauthWorld, b *browser) { b.post("/auth/signout") }, want: "sign_out success"},
	"sign-out of nobody": {do: func(w *oauthWorld, _ *browser) { w.browser().post("/auth/signout") }},
	"reauthentication":   {do: func(_ *oauthWorld, b *browser) { b.post("/auth/reauthenticate", "password", adasWord) }, want: "reauthentication success"},
	"wrong again":        {do: func(_ *oauthWorld, b *browser) { b.post("/auth/reauthenticate", "password", "a mistyped password") }, want: "reauthentication refused CredentialsSignin:credentials"},
	"change password": {do: func(_ *oauthWorld, b *browser) {
		b.post("/auth/password", "currentPassword", adasWord, "password", newWord)
	}, want: "password_change success"},
	"wrong current password": {do: func(_ *oauthWorld, b *browser) {
		b.post("/auth/password", "currentPassword", "a mistyped password", "password", newWord)
	}, want: "password_change refused CredentialsSignin:credentials"},
	"too late to change": {do: func(w *oauthWorld, b *browser) {
		w.clock.advance(time.Hour)
		b.post("/auth/password", "currentPassword", adasWord, "password", newWord)
	}, want: "password_change refused RecentSignInRequired"},
	"link":          {do: func(_ *oauthWorld, b *browser) { b.through("/auth/link/dev") }, want: "account_link success"},
	"link declined": {do: func(_ *oauthWorld, b *browser) { b.to(b.declined("/auth/link/hub")) }, want: "account_link refused OAuthCallbackError:cancelled"},
	"link too late": {do: func(w *oauthWorld, b *browser) { w.clock.advance(time.Hour); b.post("/auth/link/dev") }, want: "account_link refused RecentSignInRequired"},
	"unlink": {do: func(_ *oauthWorld, b *browser) {
		b.post("/auth/unlink", "provider", "hub", "providerAccountId", "ada-1")
	}, want: "account_unlink success"},
	"unlink nothing": {do: func(_ *oauthWorld, b *browser) {
		b.post("/auth/unlink", "provider", "mistyped", "providerAccountId", "typed")
	}, want: "account_unlink refused NotFound"},
	"through a provider":     {do: func(w *oauthWorld, _ *browser) { w.browser().through("/auth/signin/hub") }, want: "sign_in success"},
	"new through a provider": {before: nobodyYet, do: func(w *oauthWorld, _ *browser) { w.browser().through("/auth/signin/hub") }, want: "registration success"},
	"declined there":         {do: func(w *oauthWorld, _ *browser) { o := w.browser(); o.to(o.declined("/auth/signin/hub")) }, want: "sign_in refused OAuthCallbackError:cancelled", nobody: true},
	"not linked":             {do: func(w *oauthWorld, _ *browser) { w.browser().through("/auth/signin/dev") }, want: "sign_in refused OAuthAccountNotLinked", nobody: true},
	"revoke one": {before: func(w *oauthWorld, _ *browser) { authenttest.SignIn(w.t, w.auth, w.user().ID) }, do: func(_ *oauthWorld, b *browser) {
		b.post("/auth/sessions/revoke", "id", b.sessions()[1].ID)
	}, want: "session_revocation success"},
	"revoke none":     {do: func(_ *oauthWorld, b *browser) { b.post("/auth/sessions/revoke", "id", "typed") }, want: "session_revocation refused NotFound"},
	"revoke others":   {do: func(_ *oauthWorld, b *browser) { b.post("/auth/sessions/revoke", "others", "true") }, want: "session_revocation success"},
	"delete":          {do: func(_ *oauthWorld, b *browser) { b.post("/auth/delete") }, want: "user_deletion success"},
	"delete too late": {do: func(w *oauthWorld, b *browser) { w.clock.advance(time.Hour); b.post("/auth/delete") }, want: "user_deletion refused RecentSignInRequired"},

	"SignIn verb": {do: func(w *oauthWorld, b *browser) {
		r := b.request(http.MethodGet, "/", nil)
		r.RemoteAddr = "192.0.2.1:1234"
		_, _ = w.auth.SignIn(httptest.NewRecorder(), r, w.user().ID)
	}, want: "sign_in success"},
	"RevokeAllSessions": {do: func(w *oauthWorld, _ *browser) { _, _ = w.auth.RevokeAllSessions(context.Background(), w.user().ID) }, want: "session_revocation success", verb: true},
	"DisableUser":       {do: func(w *oauthWorld, _ *browser) { _ = w.auth.DisableUser(context.Background(), w.user().ID) }, want: "user_disable success", verb: true},
	"EnableUser":        {do: func(w *oauthWorld, _ *browser) { _ = w.auth.EnableUser(context.Background(), w.user().ID) }, want: "user_enable success", verb: true},
	"DeleteUser":        {do: func(w *oauthWorld, _ *browser) { _ = w.auth.DeleteUser(context.Background(), w.user().ID) }, want: "user_deletion success", verb: true},
	"RevokeSession": {do: func(w *oauthWorld, b *browser) {
		_ = w.auth.RevokeSession(context.Background(), w.user().ID, b.sessions()[0].ID)
	}, want: "session_revocation success", verb: true},
}

func nobodyYet(w *oauthWorld, _ *browser) { w.exec("DELETE FROM users") }

// TestP43_OneRecord: each event leaves one line, with what happened, to whom, from where
// and how it ended; and with nothing that anybody typed. The row says the same.
func TestP43_OneRecord(t *testing.T) {
	for name, e := range securityEvents {
		t.Run(name, func(t *testing.T) {
			w := newOAuthWorld(t, testdb.SQLite, setup{}, oauthserver.Config{Auto: adaThere()})
			b := w.registered()
			b.through("/auth/link/hub")
			id := w.user().ID
			if e.before != nil {
				e.before(w, b)
			}
			w.log.forget()
			w.exec("DELETE FROM auditevents")
			e.do(w, b)
			if users := queryStrings(t, w.db, "SELECT id FROM users"); len(users) == 1 {
				id = users[0]
			}
			lines := w.log.events("security event")
			if e.want == "" {
				if len(lines) != 0 || w.count("auditevents") != 0 {
					t.Errorf("lines: %v; %d rows", lines, w.count("auditevents"))
				}
				return
			}
			if len(lines) != 1 {
				t.Fatalf("%d lines: %v", len(lines), lines)
			}
			line, text := lines[0], func(name string) string { s, _ := lines[0][name].(string); return s }
			if got := strings.TrimSpace(strings.Join([]string{text("kind"), text("outcome"), text("reason")}, " ")); got != e.want {
				t.Errorf("%s, want %s", got, e.want)
			}
			if (text("user_id") == "") != e.nobody || !e.nobody && text("user_id") != id {
				t.Errorf("user %q, want %q", text("user_id"), id)
			}
			if (text("client") == "") != e.verb || !e.verb && !slices.Contains([]string{"127.0.0.1", "192.0.2.1"}, text("client")) {
				t.Errorf("client %q", text("client"))
			}
			for _, typed := range []string{"example.com", "mistyped", "typed", "Lovelace"} {
				if strings.Contains(strings.ToLower(fmt.Sprint(line)), strings.ToLower(typed)) {
					t.Errorf("the line holds %q: %v", typed, line)
				}
			}
			if line["level"] != "INFO" {
				t.Errorf("level %v", line["level"])
			}
			checkRows(t, w, line)
		})
	}
}

// checkRows wants the rows of what a line of the log tells: the same one, or none where
// strangers could fill the table.
func checkRows(t *testing.T, w *oauthWorld, line map[string]any) {
	t.Helper()
	columns := []string{"kind", "user_id", "session_id", "method", "ip_address", "user_agent", "outcome", "reason"}
	var got, want []string
	for i, column := range columns {
		name := column
		if column == "ip_address" {
			name = "client"
		}
		value, _ := line[name].(string)
		if line["kind"] == "user_deletion" && line["outcome"] == "success" && (column == "ip_address" || column == "user_agent") {
			value = "" // the account is gone, and what it knew of its owner too
		}
		want = append(want, value)
		got = append(got, queryStrings(t, w.db, "SELECT COALESCE("+columns[i]+", '') FROM auditevents")...)
	}
	if reason := line["reason"]; reason == "RateLimited" || reason == "Unavailable" {
		want = nil
	}
	if !slices.Equal(got, want) {
		t.Errorf("row %q, want that of the line: %q", got, want)
	}
}

// TestSecurityEventOfPanic: an application's callback that panics let nobody in, and
// the log does not say that it did.
func TestSecurityEventOfPanic(t *testing.T) {
	var fails bool
	w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
		c.Callbacks.SignIn = func(context.Context, authent.SignInParams) (string, error) {
			if fails {
				panic("a fault of the application's")
			}
			return "", nil
		}
	}})
	w.registered()
	fails = true
	post := func(path string, form url.Values) {
		defer func() {
			if v := recover(); v != "a fault of the application's" {
				t.Errorf("%s: the panic became %v", path, v)
			}
		}()
		jar := httptest.NewRecorder()
		token, err := w.auth.CSRFToken(jar, httptest.NewRequest(http.MethodGet, "/", nil))
		if err != nil {
			t.Fatal(err)
		}
		form.Set("csrfToken", token)
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, c := range jar.Result().Cookies() {
			r.AddCookie(c)
		}
		w.auth.Handler().ServeHTTP(httptest.NewRecorder(), r)
	}
	for path, form := range map[string]url.Values{
		"/auth/callback/credentials": {"email": {ada}, "password": {adasWord}},
		"/auth/register":             {"email": {"other@example.com"}, "password": {adasWord}},
	} {
		w.log.forget()
		post(path, form)
		for _, line := range w.log.events("security event") {
			if line["outcome"] != "error" {
				t.Errorf("%s: %v", path, line)
			}
		}
		if len(w.log.events("security event")) != 1 {
			t.Errorf("%s: %d lines", path, len(w.log.events("security event")))
		}
	}
}

// TestSecurityEventOfRefusedCallback: the application's callback refuses, or sends
// the browser elsewhere.
func TestSecurityEventOfRefusedCallback(t *testing.T) {
	answers := map[string]struct {
		redirect string
		err      error
	}{
		"sign_in refused AccessDenied": {err: errors.New("a reason of the application's")},
		"sign_in refused Redirected":   {redirect: "/elsewhere"},
	}
	for want, answer := range answers {
		var asked bool
		w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
			c.Callbacks.SignIn = func(context.Context, authent.SignInParams) (string, error) {
				if !asked {
					return "", nil
				}
				return answer.redirect, answer.err
			}
		}})
		w.registered()
		w.log.forget()
		asked = true
		if a := w.browser().signIn(ada, adasWord); a.status != http.StatusFound {
			t.Errorf("%d", a.status)
		}
		lines := w.log.events("security event")
		if len(lines) != 1 || lines[0]["kind"].(string)+" "+lines[0]["outcome"].(string)+" "+lines[0]["reason"].(string) != want || lines[0]["user_id"] != w.user().ID {
			t.Errorf("%v, want %s", lines, want)
		}
	}
}
