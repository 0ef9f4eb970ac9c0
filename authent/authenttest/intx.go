package authenttest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/authent/authent/authent"
)

var inTxCases = []testCase{
	{name: "Commit", run: txCommit},
	{name: "Rollback", run: txRollback},
	{name: "RollbackOfChanges", run: txRollbackOfChanges},
	{name: "ErrorPassesThrough", run: txErrorPassesThrough},
	{name: "ReadsItsWrites", run: txReadsItsWrites},
	{name: "InvisibleUntilCommit", run: txInvisible},
	{name: "NestedCommit", run: txNestedCommit},
	{name: "NestedError", run: txNestedError},
	{name: "NestedRollsBackWithOuter", run: txNestedWithOuter},
	{name: "Panic", run: txPanic},
	{name: "Cancelled", run: txCancelled},
	{name: "DeadAfterwards", run: txDeadAfterwards},
	{name: "SameColumns", run: txSameColumns},
	{name: "LockUser", run: txLockUser},
	{name: "ConcurrentIncrements", run: txConcurrentIncrements},
	{name: "ConcurrentUse", run: txConcurrentUse},
}

// signUp writes a row of each noun through tx.
func (c *check) signUp(tx authent.Adapter, name string) (*authent.User, error) {
	u, err := tx.CreateUser(c.ctx, authent.User{Email: name + "@example.com"})
	if err != nil {
		return nil, err
	}
	if err := tx.LinkAccount(c.ctx, account(u.ID, "github", name)); err != nil {
		return nil, err
	}
	_, err = tx.CreateSession(c.ctx, authent.Session{Token: authent.Secret(name), UserID: u.ID, Expires: epoch})
	if err != nil {
		return nil, err
	}
	return u, tx.CreateVerificationToken(c.ctx, authent.VerificationToken{Identifier: name, Token: authent.Secret(name), Expires: epoch})
}

// wantSignedUp fails unless all that signUp wrote is in a, or nothing of it.
func (c *check) wantSignedUp(a authent.Adapter, name string, there bool) {
	c.Helper()
	users, err := a.UsersByEmail(c.ctx, name+"@example.com")
	if err == nil && len(users) == 0 {
		err = authent.ErrNotFound
	}
	_, accountErr := a.Account(c.ctx, "github", name)
	_, sessionErr := a.SessionAndUser(c.ctx, authent.Secret(name))
	_, tokenErr := a.VerificationToken(c.ctx, name, authent.Secret(name))
	for what, err := range map[string]error{"user": err, "account": accountErr, "session": sessionErr, "verification token": tokenErr} {
		if there && err != nil {
			c.Errorf("the %s of %s: %v, want it there", what, name, err)
		}
		if !there && !errors.Is(err, authent.ErrNotFound) {
			c.Errorf("the %s of %s: got error %v, want %v", what, name, err, authent.ErrNotFound)
		}
	}
}

// wantUsable fails unless the adapter stores and reads after a transaction failed.
func (c *check) wantUsable() {
	c.Helper()
	c.must(c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		_, err := c.signUp(tx, "afterwards")
		return err
	}), "InTx after one that failed")
	c.wantSignedUp(c.Adapter, "afterwards", true)
}

func txCommit(c *check) {
	c.must(c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		_, err := c.signUp(tx, "a")
		return err
	}), "InTx")
	c.wantSignedUp(c.Adapter, "a", true)
	c.must(c.Adapter.InTx(c.ctx, func(authent.Adapter) error { return nil }), "InTx that does nothing")
}

func txRollback(c *check) {
	err := c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		if _, err := c.signUp(tx, "a"); err != nil {
			return err
		}
		return errBoom
	})
	c.wantErr(err, errBoom, "InTx")
	c.wantSignedUp(c.Adapter, "a", false)
	c.wantUsable()
}

