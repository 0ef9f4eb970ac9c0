package authent_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

// BenchmarkRecall: a check that is answered from memory, with all that the middleware does.
func BenchmarkRecall(b *testing.B) {
	w := cachedWorld(b, testdb.SQLite)
	br := w.registered()
	br.warm()
	handler := w.auth.LoadSession(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r := httptest.NewRequest(http.MethodGet, w.server.URL+"/", nil)
	r.Header.Set("Cookie", "authjs.session-token="+br.token())
	rw := httptest.NewRecorder()
	b.ReportAllocs()
	for b.Loop() {
		clear(rw.Header())
		handler.ServeHTTP(rw, r)
	}
}

// TestCache_Allocations: what is found in memory costs the request's context and no more.
func TestCache_Allocations(t *testing.T) {
	recall := recalled(t)
	if n := testing.AllocsPerRun(1000, recall); n != 1 {
		t.Errorf("a look-up allocates %v times, want 1", n)
	}
}

// BenchmarkCache_Lookup: the look-up alone, from the token to the session in the context.
func BenchmarkCache_Lookup(b *testing.B) {
	recall := recalled(b)
	b.ReportAllocs()
	for b.Loop() {
		recall()
	}
}

// recalled returns a look-up of a session that is kept.
func recalled(t testing.TB) func() {
	w := cachedWorld(t, testdb.SQLite)
	b := w.registered()
	b.warm()
	ctx, recall := context.Background(), w.auth.Recalls(b.token())
	return func() {
		if authent.SessionFrom(recall(ctx)) == nil {
			t.Fatal("nobody is signed in")
		}
	}
}
