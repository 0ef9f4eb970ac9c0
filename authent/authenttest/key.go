package authenttest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"github.com/authent/authent/authent"
)

// keyCases has one case for each key and way of spelling it twice, such as
// ByteForByte/SessionTokenCase, and those that fit no table.
var keyCases = append(spelledCases(),
	testCase{name: "Identifier", run: keyIdentifier},
	testCase{name: "EmailRespelled", run: keyEmailRespelled},
	testCase{name: "ExceptSession", run: keyExceptSession},
	testCase{name: "ExceptVerificationToken", run: keyExceptToken},
)

var conflictCases = []testCase{
	{name: "HoldsNoValue", run: conflictHoldsNoValue},
}

// spellings are pairs that databases take for one under a collation that
// folds; the seed's tables on MySQL have one.
var spellings = []struct{ name, a, b string }{
	{"Case", "abcdef", "AbCdEf"},
	{"Accent", "jose", "josé"},
	{"Composition", "jos\u00e9", "jose\u0301"},
	{"TrailingSpace", "abc", "abc "},
}

// A key is a unique key that can be spelled in two ways.
type key struct {
	name, conflict string
	store          func(c *check, spelling string) error
	// find returns the row's own spelling, whichever it was looked up by.
	find func(c *check, spelling string) (string, error)
	// remove deletes by the key. If nil, no method does.
	remove func(c *check, spelling string) error
}

var keys = []key{
	{
		name: "Email", conflict: authent.KeyUserEmail,
		store: func(c *check, s string) error {
			_, err := c.Adapter.CreateUser(c.ctx, authent.User{Email: s})
			return err
		},
		find: func(c *check, s string) (string, error) {
			users, err := c.Adapter.UsersByEmail(c.ctx, s)
			if err != nil || len(users) == 0 {
				return "", errors.Join(err, authent.ErrNotFound)
			}
			return users[0].Email, nil
		},
	},
	{
		name: "ProviderAccountID", conflict: authent.KeyAccount,
		store:  func(c *check, s string) error { return storeAccount(c, "github", s) },
		find:   func(c *check, s string) (string, error) { _, id, err := findAccount(c, "github", s); return id, err },
		remove: func(c *check, s string) error { return c.Adapter.UnlinkAccount(c.ctx, "github", s) },
	},
	{
		name: "Provider", conflict: authent.KeyAccount,
		store:  func(c *check, s string) error { return storeAccount(c, s, "1") },
		find:   func(c *check, s string) (string, error) { p, _, err := findAccount(c, s, "1"); return p, err },
		remove: func(c *check, s string) error { return c.Adapter.UnlinkAccount(c.ctx, s, "1") },
	},
	{
		name: "SessionToken", conflict: authent.KeySessionToken,
		store:  storeSession,
		find:   findSession,
		remove: func(c *check, s string) error { return c.Adapter.DeleteSession(c.ctx, authent.Secret(s)) },
	},
	{
		name: "VerificationToken", conflict: authent.KeyVerificationToken,
		store: func(c *check, s string) error {
			return c.Adapter.CreateVerificationToken(c.ctx, authent.VerificationToken{Identifier: "i", Token: authent.Secret(s), Expires: epoch})
		},
		find: func(c *check, s string) (string, error) {
			v, err := c.Adapter.VerificationToken(c.ctx, "i", authent.Secret(s))
			if err != nil {
				return "", err
			}
			return string(v.Token), nil
		},
		remove: func(c *check, s string) error {
			_, err := c.Adapter.UseVerificationToken(c.ctx, "i", authent.Secret(s))
			if errors.Is(err, authent.ErrNotFound) {
				return nil
			}
			return err
		},
	},
}

// storeAccount links the account to a new user.
func storeAccount(c *check, provider, providerAccountID string) error {
	u := c.newUser(fmt.Sprintf("%x@example.com", sha256.Sum256([]byte(provider+"/"+providerAccountID))))
	return c.Adapter.LinkAccount(c.ctx, account(u.ID, provider, providerAccountID))
}

