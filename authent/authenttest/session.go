package authenttest

import (
	"strings"
	"time"

	"github.com/authent/authent/authent"
)

var sessionCases = []testCase{
	{name: "CreateAndRead", run: sessionCreateAndRead},
	{name: "Minimal", run: sessionMinimal},
	{name: "UserOfSession", run: sessionUser},
	{name: "List", run: sessionList},
	{name: "ExpiredIsThere", run: sessionExpired},
	{name: "Unknown", run: sessionUnknown},
	{name: "UnknownUser", run: sessionUnknownUser},
	{name: "OfDeletedUser", run: sessionOfDeletedUser},
	{name: "TokenTaken", run: sessionTokenTaken},
	{name: "UpdateOneColumn", run: sessionUpdateOneColumn},
	{name: "UpdateSameValue", run: sessionUpdateSameValue},
	{name: "UpdateUnknown", run: sessionUpdateUnknown},
	{name: "IDIsNotTheToken", run: sessionIDIsNotTheToken},
	{name: "IDIsStable", run: sessionIDIsStable},
	{name: "AdapterMakesID", run: sessionAdapterMakesID},
	{name: "ProofStays", run: sessionProofStays, applies: hasProof},
}

// hasProof reports whether the subject's sessions say how the person proved who they are.
func hasProof(s Subject) bool {
	cols := s.Adapter.Columns()
	return cols.SessionAMR || cols.SessionAAL || cols.SessionAuthenticatedAt
}

// sessionProofStays: a session never proves more than it did at first, nor later.
func sessionProofStays(c *check) {
	u := c.newUser("a@example.com")
	full, minimal := c.fullSession(u.ID, "full"), authent.Session{Token: "minimal", UserID: u.ID, Expires: epoch}
	c.start(full)
	c.start(minimal)
	at := epoch.Add(time.Hour)
	for _, want := range []authent.Session{full, minimal} {
		c.must(c.Adapter.UpdateSession(c.ctx, want.Token, authent.SessionUpdate{Expires: &at, CreatedAt: &at, LastUsedAt: &at}), "UpdateSession")
		got := c.readSession(want.Token)
		c.wantSame(want.AMR, got.AMR, "AMR after UpdateSession")
		c.wantSame(want.AAL, got.AAL, "AAL after UpdateSession")
		c.wantSame(want.AuthenticatedAt, got.AuthenticatedAt, "AuthenticatedAt after UpdateSession")
	}
}

// listed returns the user's session with the token out of Sessions.
func (c *check) listed(userID string, token authent.Secret) *authent.Session {
	c.Helper()
	sessions, err := c.Adapter.Sessions(c.ctx, userID)
	c.must(err, "Sessions")
	for _, s := range sessions {
		if s.Token == token {
			return s
		}
	}
	c.Fatalf("Sessions lacks the session %q", string(token))
	return nil
}

// wantSession wants got to hold what was passed to CreateSession, whatever its
// ID and User are.
func (c *check) wantSession(want authent.Session, got *authent.Session, what string) {
	c.Helper()
	want.ID, want.User = got.ID, got.User
	c.wantSame(&want, got, what)
}

func sessionCreateAndRead(c *check) {
	u := c.newUser("a@example.com")
	want := c.fullSession(u.ID, "token")
	c.wantSession(want, c.start(want), "what CreateSession returned")
	c.wantSession(want, c.readSession("token"), "SessionAndUser")
	c.wantSession(want, c.listed(u.ID, "token"), "Sessions")
}

func sessionMinimal(c *check) {
	u := c.newUser("a@example.com")
	want := authent.Session{Token: "token", UserID: u.ID, Expires: epoch}
	c.wantSession(want, c.start(want), "what CreateSession returned")
	got := c.readSession("token")
	c.wantSession(want, got, "SessionAndUser")
	if !got.CreatedAt.IsZero() || !got.LastUsedAt.IsZero() || !got.AuthenticatedAt.IsZero() {
		c.Errorf("NULL times are %v, %v and %v, want the zero time", got.CreatedAt, got.LastUsedAt, got.AuthenticatedAt)
	}
}

