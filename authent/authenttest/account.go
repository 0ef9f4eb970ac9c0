package authenttest

import (
	"math"
	"time"

	"github.com/authent/authent/authent"
)

var accountCases = []testCase{
	{name: "LinkAndRead", run: accountLinkAndRead},
	{name: "Minimal", run: accountMinimal},
	{name: "Unknown", run: accountUnknown},
	{name: "UserByAccount", run: accountUser},
	{name: "List", run: accountList},
	{name: "ExpiresFarOff", run: accountExpiresFarOff},
	{name: "Taken", run: accountTaken},
	{name: "SameIDElsewhere", run: accountSameIDElsewhere},
	{name: "UnknownUser", run: accountUnknownUser},
	{name: "ConcurrentLink", run: accountConcurrentLink},
	{name: "UpdateOneColumn", run: accountUpdateOneColumn},
	{name: "UpdateToNull", run: accountUpdateToNull},
	{name: "UpdateSameValue", run: accountUpdateSameValue},
	{name: "UpdateUnknown", run: accountUpdateUnknown},
	{name: "Unlink", run: accountUnlink},
	{name: "UnlinkUnknown", run: accountUnlinkUnknown},
}

func accountLinkAndRead(c *check) {
	u := c.newUser("a@example.com")
	want := fullAccount(u.ID, "github", "583231")
	c.link(want)
	c.wantSame(&want, c.readAccount("github", "583231"), "Account")
	accounts, err := c.Adapter.Accounts(c.ctx, u.ID)
	c.must(err, "Accounts")
	c.wantSame([]*authent.Account{&want}, accounts, "Accounts")
}

func accountMinimal(c *check) {
	want := account(c.newUser("a@example.com").ID, "github", "1")
	c.link(want)
	got := c.readAccount("github", "1")
	c.wantSame(&want, got, "Account")
	if !got.ExpiresAt.IsZero() {
		c.Errorf("ExpiresAt NULL reads as %v, want the zero time", got.ExpiresAt)
	}
}

// accountExpiresFarOff: a token may last longer than a column of 32 bits.
func accountExpiresFarOff(c *check) {
	want := account(c.newUser("a@example.com").ID, "github", "1")
	want.ExpiresAt = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	c.link(want)
	for _, after := range []string{"LinkAccount", "UpdateAccount"} {
		if got := c.readAccount("github", "1").ExpiresAt.Unix(); got < math.MaxInt32 || got > want.ExpiresAt.Unix() {
			c.Errorf("ExpiresAt after %s is %d, want %d, or the last that the column holds, such as %d", after, got, want.ExpiresAt.Unix(), math.MaxInt32)
		}
		c.must(c.Adapter.UpdateAccount(c.ctx, "github", "1", authent.AccountUpdate{ExpiresAt: &want.ExpiresAt}), "UpdateAccount")
	}
}

func accountUnknown(c *check) {
	c.link(account(c.newUser("a@example.com").ID, "github", "1"))
	for _, key := range [][2]string{
		{"google", "2"}, {"google", "1"}, {"github", "2"}, {"1", "github"}, {"github", ""}, {"", "1"},
		{"github", "x\x00y"}, {"\xff", "1"},
	} {
		_, err := c.Adapter.Account(c.ctx, key[0], key[1])
		c.wantErr(err, authent.ErrNotFound, "Account")
		_, err = c.Adapter.UserByAccount(c.ctx, key[0], key[1])
		c.wantErr(err, authent.ErrNotFound, "UserByAccount")
	}
}

func accountUser(c *check) {
	u, other := c.create(c.fullUser("u@example.com")), c.newUser("other@example.com")
	c.link(account(u.ID, "github", "1"))
	c.link(account(other.ID, "github", "2"))
	got, err := c.Adapter.UserByAccount(c.ctx, "github", "1")
	c.must(err, "UserByAccount")
	c.wantSame(u, got, "UserByAccount")
}

