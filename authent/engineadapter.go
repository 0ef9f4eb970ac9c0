package authent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// engineAdapter marks the context of every call as the engine's (FromEngine) and
// gives it a deadline. If the database does not answer by then, the error is
// ErrUnavailable.
type engineAdapter struct {
	next Adapter
	// timeout bounds each call, and in InTx the begin and the end of each
	// transaction. If zero or less, there is no limit.
	timeout time.Duration
	// logger is what LoggerFrom gives to next.
	logger *slog.Logger
}

// errTooSlow is why a call's context ended when its time was up.
var errTooSlow = fmt.Errorf("the database did not answer in time: %w", context.DeadlineExceeded)

// call runs f with the mark and the deadline.
func call[T any](ctx context.Context, e engineAdapter, f func(ctx context.Context) (T, error)) (T, error) {
	ctx = withEngine(ctx, e.logger)
	if e.timeout > 0 {
		timed, cancel := context.WithTimeoutCause(ctx, e.timeout, errTooSlow)
		defer cancel()
		ctx = timed
	}
	result, err := f(ctx)
	return result, late(ctx, err)
}

// exec does what call does for methods that return only an error.
func (e engineAdapter) exec(ctx context.Context, f func(ctx context.Context) error) error {
	_, err := call(ctx, e, func(ctx context.Context) (struct{}, error) { return struct{}{}, f(ctx) })
	return err
}

// late returns the result of a call whose context may have ended meanwhile.
// Success does not count then: PostgreSQL reports success for a commit that was
// cancelled while it waited for its synchronous standby, and a failover would lose
// that commit.
func late(ctx context.Context, err error) error {
	if ctx.Err() == nil || errors.Is(err, ErrUnavailable) || errors.Is(err, ErrNotFound) || errors.Is(err, ErrConflict) || errors.Is(err, ErrInvalid) {
		return err
	}
	cause := context.Cause(ctx)
	timeIsUp := errors.Is(cause, context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded)
	switch {
	case timeIsUp && err == nil:
		return fmt.Errorf("%w: %w", ErrUnavailable, cause)
	case timeIsUp:
		return fmt.Errorf("%w: %w: %w", ErrUnavailable, cause, err)
	case err == nil && !errors.Is(cause, context.Canceled):
		return fmt.Errorf("%w: %w", context.Canceled, cause)
	case err == nil:
		return cause
	}
	return err
}

func (e engineAdapter) Columns() Columns { return e.next.Columns() }

func (e engineAdapter) CreateUser(ctx context.Context, u User) (*User, error) {
	return call(ctx, e, func(ctx context.Context) (*User, error) { return e.next.CreateUser(ctx, u) })
}

func (e engineAdapter) User(ctx context.Context, id string) (*User, error) {
	return call(ctx, e, func(ctx context.Context) (*User, error) { return e.next.User(ctx, id) })
}

func (e engineAdapter) UsersByEmail(ctx context.Context, emails ...string) ([]*User, error) {
	return call(ctx, e, func(ctx context.Context) ([]*User, error) { return e.next.UsersByEmail(ctx, emails...) })
}

func (e engineAdapter) UserByAccount(ctx context.Context, provider, id string) (*User, error) {
	return call(ctx, e, func(ctx context.Context) (*User, error) { return e.next.UserByAccount(ctx, provider, id) })
}

func (e engineAdapter) LockUser(ctx context.Context, id string) (*User, error) {
	return call(ctx, e, func(ctx context.Context) (*User, error) { return e.next.LockUser(ctx, id) })
}

func (e engineAdapter) UpdateUser(ctx context.Context, id string, u UserUpdate) (*User, error) {
	return call(ctx, e, func(ctx context.Context) (*User, error) { return e.next.UpdateUser(ctx, id, u) })
}

func (e engineAdapter) DeleteUser(ctx context.Context, id string) error {
	return e.exec(ctx, func(ctx context.Context) error { return e.next.DeleteUser(ctx, id) })
}

func (e engineAdapter) LinkAccount(ctx context.Context, a Account) error {
	return e.exec(ctx, func(ctx context.Context) error { return e.next.LinkAccount(ctx, a) })
}

func (e engineAdapter) Account(ctx context.Context, provider, id string) (*Account, error) {
	return call(ctx, e, func(ctx context.Context) (*Account, error) { return e.next.Account(ctx, provider, id) })
}

func (e engineAdapter) Accounts(ctx context.Context, userID string) ([]*Account, error) {
	return call(ctx, e, func(ctx context.Context) ([]*Account, error) { return e.next.Accounts(ctx, userID) })
}

func (e engineAdapter) UpdateAccount(ctx context.Context, provider, id string, u AccountUpdate) error {
	return e.exec(ctx, func(ctx context.Context) error { return e.next.UpdateAccount(ctx, provider, id, u) })
}

func (e engineAdapter) UnlinkAccount(ctx context.Context, provider, id string) error {
	return e.exec(ctx, func(ctx context.Context) error { return e.next.UnlinkAccount(ctx, provider, id) })
}

