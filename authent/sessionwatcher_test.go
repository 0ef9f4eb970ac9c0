package authent_test

import (
	"strings"
	"testing"

	"github.com/authent/authent/authent"
)

// TestSessionChange_Message: changes of other sessions have other messages, also where a
// token is another's id, and a message shows neither.
func TestSessionChange_Message(t *testing.T) {
	seen := map[string]bool{}
	value := strings.Repeat("0123456789abcdef", 4)
	for _, c := range []authent.SessionChange{
		{}, {Token: authent.Secret(value)}, {ID: value}, {UserID: value}, {Token: "0"}, {ID: "0"}, {UserID: "0"},
	} {
		m := c.Message()
		if seen[m] {
			t.Errorf("%#v has the message of another one: %q", c, m)
		}
		seen[m] = true
		if len(m) > 30 || strings.Contains(m, value[:8]) {
			t.Errorf("%#v: the message %q", c, m)
		}
		c.Minor = true
		if c.Message() != m {
			t.Errorf("%#v: the message depends on Minor", c)
		}
	}
}

// TestSessionChange_Spelling: a key that a column takes for the same is the same here.
func TestSessionChange_Spelling(t *testing.T) {
	want := authent.SessionChange{UserID: "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}.Message()
	for _, id := range []string{"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11  "} {
		if got := (authent.SessionChange{UserID: id}).Message(); got != want {
			t.Errorf("%q has the message %q, want %q", id, got, want)
		}
	}
}
