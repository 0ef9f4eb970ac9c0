package authenttest_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/authent/authent/authent"
)

var brokenTransactions = []broken{
	{name: "NoTransaction", wrap: func(a authent.Adapter) authent.Adapter { return noTransaction{a} }, fails: []string{
		"Doomed/Account", "Doomed/OtherErrorReturned", "Doomed/SessionToken", "Doomed/SwallowedAroundNested", "Doomed/SwallowedFromNested",
		"Doomed/SwallowedInNested", "Doomed/UserEmail", "Doomed/UserEmailByUpdate", "Doomed/VerificationToken",
		"InTx/Cancelled", "InTx/ConcurrentIncrements", "InTx/DeadAfterwards", "InTx/InvisibleUntilCommit",
		"InTx/NestedError", "InTx/NestedRollsBackWithOuter", "InTx/Panic", "InTx/Rollback", "InTx/RollbackOfChanges",
	}},
	{name: "AlwaysCommits", wrap: func(a authent.Adapter) authent.Adapter { return alwaysCommits{a} }, fails: []string{
		"InTx/NestedRollsBackWithOuter", "InTx/Rollback", "InTx/RollbackOfChanges",
	}},
	{name: "NeverCommits", wrap: func(a authent.Adapter) authent.Adapter { return neverCommits{a} }, fails: []string{
		"Doomed/Account", "Doomed/NotByMissingDelete", "Doomed/NotByNotFound", "Doomed/SessionToken",
		"Doomed/SwallowedAroundNested", "Doomed/SwallowedFromNested", "Doomed/SwallowedInNested", "Doomed/UnknownUserAllOrNothing",
		"Doomed/UserEmail", "Doomed/UserEmailByUpdate", "Doomed/VerificationToken", "InTx/Cancelled", "InTx/Commit",
		"InTx/ConcurrentIncrements", "InTx/ConcurrentUse", "InTx/DeadAfterwards", "InTx/InvisibleUntilCommit",
		"InTx/LockUser", "InTx/NestedCommit", "InTx/NestedError", "InTx/NestedRollsBackWithOuter", "InTx/Panic",
		"InTx/Rollback",
	}},
	{name: "SwallowsDoom", wrap: func(a authent.Adapter) authent.Adapter { return swallowsDoom{a} }, fails: []string{
		"Doomed/Account", "Doomed/SessionToken", "Doomed/SwallowedAroundNested", "Doomed/SwallowedFromNested", "Doomed/SwallowedInNested",
		"Doomed/UnknownUserAllOrNothing", "Doomed/UserEmail", "Doomed/UserEmailByUpdate", "Doomed/VerificationToken",
		"InTx/Cancelled",
	}},
	{name: "NestedStartsAnother", wrap: func(a authent.Adapter) authent.Adapter { return nestedStartsAnother{a} }, fails: []string{
		"Doomed/SwallowedAroundNested", "Doomed/SwallowedFromNested", "Doomed/SwallowedInNested", "InTx/NestedCommit", "InTx/NestedError",
	}},
	{name: "ForgivesNested", wrap: func(a authent.Adapter) authent.Adapter { return forgivesNested{a} }, fails: []string{"Doomed/SwallowedFromNested"}},
	{name: "SwallowsPanic", wrap: func(a authent.Adapter) authent.Adapter { return swallowsPanic{a} }, fails: []string{"InTx/Panic"}},
	{name: "FlattensError", wrap: func(a authent.Adapter) authent.Adapter { return flattensError{a} }, fails: []string{
		"Doomed/Account", "Doomed/OtherErrorReturned", "Doomed/SessionToken", "Doomed/SwallowedAroundNested", "Doomed/SwallowedFromNested",
		"Doomed/SwallowedInNested", "Doomed/UnknownUserAllOrNothing", "Doomed/UserEmail", "Doomed/UserEmailByUpdate",
		"Doomed/VerificationToken", "InTx/ConcurrentUse", "InTx/ErrorPassesThrough", "InTx/NestedError",
		"InTx/NestedRollsBackWithOuter", "InTx/Rollback", "InTx/RollbackOfChanges", "User/MalformedID",
	}},
	{name: "NotFoundDooms", wrap: func(a authent.Adapter) authent.Adapter { return notFoundDooms{a} }, fails: []string{"Doomed/NotByNotFound", "InTx/ReadsItsWrites"}},
	{name: "ReadsOutside", wrap: func(a authent.Adapter) authent.Adapter { return readsOutside{a} }, fails: []string{"InTx/NestedCommit", "InTx/ReadsItsWrites"}},
}

