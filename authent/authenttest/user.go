package authenttest

import (
	"errors"
	"strings"
	"time"

	"github.com/authent/authent/authent"
)

var userCases = []testCase{
	{name: "CreateAndRead", run: userCreateAndRead},
	{name: "Minimal", run: userMinimal},
	{name: "AdapterMakesID", run: userAdapterMakesID},
	{name: "SetsTimes", run: userSetsTimes},
	{name: "Unknown", run: userUnknown},
	{name: "MalformedID", run: userMalformedID},
	{name: "ByEmail", run: userByEmail},
	{name: "EmailTaken", run: userEmailTaken},
	{name: "ConcurrentCreate", run: userConcurrentCreate},
	{name: "Delete", run: userDelete},
	{name: "DeleteUnknown", run: userDeleteUnknown},
	{name: "Cascade", run: userCascade},
	{name: "CascadeRows", run: userCascadeRows, needsDB: true},
	{name: "CascadeBySQL", run: userCascadeBySQL, needsDB: true},
	{name: "SoftDelete", run: userSoftDelete, needsSoftDelete: true},
	{name: "MissingColumns", run: userMissingColumns},
}

// malformedIDs are ids that no row has: a key's type may be text, a UUID or a
// number, and ids come out of forms.
var malformedIDs = []string{
	"", "nope", "0", "-1", "1.5", "' OR '1'='1", "9223372036854775808",
	"00000000-0000-0000-0000-000000000000", "x\x00y", "\xff", strings.Repeat("9", 10_000),
}

// short returns an id or another key in a form fit to print.
func short(id string) string {
	if len(id) > 40 {
		return id[:40] + "…"
	}
	return id
}

func userCreateAndRead(c *check) {
	want := c.fullUser("zoe@example.com")
	created := c.create(want)
	want.ID, want.CreatedAt, want.UpdatedAt = created.ID, created.CreatedAt, created.UpdatedAt
	c.wantSame(&want, created, "what CreateUser returned")
	c.wantSame(&want, c.readUser(created.ID), "User")

	locked, err := c.Adapter.LockUser(c.ctx, created.ID)
	c.must(err, "LockUser outside InTx")
	c.wantSame(&want, locked, "LockUser")

	found, err := c.Adapter.UsersByEmail(c.ctx, want.Email)
	c.must(err, "UsersByEmail")
	c.wantSame([]*authent.User{&want}, found, "UsersByEmail")
}

func userMinimal(c *check) {
	want := authent.User{Email: "minimal@example.com"}
	created := c.create(want)
	if c.Adapter.Columns().UserRole {
		want.Role = "user"
	}
	want.ID, want.CreatedAt, want.UpdatedAt = created.ID, created.CreatedAt, created.UpdatedAt
	c.wantSame(&want, created, "what CreateUser returned")
	got := c.readUser(created.ID)
	c.wantSame(&want, got, "User")
	if !got.EmailVerified.IsZero() || !got.DisabledAt.IsZero() {
		c.Errorf("NULL times are %v and %v, want the zero time", got.EmailVerified, got.DisabledAt)
	}
}

func userAdapterMakesID(c *check) {
	const mine = "11111111-1111-4111-8111-111111111111"
	a := c.create(authent.User{ID: mine, Email: "a@example.com"})
	b := c.create(authent.User{ID: mine, Email: "b@example.com"})
	if a.ID == mine || b.ID == mine {
		c.Errorf("CreateUser took the caller's ID")
	}
	if a.ID == b.ID {
		c.Errorf("two users have the ID %s", a.ID)
	}
	_, err := c.Adapter.User(c.ctx, mine)
	c.wantErr(err, authent.ErrNotFound, "User with the caller's ID")
}

func userSetsTimes(c *check) {
	cols := c.Adapter.Columns()
	old := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	before := time.Now().Add(-time.Minute)
	u := c.create(authent.User{Email: "a@example.com", CreatedAt: old, UpdatedAt: old})
	after := time.Now().Add(time.Minute)
	between := func(t time.Time) bool {
		if c.TakesTimes {
			return t.Equal(old)
		}
		return t.After(before) && t.Before(after)
	}
	if got := u.CreatedAt; cols.UserCreatedAt && !between(got) || !cols.UserCreatedAt && !got.IsZero() {
		c.Errorf("CreatedAt is %v with Columns().UserCreatedAt %v", got, cols.UserCreatedAt)
	}
	if got := u.UpdatedAt; cols.UserUpdatedAt && !between(got) || !cols.UserUpdatedAt && !got.IsZero() {
		c.Errorf("UpdatedAt is %v with Columns().UserUpdatedAt %v", got, cols.UserUpdatedAt)
	}
	if !cols.UserUpdatedAt {
		return
	}
	wait := min(2*c.Precision, 20*time.Millisecond)
	time.Sleep(wait)
	changed, err := c.Adapter.UpdateUser(c.ctx, u.ID, authent.UserUpdate{Name: new("New")})
	c.must(err, "UpdateUser")
	if !changed.CreatedAt.Equal(u.CreatedAt) {
		c.Errorf("UpdateUser moved CreatedAt from %v to %v", u.CreatedAt, changed.CreatedAt)
	}
	moved := changed.UpdatedAt.Sub(u.UpdatedAt)
	if moved < 0 || moved == 0 && wait > c.Precision && !c.LeavesUpdatedAt || moved != 0 && c.LeavesUpdatedAt {
		c.Errorf("UpdateUser moved UpdatedAt by %v, with Subject.LeavesUpdatedAt %v", moved, c.LeavesUpdatedAt)
	}
}

