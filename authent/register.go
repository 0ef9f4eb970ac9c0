package authent

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/authent/authent/authent/internal/input"
)

// Codes of RegisterError, as the query of the register page has them.
const (
	CodeEmailInvalid  = "email_invalid"
	CodeEmailTaken    = "email_taken"
	CodePasswordShort = "password_short"
	CodePasswordLong  = "password_long"
	CodeNameInvalid   = "name_invalid"
)

// RegisterError refuses a registration or a new password. An ent hook on User
// may return one with a code of its own (a–z, 0–9 and "_", at most 64).
type RegisterError struct{ Code string }

// Error implements error.
func (e *RegisterError) Error() string { return "registration refused: " + e.Code }

// maxName is how many code points a name may have.
const maxName = 200

// Registration is a person about to be created.
type Registration struct {
	// Email is the address as typed; it is stored normalised.
	Email string
	// Password is 8 code points to 1,024 bytes long, in shared mode to 72 bytes.
	Password string
	// Name is what the person is called, at most 200 code points. It may be "".
	Name string
	// Form holds an application's own fields; an ent hook reads them with
	// SignUpFrom. They are not to be trusted.
	Form url.Values
}

// Register creates a user with a password. It starts no session. What is wrong
// with the registration, a taken address included, is a *RegisterError; so is a
// conflict with a unique field of the application's own ("username_taken"), and a
// value that a validator of one refuses ("username_invalid").
func (a *Auth) Register(ctx context.Context, reg Registration) (created *User, err error) {
	defer func() {
		a.record(ctx, securityEvent{kind: eventRegistration, userID: idOf(created), err: err})
	}()
	u, err := a.newUser(ctx, reg)
	if err != nil {
		return nil, err
	}
	ctx = a.signUpContext(ctx, reg)
	created, err = a.store.CreateUser(ctx, u)
	if err != nil {
		return nil, fmt.Errorf("authent: register: %w", refused(err))
	}
	fire(ctx, a, "createUser", a.cfg.Events.CreateUser, UserEvent{User: created})
	return created, nil
}

// registerAndSignIn creates the user and starts the session in one transaction
// (P26).
func (a *Auth) registerAndSignIn(w http.ResponseWriter, r *http.Request, u User, reg Registration) (*Session, error) {
	ctx := a.signUpContext(r.Context(), reg)
	s, err := a.signIn(w, r, proof{}, func(tx Adapter) (*User, error) {
		return tx.CreateUser(ctx, u)
	})
	if err != nil {
		return nil, refused(err)
	}
	fire(r.Context(), a, "createUser", a.cfg.Events.CreateUser, UserEvent{User: s.User})
	return s, nil
}

func (a *Auth) signUpContext(ctx context.Context, reg Registration) context.Context {
	s := SignUp{Form: reg.Form}
	if p, ok := a.passwordProvider(); ok {
		s.Provider = p.ID
	}
	return withSignUp(ctx, s)
}

// newUser checks a registration and hashes its password.
func (a *Auth) newUser(ctx context.Context, reg Registration) (User, error) {
	if _, ok := a.passwordProvider(); !ok {
		return User{}, fmt.Errorf("authent: register: no password provider: %w", ErrUnsupported)
	}
	email, err := input.NormalizeEmail(reg.Email)
	if err != nil {
		return User{}, &RegisterError{CodeEmailInvalid}
	}
	name := strings.TrimSpace(reg.Name)
	if !validName(name) {
		return User{}, &RegisterError{CodeNameInvalid}
	}
	if err := a.checkNewPassword(reg.Password); err != nil {
		return User{}, err
	}
	taken, err := userByEmail(ctx, a.store, reg.Email)
	if err != nil {
		return User{}, err
	}
	if taken != nil {
		return User{}, &RegisterError{CodeEmailTaken}
	}
	hash, err := a.hasher.Hash(ctx, byStranger, reg.Password)
	if err != nil {
		return User{}, err
	}
	return User{Email: email, Name: name, Password: hash}, nil
}

func (a *Auth) checkNewPassword(password string) error {
	switch err := a.hasher.Check(password); {
	case errors.Is(err, ErrPasswordShort):
		return &RegisterError{CodePasswordShort}
	case errors.Is(err, ErrPasswordLong):
		return &RegisterError{CodePasswordLong}
	default:
		return err
	}
}

func validName(name string) bool {
	return utf8.ValidString(name) && utf8.RuneCountInString(name) <= maxName &&
		!strings.ContainsFunc(name, unicode.IsControl)
}

// refused turns the conflict that the loser of two registrations gets (P09) into
// the answer of one that came later, and what an application's own field does not
// take into a code: "User.username" becomes username_taken or username_invalid; a
// database that does not say which field it is makes that invalid alone.
func refused(err error) error {
	var name, suffix string
	if c, ok := errors.AsType[*ConflictError](err); ok {
		name, suffix = c.Key, "_taken"
	} else if i, ok := errors.AsType[*InvalidError](err); ok {
		name, suffix = i.Field, "_invalid"
	}
	if name == "User" {
		return &RegisterError{Code: "invalid"}
	}
	field, ok := strings.CutPrefix(name, "User.")
	if !ok {
		return err
	}
	return &RegisterError{Code: strings.ToLower(field) + suffix}
}