func sessionUser(c *check) {
	u, other := c.create(c.fullUser("u@example.com")), c.newUser("other@example.com")
	c.newSession(other.ID, "other")
	s := c.fullSession(u.ID, "token")
	s.User = other
	c.start(s)
	c.wantSame(u, c.readSession("token").User, "the User of SessionAndUser")
	if got := c.listed(u.ID, "token").User; got != nil {
		c.Errorf("the User in Sessions is %v, want nil", got)
	}
}

func sessionList(c *check) {
	u, other := c.newUser("u@example.com"), c.newUser("other@example.com")
	c.wantSessions(u.ID)
	for _, token := range []authent.Secret{"1", "2", "3"} {
		c.newSession(u.ID, token)
	}
	c.newSession(other.ID, "4")
	c.wantSessions(u.ID, "1", "2", "3")
	c.wantSessions(other.ID, "4")
}

// sessionExpired: whether a session has expired is for the engine to judge.
func sessionExpired(c *check) {
	u := c.newUser("a@example.com")
	c.start(authent.Session{Token: "old", UserID: u.ID, Expires: time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)})
	c.readSession("old")
	c.wantSessions(u.ID, "old")
}

func sessionUnknown(c *check) {
	u := c.newUser("a@example.com")
	c.newSession(u.ID, "token")
	for _, token := range []authent.Secret{"", "nope", "toke", "token1", "%", "x\x00y", "\xff", authent.Secret(strings.Repeat("t", 10_000))} {
		_, err := c.Adapter.SessionAndUser(c.ctx, token)
		c.wantErr(err, authent.ErrNotFound, "SessionAndUser "+short(string(token)))
		err = c.Adapter.UpdateSession(c.ctx, token, authent.SessionUpdate{Expires: new(epoch)})
		c.wantErr(err, authent.ErrNotFound, "UpdateSession "+short(string(token)))
	}
}

func sessionUnknownUser(c *check) {
	gone := c.newUser("gone@example.com")
	c.must(c.Adapter.DeleteUser(c.ctx, gone.ID), "DeleteUser")
	_, err := c.Adapter.CreateSession(c.ctx, authent.Session{Token: "token", UserID: gone.ID, Expires: epoch})
	c.wantErr(err, authent.ErrNotFound, "CreateSession")
	_, err = c.Adapter.SessionAndUser(c.ctx, "token")
	c.wantErr(err, authent.ErrNotFound, "SessionAndUser")
}

func sessionOfDeletedUser(c *check) {
	u := c.newUser("a@example.com")
	c.newSession(u.ID, "token")
	c.must(c.Adapter.DeleteUser(c.ctx, u.ID), "DeleteUser")
	_, err := c.Adapter.SessionAndUser(c.ctx, "token")
	c.wantErr(err, authent.ErrNotFound, "SessionAndUser")
}

func sessionTokenTaken(c *check) {
	first, second := c.newUser("first@example.com"), c.newUser("second@example.com")
	want := c.fullSession(first.ID, "token")
	c.start(want)
	for what, u := range map[string]*authent.User{"the same user": first, "another user": second} {
		_, err := c.Adapter.CreateSession(c.ctx, authent.Session{Token: "token", UserID: u.ID, Expires: epoch})
		c.wantConflict(err, authent.KeySessionToken, "CreateSession by "+what)
	}
	c.wantSession(want, c.readSession("token"), "the first session")
	c.wantSessions(second.ID)
}