func userUnknown(c *check) {
	known := c.newUser("known@example.com")
	gone := c.newUser("gone@example.com")
	c.must(c.Adapter.DeleteUser(c.ctx, gone.ID), "DeleteUser")

	_, err := c.Adapter.User(c.ctx, gone.ID)
	c.wantErr(err, authent.ErrNotFound, "User")
	_, err = c.Adapter.LockUser(c.ctx, gone.ID)
	c.wantErr(err, authent.ErrNotFound, "LockUser")
	accounts, err := c.Adapter.Accounts(c.ctx, gone.ID)
	c.wantCount(0, len(accounts), err, "Accounts of an unknown user")
	sessions, err := c.Adapter.Sessions(c.ctx, gone.ID)
	c.wantCount(0, len(sessions), err, "Sessions of an unknown user")
	n, err := c.Adapter.DeleteSessions(c.ctx, gone.ID, "")
	c.wantCount(0, n, err, "DeleteSessions of an unknown user")
	c.readUser(known.ID)
}

func userMalformedID(c *check) {
	c.newUser("a@example.com")
	for _, id := range malformedIDs {
		name := short(id)
		_, err := c.Adapter.User(c.ctx, id)
		c.wantErr(err, authent.ErrNotFound, "User "+name)
		_, err = c.Adapter.UpdateUser(c.ctx, id, authent.UserUpdate{Name: new("x")})
		c.wantErr(err, authent.ErrNotFound, "UpdateUser "+name)
		c.must(c.Adapter.DeleteUser(c.ctx, id), "DeleteUser "+name)
		c.wantErr(c.Adapter.LinkAccount(c.ctx, account(id, "github", "1")), authent.ErrNotFound, "LinkAccount "+name)
		_, err = c.Adapter.CreateSession(c.ctx, authent.Session{Token: "t", UserID: id, Expires: epoch})
		c.wantErr(err, authent.ErrNotFound, "CreateSession "+name)
		accounts, err := c.Adapter.Accounts(c.ctx, id)
		c.wantCount(0, len(accounts), err, "Accounts "+name)
		sessions, err := c.Adapter.Sessions(c.ctx, id)
		c.wantCount(0, len(sessions), err, "Sessions "+name)
		n, err := c.Adapter.DeleteSessions(c.ctx, id, "")
		c.wantCount(0, n, err, "DeleteSessions "+name)
	}
	err := c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		_, err := tx.LockUser(c.ctx, "nope")
		return err
	})
	c.wantErr(err, authent.ErrNotFound, "LockUser in InTx")
}

func userByEmail(c *check) {
	a, b := c.newUser("a@example.com"), c.newUser("b@example.com")
	for _, tt := range []struct {
		what   string
		emails []string
		want   map[string]bool
	}{
		{"one", []string{"a@example.com"}, map[string]bool{a.ID: true}},
		{"two", []string{"b@example.com", "a@example.com"}, map[string]bool{a.ID: true, b.ID: true}},
		{"the same twice", []string{"a@example.com", "a@example.com"}, map[string]bool{a.ID: true}},
		{"one of them unknown", []string{"c@example.com", "b@example.com"}, map[string]bool{b.ID: true}},
		{"unknown", []string{"c@example.com"}, nil},
		{"part of one", []string{"a@example.co", "%@example.com", "_@example.com"}, nil},
		{"empty", []string{""}, nil},
		{"none", nil, nil},
		{"malformed", []string{"x\x00y", "\xff", strings.Repeat("a", 10_000)}, nil},
	} {
		c.wantSame(tt.want, c.byEmail(tt.emails...), "UsersByEmail of "+tt.what)
	}
}

func userEmailTaken(c *check) {
	first := c.create(c.fullUser("taken@example.com"))
	_, err := c.Adapter.CreateUser(c.ctx, authent.User{Email: "taken@example.com", Name: "Second"})
	c.wantConflict(err, authent.KeyUserEmail, "CreateUser")
	c.wantSame(map[string]bool{first.ID: true}, c.byEmail("taken@example.com"), "UsersByEmail")
	c.wantSame(first, c.readUser(first.ID), "the first user")
}

func userConcurrentCreate(c *check) {
	errs := atOnce(func(i int) error {
		_, err := c.Adapter.CreateUser(c.ctx, authent.User{Email: "one@example.com", Name: numbered("n", i)})
		return err
	})
	c.wantOneWinner(errs, authent.ErrConflict, "CreateUser")
	if n := len(c.byEmail("one@example.com")); n != 1 {
		c.Errorf("%d users have the e-mail, want 1", n)
	}
}

