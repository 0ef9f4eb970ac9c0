package authenttest

import "github.com/authent/authent/authent"

var sessionDeleteCases = []testCase{
	{name: "ByToken", run: deleteSession},
	{name: "ByUnknownToken", run: deleteSessionUnknown},
	{name: "ByID", run: deleteSessionByID},
	{name: "ByIDOfAnother", run: deleteSessionByIDOfAnother},
	{name: "ByUnknownID", run: deleteSessionByUnknownID},
	{name: "All", run: deleteSessions},
	{name: "AllExcept", run: deleteSessionsExcept},
	{name: "AllExceptOfAnother", run: deleteSessionsExceptOfAnother},
	{name: "AllOfNone", run: deleteSessionsOfNone},
}

func deleteSession(c *check) {
	u := c.newUser("a@example.com")
	c.newSession(u.ID, "token")
	c.newSession(u.ID, "other")
	c.must(c.Adapter.DeleteSession(c.ctx, "token"), "DeleteSession")
	_, err := c.Adapter.SessionAndUser(c.ctx, "token")
	c.wantErr(err, authent.ErrNotFound, "SessionAndUser")
	c.wantSessions(u.ID, "other")
	c.readUser(u.ID)
}

func deleteSessionUnknown(c *check) {
	u := c.newUser("a@example.com")
	c.newSession(u.ID, "token")
	for _, token := range []authent.Secret{"nope", "", "x\x00y", "\xff"} {
		c.must(c.Adapter.DeleteSession(c.ctx, token), "DeleteSession")
	}
	c.wantSessions(u.ID, "token")
}

func deleteSessionByID(c *check) {
	u := c.newUser("a@example.com")
	s := c.newSession(u.ID, "token")
	c.newSession(u.ID, "other")
	for _, want := range []bool{true, false} {
		got, err := c.Adapter.DeleteSessionByID(c.ctx, u.ID, s.ID)
		c.must(err, "DeleteSessionByID")
		c.wantSame(want, got, "what DeleteSessionByID returned")
		c.wantSessions(u.ID, "other")
	}
}

func deleteSessionByIDOfAnother(c *check) {
	u, other := c.newUser("u@example.com"), c.newUser("other@example.com")
	c.newSession(u.ID, "mine")
	theirs := c.newSession(other.ID, "theirs")
	got, err := c.Adapter.DeleteSessionByID(c.ctx, u.ID, theirs.ID)
	c.must(err, "DeleteSessionByID")
	c.wantSame(false, got, "what DeleteSessionByID returned")
	c.wantSessions(u.ID, "mine")
	c.wantSessions(other.ID, "theirs")
}

func deleteSessionByUnknownID(c *check) {
	u := c.newUser("a@example.com")
	s := c.newSession(u.ID, "token")
	for _, id := range malformedIDs {
		for _, key := range [][2]string{{u.ID, id}, {id, s.ID}, {id, id}} {
			got, err := c.Adapter.DeleteSessionByID(c.ctx, key[0], key[1])
			c.must(err, "DeleteSessionByID "+short(id))
			c.wantSame(false, got, "what DeleteSessionByID returned")
		}
	}
	got, err := c.Adapter.DeleteSessionByID(c.ctx, u.ID, "token")
	c.must(err, "DeleteSessionByID")
	c.wantSame(false, got, "what DeleteSessionByID returned for the token")
	c.wantSessions(u.ID, "token")
}

// twoUsers stores three sessions of one user and two of another.
func (c *check) twoUsers() (u, other *authent.User) {
	c.Helper()
	u, other = c.newUser("u@example.com"), c.newUser("other@example.com")
	for _, token := range []authent.Secret{"1", "2", "3"} {
		c.newSession(u.ID, token)
	}
	c.newSession(other.ID, "4")
	c.newSession(other.ID, "5")
	return u, other
}

func deleteSessions(c *check) {
	u, other := c.twoUsers()
	n, err := c.Adapter.DeleteSessions(c.ctx, u.ID, "")
	c.wantCount(3, n, err, "DeleteSessions")
	c.wantSessions(u.ID)
	c.wantSessions(other.ID, "4", "5")
}

func deleteSessionsExcept(c *check) {
	u, other := c.twoUsers()
	n, err := c.Adapter.DeleteSessions(c.ctx, u.ID, "2")
	c.wantCount(2, n, err, "DeleteSessions")
	c.wantSessions(u.ID, "2")
	c.wantSessions(other.ID, "4", "5")
	n, err = c.Adapter.DeleteSessions(c.ctx, u.ID, "2")
	c.wantCount(0, n, err, "the second DeleteSessions")
}

func deleteSessionsExceptOfAnother(c *check) {
	u, other := c.twoUsers()
	n, err := c.Adapter.DeleteSessions(c.ctx, u.ID, "4")
	c.wantCount(3, n, err, "DeleteSessions except another user's")
	c.wantSessions(u.ID)
	n, err = c.Adapter.DeleteSessions(c.ctx, other.ID, "nope")
	c.wantCount(2, n, err, "DeleteSessions except an unknown one")
	c.wantSessions(other.ID)
}

func deleteSessionsOfNone(c *check) {
	u := c.newUser("a@example.com")
	n, err := c.Adapter.DeleteSessions(c.ctx, u.ID, "")
	c.wantCount(0, n, err, "DeleteSessions")
	n, err = c.Adapter.DeleteSessions(c.ctx, u.ID, "nope")
	c.wantCount(0, n, err, "DeleteSessions except an unknown one")
}
