package authenttest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/authent/authent/authent"
)

// crowd is how many calls the concurrent cases make at once.
const crowd = 64

// epoch is the fixtures' time: whole seconds, so that no precision matters
// outside the cases under Time.
var epoch = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// check is what a case gets: its test, an empty store and a context. Methods
// that prepare a case end the test when they fail.
type check struct {
	*testing.T
	Subject
	ctx context.Context
}

func (c *check) must(err error, what string) {
	c.Helper()
	if err != nil {
		c.Fatalf("%s: %v", what, err)
	}
}

func (c *check) wantErr(err, target error, what string) {
	c.Helper()
	if !errors.Is(err, target) {
		c.Errorf("%s: got error %v, want %v", what, err, target)
	}
}

// wantConflict fails unless err is a *authent.ConflictError with the key.
func (c *check) wantConflict(err error, key, what string) {
	c.Helper()
	c.wantErr(err, authent.ErrConflict, what)
	conflict, ok := errors.AsType[*authent.ConflictError](err)
	if !ok {
		c.Errorf("%s: %T is no *authent.ConflictError", what, err)
	} else if conflict.Key != key {
		c.Errorf("%s: the ConflictError names key %q, want %q", what, conflict.Key, key)
	}
}

// wantSame compares what is stored. It leaves out Entity, which belongs to the adapter,
// unexported fields, which belong to the engine, and the zones of times, which the cases
// under Time check.
func (c *check) wantSame(want, got any, what string) {
	c.Helper()
	diff := cmp.Diff(want, got,
		cmpopts.IgnoreFields(authent.User{}, "Entity"),
		cmpopts.IgnoreUnexported(authent.User{}, authent.Account{}, authent.Session{}, authent.VerificationToken{}),
		cmpopts.EquateEmpty(),
		cmp.Transformer("string", func(s authent.Secret) string { return string(s) }))
	if diff != "" {
		c.Errorf("%s differs (-want +got):\n%s", what, diff)
	}
}

// fullUser returns a user with a value in every column that the table has.
func (c *check) fullUser(email string) authent.User {
	cols := c.Adapter.Columns()
	u := authent.User{
		Name:          "Zoë O'Hara 🦊",
		Email:         email,
		EmailVerified: epoch,
		Image:         "https://example.com/zoe.png?size=1&v=2",
	}
	if cols.UserPassword {
		u.Password = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"
	}
	if cols.UserRole {
		u.Role = "admin"
	}
	if cols.UserDisabledAt {
		u.DisabledAt = epoch.Add(time.Hour)
	}
	return u
}

// create stores a user and returns it as the adapter did.
func (c *check) create(u authent.User) *authent.User {
	c.Helper()
	got, err := c.Adapter.CreateUser(c.ctx, u)
	c.must(err, "CreateUser")
	if got == nil || got.ID == "" {
		c.Fatalf("CreateUser returned %+v, want a user with ID", got)
	}
	return got
}

// newUser stores a user who has an e-mail only.
func (c *check) newUser(email string) *authent.User {
	c.Helper()
	return c.create(authent.User{Email: email})
}

// readUser reads a user that must be there.
func (c *check) readUser(id string) *authent.User {
	c.Helper()
	u, err := c.Adapter.User(c.ctx, id)
	c.must(err, "User")
	return u
}

// byEmail returns the ids of the users with one of the e-mails.
func (c *check) byEmail(emails ...string) map[string]bool {
	c.Helper()
	users, err := c.Adapter.UsersByEmail(c.ctx, emails...)
	c.must(err, "UsersByEmail")
	ids := map[string]bool{}
	for _, u := range users {
		if ids[u.ID] {
			c.Errorf("UsersByEmail returned user %s twice", u.ID)
		}
		ids[u.ID] = true
	}
	return ids
}

// account returns an account without tokens.
func account(userID, provider, providerAccountID string) authent.Account {
	return authent.Account{
		UserID: userID, Type: "oauth",
		Provider: provider, ProviderAccountID: providerAccountID,
	}
}

// fullAccount returns an account with a value in every column.
func fullAccount(userID, provider, providerAccountID string) authent.Account {
	a := account(userID, provider, providerAccountID)
	a.RefreshToken = "refresh-token"
	a.AccessToken = "access-token"
	a.IDToken = "id-token"
	a.ExpiresAt = time.Unix(2592000, 0).UTC()
	a.TokenType = "bearer"
	a.Scope = "openid email profile"
	a.SessionState = "state"
	return a
}

func (c *check) link(a authent.Account) {
	c.Helper()
	c.must(c.Adapter.LinkAccount(c.ctx, a), "LinkAccount")
}

