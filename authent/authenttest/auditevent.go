package authenttest

import (
	"slices"
	"strings"
	"time"

	"github.com/authent/authent/authent"
)

var auditEventCases = []testCase{
	{name: "CreateAndRead", run: auditCreateAndRead},
	{name: "Minimal", run: auditMinimal},
	{name: "Pages", run: auditPages},
	{name: "OddPages", run: auditOddPages},
	{name: "UsersApart", run: auditUsersApart},
	{name: "ByteForByte", run: auditByteForByte},
	{name: "OutlivesUser", run: auditOutlivesUser},
	{name: "ForgetClients", run: auditForgetClients},
	{name: "LongValues", run: auditLongValues},
	{name: "LongUserID", run: auditLongUserID},
	{name: "InTx", run: auditInTx},
	{name: "Times", run: auditTimes},
	{name: "Swept", run: auditSwept},
}

func isAuditStore(s Subject) bool {
	_, ok := s.Adapter.(authent.AuditStore)
	return ok
}

func (c *check) audit() authent.AuditStore { return c.Adapter.(authent.AuditStore) }

// fullEvent returns an event of a user with a value in every column.
func fullEvent(userID string) authent.AuditEvent {
	return authent.AuditEvent{
		Time: epoch, UserID: userID, Kind: "sign_in", SessionID: "session", Method: "github", IPAddress: "2001:db8::1",
		UserAgent: "Mozilla/5.0 Ünïcode/1.0", Outcome: authent.AuditRefused, Reason: "AccessDenied", Expires: epoch.Add(time.Hour),
	}
}

// record stores an event.
func (c *check) record(e authent.AuditEvent) {
	c.Helper()
	c.must(c.audit().CreateAuditEvent(c.ctx, e), "CreateAuditEvent")
}

// events returns a page of a user's events.
func (c *check) events(userID string, page authent.AuditPage) []authent.AuditEvent {
	c.Helper()
	all, err := c.audit().AuditEvents(c.ctx, userID, page)
	c.must(err, "AuditEvents")
	return all
}

// wantEvents compares all events of a user, the newest first, whatever their ids are.
func (c *check) wantEvents(userID string, want ...authent.AuditEvent) {
	c.Helper()
	got := c.events(userID, authent.AuditPage{Limit: 100})
	for i := range got {
		if got[i].ID == "" {
			c.Error("an event has no ID")
		}
		got[i].ID = ""
	}
	c.wantSame(want, got, "AuditEvents")
}

func auditCreateAndRead(c *check) {
	const mine = "11111111-1111-4111-8111-111111111111"
	want, stored := fullEvent("u1"), fullEvent("u1")
	stored.ID = mine
	c.record(stored)
	c.record(stored)
	for _, e := range c.events("u1", authent.AuditPage{Limit: 100}) {
		if e.ID == mine {
			c.Error("CreateAuditEvent took the caller's ID")
		}
	}
	c.wantEvents("u1", want, want)
}

func auditMinimal(c *check) {
	want := authent.AuditEvent{Time: epoch, UserID: "u1", Kind: "sign_out", Outcome: authent.AuditSuccess, Expires: epoch}
	c.record(want)
	c.wantEvents("u1", want)
}

// auditPages: pages follow each other without gap or repetition, the newest event first.
func auditPages(c *check) {
	for i := range 5 {
		e := fullEvent("u1")
		e.Method = numbered("", i)
		e.Time = epoch.Add(-time.Duration(i) * time.Hour) // ids tell the order, not times
		c.record(e)
		c.record(fullEvent("u2"))
	}
	var got []string
	page := authent.AuditPage{Limit: 2}
	for _, want := range []int{2, 2, 1, 0} {
		events := c.events("u1", page)
		if len(events) != want {
			c.Fatalf("a page has %d events, want %d", len(events), want)
		}
		for _, e := range events {
			got, page.Before = append(got, e.Method), e.ID
		}
	}
	c.wantSame([]string{"4", "3", "2", "1", "0"}, got, "the events of all pages")
}

// auditOddPages: where a page begins, a browser says.
func auditOddPages(c *check) {
	c.record(fullEvent("u1"))
	for _, before := range []string{"%", "nope", "x\x00y", "\xff", strings.Repeat("f", 10_000)} {
		if n := len(c.events("u1", authent.AuditPage{Before: before, Limit: 20})); n > 1 {
			c.Errorf("there are %d events before %s, want at most 1", n, short(before))
		}
	}
}

func auditUsersApart(c *check) {
	c.record(fullEvent("u1"))
	c.record(fullEvent(""))
	c.wantEvents("u1", fullEvent("u1"))
	c.wantEvents("u2")
	c.wantEvents("")
}