func userDelete(c *check) {
	gone, other := c.newUser("gone@example.com"), c.newUser("other@example.com")
	c.must(c.Adapter.DeleteUser(c.ctx, gone.ID), "DeleteUser")
	_, err := c.Adapter.User(c.ctx, gone.ID)
	c.wantErr(err, authent.ErrNotFound, "User")
	c.wantSame(map[string]bool{other.ID: true}, c.byEmail("gone@example.com", "other@example.com"), "UsersByEmail")
	c.newUser("gone@example.com")
}

func userDeleteUnknown(c *check) {
	u := c.newUser("a@example.com")
	for _, what := range []string{"DeleteUser", "the second DeleteUser"} {
		c.must(c.Adapter.DeleteUser(c.ctx, u.ID), what)
	}
}

// userSoftDelete deletes a user whose row the application keeps: whoever looks
// must find no session and no account of theirs.
func userSoftDelete(c *check) {
	gone, other := c.newUser("gone@example.com"), c.newUser("other@example.com")
	c.link(account(gone.ID, "github", "1"))
	c.link(account(other.ID, "github", "2"))
	c.newSession(gone.ID, "gone-1")
	c.newSession(gone.ID, "gone-2")
	c.newSession(other.ID, "other-1")
	c.SoftDelete()
	c.must(c.Adapter.DeleteUser(c.ctx, gone.ID), "DeleteUser")

	c.wantSessions(gone.ID)
	_, err := c.Adapter.SessionAndUser(c.ctx, "gone-1")
	c.wantErr(err, authent.ErrNotFound, "SessionAndUser of a user whose row is kept")
	_, err = c.Adapter.Account(c.ctx, "github", "1")
	c.wantErr(err, authent.ErrNotFound, "Account of a user whose row is kept")
	_, err = c.Adapter.UserByAccount(c.ctx, "github", "1")
	c.wantErr(err, authent.ErrNotFound, "UserByAccount of a user whose row is kept")
	c.readAccount("github", "2")
	c.wantSessions(other.ID, "other-1")
}

func userCascade(c *check) {
	gone, other := c.newUser("gone@example.com"), c.newUser("other@example.com")
	c.link(account(gone.ID, "github", "1"))
	c.link(account(gone.ID, "google", "1"))
	c.link(account(other.ID, "github", "2"))
	c.newSession(gone.ID, "gone-1")
	c.newSession(gone.ID, "gone-2")
	c.newSession(other.ID, "other-1")
	c.newToken("gone@example.com", "token")
	c.must(c.Adapter.DeleteUser(c.ctx, gone.ID), "DeleteUser")

	for _, provider := range []string{"github", "google"} {
		_, err := c.Adapter.Account(c.ctx, provider, "1")
		c.wantErr(err, authent.ErrNotFound, "Account of the deleted user")
		_, err = c.Adapter.UserByAccount(c.ctx, provider, "1")
		c.wantErr(err, authent.ErrNotFound, "UserByAccount of the deleted user")
	}
	accounts, err := c.Adapter.Accounts(c.ctx, gone.ID)
	c.wantCount(0, len(accounts), err, "Accounts of the deleted user")
	c.wantSessions(gone.ID)
	err = c.Adapter.UpdateSession(c.ctx, "gone-1", authent.SessionUpdate{Expires: new(epoch)})
	c.wantErr(err, authent.ErrNotFound, "UpdateSession of the deleted user")

	c.readAccount("github", "2")
	c.wantSessions(other.ID, "other-1")
	c.wantToken("gone@example.com", "token", true)
}

// userMissingColumns fails unless a value that a table cannot hold and must not lose is
// ErrUnsupported: without its password nobody could use an account.
func userMissingColumns(c *check) {
	cols := c.Adapter.Columns()
	u := c.newUser("a@example.com")
	for _, tt := range []struct {
		what   string
		has    bool
		create authent.User
		update authent.UserUpdate
	}{
		{"a password", cols.UserPassword, authent.User{Password: "hash"}, authent.UserUpdate{Password: new(authent.Secret("hash"))}},
		{"a role", cols.UserRole, authent.User{Role: "admin"}, authent.UserUpdate{Role: new("admin")}},
		{"a time of disabling", cols.UserDisabledAt, authent.User{DisabledAt: epoch}, authent.UserUpdate{DisabledAt: new(epoch)}},
	} {
		tt.create.Email = strings.ReplaceAll(tt.what, " ", "-") + "@example.com"
		_, createErr := c.Adapter.CreateUser(c.ctx, tt.create)
		_, updateErr := c.Adapter.UpdateUser(c.ctx, u.ID, tt.update)
		for what, err := range map[string]error{"CreateUser": createErr, "UpdateUser": updateErr} {
			if tt.has && err != nil {
				c.Errorf("%s with %s: %v", what, tt.what, err)
			}
			if !tt.has && !errors.Is(err, authent.ErrUnsupported) {
				c.Errorf("%s with %s: got error %v, want %v", what, tt.what, err, authent.ErrUnsupported)
			}
		}
	}
}
