package authent_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	entgo "entgo.io/ent"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/ent"
	"github.com/authent/authent/internal/testdb"
)

// visit sends a request through a middleware, as the browser with the cookie.
func visit(h http.Handler, w *world, cookie *http.Cookie, change func(r *http.Request)) *http.Response {
	r := httptest.NewRequest(http.MethodGet, w.server.URL+"/page?a=1", nil)
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	if cookie != nil {
		r.AddCookie(cookie)
	}
	if change != nil {
		change(r)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec.Result()
}

// greet tells who is signed in, from the application's own entity.
var greet = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=3600")
	if u := ent.AuthUser(authent.SessionFrom(r.Context())); u != nil {
		_, _ = io.WriteString(w, u.Email)
	}
})

func bodyOf(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestLoadSession(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		w.registered()
		cookie := authenttest.SignIn(t, w.auth, w.user().ID)
		h := w.auth.LoadSession(greet)
		for name, tc := range map[string]struct {
			cookie *http.Cookie
			want   string
		}{"signed in": {cookie, ada}, "signed out": {nil, ""}} {
			res := visit(h, w, tc.cookie, nil)
			if got := bodyOf(t, res); got != tc.want || res.StatusCode != http.StatusOK {
				t.Errorf("%s: %d %q", name, res.StatusCode, got)
			}
			if res.Header.Get("Vary") != "Cookie" || res.Header.Get("Cache-Control") != "public, max-age=3600" || len(res.Cookies()) != 0 {
				t.Errorf("%s: headers %v", name, res.Header)
			}
		}
		w.clock.advance(25 * time.Hour)
		res := visit(h, w, cookie, nil)
		if len(res.Cookies()) != 1 || res.Header.Get("Cache-Control") != "private, no-store" || bodyOf(t, res) != ada {
			t.Errorf("when it rolls: headers %v", res.Header)
		}
		w.clock.advance(25 * time.Hour)
		quiet := w.auth.LoadSession(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "public")
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
		}))
		if res := visit(quiet, w, cookie, nil); res.Header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("when it rolls and is flushed: headers %v", res.Header)
		}
	})
}

// TestDatabaseFailsIn the middleware: nobody is taken for signed out.
func TestDatabaseFailsInMiddleware(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		w.registered()
		cookie := authenttest.SignIn(t, w.auth, w.user().ID)
		w.db.Close()
		for name, h := range map[string]http.Handler{"LoadSession": w.auth.LoadSession(greet), "RequireUser": w.auth.RequireUser(greet)} {
			for accept, kind := range map[string]string{"text/html": "text/html; charset=utf-8", "application/json": "application/json"} {
				res := visit(h, w, cookie, func(r *http.Request) { r.Header.Set("Accept", accept) })
				if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" || len(res.Cookies()) != 0 || res.Header.Get("Content-Type") != kind {
					t.Errorf("%s, %s: %d %v", name, accept, res.StatusCode, res.Header)
				}
			}
		}
	})
}

func TestRequireUserAndRole(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		w.registered()
		cookie := authenttest.SignIn(t, w.auth, w.user().ID)
		user, admin := w.auth.RequireUser(greet), w.auth.RequireRole("admin", "owner")(greet)
		res := visit(user, w, nil, nil)
		want := w.server.URL + "/auth/signin?callbackUrl=" + url.QueryEscape(w.server.URL+"/page?a=1")
		if res.StatusCode != http.StatusFound || res.Header.Get("Location") != want || res.Header.Get("Vary") != "Cookie" {
			t.Errorf("a page: %d to %s", res.StatusCode, res.Header.Get("Location"))
		}
		for name, change := range map[string]func(r *http.Request){
			"POST":     func(r *http.Request) { r.Method = http.MethodPost },
			"API":      func(r *http.Request) { r.Header.Set("Accept", "application/json") },
			"anything": func(r *http.Request) { r.Header.Del("Accept") },
		} {
			if res := visit(user, w, nil, change); res.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s: %d", name, res.StatusCode)
			}
		}
		if res := visit(user, w, cookie, nil); bodyOf(t, res) != ada {
			t.Errorf("signed in: %d", res.StatusCode)
		}
		if res := visit(admin, w, cookie, nil); res.StatusCode != http.StatusForbidden {
			t.Errorf("wrong role: %d", res.StatusCode)
		}
		role := "owner"
		if _, err := w.store.UpdateUser(t.Context(), w.user().ID, authent.UserUpdate{Role: &role}); err != nil {
			t.Fatal(err)
		}
		if res := visit(admin, w, cookie, nil); bodyOf(t, res) != ada {
			t.Errorf("right role: %d", res.StatusCode)
		}
	})
}

