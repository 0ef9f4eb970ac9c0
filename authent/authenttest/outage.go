package authenttest

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/authent/authent/authent"
)

var outageCases = []testCase{
	{name: "Told", run: outageTold, needsOutage: true},
	{name: "CallerGone", run: outageCallerGone, needsOutage: true},
}

// calls returns all methods, by name, as calls on rows of the user with the id. Those
// that read may succeed during an outage.
func (c *check) calls(ctx context.Context, id string) (reads, writes map[string]func(a authent.Adapter) error) {
	reads = map[string]func(a authent.Adapter) error{
		"User":               func(a authent.Adapter) error { _, err := a.User(ctx, id); return err },
		"UsersByEmail":       func(a authent.Adapter) error { _, err := a.UsersByEmail(ctx, "a@example.com"); return err },
		"UserByAccount":      func(a authent.Adapter) error { _, err := a.UserByAccount(ctx, "github", "1"); return err },
		"LockUser":           func(a authent.Adapter) error { _, err := a.LockUser(ctx, id); return err },
		"Account":            func(a authent.Adapter) error { _, err := a.Account(ctx, "github", "1"); return err },
		"Accounts":           func(a authent.Adapter) error { _, err := a.Accounts(ctx, id); return err },
		"SessionAndUser":     func(a authent.Adapter) error { _, err := a.SessionAndUser(ctx, "s"); return err },
		"Sessions":           func(a authent.Adapter) error { _, err := a.Sessions(ctx, id); return err },
		"VerificationToken":  func(a authent.Adapter) error { _, err := a.VerificationToken(ctx, "a@example.com", "t"); return err },
		"VerificationTokens": func(a authent.Adapter) error { _, err := a.VerificationTokens(ctx, "a@example.com"); return err },
	}
	writes = map[string]func(a authent.Adapter) error{
		"CreateUser": func(a authent.Adapter) error {
			_, err := a.CreateUser(ctx, authent.User{Email: "b@example.com"})
			return err
		},
		"UpdateUser": func(a authent.Adapter) error {
			_, err := a.UpdateUser(ctx, id, authent.UserUpdate{Name: new("New")})
			return err
		},
		"DeleteUser":  func(a authent.Adapter) error { return a.DeleteUser(ctx, id) },
		"LinkAccount": func(a authent.Adapter) error { return a.LinkAccount(ctx, account(id, "github", "2")) },
		"UpdateAccount": func(a authent.Adapter) error {
			return a.UpdateAccount(ctx, "github", "1", authent.AccountUpdate{Scope: new("new")})
		},
		"UnlinkAccount": func(a authent.Adapter) error { return a.UnlinkAccount(ctx, "github", "1") },
		"CreateSession": func(a authent.Adapter) error {
			_, err := a.CreateSession(ctx, authent.Session{Token: "s2", UserID: id, Expires: epoch})
			return err
		},
		"UpdateSession": func(a authent.Adapter) error {
			return a.UpdateSession(ctx, "s", authent.SessionUpdate{Expires: new(epoch)})
		},
		"DeleteSession":  func(a authent.Adapter) error { return a.DeleteSession(ctx, "s") },
		"DeleteSessions": func(a authent.Adapter) error { _, err := a.DeleteSessions(ctx, id, ""); return err },
		"CreateVerificationToken": func(a authent.Adapter) error {
			return a.CreateVerificationToken(ctx, authent.VerificationToken{Identifier: "b", Token: "t2", Expires: epoch})
		},
		"UseVerificationToken": func(a authent.Adapter) error {
			_, err := a.UseVerificationToken(ctx, "a@example.com", "t")
			return err
		},
		"DeleteVerificationTokens": func(a authent.Adapter) error {
			_, err := a.DeleteVerificationTokens(ctx, "a@example.com", "")
			return err
		},
		"InTx": func(a authent.Adapter) error {
			return a.InTx(ctx, func(tx authent.Adapter) error { return tx.DeleteSession(ctx, "s") })
		},
	}
	maps.Copy(writes, c.limitCalls(ctx))
	return reads, writes
}

// limitCalls returns the methods of authent.RateLimitStore, if the adapter has them.
func (c *check) limitCalls(ctx context.Context) map[string]func(a authent.Adapter) error {
	limits, ok := c.Adapter.(authent.RateLimitStore)
	if !ok {
		return nil
	}
	return map[string]func(a authent.Adapter) error{
		"HitRateLimit": func(authent.Adapter) error {
			_, _, err := limits.HitRateLimit(ctx, "key", epoch, time.Minute)
			return err
		},
		"ResetRateLimit": func(authent.Adapter) error { return limits.ResetRateLimit(ctx, "key") },
	}
}

// outageUser stores a user with a row of each kind.
func (c *check) outageUser() string {
	c.Helper()
	u := c.newUser("a@example.com")
	c.link(account(u.ID, "github", "1"))
	c.newSession(u.ID, "s")
	c.newToken("a@example.com", "t")
	return u.ID
}

// outageTold fails unless every call that fails in an outage says so, and every call
// that writes fails.
func outageTold(c *check) {
	reads, writes := c.calls(c.ctx, c.outageUser())
	c.Outage()
	for name, call := range reads {
		if err := call(c.Adapter); err != nil && !errors.Is(err, authent.ErrUnavailable) {
			c.Errorf("%s: %v, want ErrUnavailable", name, err)
		}
	}
	for name, call := range writes {
		c.wantErr(call(c.Adapter), authent.ErrUnavailable, name)
	}
}

// outageCallerGone fails unless a caller who has gone gets context.Canceled, not an
// outage.
func outageCallerGone(c *check) {
	ctx, cancel := context.WithCancel(c.ctx)
	reads, writes := c.calls(ctx, c.outageUser())
	c.Outage()
	cancel()
	for _, calls := range []map[string]func(a authent.Adapter) error{reads, writes} {
		for name, call := range calls {
			if err := call(c.Adapter); !errors.Is(err, context.Canceled) || errors.Is(err, authent.ErrUnavailable) {
				c.Errorf("%s of a caller who has gone: %v, want %v", name, err, context.Canceled)
			}
		}
	}
}
