package authenttest

import (
	"cmp"
	"fmt"
	"regexp"

	"github.com/authent/authent/authent"
)

// quote writes a table's or column's name, or the Native name for "", as the
// subject's dialect does.
func (c *check) quote(name, native string) string {
	name = cmp.Or(name, native)
	if c.Dialect == "mysql" {
		return "`" + name + "`"
	}
	return `"` + name + `"`
}

func (c *check) users() string    { return c.quote(c.Tables.Users, "users") }
func (c *check) accounts() string { return c.quote(c.Tables.Accounts, "accounts") }
func (c *check) sessions() string { return c.quote(c.Tables.Sessions, "sessions") }
func (c *check) tokens() string {
	return c.quote(c.Tables.VerificationTokens, "verificationtokens")
}

// wantRows counts rows past the adapter, which might hide some of them.
func (c *check) wantRows(want int, from string) {
	c.Helper()
	var got int
	err := c.DB.QueryRowContext(c.ctx, "SELECT COUNT(*) FROM "+from).Scan(&got)
	c.wantCount(want, got, err, "the number of rows in "+from)
}

// rowsOfTwoUsers stores two accounts and sessions of one user, one of each of another
// user, and a verification token.
func (c *check) rowsOfTwoUsers() (gone, other *authent.User) {
	c.Helper()
	gone, other = c.newUser("gone@example.com"), c.newUser("other@example.com")
	c.link(account(gone.ID, "github", "1"))
	c.link(account(gone.ID, "google", "1"))
	c.link(account(other.ID, "github", "2"))
	c.newSession(gone.ID, "gone-1")
	c.newSession(gone.ID, "gone-2")
	c.newSession(other.ID, "other-1")
	c.newToken("gone@example.com", "token")
	c.wantRows(3, c.accounts())
	c.wantRows(3, c.sessions())
	return gone, other
}

func userCascadeRows(c *check) {
	gone, _ := c.rowsOfTwoUsers()
	c.must(c.Adapter.DeleteUser(c.ctx, gone.ID), "DeleteUser")
	c.wantRows(1, c.users())
	c.wantRows(1, c.accounts())
	c.wantRows(1, c.sessions())
	c.wantRows(1, c.tokens())
}

var plainID = regexp.MustCompile(`^[0-9A-Za-z_-]+$`)

// userCascadeBySQL deletes as somebody at the database's prompt does. The id
// is a literal, since a parameter's type would depend on the key's.
func userCascadeBySQL(c *check) {
	gone, other := c.rowsOfTwoUsers()
	if !plainID.MatchString(gone.ID) {
		c.Fatalf("the user id %q is not of letters, digits, - and _", gone.ID)
	}
	_, err := c.DB.ExecContext(c.ctx, fmt.Sprintf("DELETE FROM %s WHERE %s = '%s'", c.users(), c.quote(c.Tables.UserID, "id"), gone.ID))
	c.must(err, "DELETE by SQL")
	c.wantRows(1, c.users())
	c.wantRows(1, c.accounts())
	c.wantRows(1, c.sessions())
	c.wantRows(1, c.tokens())
	c.readAccount("github", "2")
	c.wantSessions(other.ID, "other-1")
}

func updateUserToNullRows(c *check) {
	null := c.users() + " WHERE " + c.quote(c.Tables.UserImage, "image") + " IS NULL"
	c.newUser("minimal@example.com")
	c.wantRows(1, null)
	full := c.create(c.fullUser("full@example.com"))
	c.wantRows(1, null)
	_, err := c.Adapter.UpdateUser(c.ctx, full.ID, authent.UserUpdate{Image: new("")})
	c.must(err, "UpdateUser")
	c.wantRows(2, null)
}
