package authent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// User is a person, as the engine sees one. In every field the zero value
// means NULL. An application's own columns are in Entity.
type User struct {
	// ID is the primary key in its text form. The Adapter makes it.
	ID string `json:"id"`
	// Name is what the person is called.
	Name string `json:"name,omitempty"`
	// Email is the address, unique among users, as the engine normalised it.
	// Some tables allow NULL, which reads as "".
	Email string `json:"email,omitempty"`
	// EmailVerified is when the address was last proved to belong to the user.
	EmailVerified time.Time `json:"emailVerified,omitzero"`
	// Image is the URL of a picture.
	Image string `json:"image,omitempty"`
	// Password is the password's hash, "" for people without a password.
	Password Secret `json:"-"`
	// Role is what RequireRole compares. In CreateUser "" means the table's
	// default, which is "user".
	Role string `json:"role,omitempty"`
	// DisabledAt is when the user was locked out, zero for everybody else.
	DisabledAt time.Time `json:"disabledAt,omitzero"`
	// CreatedAt is set by the Adapter.
	CreatedAt time.Time `json:"createdAt,omitzero"`
	// UpdatedAt is set by the Adapter at every write.
	UpdatedAt time.Time `json:"updatedAt,omitzero"`

	// Entity is the Adapter's own value for the same row: the application's
	// *ent.User with a generated adapter. It is read-only, since a cache may
	// share it. The generated function ent.AuthUser returns it with its type.
	Entity any `json:"-"`
}

// LogValue logs the id alone.
func (u *User) LogValue() slog.Value {
	if u == nil {
		return slog.Value{}
	}
	return slog.GroupValue(slog.String("id", u.ID))
}

// Format implements fmt.Formatter for every verb, without secrets. Without it a
// wrong verb, such as %s for a pointer, would print the fields as they are.
func (u User) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "user %s", u.ID) }

// Disabled reports whether the user is locked out.
func (u *User) Disabled() bool { return !u.DisabledAt.IsZero() }

// UserUpdate says what UpdateUser changes: nil leaves a column alone, a
// pointer to the zero value writes NULL.
type UserUpdate struct {
	Name          *string
	Email         *string
	EmailVerified *time.Time
	Image         *string
	Password      *Secret
	Role          *string
	DisabledAt    *time.Time
}

// PasswordError refuses a new password. Code is CodePasswordShort, CodePasswordLong,
// CodePasswordCommon or CodePasswordBreached.
type PasswordError struct{ Code string }

// Error implements error.
func (e *PasswordError) Error() string { return "new password refused: " + e.Code }

// Is makes errors.Is with ErrPasswordShort, ErrPasswordLong, ErrPasswordCommon and
// ErrPasswordBreached true where Code says so.
func (e *PasswordError) Is(target error) bool { return isPasswordError(e.Code, target) }

// ChangePassword gives the person behind s, which SessionFrom returned, a new
// password and ends their other sessions in the same transaction (ASVS 7.4.3).
// It requires a recent sign-in (ErrRecentSignInRequired) and the current password
// (ErrInvalidCredentials). A session that has ended meanwhile is ErrSignedOut; a
// new password that is too short, too long, common or breached is a *PasswordError.
func (a *Auth) ChangePassword(ctx context.Context, s *Session, current, password string) (err error) {
	e := s.event(AuditPassword)
	defer a.recordEnd(ctx, func() securityEvent { return e.endedBy(err) })
	if !a.Recent(s) {
		return ErrRecentSignInRequired
	}
	if code := a.newPasswordFault(password); code != "" {
		return &PasswordError{code}
	}
	user, err := a.store.User(ctx, s.UserID)
	if err != nil {
		return fmt.Errorf("authent: change password: %w", orNotFound(err, ErrSignedOut))
	}
	if user.Disabled() {
		return ErrSignedOut
	}
	tried, err := a.limit(ctx, caller{addr: s.from}, try{kind: TryPassword, account: s.UserID})
	if err != nil {
		return err
	}
	e.admitted = true
	p, err := a.verifyPassword(ctx, asker(s.UserID), user, current)
	if err != nil {
		return err
	}
	a.succeeded(ctx, tried)
	hash, code, err := a.hashNewPassword(ctx, newPassword{asker(s.UserID), user.Email, password})
	if err != nil {
		return err
	}
	if code != "" {
		return &PasswordError{code}
	}
	p.rehash = hash
	err = a.store.InTx(ctx, func(tx Adapter) (err error) {
		if user, err = a.lockSignedIn(ctx, tx, s); err != nil {
			return err
		}
		if user, err = p.hold(ctx, tx, user); err != nil {
			return err
		}
		if err := deleteTokens(ctx, tx, forTrust.of(s.UserID)); err != nil {
			return err
		}
		if _, err = tx.DeleteSessions(ctx, s.UserID, s.Token); err != nil {
			return err
		}
		return a.write(ctx, tx, e)
	})
	if err != nil {
		return fmt.Errorf("authent: change password: %w", err)
	}
	fire(ctx, a, "updateUser", a.cfg.Events.UpdateUser, UserEvent{User: user})
	a.notice(ctx, mailJob{Kind: MailPasswordChanged, To: user.Email})
	return nil
}

