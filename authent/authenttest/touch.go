package authenttest

import (
	"fmt"
	"time"

	"github.com/authent/authent/authent"
)

var touchCases = []testCase{
	{name: "Older", run: touchOlder},
	{name: "ThoseAlone", run: touchThoseAlone},
	{name: "Many", run: touchMany},
}

func isSessionToucher(s Subject) bool {
	_, ok := s.Adapter.(authent.SessionToucher)
	return ok
}

func (c *check) touch(at time.Time, tokens ...authent.Secret) {
	c.Helper()
	c.must(c.Adapter.(authent.SessionToucher).TouchSessions(c.ctx, tokens, at), "TouchSessions")
}

// touchOlder touches sessions that were used before, later, at that very time, and never.
func touchOlder(c *check) {
	u, at := c.newUser("a@example.com"), epoch.Add(time.Hour)
	uses := map[authent.Secret]time.Time{"a": at.Add(-time.Millisecond), "b": at.Add(time.Millisecond), "c": at, "d": {}}
	for token, used := range uses {
		c.start(authent.Session{Token: token, UserID: u.ID, Expires: epoch.Add(24 * time.Hour), LastUsedAt: used})
	}
	c.touch(at, "a", "b", "c", "d")
	for token, used := range uses {
		if want := later(used, at); !c.readSession(token).LastUsedAt.Equal(want) {
			c.Errorf("last used at %v, touched at %v: got %v", used, at, c.readSession(token).LastUsedAt)
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// touchThoseAlone changes nothing else of the sessions, and nothing of others; tokens of no
// session are passed over.
func touchThoseAlone(c *check) {
	u := c.newUser("a@example.com")
	want, other := c.fullSession(u.ID, "m"), c.fullSession(u.ID, "n")
	c.start(want)
	c.start(other)
	want.LastUsedAt = epoch.Add(365 * 24 * time.Hour)
	c.touch(want.LastUsedAt, "a", "m", "z")
	c.touch(want.LastUsedAt.Add(time.Hour), "zz")
	c.touch(want.LastUsedAt.Add(time.Hour))
	c.wantSession(want, c.readSession("m"), "the session that was touched")
	c.wantSession(other, c.readSession("n"), "the other session")
}

// touchMany touches as many as there may be at once.
func touchMany(c *check) {
	u, at := c.newUser("a@example.com"), epoch.Add(time.Hour)
	tokens := make([]authent.Secret, 1000)
	for i := range tokens {
		tokens[i] = authent.Secret(fmt.Sprintf("%064x", i))
	}
	c.newSession(u.ID, tokens[0])
	c.newSession(u.ID, tokens[999])
	c.touch(at, tokens...)
	for _, token := range []authent.Secret{tokens[0], tokens[999]} {
		if got := c.readSession(token).LastUsedAt; !got.Equal(at) {
			c.Errorf("touched at %v with 999 others: got %v", at, got)
		}
	}
}