func sessionUpdateOneColumn(c *check) {
	cols := c.Adapter.Columns()
	u := c.newUser("a@example.com")
	want, other := c.fullSession(u.ID, "token"), c.fullSession(u.ID, "other")
	c.start(want)
	c.start(other)
	at := epoch.Add(30 * 24 * time.Hour)
	for _, change := range []struct {
		what   string
		has    bool
		update authent.SessionUpdate
		column *time.Time
	}{
		{"Expires", true, authent.SessionUpdate{Expires: &at}, &want.Expires},
		{"CreatedAt", cols.SessionCreatedAt, authent.SessionUpdate{CreatedAt: &at}, &want.CreatedAt},
		{"LastUsedAt", cols.SessionLastUsedAt, authent.SessionUpdate{LastUsedAt: &at}, &want.LastUsedAt},
	} {
		if change.has {
			*change.column = at
		}
		c.must(c.Adapter.UpdateSession(c.ctx, "token", change.update), "UpdateSession "+change.what)
		c.wantSession(want, c.readSession("token"), "SessionAndUser after UpdateSession "+change.what)
	}
	c.wantSession(other, c.readSession("other"), "the other session")
}

func sessionUpdateSameValue(c *check) {
	want := c.fullSession(c.newUser("a@example.com").ID, "token")
	c.start(want)
	for _, update := range []authent.SessionUpdate{{}, {Expires: &want.Expires}} {
		c.must(c.Adapter.UpdateSession(c.ctx, "token", update), "UpdateSession with the values that are there")
		c.wantSession(want, c.readSession("token"), "SessionAndUser")
	}
}

func sessionUpdateUnknown(c *check) {
	u := c.newUser("a@example.com")
	c.newSession(u.ID, "token")
	c.must(c.Adapter.DeleteSession(c.ctx, "token"), "DeleteSession")
	for _, update := range []authent.SessionUpdate{{}, {Expires: new(epoch)}, {LastUsedAt: new(epoch)}} {
		c.wantErr(c.Adapter.UpdateSession(c.ctx, "token", update), authent.ErrNotFound, "UpdateSession")
	}
	c.wantSessions(u.ID)
}

// sessionIDIsNotTheToken: the ID goes to the browser as it is, in lists and
// forms, so nobody may find the token, in any spelling, from it.
func sessionIDIsNotTheToken(c *check) {
	const token = "3b5d5c3712955042212316173ccf37be800f3f4a6f2c7d1b7d0d4f6a1c2e3b4a"
	u := c.newUser("a@example.com")
	created := c.newSession(u.ID, token)
	for what, s := range map[string]*authent.Session{
		"CreateSession": created, "SessionAndUser": c.readSession(token), "Sessions": c.listed(u.ID, token),
	} {
		id := strings.ToLower(s.ID)
		switch {
		case id == "":
			c.Errorf("the session of %s has no ID", what)
		case strings.Contains(id, token[:16]), strings.Contains(id, token[48:]), strings.Contains(token, id) && len(id) > 8:
			c.Errorf("the ID in the session of %s tells of the token", what)
		}
	}
}

func sessionIDIsStable(c *check) {
	u := c.newUser("a@example.com")
	created, other := c.newSession(u.ID, "token"), c.newSession(u.ID, "other")
	if created.ID == other.ID {
		c.Errorf("two sessions have the ID %q", created.ID)
	}
	c.wantSame(created.ID, c.readSession("token").ID, "the ID in SessionAndUser")
	c.wantSame(created.ID, c.listed(u.ID, "token").ID, "the ID in Sessions")
	c.must(c.Adapter.UpdateSession(c.ctx, "token", authent.SessionUpdate{Expires: new(epoch)}), "UpdateSession")
	c.wantSame(created.ID, c.readSession("token").ID, "the ID after UpdateSession")
}

func sessionAdapterMakesID(c *check) {
	const mine = "11111111-1111-4111-8111-111111111111"
	u := c.newUser("a@example.com")
	for _, token := range []authent.Secret{"1", "2"} {
		s := c.start(authent.Session{ID: mine, Token: token, UserID: u.ID, Expires: epoch})
		if s.ID == mine {
			c.Errorf("CreateSession took the caller's ID")
		}
	}
}
