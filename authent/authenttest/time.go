package authenttest

import (
	"os"
	"time"

	"github.com/authent/authent/authent"
)

var timeCases = []testCase{
	{name: "Zone", run: timeZoneOfProcess},
	{name: "UserUTC", run: timeUserUTC},
	{name: "AccountUTC", run: timeAccountUTC},
	{name: "SessionUTC", run: timeSessionUTC},
	{name: "VerificationTokenUTC", run: timeTokenUTC},
	{name: "UserPrecision", run: timeUserPrecision},
	{name: "AccountPrecision", run: timeAccountPrecision},
	{name: "SessionPrecision", run: timeSessionPrecision},
	{name: "VerificationTokenPrecision", run: timeTokenPrecision},
	{name: "AdapterClock", run: timeAdapterClock},
	{name: "DeleteExpired", run: timeDeleteExpired},
	{name: "DeleteExpiredPrecision", run: timeDeleteExpiredPrecision},
}

// zoned are whole seconds as other zones write them, on and around the hours
// that daylight saving time skips and repeats in New York.
var zoned = []time.Time{
	time.Date(2030, 6, 1, 12, 0, 0, 0, time.FixedZone("", 5*3600)),
	time.Date(2030, 6, 1, 0, 30, 0, 0, time.FixedZone("IST", 5*3600+1800)),
	time.Date(2030, 12, 31, 23, 0, 0, 0, time.FixedZone("", -8*3600)),
	time.Date(2030, 6, 1, 12, 0, 0, 0, time.Local),
	time.Date(2030, 3, 10, 2, 30, 0, 0, time.UTC),
	time.Date(2030, 3, 10, 7, 30, 0, 0, time.UTC),
	time.Date(2030, 11, 3, 5, 30, 0, 0, time.UTC),
	time.Date(2030, 11, 3, 6, 30, 0, 0, time.UTC),
}

// fine are times that no table holds whole.
var fine = []time.Time{
	time.Date(2030, 1, 2, 3, 4, 5, 123_456_789, time.UTC),
	time.Date(2030, 1, 2, 3, 4, 5, 999_999_999, time.UTC),
	time.Date(2030, 1, 2, 3, 4, 5, 1_000_000, time.UTC),
	time.Date(2030, 1, 2, 3, 4, 5, 999, time.UTC),
	time.Date(2030, 1, 2, 3, 4, 5, 100_000_000, time.UTC),
}

// timeZoneOfProcess proves that TZ took effect where Run set it.
func timeZoneOfProcess(c *check) {
	name := os.Getenv(zoneVar)
	if name == "" {
		return
	}
	zone, err := time.LoadLocation(name)
	c.must(err, "LoadLocation")
	for _, t := range zoned {
		if got, want := t.In(time.Local).Format(time.RFC3339), t.In(zone).Format(time.RFC3339); got != want {
			c.Errorf("the process runs in another zone than %s: %s, want %s", name, got, want)
		}
	}
}

// A reading is a time that a method returned.
type reading struct {
	what string
	at   time.Time
}

// wantUTC fails unless each reading is the instant at, in UTC.
func (c *check) wantUTC(at time.Time, readings []reading) {
	c.Helper()
	for _, r := range readings {
		if !r.at.Equal(at) {
			c.Errorf("%s is %v, want %v", r.what, r.at, at.UTC())
		} else if r.at.Location() != time.UTC {
			c.Errorf("%s is in the zone %v, want UTC", r.what, r.at.Location())
		}
	}
}

// wantCut fails unless each reading is at, cut off at the precision.
func (c *check) wantCut(at time.Time, readings []reading, precision time.Duration) {
	c.Helper()
	for _, r := range readings {
		if want := at.Truncate(precision); !r.at.Equal(want) {
			c.Errorf("%s is %v, want %v", r.what, r.at, want)
		}
	}
}