func accountList(c *check) {
	u, other := c.newUser("u@example.com"), c.newUser("other@example.com")
	none, err := c.Adapter.Accounts(c.ctx, u.ID)
	c.wantCount(0, len(none), err, "Accounts before LinkAccount")
	want := map[string]*authent.Account{}
	for _, provider := range []string{"github", "google", "gitlab"} {
		a := fullAccount(u.ID, provider, "1")
		want[provider] = &a
		c.link(a)
	}
	c.link(account(other.ID, "github", "2"))
	accounts, err := c.Adapter.Accounts(c.ctx, u.ID)
	c.wantCount(len(want), len(accounts), err, "Accounts")
	got := map[string]*authent.Account{}
	for _, a := range accounts {
		got[a.Provider] = a
	}
	c.wantSame(want, got, "Accounts")
}

func accountTaken(c *check) {
	first, second := c.newUser("first@example.com"), c.newUser("second@example.com")
	want := fullAccount(first.ID, "github", "1")
	c.link(want)
	for what, u := range map[string]*authent.User{"the same user": first, "another user": second} {
		err := c.Adapter.LinkAccount(c.ctx, account(u.ID, "github", "1"))
		c.wantConflict(err, authent.KeyAccount, "LinkAccount by "+what)
	}
	c.wantSame(&want, c.readAccount("github", "1"), "the first account")
	accounts, err := c.Adapter.Accounts(c.ctx, second.ID)
	c.wantCount(0, len(accounts), err, "Accounts of the second user")
}

func accountSameIDElsewhere(c *check) {
	a, b := c.newUser("a@example.com"), c.newUser("b@example.com")
	c.link(account(a.ID, "github", "1"))
	c.link(account(b.ID, "google", "1"))
	c.link(account(b.ID, "github", "2"))
	for key, want := range map[[2]string]string{{"github", "1"}: a.ID, {"google", "1"}: b.ID, {"github", "2"}: b.ID} {
		u, err := c.Adapter.UserByAccount(c.ctx, key[0], key[1])
		c.must(err, "UserByAccount")
		c.wantSame(want, u.ID, "UserByAccount")
	}
}

func accountUnknownUser(c *check) {
	gone := c.newUser("gone@example.com")
	c.must(c.Adapter.DeleteUser(c.ctx, gone.ID), "DeleteUser")
	c.wantErr(c.Adapter.LinkAccount(c.ctx, account(gone.ID, "github", "1")), authent.ErrNotFound, "LinkAccount")
	_, err := c.Adapter.Account(c.ctx, "github", "1")
	c.wantErr(err, authent.ErrNotFound, "Account")
}

func accountConcurrentLink(c *check) {
	u := c.newUser("a@example.com")
	errs := atOnce(func(int) error { return c.Adapter.LinkAccount(c.ctx, account(u.ID, "github", "1")) })
	c.wantOneWinner(errs, authent.ErrConflict, "LinkAccount")
	accounts, err := c.Adapter.Accounts(c.ctx, u.ID)
	c.wantCount(1, len(accounts), err, "Accounts")
}

// An accountChange is one column's update and what the account is after it.
type accountChange struct {
	what   string
	update authent.AccountUpdate
	apply  func(a *authent.Account)
}

// updateAccountEach makes one change after the other and wants the account to
// differ from the one before in that column alone, and no other to change.
func (c *check) updateAccountEach(changes []accountChange) {
	c.Helper()
	u := c.newUser("a@example.com")
	want, other := fullAccount(u.ID, "github", "1"), fullAccount(u.ID, "github", "2")
	c.link(want)
	c.link(other)
	for _, change := range changes {
		change.apply(&want)
		c.must(c.Adapter.UpdateAccount(c.ctx, "github", "1", change.update), "UpdateAccount "+change.what)
		c.wantSame(&want, c.readAccount("github", "1"), "Account after UpdateAccount "+change.what)
	}
	c.wantSame(&other, c.readAccount("github", "2"), "the other account")
}

