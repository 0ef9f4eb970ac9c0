package authenttest

import (
	"errors"
	"time"

	"github.com/authent/authent/authent"
)

// authJSCases are what Auth.js's suite for its own adapters asks of one, case by case,
// with its kind of values: an id that the adapter may replace, times of today with
// milliseconds, a whole account.
var authJSCases = []testCase{
	{name: "RequiredMethods", run: authJSRequiredMethods},
	{name: "CreateUser", run: authJSCreateUser},
	{name: "GetUser", run: authJSGetUser},
	{name: "GetUserByEmail", run: authJSGetUserByEmail},
	{name: "CreateSession", run: authJSCreateSession},
	{name: "GetSessionAndUser", run: authJSGetSessionAndUser},
	{name: "UpdateUser", run: authJSUpdateUser},
	{name: "UpdateSession", run: authJSUpdateSession},
	{name: "LinkAccount", run: authJSLinkAccount},
	{name: "GetUserByAccount", run: authJSGetUserByAccount},
	{name: "DeleteSession", run: authJSDeleteSession},
	{name: "VerificationTokenMethods", run: authJSTokenMethods},
	{name: "CreateVerificationToken", run: authJSCreateToken},
	{name: "UseVerificationToken", run: authJSUseToken},
	{name: "FutureMethods", run: authJSFutureMethods},
	{name: "UnlinkAccount", run: authJSUnlinkAccount},
	{name: "DeleteUser", run: authJSDeleteUser},
	{name: "GetAccount", run: authJSGetAccount},
}

const (
	someID    = "5c8fe2a4-6b0e-4d3c-9a87-1f2f0d8c7e11"
	someToken = authent.Secret("d9b2d63d-a233-4123-847a-7090a6fd01a5")
)

// today returns the time twice: with milliseconds that are not zero, and in whole
// seconds.
func today() (fine, whole time.Time) {
	whole = time.Now().UTC().Truncate(time.Second)
	return whole.Add(678 * time.Millisecond), whole
}

// visitor returns a user as Auth.js's callback passes one, and as it must be stored.
func (c *check) visitor() (given, want authent.User) {
	fine, _ := today()
	given = authent.User{
		ID: someID, Name: "Grace Hopper", Email: "grace@example.com",
		Image: "https://example.com/grace.png", EmailVerified: fine,
		CreatedAt: fine.Add(-time.Hour), UpdatedAt: fine.Add(-time.Minute),
	}
	want = given
	want.EmailVerified = fine.Truncate(c.Precision)
	cols := c.Adapter.Columns()
	if cols.UserRole {
		want.Role = "user"
	}
	want.CreatedAt, want.UpdatedAt = want.CreatedAt.Truncate(c.Precision), want.UpdatedAt.Truncate(c.Precision)
	if !cols.UserCreatedAt {
		want.CreatedAt = time.Time{}
	}
	if !cols.UserUpdatedAt {
		want.UpdatedAt = time.Time{}
	}
	return given, want
}

// visit stores the visitor and returns the user that must be read from then on.
func (c *check) visit() *authent.User {
	c.Helper()
	given, want := c.visitor()
	created := c.create(given)
	want.ID = created.ID
	if !c.TakesTimes {
		want.CreatedAt, want.UpdatedAt = created.CreatedAt, created.UpdatedAt
	}
	return &want
}

// session starts the visitor's session, in whole seconds as in Auth.js's suite.
func (c *check) session(userID string) *authent.Session {
	c.Helper()
	_, whole := today()
	return c.start(authent.Session{Token: someToken, UserID: userID, Expires: whole.Add(7 * 24 * time.Hour)})
}

// account links the visitor's account, with a value in every column.
func (c *check) account(userID string) authent.Account {
	c.Helper()
	a := fullAccount(userID, "github", "7c1a4f0e-8c2b-4b52-9d35-0d5f3f5b9a6e")
	c.link(a)
	return a
}