// txRollbackOfChanges takes back updates and deletions, a used token too.
func txRollbackOfChanges(c *check) {
	u, err := c.signUp(c.Adapter, "a")
	c.must(err, "storing")
	gone, err := c.signUp(c.Adapter, "gone")
	c.must(err, "storing")
	err = c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		_, updateErr := tx.UpdateUser(c.ctx, u.ID, authent.UserUpdate{Name: new("Changed")})
		accountErr := tx.UpdateAccount(c.ctx, "github", "a", authent.AccountUpdate{Scope: new("changed")})
		sessionErr := tx.UpdateSession(c.ctx, "a", authent.SessionUpdate{Expires: new(epoch.Add(time.Hour))})
		_, useErr := tx.UseVerificationToken(c.ctx, "a", "a")
		_, sessionsErr := tx.DeleteSessions(c.ctx, u.ID, "")
		unlinkErr := tx.UnlinkAccount(c.ctx, "github", "a")
		if err := errors.Join(updateErr, accountErr, sessionErr, useErr, sessionsErr, unlinkErr, tx.DeleteUser(c.ctx, gone.ID)); err != nil {
			return err
		}
		return errBoom
	})
	c.wantErr(err, errBoom, "InTx")
	c.wantSignedUp(c.Adapter, "a", true)
	c.wantSignedUp(c.Adapter, "gone", true)
	c.wantSame(u, c.readUser(u.ID), "User")
	c.wantSame("", c.readAccount("github", "a").Scope, "Scope")
	c.wantSame(epoch, c.readSession("a").Expires, "Expires")
}

// ownError is a typed error of an application's.
type ownError struct{ code int }

func (e *ownError) Error() string { return strconv.Itoa(e.code) }

func txErrorPassesThrough(c *check) {
	err := c.Adapter.InTx(c.ctx, func(authent.Adapter) error {
		return fmt.Errorf("wrapped: %w", errors.Join(errBoom, &ownError{code: 7}))
	})
	c.wantErr(err, errBoom, "InTx")
	if own, ok := errors.AsType[*ownError](err); !ok || own.code != 7 {
		c.Errorf("InTx returned %v, which errors.As does not see through", err)
	}
	for _, target := range []error{authent.ErrNotFound, authent.ErrUnsupported} {
		c.wantErr(c.Adapter.InTx(c.ctx, func(authent.Adapter) error { return target }), target, "InTx")
	}
}

func txReadsItsWrites(c *check) {
	c.must(c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		u, err := c.signUp(tx, "a")
		if err != nil {
			return err
		}
		c.wantSignedUp(tx, "a", true)
		if _, err := tx.UpdateUser(c.ctx, u.ID, authent.UserUpdate{Name: new("Changed")}); err != nil {
			return err
		}
		got, err := tx.User(c.ctx, u.ID)
		if err != nil {
			return err
		}
		c.wantSame("Changed", got.Name, "Name in the transaction")
		if err := tx.DeleteUser(c.ctx, u.ID); err != nil {
			return err
		}
		_, err = tx.Account(c.ctx, "github", "a")
		c.wantErr(err, authent.ErrNotFound, "Account in the transaction that deleted the user")
		return nil
	}), "InTx")
}

// txInvisible reads from outside while the transaction is open. A store may
// let the reader wait until it ends, which hides the row as well.
func txInvisible(c *check) {
	const patience = 200 * time.Millisecond
	c.must(c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		if _, err := c.signUp(tx, "a"); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(c.ctx, patience)
		defer cancel()
		seen := make(chan bool, 1)
		go func() {
			_, err := c.Adapter.SessionAndUser(ctx, "a")
			seen <- err == nil
		}()
		select {
		case early := <-seen:
			if early {
				c.Error("another reader sees the session before the transaction ends")
			}
		case <-time.After(2 * patience):
		}
		return nil
	}), "InTx")
	c.wantSignedUp(c.Adapter, "a", true)
}

func txNestedCommit(c *check) {
	c.must(c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		if _, err := c.signUp(tx, "outer"); err != nil {
			return err
		}
		err := tx.InTx(c.ctx, func(inner authent.Adapter) error {
			c.wantSignedUp(inner, "outer", true)
			return inner.InTx(c.ctx, func(innermost authent.Adapter) error {
				_, err := c.signUp(innermost, "inner")
				return err
			})
		})
		if err != nil {
			return err
		}
		c.wantSignedUp(tx, "inner", true)
		_, err = c.signUp(tx, "last")
		return err
	}), "InTx")
	for _, name := range []string{"outer", "inner", "last"} {
		c.wantSignedUp(c.Adapter, name, true)
	}
}

func txNestedError(c *check) {
	err := c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		if _, err := c.signUp(tx, "outer"); err != nil {
			return err
		}
		return tx.InTx(c.ctx, func(inner authent.Adapter) error {
			if _, err := c.signUp(inner, "inner"); err != nil {
				return err
			}
			return errBoom
		})
	})
	c.wantErr(err, errBoom, "InTx")
	c.wantSignedUp(c.Adapter, "outer", false)
	c.wantSignedUp(c.Adapter, "inner", false)
	c.wantUsable()
}

