package authenttest

import (
	"errors"

	"github.com/authent/authent/authent"
)

// doomedCases: after the first error from the database a transaction stores
// nothing, whatever its function makes of the error. PostgreSQL works so; an
// engine tested on another database must not come to rely on more.
var doomedCases = []testCase{
	{name: "UserEmail", run: doomedBy(authent.KeyUserEmail, takeEmail)},
	{name: "UserEmailByUpdate", run: doomedBy(authent.KeyUserEmail, takeEmailByUpdate)},
	{name: "Account", run: doomedBy(authent.KeyAccount, takeAccount)},
	{name: "SessionToken", run: doomedBy(authent.KeySessionToken, takeSessionToken)},
	{name: "VerificationToken", run: doomedBy(authent.KeyVerificationToken, takeVerificationToken)},
	{name: "SwallowedInNested", run: doomedInNested},
	{name: "SwallowedAroundNested", run: doomedAroundNested},
	{name: "SwallowedFromNested", run: doomedFromNested},
	{name: "OtherErrorReturned", run: doomedOtherError},
	{name: "UnknownUserAllOrNothing", run: doomedUnknownUser},
	{name: "NotByNotFound", run: doomedNotByNotFound},
	{name: "NotByMissingDelete", run: doomedNotByMissingDelete},
}

// Each take… writes, through tx, a key that signUp("a") has already.

func takeEmail(c *check, tx authent.Adapter) error {
	_, err := tx.CreateUser(c.ctx, authent.User{Email: "a@example.com"})
	return err
}

func takeEmailByUpdate(c *check, tx authent.Adapter) error {
	other, err := tx.CreateUser(c.ctx, authent.User{Email: "other@example.com"})
	if err != nil {
		return err
	}
	_, err = tx.UpdateUser(c.ctx, other.ID, authent.UserUpdate{Email: new("a@example.com")})
	return err
}

func takeAccount(c *check, tx authent.Adapter) error {
	s, err := tx.SessionAndUser(c.ctx, "a")
	if err != nil {
		return err
	}
	return tx.LinkAccount(c.ctx, account(s.UserID, "github", "a"))
}

func takeSessionToken(c *check, tx authent.Adapter) error {
	s, err := tx.SessionAndUser(c.ctx, "a")
	if err != nil {
		return err
	}
	_, err = tx.CreateSession(c.ctx, authent.Session{Token: "a", UserID: s.UserID, Expires: epoch})
	return err
}

func takeVerificationToken(c *check, tx authent.Adapter) error {
	return tx.CreateVerificationToken(c.ctx, authent.VerificationToken{Identifier: "a", Token: "a", Expires: epoch})
}

// doomedBy writes, takes a key that is taken, swallows that error and writes
// on.
func doomedBy(key string, take func(c *check, tx authent.Adapter) error) func(c *check) {
	return func(c *check) {
		_, err := c.signUp(c.Adapter, "a")
		c.must(err, "storing")
		err = c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
			if _, err := c.signUp(tx, "before"); err != nil {
				return err
			}
			c.wantConflict(take(c, tx), key, "the second one")
			_, _ = c.signUp(tx, "after")
			return nil
		})
		c.wantConflict(err, key, "InTx")
		c.wantSignedUp(c.Adapter, "a", true)
		c.wantSignedUp(c.Adapter, "before", false)
		c.wantSignedUp(c.Adapter, "after", false)
		c.wantUsable()
	}
}

func doomedInNested(c *check) {
	_, err := c.signUp(c.Adapter, "a")
	c.must(err, "storing")
	err = c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		if _, err := c.signUp(tx, "before"); err != nil {
			return err
		}
		_ = tx.InTx(c.ctx, func(inner authent.Adapter) error {
			c.wantConflict(takeEmail(c, inner), authent.KeyUserEmail, "the second one")
			return nil
		})
		return nil
	})
	c.wantConflict(err, authent.KeyUserEmail, "InTx")
	c.wantSignedUp(c.Adapter, "before", false)
	c.wantUsable()
}

