package authenttest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
)

// SignIn starts a session for the user with the id and returns its cookie, so that the
// tests of an application can send requests as that person:
//
//	r := httptest.NewRequest("GET", "/account", nil)
//	r.AddCookie(authenttest.SignIn(t, auth, user.ID))
//
// The cookie has a name and a value and no other attribute, so a cookie jar takes it for
// any URL. auth is best one of New: an engine without a Config.URL serves this machine
// alone, and answers 500 to httptest.NewRequest, whose host is example.com. SignIn fails
// the test when the user cannot sign in.
func SignIn(t testing.TB, auth *authent.Auth, userID string) *http.Cookie {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, auth.Pattern(), nil)
	if _, err := auth.SignIn(w, r, userID); err != nil {
		t.Fatalf("authenttest: sign in: %v", err)
	}
	for _, c := range w.Result().Cookies() {
		// Of those that a sign-in sets, the session's alone is not called authent.
		if !strings.HasPrefix(strings.TrimPrefix(c.Name, "__Host-"), "authent.") && c.Value != "" {
			return &http.Cookie{Name: c.Name, Value: c.Value}
		}
	}
	t.Fatal("authenttest: signing in set no cookie")
	return nil
}