// wantAnswer fails unless the method exists. It may answer that the row does not.
func (c *check) wantAnswer(what string, err error) {
	c.Helper()
	if err != nil && !errors.Is(err, authent.ErrNotFound) {
		c.Errorf("%s: %v, want an answer", what, err)
	}
}

func authJSRequiredMethods(c *check) {
	given, _ := c.visitor()
	_, err := c.Adapter.CreateUser(c.ctx, given)
	c.wantAnswer("CreateUser", err)
	_, err = c.Adapter.User(c.ctx, someID)
	c.wantAnswer("User", err)
	_, err = c.Adapter.UsersByEmail(c.ctx, "nobody@example.com")
	c.wantAnswer("UsersByEmail", err)
	_, err = c.Adapter.UserByAccount(c.ctx, "github", "1")
	c.wantAnswer("UserByAccount", err)
	_, err = c.Adapter.UpdateUser(c.ctx, someID, authent.UserUpdate{Name: new("x")})
	c.wantAnswer("UpdateUser", err)
	c.wantAnswer("LinkAccount", c.Adapter.LinkAccount(c.ctx, account(someID, "github", "1")))
	_, err = c.Adapter.CreateSession(c.ctx, authent.Session{Token: someToken, UserID: someID, Expires: epoch})
	c.wantAnswer("CreateSession", err)
	_, err = c.Adapter.SessionAndUser(c.ctx, someToken)
	c.wantAnswer("SessionAndUser", err)
	c.wantAnswer("UpdateSession", c.Adapter.UpdateSession(c.ctx, someToken, authent.SessionUpdate{Expires: &epoch}))
	c.wantAnswer("DeleteSession", c.Adapter.DeleteSession(c.ctx, someToken))
}

func authJSTokenMethods(c *check) {
	c.wantAnswer("CreateVerificationToken", c.Adapter.CreateVerificationToken(c.ctx, authent.VerificationToken{Identifier: "i", Token: "t", Expires: epoch}))
	_, err := c.Adapter.UseVerificationToken(c.ctx, "nobody", "t")
	c.wantAnswer("UseVerificationToken", err)
}

func authJSFutureMethods(c *check) {
	c.wantAnswer("UnlinkAccount", c.Adapter.UnlinkAccount(c.ctx, "github", "1"))
	c.wantAnswer("DeleteUser", c.Adapter.DeleteUser(c.ctx, someID))
}

func authJSCreateUser(c *check) {
	given, want := c.visitor()
	created := c.create(given)
	want.ID = created.ID
	if !c.TakesTimes {
		want.CreatedAt, want.UpdatedAt = created.CreatedAt, created.UpdatedAt
		if c.Adapter.Columns().UserCreatedAt && time.Since(created.CreatedAt) > 30*time.Minute {
			c.Errorf("CreateUser took the CreatedAt that it was given, without Subject.TakesTimes")
		}
	}
	c.wantSame(&want, created, "what CreateUser returned")
	c.wantSame(&want, c.readUser(created.ID), "User")
}

func authJSGetUser(c *check) {
	want := c.visit()
	_, err := c.Adapter.User(c.ctx, someID)
	c.wantErr(err, authent.ErrNotFound, "User with an id of nobody")
	c.wantSame(want, c.readUser(want.ID), "User")
}

func authJSGetUserByEmail(c *check) {
	want := c.visit()
	found, err := c.Adapter.UsersByEmail(c.ctx, "nobody@example.com")
	c.wantCount(0, len(found), err, "UsersByEmail of nobody")
	found, err = c.Adapter.UsersByEmail(c.ctx, want.Email)
	c.must(err, "UsersByEmail")
	c.wantSame([]*authent.User{want}, found, "UsersByEmail")
}

