package authent

import (
	"encoding/json"
	"testing"
	"time"
)

// TestPlainBody: a client cannot tell whether the application has a callback or an event
// that sees the body.
func TestPlainBody(t *testing.T) {
	expires := time.Date(2031, 2, 3, 4, 5, 6, 7_000_000, time.FixedZone("", 3600))
	for _, u := range []User{
		{Email: "ada@example.com"},
		{Email: "ada@example.com", Name: `Ada <b>&"\ Löve` + "\u2028\xff", Image: "https://example.com/a.png?x=1&y=2"},
		{Name: "Ada", Image: "/ada.png"},
	} {
		s := &Session{User: &u, Expires: expires}
		want, err := json.Marshal(newSessionBody(s))
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(newPlainBody(s))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("plain body is %s, want %s", got, want)
		}
	}
}
