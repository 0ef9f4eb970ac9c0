package authenttest

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/authent/authent/authent"
)

var totpCases = []testCase{
	{name: "CreateAndRead", run: totpCreateAndRead},
	{name: "Taken", run: totpTaken},
	{name: "UnknownUser", run: totpUnknownUser},
	{name: "OfNobody", run: totpOfNobody},
	{name: "LongSecret", run: totpLongSecret},
	{name: "StepsGoUp", run: totpStepsGoUp},
	{name: "ConcurrentStep", run: totpConcurrentStep},
	{name: "UpdateSecret", run: totpUpdateSecret},
	{name: "Delete", run: totpDelete},
	{name: "OfDeletedUser", run: totpOfDeletedUser},
	{name: "List", run: totpList},
	{name: "InTx", run: totpInTx},
	{name: "Times", run: totpTimes},
}

func isTOTPStore(s Subject) bool {
	_, ok := s.Adapter.(authent.TOTPStore)
	return ok
}

func (c *check) totps() authent.TOTPStore { return c.Adapter.(authent.TOTPStore) }

// fullTOTP returns a user's TOTP with a value in every column.
func fullTOTP(userID string) authent.TOTP {
	return authent.TOTP{UserID: userID, Secret: "sealed", LastStep: 1_900_000_000, ConfirmedAt: epoch}
}

// confirm stores a user's TOTP.
func (c *check) confirm(t authent.TOTP) {
	c.Helper()
	c.must(c.totps().CreateTOTP(c.ctx, t), "CreateTOTP")
}

// wantTOTP compares the TOTP that its user has.
func (c *check) wantTOTP(want authent.TOTP) {
	c.Helper()
	got, err := c.totps().TOTP(c.ctx, want.UserID)
	c.must(err, "TOTP")
	c.wantSame(&want, got, "TOTP")
}

// wantNoTOTP fails if the user has one.
func (c *check) wantNoTOTP(userID string) {
	c.Helper()
	_, err := c.totps().TOTP(c.ctx, userID)
	c.wantErr(err, authent.ErrNotFound, "TOTP")
}

// step wants UseTOTPStep to answer so.
func (c *check) step(userID string, step int64, want bool) {
	c.Helper()
	got, err := c.totps().UseTOTPStep(c.ctx, userID, step)
	c.must(err, "UseTOTPStep")
	if got != want {
		c.Errorf("UseTOTPStep of %d returned %v, want %v", step, got, want)
	}
}

func totpCreateAndRead(c *check) {
	a, b := c.newUser("a@example.com"), c.newUser("b@example.com")
	fresh := authent.TOTP{UserID: b.ID, Secret: "other", ConfirmedAt: epoch}
	c.confirm(fullTOTP(a.ID))
	c.confirm(fresh)
	c.wantTOTP(fullTOTP(a.ID))
	c.wantTOTP(fresh)
}

func totpTaken(c *check) {
	u := c.newUser("a@example.com")
	c.confirm(fullTOTP(u.ID))
	err := c.totps().CreateTOTP(c.ctx, authent.TOTP{UserID: u.ID, Secret: "second", ConfirmedAt: epoch})
	c.wantConflict(err, authent.KeyTOTP, "CreateTOTP")
	c.wantTOTP(fullTOTP(u.ID))
}

func totpUnknownUser(c *check) {
	gone := c.newUser("a@example.com")
	c.must(c.Adapter.DeleteUser(c.ctx, gone.ID), "DeleteUser")
	for _, id := range append(oddIDs, gone.ID) {
		c.wantErr(c.totps().CreateTOTP(c.ctx, fullTOTP(id)), authent.ErrNotFound, "CreateTOTP of "+short(id))
		c.wantNoTOTP(id)
	}
}

// oddIDs are ids that no user has.
var oddIDs = []string{"", "0", "nope", "%", "x\x00y", "\xff", strings.Repeat("9", 10_000)}

// totpOfNobody: who has none, whether they exist or not, has none to use, change or delete.
func totpOfNobody(c *check) {
	u, other := c.newUser("a@example.com"), c.newUser("other@example.com")
	c.confirm(fullTOTP(other.ID))
	for _, id := range append(oddIDs, u.ID) {
		c.wantNoTOTP(id)
		c.step(id, 2_000_000_000, false)
		c.must(c.totps().UpdateTOTPSecret(c.ctx, id, "sealed", "anew"), "UpdateTOTPSecret of "+short(id))
		c.must(c.totps().DeleteTOTP(c.ctx, id), "DeleteTOTP of "+short(id))
	}
	c.wantTOTP(fullTOTP(other.ID))
}

func totpLongSecret(c *check) {
	u := c.newUser("a@example.com")
	most, more := authent.Secret(strings.Repeat("s", authent.MaxKey)), authent.Secret(strings.Repeat("s", authent.MaxKey+1))
	want := fullTOTP(u.ID)
	want.Secret = more
	c.wantErr(c.totps().CreateTOTP(c.ctx, want), authent.ErrInvalid, "CreateTOTP")
	want.Secret = most
	c.confirm(want)
	c.wantErr(c.totps().UpdateTOTPSecret(c.ctx, u.ID, most, more), authent.ErrInvalid, "UpdateTOTPSecret")
	c.wantTOTP(want)
	c.must(c.totps().UpdateTOTPSecret(c.ctx, u.ID, most, "sealed"), "UpdateTOTPSecret")
	c.wantTOTP(fullTOTP(u.ID))
}

