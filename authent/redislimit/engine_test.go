package redislimit_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/redislimit"
	"github.com/authent/authent/internal/testdb"
)

// signIn sends the sign-in form of somebody without an account and returns the answer.
func signIn(t *testing.T, auth *authent.Auth) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	auth.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "https://example.com/auth/csrf", nil))
	var v struct{ CSRFToken string }
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Error(err)
	}
	form := url.Values{"csrfToken": {v.CSRFToken}, "email": {"ada@example.com"}, "password": {"not what she would take"}}
	r := httptest.NewRequest(http.MethodPost, "https://example.com/auth/callback/credentials", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range w.Result().Cookies() {
		r.AddCookie(c)
	}
	w = httptest.NewRecorder()
	auth.Handler().ServeHTTP(w, r)
	return w.Result()
}

// TestEngine: processes that share a Redis share the limits. While it hangs or is away,
// nobody gets past them.
func TestEngine(t *testing.T) {
	t.Parallel()
	server := testdb.Redis(t)
	const tries, each, processes = 5, 6, 2
	engine := func(s *redislimit.Store, timeout time.Duration) *authent.Auth {
		return authenttest.New(t, authent.Config{StatementTimeout: timeout,
			RateLimits: authent.RateLimits{Store: s, SignIn: authent.Limit{Tries: tries, Window: 1000 * time.Hour}}})
	}
	var wait sync.WaitGroup
	var mu sync.Mutex
	got := map[int]int{}
	var last *redislimit.Store
	for range processes {
		last = newStore(t, newClient(t, options(t, server)), "")
		auth := engine(last, time.Hour)
		for range each {
			wait.Go(func() {
				res := signIn(t, auth)
				mu.Lock()
				defer mu.Unlock()
				got[res.StatusCode]++
				if (res.StatusCode == http.StatusTooManyRequests) != (res.Header.Get("Retry-After") != "") {
					t.Errorf("status %d with Retry-After %q", res.StatusCode, res.Header.Get("Retry-After"))
				}
			})
		}
	}
	wait.Wait()
	if got[http.StatusTooManyRequests] != processes*each-tries || len(got) != 2 {
		t.Errorf("answers by status: %v, want %d of 429", got, processes*each-tries)
	}
	if err := server.Freeze(); err != nil {
		t.Fatal(err)
	}
	if res := signIn(t, engine(last, 50*time.Millisecond)); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("Redis hangs: status %d, want 503", res.StatusCode)
	}
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	if res := signIn(t, engine(last, time.Hour)); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("Redis has stopped: status %d, want 503", res.StatusCode)
	}
}