// readAccount reads an account that must be there.
func (c *check) readAccount(provider, providerAccountID string) *authent.Account {
	c.Helper()
	a, err := c.Adapter.Account(c.ctx, provider, providerAccountID)
	c.must(err, "Account")
	return a
}

// fullSession returns a session with a value in every column that the table has.
func (c *check) fullSession(userID string, token authent.Secret) authent.Session {
	cols := c.Adapter.Columns()
	s := authent.Session{Token: token, UserID: userID, Expires: epoch.Add(7 * 24 * time.Hour)}
	if cols.SessionCreatedAt {
		s.CreatedAt = epoch
	}
	if cols.SessionLastUsedAt {
		s.LastUsedAt = epoch.Add(time.Minute)
	}
	if cols.SessionIPAddress {
		s.IPAddress = "2001:db8::1"
	}
	if cols.SessionUserAgent {
		s.UserAgent = "Mozilla/5.0 (X11; Linux x86_64) Ünïcode/1.0"
	}
	if cols.SessionAMR {
		s.AMR = "pwd otp"
	}
	if cols.SessionAAL {
		s.AAL = 2
	}
	if cols.SessionAuthenticatedAt {
		s.AuthenticatedAt = epoch.Add(-time.Minute)
	}
	return s
}

// start stores a session and returns it as the adapter did.
func (c *check) start(s authent.Session) *authent.Session {
	c.Helper()
	got, err := c.Adapter.CreateSession(c.ctx, s)
	c.must(err, "CreateSession")
	if got == nil {
		c.Fatal("CreateSession returned nil, want the session")
	}
	return got
}

// newSession stores a session that ends a day after epoch.
func (c *check) newSession(userID string, token authent.Secret) *authent.Session {
	c.Helper()
	return c.start(authent.Session{Token: token, UserID: userID, Expires: epoch.Add(24 * time.Hour)})
}

// readSession reads a session that must be there.
func (c *check) readSession(token authent.Secret) *authent.Session {
	c.Helper()
	s, err := c.Adapter.SessionAndUser(c.ctx, token)
	c.must(err, "SessionAndUser")
	return s
}

// wantSessions compares the tokens of all the user's sessions.
func (c *check) wantSessions(userID string, tokens ...authent.Secret) {
	c.Helper()
	sessions, err := c.Adapter.Sessions(c.ctx, userID)
	c.must(err, "Sessions")
	want, got := map[authent.Secret]bool{}, map[authent.Secret]bool{}
	for _, t := range tokens {
		want[t] = true
	}
	for _, s := range sessions {
		got[s.Token] = true
	}
	c.wantSame(want, got, "Sessions")
}

// newToken stores a verification token that ends 15 minutes after epoch.
func (c *check) newToken(identifier string, token authent.Secret) authent.VerificationToken {
	c.Helper()
	v := authent.VerificationToken{Identifier: identifier, Token: token, Expires: epoch.Add(15 * time.Minute)}
	c.must(c.Adapter.CreateVerificationToken(c.ctx, v), "CreateVerificationToken")
	return v
}

// wantToken fails unless the token is there, or is not.
func (c *check) wantToken(identifier string, token authent.Secret, there bool) {
	c.Helper()
	_, err := c.Adapter.VerificationToken(c.ctx, identifier, token)
	switch {
	case there && err != nil:
		c.Errorf("VerificationToken(%q, %q): %v, want it there", identifier, string(token), err)
	case !there && !errors.Is(err, authent.ErrNotFound):
		c.Errorf("VerificationToken(%q, %q): got error %v, want %v", identifier, string(token), err, authent.ErrNotFound)
	}
}

// atOnce makes crowd calls at once and returns their errors, by number.
func atOnce(call func(i int) error) []error {
	errs := make([]error, crowd)
	var ready, done sync.WaitGroup
	ready.Add(crowd)
	for i := range crowd {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			errs[i] = call(i)
		})
	}
	done.Wait()
	return errs
}

// wantOneWinner fails unless exactly one of errs is nil and all others are the target.
func (c *check) wantOneWinner(errs []error, target error, what string) {
	c.Helper()
	winners := 0
	for _, err := range errs {
		if err == nil {
			winners++
		} else if !errors.Is(err, target) {
			c.Errorf("%s: a loser got %v, want %v", what, err, target)
		}
	}
	if winners != 1 {
		c.Errorf("%s: %d of %d calls won, want 1", what, winners, len(errs))
	}
}

// wantCount fails unless a method's number is want and its error nil.
func (c *check) wantCount(want, got int, err error, what string) {
	c.Helper()
	c.must(err, what)
	if got != want {
		c.Errorf("%s returned %d, want %d", what, got, want)
	}
}

// errBoom is a failure of the application's own inside InTx.
var errBoom = errors.New("boom")

func numbered(prefix string, i int) string { return fmt.Sprintf("%s%d", prefix, i) }