func (e engineAdapter) CreateSession(ctx context.Context, s Session) (*Session, error) {
	return call(ctx, e, func(ctx context.Context) (*Session, error) { return e.next.CreateSession(ctx, s) })
}

func (e engineAdapter) SessionAndUser(ctx context.Context, token Secret) (*Session, error) {
	return call(ctx, e, func(ctx context.Context) (*Session, error) { return e.next.SessionAndUser(ctx, token) })
}

func (e engineAdapter) Sessions(ctx context.Context, userID string) ([]*Session, error) {
	return call(ctx, e, func(ctx context.Context) ([]*Session, error) { return e.next.Sessions(ctx, userID) })
}

func (e engineAdapter) UpdateSession(ctx context.Context, token Secret, u SessionUpdate) error {
	return e.exec(ctx, func(ctx context.Context) error { return e.next.UpdateSession(ctx, token, u) })
}

func (e engineAdapter) DeleteSession(ctx context.Context, token Secret) error {
	return e.exec(ctx, func(ctx context.Context) error { return e.next.DeleteSession(ctx, token) })
}

func (e engineAdapter) DeleteSessionByID(ctx context.Context, userID, id string) (bool, error) {
	return call(ctx, e, func(ctx context.Context) (bool, error) { return e.next.DeleteSessionByID(ctx, userID, id) })
}

func (e engineAdapter) DeleteSessions(ctx context.Context, userID string, except Secret) (int, error) {
	return call(ctx, e, func(ctx context.Context) (int, error) { return e.next.DeleteSessions(ctx, userID, except) })
}

func (e engineAdapter) CreateVerificationToken(ctx context.Context, v VerificationToken) error {
	return e.exec(ctx, func(ctx context.Context) error { return e.next.CreateVerificationToken(ctx, v) })
}

func (e engineAdapter) VerificationToken(ctx context.Context, identifier string, token Secret) (*VerificationToken, error) {
	return call(ctx, e, func(ctx context.Context) (*VerificationToken, error) {
		return e.next.VerificationToken(ctx, identifier, token)
	})
}

func (e engineAdapter) VerificationTokens(ctx context.Context, identifier string) ([]VerificationToken, error) {
	return call(ctx, e, func(ctx context.Context) ([]VerificationToken, error) {
		return e.next.VerificationTokens(ctx, identifier)
	})
}

func (e engineAdapter) UseVerificationToken(ctx context.Context, identifier string, token Secret) (*VerificationToken, error) {
	return call(ctx, e, func(ctx context.Context) (*VerificationToken, error) {
		return e.next.UseVerificationToken(ctx, identifier, token)
	})
}

func (e engineAdapter) DeleteVerificationTokens(ctx context.Context, identifier string, except Secret) (int, error) {
	return call(ctx, e, func(ctx context.Context) (int, error) {
		return e.next.DeleteVerificationTokens(ctx, identifier, except)
	})
}

// DeleteExpired takes several statements, each of which may scan a whole table.
func (e engineAdapter) DeleteExpired(ctx context.Context, before time.Time, limit int) (int, error) {
	const statements = 16
	e.timeout *= statements
	return call(ctx, e, func(ctx context.Context) (int, error) { return e.next.DeleteExpired(ctx, before, limit) })
}

// InTx sets a deadline for everything but fn: the begin, the commit and the
// rollback of each attempt. A transaction lives only as long as the context it was
// begun with, so that context cannot have a fixed deadline: a timer ends it.
func (e engineAdapter) InTx(ctx context.Context, fn func(tx Adapter) error) error {
	ctx = withEngine(ctx, e.logger)
	if e.timeout <= 0 {
		return late(ctx, e.next.InTx(ctx, func(tx Adapter) error { return fn(engineAdapter{tx, 0, e.logger}) }))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(e.timeout, func() { cancel(errTooSlow) })
	defer timer.Stop()
	err := e.next.InTx(ctx, func(tx Adapter) error {
		timer.Stop()
		defer timer.Reset(e.timeout)
		return fn(engineAdapter{tx, e.timeout, e.logger})
	})
	return late(ctx, err)
}

type engineKey struct{}

// FromEngine reports whether ctx belongs to a call that the engine makes to its
// Adapter. An ent privacy policy that denies by default can allow such calls with
// it. Only calls to the Adapter carry the mark: callbacks, events and handlers
// never see it, and nothing outside this package can set it.
func FromEngine(ctx context.Context) bool {
	_, on := ctx.Value(engineKey{}).(*slog.Logger)
	return on
}

// LoggerFrom returns the Config.Logger of the engine that calls its Adapter with ctx, and
// slog.Default() for any other ctx. An Adapter, or an ent hook below it, logs there
// what the engine cannot know, such as a value that was cut to fit its column.
func LoggerFrom(ctx context.Context) *slog.Logger {
	if logger, ok := ctx.Value(engineKey{}).(*slog.Logger); ok {
		return logger
	}
	return slog.Default()
}

// withEngine marks ctx as that of a call to an Adapter, and gives it the engine's logger.
func withEngine(ctx context.Context, logger *slog.Logger) context.Context {
	return context.WithValue(ctx, engineKey{}, logger)
}
