package authenttest

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/authent/authent/authent"
)

// keyLengthCases returns one case for each key, such as KeyLength/SessionToken.
func keyLengthCases() []testCase {
	var cases []testCase
	for _, k := range append(keys, identifierKey, changedEmailKey) {
		cases = append(cases, testCase{name: k.name, run: func(c *check) { c.lengths(k) }})
	}
	return cases
}

// identifierKey is half of the key of a verification token.
var identifierKey = key{
	name: "Identifier",
	store: func(c *check, s string) error {
		return c.Adapter.CreateVerificationToken(c.ctx, authent.VerificationToken{Identifier: s, Token: "token", Expires: epoch})
	},
	find: func(c *check, s string) (string, error) {
		v, err := c.Adapter.VerificationToken(c.ctx, s, "token")
		if err != nil {
			return "", err
		}
		return v.Identifier, nil
	},
	remove: func(c *check, s string) error {
		_, err := c.Adapter.DeleteVerificationTokens(c.ctx, s, "")
		return err
	},
}

// changedEmailKey is an e-mail that UpdateUser stores.
var changedEmailKey = key{
	name: "EmailChanged",
	store: func(c *check, s string) error {
		u := c.newUser(fmt.Sprintf("before%d@example.com", len(s)))
		_, err := c.Adapter.UpdateUser(c.ctx, u.ID, authent.UserUpdate{Email: &s})
		if stored := c.readUser(u.ID).Email; err != nil && stored != u.Email {
			c.Errorf("UpdateUser: %v, and yet the e-mail is %q", err, short(stored))
		}
		if err != nil {
			c.must(c.Adapter.DeleteUser(c.ctx, u.ID), "DeleteUser")
		}
		return err
	},
	find: keys[0].find,
}

// lengths returns keys at and next to the limits, in bytes and in the letters of usual
// columns.
func lengths() []string {
	const wide = "🦊" // of four bytes
	var all []string
	for _, n := range []int{1, 190, 191, 192, 254, 255, 256, authent.MaxKey - 1, authent.MaxKey, authent.MaxKey + 1, 10_000} {
		all = append(all, strings.Repeat("a", n), strings.Repeat(wide, n))
	}
	return append(all, strings.Repeat(wide, authent.MaxKey/4-1)+"aaa", strings.Repeat(wide, authent.MaxKey/4-1)+"aaaaa", "a\x00b")
}

// keyFits reports whether a key must be stored or refused. Where the table decides, it
// returns stored.
func (c *check) keyFits(s string, stored bool) bool {
	const fewest = 191 // letters that MySQL's columns hold, those of Prisma say
	letters := utf8.RuneCountInString(s)
	switch {
	case authent.CheckKey("", s) != nil:
		return false
	case strings.Contains(s, "\x00"): // the engine stores none
		return stored
	case c.KeyLetters > 0:
		return letters <= c.KeyLetters
	case c.Dialect == "mysql" && letters > fewest:
		return stored
	}
	return true
}

// lengths stores keys of each length, and wants what is stored to be found and
// removed, and what is refused to be nowhere.
func (c *check) lengths(k key) {
	for _, s := range lengths() {
		what := fmt.Sprintf("%q (%d bytes, %d letters)", short(s), len(s), utf8.RuneCountInString(s))
		err := k.store(c, s)
		fits := c.keyFits(s, err == nil)
		switch {
		case fits && err != nil:
			c.Errorf("storing %s: %v", what, err)
		case !fits && !errors.Is(err, authent.ErrInvalid):
			c.Errorf("storing %s: got error %v, want %v", what, err, authent.ErrInvalid)
		case !fits && len(s) > 200 && strings.Contains(printed(err), s[:200]):
			c.Errorf("the error about %s holds the value", what)
		}
		c.wantFound(k, s, fits)
		if k.remove != nil {
			c.must(k.remove(c, s), "removing "+what)
			c.wantFound(k, s, false)
		}
	}
}