// findAccount fails unless all methods that take the key agree.
func findAccount(c *check, provider, providerAccountID string) (string, string, error) {
	a, err := c.Adapter.Account(c.ctx, provider, providerAccountID)
	u, userErr := c.Adapter.UserByAccount(c.ctx, provider, providerAccountID)
	updateErr := c.Adapter.UpdateAccount(c.ctx, provider, providerAccountID, authent.AccountUpdate{Scope: new("openid")})
	for what, other := range map[string]error{"UserByAccount": userErr, "UpdateAccount": updateErr} {
		if (err == nil) != (other == nil) {
			c.Errorf("Account of %q, %q: %v, but %s: %v", provider, providerAccountID, err, what, other)
		}
	}
	if err != nil {
		return "", "", err
	}
	if userErr == nil && u.ID != a.UserID {
		c.Errorf("UserByAccount of %q, %q is not the account's user", provider, providerAccountID)
	}
	return a.Provider, a.ProviderAccountID, nil
}

func storeSession(c *check, token string) error {
	u := c.newUser(fmt.Sprintf("%x@example.com", sha256.Sum256([]byte(token))))
	_, err := c.Adapter.CreateSession(c.ctx, authent.Session{Token: authent.Secret(token), UserID: u.ID, Expires: epoch})
	return err
}

func findSession(c *check, token string) (string, error) {
	s, err := c.Adapter.SessionAndUser(c.ctx, authent.Secret(token))
	updateErr := c.Adapter.UpdateSession(c.ctx, authent.Secret(token), authent.SessionUpdate{Expires: new(epoch)})
	if (err == nil) != (updateErr == nil) {
		c.Errorf("SessionAndUser of %q: %v, but UpdateSession: %v", token, err, updateErr)
	}
	if err != nil {
		return "", err
	}
	return string(s.Token), nil
}

func spelledCases() []testCase {
	var cases []testCase
	for _, k := range keys {
		for _, s := range spellings {
			cases = append(cases, testCase{
				name: k.name + s.name,
				run:  func(c *check) { c.spelled(k, s.a, s.b) },
			})
		}
	}
	return cases
}

// spelled stores a key in one spelling, then in another, and wants no method
// to take one for the other.
func (c *check) spelled(k key, a, b string) {
	c.must(k.store(c, a), "storing "+a)
	c.wantFound(k, a, true)
	c.wantFound(k, b, false)
	if k.remove != nil {
		c.must(k.remove(c, b), "removing the other spelling")
		c.wantFound(k, a, true)
	}

	err := k.store(c, b)
	if c.Folds && err != nil {
		c.wantConflict(err, k.conflict, "storing the other spelling in a table that folds")
	} else {
		c.must(err, "storing the other spelling")
	}
	c.wantFound(k, a, true)
	c.wantFound(k, b, err == nil)
	if err == nil && k.remove != nil {
		c.must(k.remove(c, b), "removing the other spelling's own row")
		c.wantFound(k, a, true)
		c.wantFound(k, b, false)
	}
}

func (c *check) wantFound(k key, spelling string, there bool) {
	c.Helper()
	got, err := k.find(c, spelling)
	switch {
	case there && err != nil:
		c.Errorf("looking up %q: %v, want it there", short(spelling), err)
	case there && got != spelling:
		c.Errorf("looking up %q found %q", short(spelling), short(got))
	case !there && !errors.Is(err, authent.ErrNotFound):
		c.Errorf("looking up %q found %q with error %v, want %v", short(spelling), short(got), err, authent.ErrNotFound)
	}
}

