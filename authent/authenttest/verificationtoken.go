package authenttest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/authent/authent/authent"
)

var verificationTokenCases = []testCase{
	{name: "CreateAndRead", run: tokenCreateAndRead},
	{name: "UseOnce", run: tokenUseOnce},
	{name: "ConcurrentUse", run: tokenConcurrentUse},
	{name: "WrongIdentifier", run: tokenWrongIdentifier},
	{name: "Unknown", run: tokenUnknown},
	{name: "ExpiredIsUsedUp", run: tokenExpired},
	{name: "Taken", run: tokenTaken},
	{name: "ConcurrentCreate", run: tokenConcurrentCreate},
	{name: "AgainAfterUse", run: tokenAgainAfterUse},
	{name: "List", run: tokenList},
	{name: "ListOfNone", run: tokenListOfNone},
	{name: "DeleteAll", run: tokenDeleteAll},
	{name: "DeleteAllExcept", run: tokenDeleteAllExcept},
	{name: "DeleteAllOfNone", run: tokenDeleteAllOfNone},
}

func tokenCreateAndRead(c *check) {
	for _, identifier := range []string{"a@example.com", "reset:0190-user", "oauth-state", "josé@example.com"} {
		want := c.newToken(identifier, authent.Secret("hash of "+identifier))
		for range 2 {
			got, err := c.Adapter.VerificationToken(c.ctx, want.Identifier, want.Token)
			c.must(err, "VerificationToken, which leaves it there")
			c.wantSame(&want, got, "VerificationToken")
		}
	}
}

func tokenUseOnce(c *check) {
	want := c.newToken("a@example.com", "token")
	c.newToken("a@example.com", "other")
	got, err := c.Adapter.UseVerificationToken(c.ctx, "a@example.com", "token")
	c.must(err, "UseVerificationToken")
	c.wantSame(&want, got, "what UseVerificationToken returned")
	_, err = c.Adapter.UseVerificationToken(c.ctx, "a@example.com", "token")
	c.wantErr(err, authent.ErrNotFound, "the second UseVerificationToken")
	c.wantToken("a@example.com", "token", false)
	c.wantToken("a@example.com", "other", true)
}

func tokenConcurrentUse(c *check) {
	c.newToken("a@example.com", "token")
	errs := atOnce(func(int) error {
		_, err := c.Adapter.UseVerificationToken(c.ctx, "a@example.com", "token")
		return err
	})
	c.wantOneWinner(errs, authent.ErrNotFound, "UseVerificationToken")
	c.wantToken("a@example.com", "token", false)
}

func tokenWrongIdentifier(c *check) {
	c.newToken("a@example.com", "token")
	for _, identifier := range []string{"b@example.com", "", "a@example.co", "%"} {
		_, err := c.Adapter.UseVerificationToken(c.ctx, identifier, "token")
		c.wantErr(err, authent.ErrNotFound, "UseVerificationToken "+identifier)
		c.wantToken(identifier, "token", false)
	}
	c.wantToken("a@example.com", "token", true)
}

func tokenUnknown(c *check) {
	c.newToken("a@example.com", "token")
	for _, token := range []authent.Secret{"nope", "", "toke", "%", "x\x00y", "\xff", authent.Secret(strings.Repeat("t", 10_000))} {
		_, err := c.Adapter.UseVerificationToken(c.ctx, "a@example.com", token)
		c.wantErr(err, authent.ErrNotFound, "UseVerificationToken "+short(string(token)))
		_, err = c.Adapter.VerificationToken(c.ctx, "a@example.com", token)
		c.wantErr(err, authent.ErrNotFound, "VerificationToken "+short(string(token)))
	}
	c.wantToken("a@example.com", "token", true)
}

// tokenExpired: whether a token has expired is for the engine to judge, and an
// expired one that somebody tried is gone.
func tokenExpired(c *check) {
	want := authent.VerificationToken{Identifier: "a@example.com", Token: "token", Expires: time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)}
	c.must(c.Adapter.CreateVerificationToken(c.ctx, want), "CreateVerificationToken")
	c.wantToken("a@example.com", "token", true)
	got, err := c.Adapter.UseVerificationToken(c.ctx, "a@example.com", "token")
	c.must(err, "UseVerificationToken")
	c.wantSame(&want, got, "what UseVerificationToken returned")
	c.wantToken("a@example.com", "token", false)
}

