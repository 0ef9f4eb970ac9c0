package authenttest

import (
	"time"

	"github.com/authent/authent/authent"
)

// copyCases: an adapter keeps nothing that the caller holds too.
var copyCases = []testCase{
	{name: "PassedUserUpdate", run: copyPassedUserUpdate},
	{name: "PassedAccountUpdate", run: copyPassedAccountUpdate},
	{name: "PassedSessionUpdate", run: copyPassedSessionUpdate},
	{name: "ReturnedUser", run: copyReturnedUser},
	{name: "ReturnedAccount", run: copyReturnedAccount},
	{name: "ReturnedSession", run: copyReturnedSession},
	{name: "ReturnedVerificationToken", run: copyReturnedToken},
}

func copyPassedUserUpdate(c *check) {
	u := c.newUser("a@example.com")
	name, at := "Name", epoch
	got, err := c.Adapter.UpdateUser(c.ctx, u.ID, authent.UserUpdate{Name: &name, EmailVerified: &at})
	c.must(err, "UpdateUser")
	want := *got
	name, at = "Changed", epoch.Add(time.Hour)
	c.wantSame(&want, c.readUser(u.ID), "User")
}

func copyPassedAccountUpdate(c *check) {
	want := fullAccount(c.newUser("a@example.com").ID, "github", "1")
	c.link(want)
	token := authent.Secret("a2")
	want.AccessToken = token
	c.must(c.Adapter.UpdateAccount(c.ctx, "github", "1", authent.AccountUpdate{AccessToken: &token}), "UpdateAccount")
	token = "changed"
	c.wantSame(&want, c.readAccount("github", "1"), "Account")
}

func copyPassedSessionUpdate(c *check) {
	want := c.fullSession(c.newUser("a@example.com").ID, "token")
	c.start(want)
	at := epoch
	want.Expires = at
	c.must(c.Adapter.UpdateSession(c.ctx, "token", authent.SessionUpdate{Expires: &at}), "UpdateSession")
	at = epoch.Add(time.Hour)
	c.wantSession(want, c.readSession("token"), "SessionAndUser")
}

func copyReturnedUser(c *check) {
	u := c.create(c.fullUser("zoe@example.com"))
	want := *u
	c.link(account(u.ID, "github", "1"))
	spoil := func(got *authent.User, err error) {
		c.Helper()
		c.must(err, "reading the user")
		*got = authent.User{ID: "changed", Email: "changed"}
		c.wantSame(&want, c.readUser(want.ID), "User")
	}
	spoil(u, nil)
	spoil(c.Adapter.User(c.ctx, want.ID))
	spoil(c.Adapter.LockUser(c.ctx, want.ID))
	spoil(c.Adapter.UserByAccount(c.ctx, "github", "1"))
	users, err := c.Adapter.UsersByEmail(c.ctx, want.Email)
	c.wantCount(1, len(users), err, "UsersByEmail")
	spoil(users[0], nil)
	updated, err := c.Adapter.UpdateUser(c.ctx, want.ID, authent.UserUpdate{Name: &want.Name})
	c.must(err, "UpdateUser")
	want.UpdatedAt = updated.UpdatedAt
	spoil(updated, nil)
}

func copyReturnedAccount(c *check) {
	u := c.newUser("a@example.com")
	want := fullAccount(u.ID, "github", "1")
	c.link(want)
	*c.readAccount("github", "1") = authent.Account{}
	accounts, err := c.Adapter.Accounts(c.ctx, u.ID)
	c.wantCount(1, len(accounts), err, "Accounts")
	*accounts[0] = authent.Account{}
	c.wantSame(&want, c.readAccount("github", "1"), "Account")
}

func copyReturnedSession(c *check) {
	u := c.create(c.fullUser("zoe@example.com"))
	want := c.fullSession(u.ID, "token")
	*c.start(want) = authent.Session{}
	*c.listed(u.ID, "token") = authent.Session{}
	got := c.readSession("token")
	*got.User = authent.User{}
	*got = authent.Session{}
	got = c.readSession("token")
	c.wantSession(want, got, "SessionAndUser")
	c.wantSame(u, got.User, "the User of SessionAndUser")
}

func copyReturnedToken(c *check) {
	want := c.newToken("a@example.com", "token")
	got, err := c.Adapter.VerificationToken(c.ctx, "a@example.com", "token")
	c.must(err, "VerificationToken")
	*got = authent.VerificationToken{}
	all, err := c.Adapter.VerificationTokens(c.ctx, "a@example.com")
	c.wantCount(1, len(all), err, "VerificationTokens")
	all[0] = authent.VerificationToken{}
	c.wantTokens("a@example.com", want)
	got, err = c.Adapter.UseVerificationToken(c.ctx, "a@example.com", "token")
	c.must(err, "UseVerificationToken")
	c.wantSame(&want, got, "what UseVerificationToken returned")
}
