package authenttest

import (
	"time"

	"github.com/authent/authent/authent"
)

var userUpdateCases = []testCase{
	{name: "OneColumn", run: updateUserOneColumn},
	{name: "ToNull", run: updateUserToNull},
	{name: "ToNullRows", run: updateUserToNullRows, needsDB: true},
	{name: "SameValue", run: updateUserSameValue},
	{name: "Nothing", run: updateUserNothing},
	{name: "Unknown", run: updateUserUnknown},
	{name: "EmailTaken", run: updateUserEmailTaken},
	{name: "OthersUntouched", run: updateUserOthersUntouched},
}

// A userChange is one column's update and what the user is after it.
type userChange struct {
	what   string
	update authent.UserUpdate
	apply  func(u *authent.User)
}

// userChanges returns a new value for each column that the table has.
func (c *check) userChanges() []userChange {
	cols, at := c.Adapter.Columns(), epoch.Add(48*time.Hour)
	changes := []userChange{
		{"Name", authent.UserUpdate{Name: new("New Name")}, func(u *authent.User) { u.Name = "New Name" }},
		{"Email", authent.UserUpdate{Email: new("new@example.com")}, func(u *authent.User) { u.Email = "new@example.com" }},
		{"EmailVerified", authent.UserUpdate{EmailVerified: &at}, func(u *authent.User) { u.EmailVerified = at }},
		{"Image", authent.UserUpdate{Image: new("https://example.com/new.png")}, func(u *authent.User) { u.Image = "https://example.com/new.png" }},
	}
	if cols.UserPassword {
		changes = append(changes, userChange{"Password", authent.UserUpdate{Password: new(authent.Secret("new-hash"))}, func(u *authent.User) { u.Password = "new-hash" }})
	}
	if cols.UserRole {
		changes = append(changes, userChange{"Role", authent.UserUpdate{Role: new("editor")}, func(u *authent.User) { u.Role = "editor" }})
	}
	if cols.UserDisabledAt {
		changes = append(changes, userChange{"DisabledAt", authent.UserUpdate{DisabledAt: &at}, func(u *authent.User) { u.DisabledAt = at }})
	}
	return changes
}

// userNulls returns NULL for each column that the table has and that may be NULL.
func (c *check) userNulls() []userChange {
	cols := c.Adapter.Columns()
	changes := []userChange{
		{"Name", authent.UserUpdate{Name: new("")}, func(u *authent.User) { u.Name = "" }},
		{"EmailVerified", authent.UserUpdate{EmailVerified: &time.Time{}}, func(u *authent.User) { u.EmailVerified = time.Time{} }},
		{"Image", authent.UserUpdate{Image: new("")}, func(u *authent.User) { u.Image = "" }},
	}
	if cols.UserPassword {
		changes = append(changes, userChange{"Password", authent.UserUpdate{Password: new(authent.Secret(""))}, func(u *authent.User) { u.Password = "" }})
	}
	if cols.UserDisabledAt {
		changes = append(changes, userChange{"DisabledAt", authent.UserUpdate{DisabledAt: &time.Time{}}, func(u *authent.User) { u.DisabledAt = time.Time{} }})
	}
	return changes
}

// updateEach makes one change after the other and wants the user to differ
// from the one before in that column alone.
func (c *check) updateEach(changes []userChange) {
	c.Helper()
	u := c.create(c.fullUser("zoe@example.com"))
	for _, change := range changes {
		want := *u
		change.apply(&want)
		got, err := c.Adapter.UpdateUser(c.ctx, u.ID, change.update)
		c.must(err, "UpdateUser "+change.what)
		want.UpdatedAt = got.UpdatedAt
		c.wantSame(&want, got, "what UpdateUser "+change.what+" returned")
		u = c.readUser(u.ID)
		c.wantSame(&want, u, "User after UpdateUser "+change.what)
	}
}

func updateUserOneColumn(c *check) { c.updateEach(c.userChanges()) }

func updateUserToNull(c *check) { c.updateEach(c.userNulls()) }

func updateUserSameValue(c *check) {
	full := c.fullUser("zoe@example.com")
	u := c.create(full)
	update := authent.UserUpdate{Name: &full.Name, Email: &full.Email, EmailVerified: &full.EmailVerified, Image: &full.Image}
	for range 2 {
		got, err := c.Adapter.UpdateUser(c.ctx, u.ID, update)
		c.must(err, "UpdateUser with the values that are there")
		want := *u
		want.UpdatedAt = got.UpdatedAt
		c.wantSame(&want, got, "what UpdateUser returned")
	}
}

func updateUserNothing(c *check) {
	u := c.create(c.fullUser("zoe@example.com"))
	got, err := c.Adapter.UpdateUser(c.ctx, u.ID, authent.UserUpdate{})
	c.must(err, "UpdateUser with nothing to change")
	want := *u
	want.UpdatedAt = got.UpdatedAt
	c.wantSame(&want, got, "what UpdateUser returned")
}

func updateUserUnknown(c *check) {
	u := c.newUser("a@example.com")
	c.must(c.Adapter.DeleteUser(c.ctx, u.ID), "DeleteUser")
	_, err := c.Adapter.UpdateUser(c.ctx, u.ID, authent.UserUpdate{Name: new("x")})
	c.wantErr(err, authent.ErrNotFound, "UpdateUser")
	_, err = c.Adapter.UpdateUser(c.ctx, u.ID, authent.UserUpdate{})
	c.wantErr(err, authent.ErrNotFound, "UpdateUser with nothing to change")
	_, err = c.Adapter.User(c.ctx, u.ID)
	c.wantErr(err, authent.ErrNotFound, "User after UpdateUser")
}

func updateUserEmailTaken(c *check) {
	first, second := c.newUser("first@example.com"), c.newUser("second@example.com")
	_, err := c.Adapter.UpdateUser(c.ctx, second.ID, authent.UserUpdate{Email: &first.Email, Name: new("x")})
	c.wantConflict(err, authent.KeyUserEmail, "UpdateUser")
	c.wantSame(first, c.readUser(first.ID), "the first user")
	c.wantSame(second, c.readUser(second.ID), "the second user")
}

func updateUserOthersUntouched(c *check) {
	u, other := c.newUser("u@example.com"), c.create(c.fullUser("other@example.com"))
	for _, change := range c.userChanges() {
		_, err := c.Adapter.UpdateUser(c.ctx, u.ID, change.update)
		c.must(err, "UpdateUser "+change.what)
	}
	c.wantSame(other, c.readUser(other.ID), "the other user")
}