func authJSCreateSession(c *check) {
	u := c.visit()
	created := c.session(u.ID)
	_, whole := today()
	want := &authent.Session{ID: created.ID, Token: someToken, UserID: u.ID, Expires: created.Expires}
	if d := whole.Add(7 * 24 * time.Hour).Sub(created.Expires); created.ID == "" || d < 0 || d > time.Minute || created.Expires.Nanosecond() != 0 {
		c.Errorf("CreateSession returned the id %q and expires %v", created.ID, created.Expires)
	}
	c.wantSame(want, created, "what CreateSession returned")
	c.wantSame(want, c.listed(u.ID, someToken), "the session")
}

func authJSGetSessionAndUser(c *check) {
	u := c.visit()
	want := *c.session(u.ID)
	_, err := c.Adapter.SessionAndUser(c.ctx, "invalid-token")
	c.wantErr(err, authent.ErrNotFound, "SessionAndUser with another token")
	want.User = u
	c.wantSame(&want, c.readSession(someToken), "SessionAndUser")
}

// authJSUpdateUser changes the name alone. Auth.js's suite wants the rest to stay,
// UpdatedAt too; where the adapter keeps that time, it moves.
func authJSUpdateUser(c *check) {
	want := c.visit()
	got, err := c.Adapter.UpdateUser(c.ctx, want.ID, authent.UserUpdate{Name: new("Rear Admiral Hopper")})
	c.must(err, "UpdateUser")
	want.Name = "Rear Admiral Hopper"
	if c.Adapter.Columns().UserUpdatedAt && !c.LeavesUpdatedAt {
		if moved := got.UpdatedAt.Sub(want.UpdatedAt); moved < 0 || c.TakesTimes && moved < 30*time.Second {
			c.Errorf("UpdateUser moved UpdatedAt by %v", moved)
		}
		want.UpdatedAt = got.UpdatedAt
	}
	c.wantSame(want, got, "what UpdateUser returned")
	c.wantSame(want, c.readUser(want.ID), "User after UpdateUser")
}

func authJSUpdateSession(c *check) {
	u := c.visit()
	want := *c.session(u.ID)
	_, whole := today()
	expires := whole.Add(30 * 24 * time.Hour)
	if c.listed(u.ID, someToken).Expires.Equal(expires) {
		c.Fatal("the session expires then already")
	}
	c.must(c.Adapter.UpdateSession(c.ctx, someToken, authent.SessionUpdate{Expires: &expires}), "UpdateSession")
	want.Expires = expires
	c.wantSame(&want, c.listed(u.ID, someToken), "the session after UpdateSession")
}

func authJSLinkAccount(c *check) {
	want := c.account(c.visit().ID)
	c.wantSame(&want, c.readAccount(want.Provider, want.ProviderAccountID), "Account")
}

// authJSGetUserByAccount asks after the name was changed, as Auth.js's suite does.
func authJSGetUserByAccount(c *check) {
	a := c.account(c.visit().ID)
	want, err := c.Adapter.UpdateUser(c.ctx, a.UserID, authent.UserUpdate{Name: new("Rear Admiral Hopper")})
	c.must(err, "UpdateUser")
	for _, wrong := range [][2]string{{"invalid-provider", "invalid-id"}, {"invalid-provider", a.ProviderAccountID}, {a.Provider, "invalid-id"}} {
		_, err := c.Adapter.UserByAccount(c.ctx, wrong[0], wrong[1])
		c.wantErr(err, authent.ErrNotFound, "UserByAccount of "+wrong[0]+", "+wrong[1])
	}
	got, err := c.Adapter.UserByAccount(c.ctx, a.Provider, a.ProviderAccountID)
	c.must(err, "UserByAccount")
	c.wantSame(want, got, "UserByAccount")
}

func authJSDeleteSession(c *check) {
	u := c.visit()
	c.session(u.ID)
	c.must(c.Adapter.DeleteSession(c.ctx, someToken), "DeleteSession")
	c.wantSessions(u.ID)
	_, err := c.Adapter.SessionAndUser(c.ctx, someToken)
	c.wantErr(err, authent.ErrNotFound, "SessionAndUser of a deleted session")
}