// TestEngineMark: an ent hook sees that the engine calls and what a person typed;
// nothing else sees the mark.
func TestEngineMark(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		leaked := func(where string, ctx context.Context) {
			if authent.FromEngine(ctx) {
				t.Errorf("%s sees the engine's mark", where)
			}
		}
		w := newWorld(t, kind, setup{config: func(c *authent.Config) {
			c.Callbacks.SignIn = func(ctx context.Context, _ authent.SignInParams) (string, error) {
				leaked("callback", ctx)
				return "", nil
			}
			c.Events.CreateUser = func(ctx context.Context, _ authent.UserEvent) error { leaked("event", ctx); return nil }
			c.Callbacks.Session = func(ctx context.Context, p authent.SessionParams) (any, error) {
				leaked("callback", ctx)
				return p.Body, nil
			}
		}})
		seen := false
		w.client.User.Use(func(next entgo.Mutator) entgo.Mutator {
			return entgo.MutateFunc(func(ctx context.Context, m entgo.Mutation) (entgo.Value, error) {
				s, ok := authent.SignUpFrom(ctx)
				if !authent.FromEngine(ctx) || !ok || s.Provider != "credentials" || s.Form.Has("password") || s.Form.Has("csrfToken") {
					return nil, errors.New("not the engine's own sign-up")
				}
				if s.Form.Get("phone") == "" {
					return nil, &authent.RegisterError{Code: "phone_missing"}
				}
				seen = true
				return next.Mutate(ctx, m)
			})
		})
		b := w.browser()
		if a := b.register(ada, adasWord); a.errorCode() != "Register:phone_missing" || w.count("users") != 0 {
			t.Errorf("the hook's refusal: %s", a.errorCode())
		}
		if a := b.post("/auth/register", "email", ada, "password", adasWord, "phone", "+44"); a.errorCode() != "" || !seen {
			t.Errorf("registration: %s, the hook saw it: %v", a.errorCode(), seen)
		}
		b.session()
		if _, err := w.client.User.Create().SetEmail("x@example.com").Save(t.Context()); err == nil {
			t.Error("a call of the application's own has the mark")
		}
		_ = visit(w.auth.LoadSession(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { leaked("handler", r.Context()) })), w, nil, nil)
	})
}

func TestVerbsOnUnknownUsers(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newWorld(t, kind, setup{})
		rec, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, w.server.URL+"/", nil)
		_, signIn := w.auth.SignIn(rec, r, "nobody")
		_, again := w.auth.Reauthenticate(rec, r, adasWord)
		list, err := w.auth.Sessions(t.Context(), "nobody")
		for name, tc := range map[string]struct{ got, want error }{
			"SignIn": {signIn, authent.ErrNotFound}, "DisableUser": {w.auth.DisableUser(t.Context(), "nobody"), authent.ErrNotFound},
			"DeleteUser": {w.auth.DeleteUser(t.Context(), "nobody"), authent.ErrNotFound}, "Reauthenticate": {again, authent.ErrSignedOut},
			"ChangePassword": {w.auth.ChangePassword(t.Context(), &authent.Session{UserID: "nobody"}, adasWord, newWord), authent.ErrRecentSignInRequired},
			"RevokeSession":  {w.auth.RevokeSession(t.Context(), "nobody", "x"), authent.ErrNotFound},
		} {
			if !errors.Is(tc.got, tc.want) {
				t.Errorf("%s: %v, want %v", name, tc.got, tc.want)
			}
		}
		if len(list) != 0 || err != nil || len(rec.Result().Cookies()) != 0 {
			t.Errorf("%v, %v, %v", list, err, rec.Result().Cookies())
		}
		w.registered()
		id := w.user().ID
		if err := w.auth.DisableUser(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if _, err := w.auth.SignIn(rec, r, id); !errors.Is(err, authent.ErrUserDisabled) || strings.Contains(err.Error(), ada) {
			t.Errorf("SignIn of a disabled user: %v", err)
		}
		if _, err := w.auth.RevokeOtherSessions(t.Context(), &authent.Session{UserID: id}); err == nil {
			t.Error("RevokeOtherSessions without the session's token ended them all")
		}
	})
}

// TestMiddleware_Unserved: in development a request for another host, and one from another
// machine, gets the error page or its JSON, as from the Handler.
func TestMiddleware_Unserved(t *testing.T) {
	t.Setenv("AUTH_URL", "")
	w := newWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) { c.URL = "" }})
	for accept, want := range map[string]string{"text/html": "<!doctype html>", "": `"message"`, "application/json": `"message"`} {
		for _, h := range []http.Handler{w.auth.LoadSession(greet), w.auth.RequireUser(greet), w.auth.RequireRole("admin")(greet), w.auth.Handler()} {
			r := httptest.NewRequest(http.MethodGet, "/auth/session", nil) // for example.com, from 192.0.2.1
			r.Header.Set("Accept", accept)
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			if body := bodyOf(t, rec.Result()); rec.Code != http.StatusInternalServerError || !strings.Contains(strings.ToLower(body), want) {
				t.Errorf("Accept %q: %d, %.200s", accept, rec.Code, body)
			}
		}
	}
}