// userReadings writes at into a user's columns, by both methods that write,
// and returns what all methods that read make of it.
func (c *check) userReadings(at time.Time) []reading {
	c.Helper()
	full := c.fullUser("a@example.com")
	full.EmailVerified, full.DisabledAt = at, at
	disabled := c.Adapter.Columns().UserDisabledAt
	if !disabled {
		full.DisabledAt = time.Time{}
	}
	var readings []reading
	read := func(what string, u *authent.User) {
		readings = append(readings, reading{"EmailVerified of " + what, u.EmailVerified})
		if disabled {
			readings = append(readings, reading{"DisabledAt of " + what, u.DisabledAt})
		}
	}
	created := c.create(full)
	read("CreateUser", created)
	read("User", c.readUser(created.ID))
	c.must(c.Adapter.DeleteUser(c.ctx, created.ID), "DeleteUser")

	u := c.newUser("a@example.com")
	update := authent.UserUpdate{EmailVerified: &at}
	if disabled {
		update.DisabledAt = &at
	}
	updated, err := c.Adapter.UpdateUser(c.ctx, u.ID, update)
	c.must(err, "UpdateUser")
	read("UpdateUser", updated)
	c.newSession(u.ID, "token")
	read("the User of SessionAndUser", c.readSession("token").User)
	c.must(c.Adapter.DeleteUser(c.ctx, u.ID), "DeleteUser")
	return readings
}

// accountReadings does what userReadings does, for an account.
func (c *check) accountReadings(at time.Time) []reading {
	c.Helper()
	u := c.newUser("a@example.com")
	a := account(u.ID, "github", "1")
	a.ExpiresAt = at
	c.link(a)
	c.link(account(u.ID, "github", "2"))
	c.must(c.Adapter.UpdateAccount(c.ctx, "github", "2", authent.AccountUpdate{ExpiresAt: &at}), "UpdateAccount")
	readings := []reading{
		{"ExpiresAt after LinkAccount", c.readAccount("github", "1").ExpiresAt},
		{"ExpiresAt after UpdateAccount", c.readAccount("github", "2").ExpiresAt},
	}
	accounts, err := c.Adapter.Accounts(c.ctx, u.ID)
	c.wantCount(2, len(accounts), err, "Accounts")
	for _, a := range accounts {
		readings = append(readings, reading{"ExpiresAt in Accounts", a.ExpiresAt})
	}
	c.must(c.Adapter.DeleteUser(c.ctx, u.ID), "DeleteUser")
	return readings
}

// sessionReadings does what userReadings does, for a session.
func (c *check) sessionReadings(at time.Time) []reading {
	c.Helper()
	const updated = "SessionAndUser after UpdateSession"
	cols := c.Adapter.Columns()
	var readings []reading
	read := func(what string, s *authent.Session) {
		readings = append(readings, reading{"Expires of " + what, s.Expires})
		if cols.SessionCreatedAt {
			readings = append(readings, reading{"CreatedAt of " + what, s.CreatedAt})
		}
		if cols.SessionLastUsedAt {
			readings = append(readings, reading{"LastUsedAt of " + what, s.LastUsedAt})
		}
		if cols.SessionAuthenticatedAt && what != updated {
			readings = append(readings, reading{"AuthenticatedAt of " + what, s.AuthenticatedAt})
		}
	}
	u := c.newUser("a@example.com")
	read("CreateSession", c.start(authent.Session{Token: "1", UserID: u.ID, Expires: at, CreatedAt: at, LastUsedAt: at, AuthenticatedAt: at}))
	read("SessionAndUser", c.readSession("1"))
	read("Sessions", c.listed(u.ID, "1"))
	c.newSession(u.ID, "2")
	c.must(c.Adapter.UpdateSession(c.ctx, "2", authent.SessionUpdate{Expires: &at, CreatedAt: &at, LastUsedAt: &at}), "UpdateSession")
	read(updated, c.readSession("2"))
	c.must(c.Adapter.DeleteUser(c.ctx, u.ID), "DeleteUser")
	return readings
}

// tokenReadings does what userReadings does, for a verification token.
func (c *check) tokenReadings(at time.Time) []reading {
	c.Helper()
	v := authent.VerificationToken{Identifier: "i", Token: "t", Expires: at}
	c.must(c.Adapter.CreateVerificationToken(c.ctx, v), "CreateVerificationToken")
	read, err := c.Adapter.VerificationToken(c.ctx, "i", "t")
	c.must(err, "VerificationToken")
	listed, err := c.Adapter.VerificationTokens(c.ctx, "i")
	c.must(err, "VerificationTokens")
	if len(listed) != 1 {
		c.Fatalf("VerificationTokens returned %d, want 1", len(listed))
	}
	used, err := c.Adapter.UseVerificationToken(c.ctx, "i", "t")
	c.must(err, "UseVerificationToken")
	return []reading{{"Expires of VerificationToken", read.Expires}, {"Expires of VerificationTokens", listed[0].Expires}, {"Expires of UseVerificationToken", used.Expires}}
}