func tokenTaken(c *check) {
	want := c.newToken("a@example.com", "token")
	again := want
	again.Expires = want.Expires.Add(time.Hour)
	err := c.Adapter.CreateVerificationToken(c.ctx, again)
	c.wantConflict(err, authent.KeyVerificationToken, "CreateVerificationToken")
	got, err := c.Adapter.VerificationToken(c.ctx, "a@example.com", "token")
	c.must(err, "VerificationToken")
	c.wantSame(&want, got, "the first token")
}

func tokenConcurrentCreate(c *check) {
	errs := atOnce(func(int) error {
		return c.Adapter.CreateVerificationToken(c.ctx, authent.VerificationToken{Identifier: "oauth-refresh", Token: "lease", Expires: epoch})
	})
	c.wantOneWinner(errs, authent.ErrConflict, "CreateVerificationToken")
	c.wantToken("oauth-refresh", "lease", true)
}

func tokenAgainAfterUse(c *check) {
	for range 2 {
		c.newToken("a@example.com", "token")
		_, err := c.Adapter.UseVerificationToken(c.ctx, "a@example.com", "token")
		c.must(err, "UseVerificationToken")
	}
}

// someTokens stores three tokens of a@example.com and one of another identifier.
func (c *check) someTokens() {
	c.Helper()
	for _, token := range []authent.Secret{"1", "2", "3"} {
		c.newToken("a@example.com", token)
	}
	c.newToken("b@example.com", "4")
}

// wantTokens compares all tokens of an identifier.
func (c *check) wantTokens(identifier string, want ...authent.VerificationToken) {
	c.Helper()
	got, err := c.Adapter.VerificationTokens(c.ctx, identifier)
	c.must(err, "VerificationTokens "+short(identifier))
	byToken := func(a, b authent.VerificationToken) int { return cmp.Compare(a.Token, b.Token) }
	slices.SortFunc(got, byToken)
	slices.SortFunc(want, byToken)
	c.wantSame(want, got, "VerificationTokens "+short(identifier))
}

// tokenList: an expired token is in the list too.
func tokenList(c *check) {
	expired := authent.VerificationToken{Identifier: "a@example.com", Token: "0", Expires: time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)}
	c.must(c.Adapter.CreateVerificationToken(c.ctx, expired), "CreateVerificationToken")
	want := []authent.VerificationToken{expired, c.newToken("a@example.com", "1"), c.newToken("a@example.com", "2")}
	other := c.newToken("b@example.com", "3")
	for range 2 {
		c.wantTokens("a@example.com", want...)
		c.wantTokens("b@example.com", other)
	}
	_, err := c.Adapter.UseVerificationToken(c.ctx, "b@example.com", "3")
	c.must(err, "UseVerificationToken")
	c.wantTokens("b@example.com")
	c.wantTokens("a@example.com", want...)
}

func tokenListOfNone(c *check) {
	c.someTokens()
	for _, identifier := range []string{"c@example.com", "", "%", "a@example.co", "x\x00y", "\xff", strings.Repeat("i", 10_000)} {
		c.wantTokens(identifier)
	}
}

func tokenDeleteAll(c *check) {
	c.someTokens()
	n, err := c.Adapter.DeleteVerificationTokens(c.ctx, "a@example.com", "")
	c.wantCount(3, n, err, "DeleteVerificationTokens")
	for _, token := range []authent.Secret{"1", "2", "3"} {
		c.wantToken("a@example.com", token, false)
	}
	c.wantToken("b@example.com", "4", true)
}

func tokenDeleteAllExcept(c *check) {
	c.someTokens()
	n, err := c.Adapter.DeleteVerificationTokens(c.ctx, "a@example.com", "2")
	c.wantCount(2, n, err, "DeleteVerificationTokens")
	c.wantToken("a@example.com", "1", false)
	c.wantToken("a@example.com", "2", true)
	c.wantToken("a@example.com", "3", false)
	c.wantToken("b@example.com", "4", true)
	n, err = c.Adapter.DeleteVerificationTokens(c.ctx, "a@example.com", "4")
	c.wantCount(1, n, err, "DeleteVerificationTokens except another identifier's")
}

func tokenDeleteAllOfNone(c *check) {
	c.someTokens()
	for _, identifier := range []string{"c@example.com", "", "%", "x\x00y", "\xff"} {
		n, err := c.Adapter.DeleteVerificationTokens(c.ctx, identifier, "")
		c.wantCount(0, n, err, "DeleteVerificationTokens "+short(identifier))
	}
}
