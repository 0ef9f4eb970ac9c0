package main

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/examples/nextjs-prisma/ent"
	"github.com/authent/authent/internal/testdb"
)

// TestService: the cookie of a session that the Next.js application made lets in,
// and no other.
func TestService(t *testing.T) {
	kind := testdb.Server(t, "postgres")
	script, err := os.ReadFile("../../internal/layout/testdata/prisma.postgres.sql")
	if err != nil {
		t.Fatal(err)
	}
	db := kind.Connect(t, kind.PoolOf(t, testdb.Script(string(script)), nil).URL(t))
	client := ent.NewClient(ent.Driver(entsql.OpenDB(kind.Dialect, db)))
	service, err := newService(client, authent.Config{
		URL: "https://example.com/go/auth", Secrets: []string{"a secret of more than thirty-two bytes for tests"}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	const token = "0f8fad5b-d9cb-469f-a165-70867728950e" // as Auth.js makes them
	adapter := ent.NewAuthAdapter(client)
	user, err := adapter.CreateUser(t.Context(), authent.User{Email: "ada@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(token))
	session := authent.Session{Token: authent.Secret(hex.EncodeToString(sum[:])), UserID: user.ID, Expires: time.Now().Add(24 * time.Hour)}
	if _, err := adapter.CreateSession(t.Context(), session); err != nil {
		t.Fatal(err)
	}
	for cookie, want := range map[string]int{
		"__Secure-authjs.session-token=" + token:                 http.StatusOK,
		"authjs.session-token=" + token:                          http.StatusUnauthorized, // http's name, on https
		"__Secure-authjs.session-token=" + string(session.Token): http.StatusUnauthorized, // what the database holds
		"": http.StatusUnauthorized,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://example.com/go/me", nil)
		r.Header.Set("Cookie", cookie+"; __Secure-authjs.session-token.1=left")
		w := httptest.NewRecorder()
		service.ServeHTTP(w, r)
		body, _ := io.ReadAll(w.Body)
		if w.Code != want || want == http.StatusOK && !strings.Contains(string(body), "ada@example.com") {
			t.Errorf("%q: status %d, want %d: %s", cookie, w.Code, want, body)
		}
	}
}