func timeUserUTC(c *check) {
	for _, at := range zoned {
		c.wantUTC(at, c.userReadings(at))
	}
}

func timeAccountUTC(c *check) {
	for _, at := range zoned {
		c.wantUTC(at, c.accountReadings(at))
	}
}

func timeSessionUTC(c *check) {
	for _, at := range zoned {
		c.wantUTC(at, c.sessionReadings(at))
	}
}

func timeTokenUTC(c *check) {
	for _, at := range zoned {
		c.wantUTC(at, c.tokenReadings(at))
	}
}

func timeUserPrecision(c *check) {
	for _, at := range fine {
		c.wantCut(at, c.userReadings(at), c.Precision)
	}
}

func timeAccountPrecision(c *check) {
	for _, at := range fine {
		c.wantCut(at, c.accountReadings(at), time.Second)
	}
}

func timeSessionPrecision(c *check) {
	for _, at := range fine {
		c.wantCut(at, c.sessionReadings(at), c.Precision)
	}
}

func timeTokenPrecision(c *check) {
	for _, at := range fine {
		c.wantCut(at, c.tokenReadings(at), c.Precision)
	}
}

// timeAdapterClock looks at the times that the adapter makes itself.
func timeAdapterClock(c *check) {
	cols := c.Adapter.Columns()
	for range 3 {
		u := c.newUser("a@example.com")
		read := c.readUser(u.ID)
		for _, tt := range []struct {
			has     bool
			reading reading
		}{
			{cols.UserCreatedAt, reading{"CreatedAt of CreateUser", u.CreatedAt}},
			{cols.UserCreatedAt, reading{"CreatedAt of User", read.CreatedAt}},
			{cols.UserUpdatedAt, reading{"UpdatedAt of CreateUser", u.UpdatedAt}},
			{cols.UserUpdatedAt, reading{"UpdatedAt of User", read.UpdatedAt}},
		} {
			if !tt.has {
				continue
			}
			at := tt.reading.at
			c.wantUTC(at.Truncate(c.Precision), []reading{tt.reading})
			if ago := time.Since(at); ago < -time.Minute || ago > time.Minute {
				c.Errorf("%s is %v, %v ago", tt.reading.what, at, ago)
			}
		}
		c.must(c.Adapter.DeleteUser(c.ctx, u.ID), "DeleteUser")
	}
}

// timeDeleteExpired compares times that differ by less than a zone does.
func timeDeleteExpired(c *check) {
	for _, at := range zoned {
		u := c.newUser("a@example.com")
		c.start(authent.Session{Token: "old", UserID: u.ID, Expires: at.Add(-time.Minute)})
		c.start(authent.Session{Token: "live", UserID: u.ID, Expires: at.Add(time.Minute)})
		n, err := c.Adapter.DeleteExpired(c.ctx, at, 10)
		c.wantCount(1, n, err, "DeleteExpired")
		c.wantSessions(u.ID, "live")
		c.must(c.Adapter.DeleteUser(c.ctx, u.ID), "DeleteUser")
	}
}

// timeDeleteExpiredPrecision stores one session for each step of the precision: text
// that drops trailing zeros would sort wrongly.
func timeDeleteExpiredPrecision(c *check) {
	u := c.newUser("a@example.com")
	first := epoch.Add(998 * c.Precision)
	for i := range 5 {
		c.start(authent.Session{Token: authent.Secret(numbered("", i)), UserID: u.ID, Expires: first.Add(time.Duration(i) * c.Precision)})
	}
	for i := range 5 {
		before := first.Add(time.Duration(i+1) * c.Precision)
		n, err := c.Adapter.DeleteExpired(c.ctx, before, 10)
		c.wantCount(1, n, err, "DeleteExpired before "+before.Format(time.RFC3339Nano))
	}
}