// magicToken returns a verification token as Auth.js makes one: a hash that lives for 15
// minutes.
func (c *check) magicToken() authent.VerificationToken {
	c.Helper()
	_, whole := today()
	v := authent.VerificationToken{
		Identifier: "grace@example.com", Expires: whole.Add(15 * time.Minute),
		Token: "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea",
	}
	c.must(c.Adapter.CreateVerificationToken(c.ctx, v), "CreateVerificationToken")
	return v
}

func authJSCreateToken(c *check) {
	want := c.magicToken()
	got, err := c.Adapter.VerificationToken(c.ctx, want.Identifier, want.Token)
	c.must(err, "VerificationToken")
	c.wantSame(&want, got, "VerificationToken")
}

func authJSUseToken(c *check) {
	want := c.magicToken()
	got, err := c.Adapter.UseVerificationToken(c.ctx, want.Identifier, want.Token)
	c.must(err, "UseVerificationToken")
	c.wantSame(&want, got, "UseVerificationToken")
	_, err = c.Adapter.UseVerificationToken(c.ctx, want.Identifier, want.Token)
	c.wantErr(err, authent.ErrNotFound, "the second UseVerificationToken")
	c.magicToken()
	_, err = c.Adapter.UseVerificationToken(c.ctx, "invalid@example.com", want.Token)
	c.wantErr(err, authent.ErrNotFound, "UseVerificationToken of another identifier")
}

func authJSUnlinkAccount(c *check) {
	a := c.account(c.visit().ID)
	c.readAccount(a.Provider, a.ProviderAccountID)
	c.must(c.Adapter.UnlinkAccount(c.ctx, a.Provider, a.ProviderAccountID), "UnlinkAccount")
	_, err := c.Adapter.Account(c.ctx, a.Provider, a.ProviderAccountID)
	c.wantErr(err, authent.ErrNotFound, "Account after UnlinkAccount")
}

// authJSDeleteUser deletes the user with a session and an account that were there before
// and were made again, as in Auth.js's suite.
func authJSDeleteUser(c *check) {
	u := c.visit()
	a := c.account(u.ID)
	c.session(u.ID)
	c.must(c.Adapter.DeleteSession(c.ctx, someToken), "DeleteSession")
	c.must(c.Adapter.UnlinkAccount(c.ctx, a.Provider, a.ProviderAccountID), "UnlinkAccount")
	c.account(u.ID)
	c.session(u.ID)
	c.must(c.Adapter.DeleteUser(c.ctx, u.ID), "DeleteUser")
	_, err := c.Adapter.User(c.ctx, u.ID)
	c.wantErr(err, authent.ErrNotFound, "User after DeleteUser")
	_, err = c.Adapter.Account(c.ctx, a.Provider, a.ProviderAccountID)
	c.wantErr(err, authent.ErrNotFound, "Account after DeleteUser")
	c.wantSessions(u.ID)
	if c.DB != nil {
		c.wantRows(0, c.users())
		c.wantRows(0, c.accounts())
		c.wantRows(0, c.sessions())
	}
}

// authJSGetAccount asks for an account of whom little is known, of a user of whom little is:
// what Auth.js's suite stores for a passkey.
func authJSGetAccount(c *check) {
	u := c.create(authent.User{ID: someID, Email: "grace@example.com"})
	want := authent.Account{UserID: u.ID, Type: "webauthn", Provider: "passkey", ProviderAccountID: "Y3JlZGVudGlhbA=="}
	c.link(want)
	for _, wrong := range [][2]string{{"invalid-provider", "invalid-id"}, {"invalid-provider", want.ProviderAccountID}, {want.Provider, "invalid-id"}} {
		_, err := c.Adapter.Account(c.ctx, wrong[0], wrong[1])
		c.wantErr(err, authent.ErrNotFound, "Account of "+wrong[0]+", "+wrong[1])
	}
	c.wantSame(&want, c.readAccount(want.Provider, want.ProviderAccountID), "Account")
}