func auditByteForByte(c *check) {
	c.record(fullEvent("Zoë"))
	for _, other := range []string{"zoë", "Zoe", "Zoë ", "Zoe\u0308", "Zoë%", "x\x00y", "\xff"} {
		c.wantEvents(other)
		c.must(c.audit().ForgetAuditClients(c.ctx, other), "ForgetAuditClients")
	}
	c.wantEvents("Zoë", fullEvent("Zoë"))
}

// auditOutlivesUser: an event refers to nobody who must be there.
func auditOutlivesUser(c *check) {
	u := c.newUser("a@example.com")
	c.record(fullEvent(u.ID))
	c.must(c.Adapter.DeleteUser(c.ctx, u.ID), "DeleteUser")
	c.record(fullEvent(u.ID))
	c.wantEvents(u.ID, fullEvent(u.ID), fullEvent(u.ID))
}

func auditForgetClients(c *check) {
	for _, id := range []string{"u1", "u2", "u1", ""} {
		c.record(fullEvent(id))
	}
	c.must(c.audit().ForgetAuditClients(c.ctx, "u1"), "ForgetAuditClients")
	want := fullEvent("u1")
	want.IPAddress, want.UserAgent = "", ""
	c.wantEvents("u1", want, want)
	c.wantEvents("u2", fullEvent("u2"))
	for _, id := range []string{"u1", "nobody", ""} {
		c.must(c.audit().ForgetAuditClients(c.ctx, id), "ForgetAuditClients of none")
	}
	c.wantEvents("u1", want, want)
}

// auditLongValues: an event is stored, whatever a browser calls itself.
func auditLongValues(c *check) {
	long := strings.Repeat("ü", 50_000)
	e := fullEvent("u1")
	e.SessionID, e.Method, e.IPAddress, e.UserAgent, e.Reason = long, long, long, long, long
	c.record(e)
	got := c.events("u1", authent.AuditPage{Limit: 20})
	if len(got) != 1 {
		c.Fatalf("there are %d events, want 1", len(got))
	}
	for _, value := range []string{got[0].SessionID, got[0].Method, got[0].IPAddress, got[0].UserAgent, got[0].Reason} {
		if value != "" && value != long {
			c.Errorf("a long value is stored as %s, want it whole or left out", short(value))
		}
	}
}

func auditLongUserID(c *check) {
	err := c.audit().CreateAuditEvent(c.ctx, fullEvent(strings.Repeat("u", authent.MaxKey+1)))
	c.wantErr(err, authent.ErrInvalid, "CreateAuditEvent")
}

// auditInTx: events are stored, and emptied, with their transaction or not at all.
func auditInTx(c *check) {
	c.record(fullEvent("u1"))
	write := func(tx authent.Adapter) error {
		if err := tx.(authent.AuditStore).CreateAuditEvent(c.ctx, fullEvent("u2")); err != nil {
			return err
		}
		return tx.(authent.AuditStore).ForgetAuditClients(c.ctx, "u1")
	}
	err := c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		c.must(write(tx), "CreateAuditEvent and ForgetAuditClients in InTx")
		return errBoom
	})
	c.wantErr(err, errBoom, "InTx")
	c.wantEvents("u1", fullEvent("u1"))
	c.wantEvents("u2")
	c.must(c.Adapter.InTx(c.ctx, write), "InTx")
	if got := c.events("u1", authent.AuditPage{Limit: 20})[0].IPAddress; got != "" {
		c.Errorf("the address is still %q after ForgetAuditClients", got)
	}
	c.wantEvents("u2", fullEvent("u2"))
}

// auditTimes: the table is authent's own everywhere, so it keeps milliseconds.
func auditTimes(c *check) {
	for i, at := range slices.Concat(zoned, fine) {
		e := fullEvent(numbered("u", i))
		e.Time, e.Expires = at, at
		c.record(e)
		got := c.events(e.UserID, authent.AuditPage{Limit: 20})[0]
		c.wantUTC(at.Truncate(time.Millisecond), []reading{{"Time", got.Time}, {"Expires", got.Expires}})
	}
}

func auditSwept(c *check) {
	for range 3 {
		c.record(fullEvent("u1"))
	}
	later := fullEvent("u1")
	later.Expires = epoch.Add(2 * time.Hour)
	c.record(later)
	sweep := func(before time.Time, limit, want int) {
		c.Helper()
		n, err := c.Adapter.DeleteExpired(c.ctx, before, limit)
		c.wantCount(want, n, err, "DeleteExpired")
	}
	sweep(epoch.Add(time.Hour), 10, 0)
	sweep(epoch.Add(time.Hour+time.Millisecond), 2, 2)
	sweep(epoch.Add(time.Hour+time.Millisecond), 2, 1)
	sweep(epoch.Add(time.Hour+time.Millisecond), 2, 0)
	c.wantEvents("u1", later)
}