// doomedFromNested swallows what the nested function itself returned: its writes
// are among those of the transaction.
func doomedFromNested(c *check) {
	err := c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		if _, err := c.signUp(tx, "before"); err != nil {
			return err
		}
		c.wantErr(tx.InTx(c.ctx, func(inner authent.Adapter) error {
			if _, err := c.signUp(inner, "inner"); err != nil {
				return err
			}
			return errBoom
		}), errBoom, "the nested InTx")
		return nil
	})
	c.wantErr(err, errBoom, "InTx")
	c.wantSignedUp(c.Adapter, "before", false)
	c.wantSignedUp(c.Adapter, "inner", false)
	c.wantUsable()
}

func doomedAroundNested(c *check) {
	_, err := c.signUp(c.Adapter, "a")
	c.must(err, "storing")
	err = c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		if _, err := c.signUp(tx, "before"); err != nil {
			return err
		}
		err := tx.InTx(c.ctx, func(inner authent.Adapter) error { return takeEmail(c, inner) })
		c.wantConflict(err, authent.KeyUserEmail, "the nested InTx")
		return nil
	})
	c.wantConflict(err, authent.KeyUserEmail, "InTx")
	c.wantSignedUp(c.Adapter, "before", false)
	c.wantUsable()
}

func doomedOtherError(c *check) {
	_, err := c.signUp(c.Adapter, "a")
	c.must(err, "storing")
	err = c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		if _, err := c.signUp(tx, "before"); err != nil {
			return err
		}
		c.wantConflict(takeEmail(c, tx), authent.KeyUserEmail, "the second one")
		return errBoom
	})
	c.wantErr(err, errBoom, "InTx")
	c.wantSignedUp(c.Adapter, "before", false)
}

// doomedUnknownUser leaves open whether the database was asked: an adapter may
// look for the user first, or leave it to the foreign key.
func doomedUnknownUser(c *check) {
	gone := c.newUser("gone@example.com")
	c.must(c.Adapter.DeleteUser(c.ctx, gone.ID), "DeleteUser")
	err := c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		if _, err := c.signUp(tx, "before"); err != nil {
			return err
		}
		c.wantErr(tx.LinkAccount(c.ctx, account(gone.ID, "github", "1")), authent.ErrNotFound, "LinkAccount")
		return nil
	})
	if err != nil {
		c.wantErr(err, authent.ErrNotFound, "InTx")
	}
	c.wantSignedUp(c.Adapter, "before", err == nil)
	c.wantUsable()
}

func doomedNotByNotFound(c *check) {
	c.must(c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		_, userErr := tx.User(c.ctx, "nope")
		_, lockErr := tx.LockUser(c.ctx, "nope")
		_, ownerErr := tx.UserByAccount(c.ctx, "github", "nope")
		_, accountErr := tx.Account(c.ctx, "github", "nope")
		_, sessionErr := tx.SessionAndUser(c.ctx, "nope")
		_, tokenErr := tx.VerificationToken(c.ctx, "nope", "nope")
		_, useErr := tx.UseVerificationToken(c.ctx, "nope", "nope")
		for what, err := range map[string]error{
			"User": userErr, "LockUser": lockErr, "UserByAccount": ownerErr, "Account": accountErr,
			"SessionAndUser": sessionErr, "VerificationToken": tokenErr, "UseVerificationToken": useErr,
		} {
			c.wantErr(err, authent.ErrNotFound, what)
		}
		_, err := c.signUp(tx, "a")
		return err
	}), "InTx after reads that found nothing")
	c.wantSignedUp(c.Adapter, "a", true)
}

func doomedNotByMissingDelete(c *check) {
	c.must(c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		_, byIDErr := tx.DeleteSessionByID(c.ctx, "nope", "nope")
		_, allErr := tx.DeleteSessions(c.ctx, "nope", "")
		_, tokensErr := tx.DeleteVerificationTokens(c.ctx, "nope", "")
		err := errors.Join(byIDErr, allErr, tokensErr,
			tx.DeleteUser(c.ctx, "nope"), tx.UnlinkAccount(c.ctx, "github", "nope"), tx.DeleteSession(c.ctx, "nope"))
		if err != nil {
			return err
		}
		_, err = c.signUp(tx, "a")
		return err
	}), "InTx after deletions of nothing")
	c.wantSignedUp(c.Adapter, "a", true)
}