// totpStepsGoUp: no code works twice, nor one from before.
func totpStepsGoUp(c *check) {
	u, other := c.newUser("a@example.com"), c.newUser("other@example.com")
	want := fullTOTP(u.ID)
	want.LastStep = 0
	c.confirm(want)
	c.confirm(fullTOTP(other.ID))
	for _, use := range []struct {
		step int64
		want bool
	}{{0, false}, {10, true}, {10, false}, {9, false}, {-1, false}, {11, true}, {3_000_000_000, true}, {11, false}} {
		c.step(u.ID, use.step, use.want)
	}
	want.LastStep = 3_000_000_000
	c.wantTOTP(want)
	c.wantTOTP(fullTOTP(other.ID))
}

func totpConcurrentStep(c *check) {
	u := c.newUser("a@example.com")
	c.confirm(fullTOTP(u.ID))
	errs := atOnce(func(int) error {
		used, err := c.totps().UseTOTPStep(c.ctx, u.ID, 2_000_000_000)
		if err == nil && !used {
			return errUsed
		}
		return err
	})
	c.wantOneWinner(errs, errUsed, "UseTOTPStep")
}

// errUsed says that a step was used before.
var errUsed = errors.New("used before")

func totpUpdateSecret(c *check) {
	u, other := c.newUser("a@example.com"), c.newUser("other@example.com")
	want := fullTOTP(u.ID)
	c.confirm(want)
	c.confirm(fullTOTP(other.ID))
	for _, old := range []authent.Secret{"", "Sealed", "sealed ", "seale", "x\x00y", "\xff"} {
		c.must(c.totps().UpdateTOTPSecret(c.ctx, u.ID, old, "wrong"), "UpdateTOTPSecret of another one")
	}
	c.wantTOTP(want)
	want.Secret = "anew"
	c.must(c.totps().UpdateTOTPSecret(c.ctx, u.ID, "sealed", "anew"), "UpdateTOTPSecret")
	c.wantTOTP(want)
	c.wantTOTP(fullTOTP(other.ID))
}

func totpDelete(c *check) {
	u, other := c.newUser("a@example.com"), c.newUser("other@example.com")
	c.confirm(fullTOTP(u.ID))
	c.confirm(fullTOTP(other.ID))
	for range 2 {
		c.must(c.totps().DeleteTOTP(c.ctx, u.ID), "DeleteTOTP")
		c.wantNoTOTP(u.ID)
	}
	c.wantTOTP(fullTOTP(other.ID))
	c.confirm(fullTOTP(u.ID))
}

func totpOfDeletedUser(c *check) {
	u, other := c.newUser("a@example.com"), c.newUser("other@example.com")
	c.confirm(fullTOTP(u.ID))
	c.confirm(fullTOTP(other.ID))
	c.must(c.Adapter.DeleteUser(c.ctx, u.ID), "DeleteUser")
	c.wantNoTOTP(u.ID)
	c.wantTOTP(fullTOTP(other.ID))
	left, err := c.totps().TOTPs(c.ctx, "", 10)
	c.wantCount(1, len(left), err, "TOTPs")
}

// totpList: pages hold each TOTP once, in one order.
func totpList(c *check) {
	var want, got []string
	for i := range 5 {
		u := c.newUser(numbered("u", i) + "@example.com")
		c.confirm(fullTOTP(u.ID))
		want = append(want, u.ID)
	}
	after := ""
	for _, n := range []int{2, 2, 1, 0} {
		page, err := c.totps().TOTPs(c.ctx, after, 2)
		c.wantCount(n, len(page), err, "TOTPs")
		for _, t := range page {
			c.wantSame(fullTOTP(t.UserID), t, "one of TOTPs")
			got, after = append(got, t.UserID), t.UserID
		}
	}
	whole, err := c.totps().TOTPs(c.ctx, "", 10)
	c.wantCount(5, len(whole), err, "TOTPs")
	for i, t := range whole {
		if i < len(got) && t.UserID != got[i] {
			c.Errorf("TOTPs orders %q in place %d, and in pages %q", t.UserID, i, got[i])
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	c.wantSame(want, got, "the users in all pages")
}

func totpInTx(c *check) {
	u := c.newUser("a@example.com")
	c.confirm(fullTOTP(u.ID))
	err := c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		totps := tx.(authent.TOTPStore)
		_, err := totps.UseTOTPStep(c.ctx, u.ID, 2_000_000_000)
		c.must(err, "UseTOTPStep")
		c.must(totps.UpdateTOTPSecret(c.ctx, u.ID, "sealed", "anew"), "UpdateTOTPSecret")
		c.must(totps.DeleteTOTP(c.ctx, u.ID), "DeleteTOTP")
		return errBoom
	})
	c.wantErr(err, errBoom, "InTx")
	c.wantTOTP(fullTOTP(u.ID))
}

// totpTimes: the table is authent's own everywhere, so it keeps milliseconds.
func totpTimes(c *check) {
	for i, at := range slices.Concat(zoned, fine) {
		want := fullTOTP(c.newUser(numbered("u", i) + "@example.com").ID)
		want.ConfirmedAt = at
		c.confirm(want)
		got, err := c.totps().TOTP(c.ctx, want.UserID)
		c.must(err, "TOTP")
		c.wantUTC(at.Truncate(time.Millisecond), []reading{{"ConfirmedAt", got.ConfirmedAt}})
	}
}