// keyIdentifier gives each spelling its token, since some tables have the
// token alone as key.
func keyIdentifier(c *check) {
	for i, s := range spellings {
		ta, tb := authent.Secret(numbered("a", i)), authent.Secret(numbered("b", i))
		first, second := c.newToken(s.a, ta), c.newToken(s.b, tb)
		c.wantTokens(s.a, first)
		c.wantTokens(s.b, second)
		c.wantToken(s.b, ta, false)
		c.wantToken(s.a, tb, false)
		_, err := c.Adapter.UseVerificationToken(c.ctx, s.b, ta)
		c.wantErr(err, authent.ErrNotFound, "UseVerificationToken "+s.b)
		n, err := c.Adapter.DeleteVerificationTokens(c.ctx, s.b, "")
		c.wantCount(1, n, err, "DeleteVerificationTokens")
		c.wantToken(s.a, ta, true)
		_, err = c.Adapter.DeleteVerificationTokens(c.ctx, s.a, "")
		c.must(err, "DeleteVerificationTokens")
	}
}

// keyEmailRespelled: one's own e-mail is no conflict, even where the table
// takes both spellings for one.
func keyEmailRespelled(c *check) {
	for _, s := range spellings {
		u := c.newUser(s.a + "@example.com")
		want := s.b + "@example.com"
		got, err := c.Adapter.UpdateUser(c.ctx, u.ID, authent.UserUpdate{Email: &want})
		c.must(err, "UpdateUser with another spelling")
		c.wantSame(want, got.Email, "Email")
		c.wantSame(map[string]bool{u.ID: true}, c.byEmail(want), "UsersByEmail of the new spelling")
		c.wantSame(map[string]bool{}, c.byEmail(s.a+"@example.com"), "UsersByEmail of the old spelling")
		c.must(c.Adapter.DeleteUser(c.ctx, u.ID), "DeleteUser")
	}
}

func keyExceptSession(c *check) {
	u := c.newUser("a@example.com")
	for _, s := range spellings {
		c.newSession(u.ID, authent.Secret(s.a))
		n, err := c.Adapter.DeleteSessions(c.ctx, u.ID, authent.Secret(s.b))
		c.wantCount(1, n, err, "DeleteSessions except another spelling, "+s.name)
	}
}

func keyExceptToken(c *check) {
	for _, s := range spellings {
		c.newToken("i", authent.Secret(s.a))
		n, err := c.Adapter.DeleteVerificationTokens(c.ctx, "i", authent.Secret(s.b))
		c.wantCount(1, n, err, "DeleteVerificationTokens except another spelling, "+s.name)
	}
}

// conflictHoldsNoValue: drivers print the value, and errors go to logs.
func conflictHoldsNoValue(c *check) {
	const email, id, token = "secret-address@example.com", "secret-account", "secret-token"
	u, other := c.newUser(email), c.newUser("other@example.com")
	c.link(account(u.ID, "github", id))
	c.newSession(u.ID, token)
	c.newToken("secret-identifier", token)

	_, createErr := c.Adapter.CreateUser(c.ctx, authent.User{Email: email})
	_, updateErr := c.Adapter.UpdateUser(c.ctx, other.ID, authent.UserUpdate{Email: new(email)})
	_, sessionErr := c.Adapter.CreateSession(c.ctx, authent.Session{Token: token, UserID: u.ID, Expires: epoch})
	for what, err := range map[string]error{
		"CreateUser":              createErr,
		"UpdateUser":              updateErr,
		"LinkAccount":             c.Adapter.LinkAccount(c.ctx, account(other.ID, "github", id)),
		"CreateSession":           sessionErr,
		"CreateVerificationToken": c.Adapter.CreateVerificationToken(c.ctx, authent.VerificationToken{Identifier: "secret-identifier", Token: token, Expires: epoch}),
	} {
		c.wantErr(err, authent.ErrConflict, what)
		if text := printed(err); strings.Contains(text, "secret-") {
			c.Errorf("the error of %s holds the value: %s", what, text)
		}
	}
}

// printed returns everything that an error and the errors in it may print.
func printed(err error) string {
	if err == nil {
		return ""
	}
	text := fmt.Sprintf("%v %+v %#v\n", err, err, err)
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		text += printed(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			text += printed(err)
		}
	}
	return text
}
