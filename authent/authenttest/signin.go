package authenttest

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/authent/authent/authent"
)

// SignIn starts a session for the user with the id and returns its cookie, so
// that an application's own tests can send requests as that person:
//
//	r := httptest.NewRequest("GET", "/account", nil)
//	r.AddCookie(authenttest.SignIn(t, auth, user.ID))
//
// It fails the test when the user cannot sign in.
func SignIn(t testing.TB, auth *authent.Auth, userID string) *http.Cookie {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost"+auth.Pattern(), nil)
	if _, err := auth.SignIn(w, r, userID); err != nil {
		t.Fatalf("authenttest: sign in: %v", err)
	}
	for _, c := range w.Result().Cookies() {
		if c.Value != "" && c.MaxAge >= 0 {
			return &http.Cookie{Name: c.Name, Value: c.Value}
		}
	}
	t.Fatal("authenttest: signing in set no cookie")
	return nil
}