type noTransaction struct{ authent.Adapter }

func (b noTransaction) InTx(_ context.Context, fn func(tx authent.Adapter) error) error { return fn(b) }

// LockUser leaves everybody time to read the same row.
func (b noTransaction) LockUser(ctx context.Context, id string) (*authent.User, error) {
	u, err := b.Adapter.LockUser(ctx, id)
	time.Sleep(time.Millisecond)
	return u, err
}

type alwaysCommits struct{ authent.Adapter }

func (b alwaysCommits) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	var fnErr error
	err := b.Adapter.InTx(ctx, func(tx authent.Adapter) error {
		fnErr = fn(tx)
		return nil
	})
	if fnErr != nil {
		return fnErr
	}
	return err
}

type neverCommits struct{ authent.Adapter }

var errUndo = errors.New("undo")

func (b neverCommits) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	err := b.Adapter.InTx(ctx, func(tx authent.Adapter) error { return errors.Join(fn(tx), errUndo) })
	if err.Error() == errUndo.Error() {
		return nil
	}
	return err
}

type swallowsDoom struct{ authent.Adapter }

func (b swallowsDoom) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	var fnErr error
	_ = b.Adapter.InTx(ctx, func(tx authent.Adapter) error {
		fnErr = fn(tx)
		return fnErr
	})
	return fnErr
}

// nestedStartsAnother waits for itself.
type nestedStartsAnother struct{ authent.Adapter }

func (b nestedStartsAnother) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	return b.Adapter.InTx(ctx, func(tx authent.Adapter) error { return fn(anotherInside{tx, b}) })
}

type anotherInside struct {
	authent.Adapter
	outer authent.Adapter
}

func (b anotherInside) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	return b.outer.InTx(ctx, fn)
}

// forgivesNested keeps what a nested function wrote that failed.
type forgivesNested struct{ authent.Adapter }

func (b forgivesNested) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	return b.Adapter.InTx(ctx, func(tx authent.Adapter) error { return fn(forgiving{tx}) })
}

type forgiving struct{ authent.Adapter }

func (b forgiving) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	var failed error
	err := b.Adapter.InTx(ctx, func(tx authent.Adapter) error {
		failed = fn(forgiving{tx})
		return nil
	})
	return cmp.Or(err, failed)
}

type swallowsPanic struct{ authent.Adapter }

func (b swallowsPanic) InTx(ctx context.Context, fn func(tx authent.Adapter) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return b.Adapter.InTx(ctx, fn)
}

type flattensError struct{ authent.Adapter }

func (b flattensError) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	if err := b.Adapter.InTx(ctx, fn); err != nil {
		return errors.New("transaction: " + err.Error())
	}
	return nil
}

// notFoundDooms takes "no rows" for a failure of the database.
type notFoundDooms struct{ authent.Adapter }

func (b notFoundDooms) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	return b.Adapter.InTx(ctx, func(tx authent.Adapter) error {
		var doomed error
		return errors.Join(fn(dooming{tx, &doomed}), doomed)
	})
}

type dooming struct {
	authent.Adapter
	doomed *error
}

func (b dooming) Account(ctx context.Context, provider, id string) (*authent.Account, error) {
	a, err := b.Adapter.Account(ctx, provider, id)
	*b.doomed = errors.Join(*b.doomed, err)
	return a, err
}

// readsOutside reads what is committed, inside a transaction too.
type readsOutside struct{ authent.Adapter }

func (b readsOutside) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	return b.Adapter.InTx(ctx, func(tx authent.Adapter) error { return fn(outside{tx, b.Adapter}) })
}

type outside struct {
	authent.Adapter
	committed authent.Adapter
}

func (b outside) LockUser(ctx context.Context, id string) (*authent.User, error) {
	return b.committed.LockUser(ctx, id)
}

func (b outside) UsersByEmail(ctx context.Context, emails ...string) ([]*authent.User, error) {
	return b.committed.UsersByEmail(ctx, emails...)
}

func (b outside) InTx(ctx context.Context, fn func(tx authent.Adapter) error) error {
	return b.Adapter.InTx(ctx, func(tx authent.Adapter) error { return fn(outside{tx, b.committed}) })
}
