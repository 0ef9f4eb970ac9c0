package main

import (
	"bytes"
	"testing"

	"github.com/authent/authent/authent"
)

// TestBareHandler: it writes the bytes that GET /auth/session writes, but for the time of
// day.
func TestBareHandler(t *testing.T) {
	w := tinyWorld(t, "sqlite")
	auth, err := w.newAuth(authent.CacheConfig{})
	if err != nil {
		t.Fatal(err)
	}
	others := beside(auth.Handler())
	var heads, bodies [2][]byte
	for i, makes := range []maker{handler, bareHandler} {
		r, err := makes(t.Context(), w)
		if err != nil {
			t.Fatal(err)
		}
		defer r.close()
		c, err := dial(r.address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		body, err := c.ask(newKey(3).cookie, others)
		if err != nil {
			t.Fatal(err)
		}
		heads[i], bodies[i] = []byte(times.ReplaceAllString(string(c.head), "TIME")), body
	}
	if !bytes.Equal(heads[0], heads[1]) || !bytes.Equal(bodies[0], bodies[1]) {
		t.Errorf("GET /auth/session:\n%s%s\nby hand:\n%s%s", heads[0], bodies[0], heads[1], bodies[1])
	}
}
