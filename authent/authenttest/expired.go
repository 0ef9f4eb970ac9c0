package authenttest

import (
	"time"

	"github.com/authent/authent/authent"
)

var expiredCases = []testCase{
	{name: "KeepsUnexpired", run: expiredKeepsUnexpired},
	{name: "KeepsBoundary", run: expiredKeepsBoundary},
	{name: "Batches", run: expiredBatches},
	{name: "LimitBelowOne", run: expiredLimitBelowOne},
}

// someExpired stores n sessions and n tokens that ended an hour before epoch, and one of
// each that ends an hour after it.
func (c *check) someExpired(n int) *authent.User {
	c.Helper()
	u := c.newUser("a@example.com")
	add := func(name string, expires time.Time) {
		c.start(authent.Session{Token: authent.Secret(name), UserID: u.ID, Expires: expires})
		v := authent.VerificationToken{Identifier: "a@example.com", Token: authent.Secret(name), Expires: expires}
		c.must(c.Adapter.CreateVerificationToken(c.ctx, v), "CreateVerificationToken")
	}
	for i := range n {
		add(numbered("old-", i), epoch.Add(-time.Hour))
	}
	add("live", epoch.Add(time.Hour))
	return u
}

func expiredKeepsUnexpired(c *check) {
	u := c.someExpired(2)
	n, err := c.Adapter.DeleteExpired(c.ctx, epoch, 100)
	c.wantCount(4, n, err, "DeleteExpired")
	c.wantSessions(u.ID, "live")
	c.wantToken("a@example.com", "live", true)
	c.wantToken("a@example.com", "old-0", false)
	c.wantToken("a@example.com", "old-1", false)
	c.readUser(u.ID)
	n, err = c.Adapter.DeleteExpired(c.ctx, epoch, 100)
	c.wantCount(0, n, err, "the second DeleteExpired")
}

func expiredKeepsBoundary(c *check) {
	u := c.newUser("a@example.com")
	c.start(authent.Session{Token: "at", UserID: u.ID, Expires: epoch})
	c.start(authent.Session{Token: "before", UserID: u.ID, Expires: epoch.Add(-c.Precision)})
	v := authent.VerificationToken{Identifier: "i", Token: "at", Expires: epoch}
	c.must(c.Adapter.CreateVerificationToken(c.ctx, v), "CreateVerificationToken")
	n, err := c.Adapter.DeleteExpired(c.ctx, epoch, 100)
	c.wantCount(1, n, err, "DeleteExpired")
	c.wantSessions(u.ID, "at")
	c.wantToken("i", "at", true)
}

func expiredBatches(c *check) {
	u := c.someExpired(5)
	for _, want := range []int{3, 3, 3, 1, 0} {
		n, err := c.Adapter.DeleteExpired(c.ctx, epoch, 3)
		c.wantCount(want, n, err, "DeleteExpired with limit 3")
	}
	c.wantSessions(u.ID, "live")
	c.wantToken("a@example.com", "live", true)
	left, err := c.Adapter.DeleteVerificationTokens(c.ctx, "a@example.com", "live")
	c.wantCount(0, left, err, "DeleteVerificationTokens after DeleteExpired")
}

func expiredLimitBelowOne(c *check) {
	u := c.someExpired(1)
	for _, limit := range []int{0, -1} {
		n, err := c.Adapter.DeleteExpired(c.ctx, epoch, limit)
		c.wantCount(0, n, err, "DeleteExpired without limit")
	}
	c.wantSessions(u.ID, "old-0", "live")
	c.wantToken("a@example.com", "old-0", true)
}