func accountUpdateOneColumn(c *check) {
	at := time.Unix(1893456000, 0).UTC()
	c.updateAccountEach([]accountChange{
		{"RefreshToken", authent.AccountUpdate{RefreshToken: new(authent.Secret("r2"))}, func(a *authent.Account) { a.RefreshToken = "r2" }},
		{"AccessToken", authent.AccountUpdate{AccessToken: new(authent.Secret("a2"))}, func(a *authent.Account) { a.AccessToken = "a2" }},
		{"IDToken", authent.AccountUpdate{IDToken: new(authent.Secret("i2"))}, func(a *authent.Account) { a.IDToken = "i2" }},
		{"ExpiresAt", authent.AccountUpdate{ExpiresAt: &at}, func(a *authent.Account) { a.ExpiresAt = at }},
		{"TokenType", authent.AccountUpdate{TokenType: new("dpop")}, func(a *authent.Account) { a.TokenType = "dpop" }},
		{"Scope", authent.AccountUpdate{Scope: new("openid")}, func(a *authent.Account) { a.Scope = "openid" }},
		{"SessionState", authent.AccountUpdate{SessionState: new("s2")}, func(a *authent.Account) { a.SessionState = "s2" }},
	})
}

func accountUpdateToNull(c *check) {
	c.updateAccountEach([]accountChange{
		{"RefreshToken", authent.AccountUpdate{RefreshToken: new(authent.Secret(""))}, func(a *authent.Account) { a.RefreshToken = "" }},
		{"AccessToken", authent.AccountUpdate{AccessToken: new(authent.Secret(""))}, func(a *authent.Account) { a.AccessToken = "" }},
		{"IDToken", authent.AccountUpdate{IDToken: new(authent.Secret(""))}, func(a *authent.Account) { a.IDToken = "" }},
		{"ExpiresAt", authent.AccountUpdate{ExpiresAt: &time.Time{}}, func(a *authent.Account) { a.ExpiresAt = time.Time{} }},
		{"TokenType", authent.AccountUpdate{TokenType: new("")}, func(a *authent.Account) { a.TokenType = "" }},
		{"Scope", authent.AccountUpdate{Scope: new("")}, func(a *authent.Account) { a.Scope = "" }},
		{"SessionState", authent.AccountUpdate{SessionState: new("")}, func(a *authent.Account) { a.SessionState = "" }},
	})
}

func accountUpdateSameValue(c *check) {
	want := fullAccount(c.newUser("a@example.com").ID, "github", "1")
	c.link(want)
	for _, update := range []authent.AccountUpdate{{}, {AccessToken: &want.AccessToken, ExpiresAt: &want.ExpiresAt}} {
		c.must(c.Adapter.UpdateAccount(c.ctx, "github", "1", update), "UpdateAccount with the values that are there")
		c.wantSame(&want, c.readAccount("github", "1"), "Account")
	}
}

func accountUpdateUnknown(c *check) {
	c.link(account(c.newUser("a@example.com").ID, "github", "1"))
	for _, update := range []authent.AccountUpdate{{}, {Scope: new("x")}} {
		c.wantErr(c.Adapter.UpdateAccount(c.ctx, "github", "2", update), authent.ErrNotFound, "UpdateAccount")
	}
	_, err := c.Adapter.Account(c.ctx, "github", "2")
	c.wantErr(err, authent.ErrNotFound, "Account after UpdateAccount")
}

func accountUnlink(c *check) {
	u := c.newUser("a@example.com")
	c.link(account(u.ID, "github", "1"))
	c.link(account(u.ID, "github", "2"))
	c.link(account(u.ID, "google", "1"))
	c.must(c.Adapter.UnlinkAccount(c.ctx, "github", "1"), "UnlinkAccount")
	_, err := c.Adapter.Account(c.ctx, "github", "1")
	c.wantErr(err, authent.ErrNotFound, "Account")
	c.readAccount("github", "2")
	c.readAccount("google", "1")
	c.readUser(u.ID)
}

func accountUnlinkUnknown(c *check) {
	c.link(account(c.newUser("a@example.com").ID, "github", "1"))
	for _, key := range [][2]string{{"github", "2"}, {"google", "1"}, {"", ""}, {"github", "x\x00y"}} {
		c.must(c.Adapter.UnlinkAccount(c.ctx, key[0], key[1]), "UnlinkAccount")
	}
	c.readAccount("github", "1")
}