func txNestedWithOuter(c *check) {
	err := c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		err := tx.InTx(c.ctx, func(inner authent.Adapter) error {
			_, err := c.signUp(inner, "inner")
			return err
		})
		return errors.Join(err, errBoom)
	})
	c.wantErr(err, errBoom, "InTx")
	c.wantSignedUp(c.Adapter, "inner", false)
	c.wantUsable()
}

func txPanic(c *check) {
	func() {
		defer func() { c.wantSame("boom", recover(), "what InTx panicked with") }()
		_ = c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
			if _, err := c.signUp(tx, "a"); err != nil {
				return err
			}
			panic("boom")
		})
	}()
	c.wantSignedUp(c.Adapter, "a", false)
	c.wantUsable()
}

func txCancelled(c *check) {
	ctx, cancel := context.WithCancel(c.ctx)
	err := c.Adapter.InTx(ctx, func(tx authent.Adapter) error {
		_, err := c.signUp(tx, "a")
		cancel()
		return err
	})
	if err == nil {
		c.Error("InTx whose context was cancelled within returned no error")
	}
	c.wantSignedUp(c.Adapter, "a", false)

	err = c.Adapter.InTx(ctx, func(tx authent.Adapter) error {
		_, err := tx.CreateUser(ctx, authent.User{Email: "a@example.com"})
		return err
	})
	if err == nil {
		c.Error("InTx with a cancelled context returned no error")
	}
	c.wantSignedUp(c.Adapter, "a", false)
	c.wantUsable()
}

func txDeadAfterwards(c *check) {
	var escaped authent.Adapter
	c.must(c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		escaped = tx
		_, err := tx.UsersByEmail(c.ctx, "a@example.com")
		return err
	}), "InTx")
	if _, err := escaped.CreateUser(c.ctx, authent.User{Email: "a@example.com"}); err == nil {
		c.Error("the transaction's adapter still writes after InTx returned")
	}
	c.wantSignedUp(c.Adapter, "a", false)
	c.wantUsable()
}

func txSameColumns(c *check) {
	c.must(c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		c.wantSame(c.Adapter.Columns(), tx.Columns(), "Columns in the transaction")
		return nil
	}), "InTx")
}

func txLockUser(c *check) {
	u := c.create(c.fullUser("zoe@example.com"))
	c.must(c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		got, err := tx.LockUser(c.ctx, u.ID)
		if err != nil {
			return err
		}
		c.wantSame(u, got, "LockUser in the transaction")
		_, err = tx.UpdateUser(c.ctx, u.ID, authent.UserUpdate{Name: new("Changed")})
		return err
	}), "InTx")
	c.wantSame("Changed", c.readUser(u.ID).Name, "Name")
}

// txConcurrentIncrements counts in a user's name. An increment is lost if two
// transactions read the same number.
func txConcurrentIncrements(c *check) {
	const increments = 32
	u := c.create(authent.User{Email: "a@example.com", Name: "0"})
	errs := make([]error, increments)
	var wg sync.WaitGroup
	for i := range increments {
		wg.Go(func() {
			errs[i] = c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
				got, err := tx.LockUser(c.ctx, u.ID)
				if err != nil {
					return err
				}
				n, err := strconv.Atoi(got.Name)
				if err != nil {
					return err
				}
				_, err = tx.UpdateUser(c.ctx, u.ID, authent.UserUpdate{Name: new(strconv.Itoa(n + 1))})
				return err
			})
		})
	}
	wg.Wait()
	c.must(errors.Join(errs...), "InTx")
	c.wantSame(strconv.Itoa(increments), c.readUser(u.ID).Name, "the count")
}

func txConcurrentUse(c *check) {
	c.newToken("a@example.com", "token")
	errs := atOnce(func(i int) error {
		return c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
			if _, err := tx.UseVerificationToken(c.ctx, "a@example.com", "token"); err != nil {
				return err
			}
			_, err := tx.CreateUser(c.ctx, authent.User{Email: numbered("user-", i) + "@example.com"})
			return err
		})
	})
	c.wantOneWinner(errs, authent.ErrNotFound, "UseVerificationToken in InTx")
	var emails []string
	for i := range crowd {
		emails = append(emails, numbered("user-", i)+"@example.com")
	}
	c.wantSame(1, len(c.byEmail(emails...)), "the number of users")
}