// DisableUser locks a user out: all sessions end in the same transaction, and no
// way to sign in works until EnableUser. An unknown user is ErrNotFound, a table
// without the column ErrUnsupported.
func (a *Auth) DisableUser(ctx context.Context, userID string) error {
	now := a.now()
	return a.setDisabled(ctx, userID, &now)
}

// EnableUser lets a disabled user sign in again. Errors are DisableUser's.
func (a *Auth) EnableUser(ctx context.Context, userID string) error {
	return a.setDisabled(ctx, userID, new(time.Time))
}

func (a *Auth) setDisabled(ctx context.Context, userID string, at *time.Time) (err error) {
	e, verb := securityEvent{kind: AuditDisabling, userID: userID}, "disable user"
	if at.IsZero() {
		e.kind, verb = AuditEnabling, "enable user"
	}
	defer a.recordEnd(ctx, func() securityEvent { return e.endedBy(err) })
	if !a.columns.UserDisabledAt {
		return fmt.Errorf("authent: %s: %w", verb, ErrUnsupported)
	}
	var user *User
	err = a.store.InTx(ctx, func(tx Adapter) (err error) {
		if _, err = tx.LockUser(ctx, userID); err != nil {
			return err
		}
		if user, err = tx.UpdateUser(ctx, userID, UserUpdate{DisabledAt: at}); err != nil {
			return err
		}
		if _, err = tx.DeleteSessions(ctx, userID, ""); err != nil {
			return err
		}
		return a.write(ctx, tx, e)
	})
	if err != nil {
		return fmt.Errorf("authent: %s: %w", verb, err)
	}
	fire(ctx, a, "updateUser", a.cfg.Events.UpdateUser, UserEvent{User: user})
	return nil
}

// DeleteUser deletes a user with all accounts, sessions and verification tokens
// in one transaction. An unknown user is ErrNotFound. It is for administrators:
// it does not check who is signed in. Before deleting the signed-in user, check
// Recent.
func (a *Auth) DeleteUser(ctx context.Context, userID string) (err error) {
	e := securityEvent{kind: AuditDeletion, userID: userID}
	defer a.recordEnd(ctx, func() securityEvent { return e.endedBy(err) })
	return a.deleteUser(ctx, e, func(tx Adapter) (*User, error) { return tx.LockUser(ctx, userID) })
}

// deleteOwnUser does what DeleteUser does for the person behind s, who must have typed
// the password (else ErrInvalidCredentials) or, where it is "", have signed in recently
// (else ErrRecentSignInRequired), and still be signed in (else ErrSignedOut).
func (a *Auth) deleteOwnUser(ctx context.Context, s *Session, password string) (err error) {
	e := s.event(AuditDeletion)
	defer a.recordEnd(ctx, func() securityEvent { return e.endedBy(err) })
	var p proof
	switch {
	case password != "":
		if p, err = a.tryOwnPassword(ctx, s, password); err != nil {
			return err
		}
	case !a.Recent(s):
		return ErrRecentSignInRequired
	}
	return a.deleteUser(ctx, e, func(tx Adapter) (*User, error) {
		user, err := a.lockSignedIn(ctx, tx, s)
		if err != nil {
			return nil, err
		}
		return p.hold(ctx, tx, user)
	})
}

// tryOwnPassword counts a try of the password of the person behind s and checks it.
func (a *Auth) tryOwnPassword(ctx context.Context, s *Session, password string) (proof, error) {
	tried, err := a.limit(ctx, caller{addr: s.from}, try{kind: TryPassword, account: s.UserID})
	if err != nil {
		return proof{}, err
	}
	p, err := a.verifyPassword(ctx, asker(s.UserID), s.User, password)
	if err == nil {
		a.succeeded(ctx, tried)
	}
	return p, err
}

// deleteUser deletes the user that lock finds and locks, and stores e, which like all of
// the user's events keeps no address and no browser.
func (a *Auth) deleteUser(ctx context.Context, e securityEvent, lock func(tx Adapter) (*User, error)) error {
	err := a.store.InTx(ctx, func(tx Adapter) error {
		user, err := lock(tx)
		if err != nil {
			return err
		}
		if err := deleteTokensOf(ctx, tx, user); err != nil {
			return err
		}
		if err := errors.Join(a.write(ctx, tx, e), forgetClients(ctx, tx, user.ID)); err != nil {
			return err
		}
		return tx.DeleteUser(ctx, user.ID)
	})
	if err != nil {
		return fmt.Errorf("authent: delete user: %w", err)
	}
	return nil
}
