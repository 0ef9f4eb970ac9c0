package authent

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/authent/authent/authent/internal/factor"
	"github.com/authent/authent/authent/internal/input"
)

// Codes of RegisterError, as they appear in the register page's query; those of a
// password stand beside them.
const (
	CodeEmailInvalid = "email_invalid"
	CodeEmailTaken   = "email_taken"
	CodeNameInvalid  = "name_invalid"
	// CodeInvitationNeeded says that only the invited may register (SignUpInvited), with
	// the address that the invitation went to.
	CodeInvitationNeeded = "invitation_needed"
)

// RegisterError refuses a registration. An ent hook on User may return one with a code of its own (a–z, 0–9 and "_", at most 64).
type RegisterError struct{ Code string }

// Error implements error.
func (e *RegisterError) Error() string { return "registration refused: " + e.Code }

// Is makes errors.Is with ErrPasswordShort, ErrPasswordLong, ErrPasswordCommon and
// ErrPasswordBreached true where Code says so.
func (e *RegisterError) Is(target error) bool { return isPasswordError(e.Code, target) }

// maxName is how many code points a name may have.
const maxName = 200

// Registration is a person about to be created.
type Registration struct {
	// Email is the address as typed; it is stored normalised.
	Email string
	// Password is 8 code points to 1,024 bytes long, in shared mode to 72 bytes. It is
	// none of the common ones, nor made of the address's and the application's names.
	Password string
	// Name is what the person is called, at most 200 code points. It may be "".
	Name string
	// Invitation is the parameter token of an invitation's link; see Auth.Invite.
	Invitation Secret
	// Form holds an application's own fields; an ent hook reads them with
	// SignUpFrom. They are not to be trusted.
	Form url.Values
}

// Register creates a user with a password. It starts no session. Anything wrong
// with the registration, including a taken address, is a *RegisterError; so is a
// conflict with a unique field of the application's own ("username_taken"), and a
// value that such a field's validator refuses ("username_invalid").
func (a *Auth) Register(ctx context.Context, reg Registration) (created *User, err error) {
	e := securityEvent{kind: AuditRegistration}
	defer a.recordEnd(ctx, func() securityEvent {
		e.userID = idOf(created)
		return e.endedBy(err)
	})
	u, err := a.newUser(ctx, reg)
	if err != nil {
		return nil, err
	}
	ctx = a.signUpContext(ctx, reg)
	if created, err = a.createUser(ctx, u, e); err != nil {
		return nil, fmt.Errorf("authent: register: %w", refused(err))
	}
	fire(ctx, a, "createUser", a.cfg.Events.CreateUser, UserEvent{User: created})
	return created, nil
}

// registerAndSignIn creates a user and starts their session in one transaction
// (P26), unless the SignIn callback refuses.
func (a *Auth) registerAndSignIn(ctx context.Context, c caller, provider *Provider, reg Registration) (s *Session, err error) {
	e := c.event(AuditRegistration)
	e.method = provider.ID
	defer a.recordEnd(ctx, func() securityEvent { return e.in(s).endedBy(err) })
	if err := a.limitRegistration(ctx, c, reg); err != nil {
		return nil, err
	}
	e.admitted = true
	t, invited, err := a.invitation(ctx, reg)
	if err != nil {
		return nil, err
	}
	u, err := a.newUser(ctx, reg)
	if err != nil {
		return nil, err
	}
	if invited {
		u.EmailVerified = a.now()
	}
	err = a.allowSignIn(ctx, SignInParams{
		User: &u, Provider: provider.ID, ProviderType: provider.Type, IsNewUser: true, Credentials: reg.Form,
	})
	if err != nil {
		return nil, err
	}
	s, err = a.signIn(ctx, c, proof{methods: []factor.Method{factor.Password}}.telling(e), func(tx Adapter) (*User, error) {
		if invited {
			if err := a.use(ctx, tx, t); err != nil {
				return nil, err
			}
		}
		if err := a.endInvitations(ctx, tx, u.Email); err != nil {
			return nil, err
		}
		return tx.CreateUser(a.signUpContext(ctx, reg), u)
	})
	if errors.Is(err, ErrLinkInvalid) {
		err = &RegisterError{CodeInvitationNeeded}
	}
	if err != nil {
		return nil, refused(err)
	}
	s.first = true
	fire(ctx, a, "createUser", a.cfg.Events.CreateUser, UserEvent{User: s.User})
	fire(ctx, a, "signIn", a.cfg.Events.SignIn, SignInEvent{User: s.User, Provider: provider.ID, IsNewUser: true})
	return s, nil
}

// createUser stores a new user, and with it the event that tells it.
func (a *Auth) createUser(ctx context.Context, u User, e securityEvent) (created *User, err error) {
	if _, ok := auditStoreOf(a.store); !ok {
		return a.store.CreateUser(ctx, u)
	}
	err = a.store.InTx(ctx, func(tx Adapter) error {
		if created, err = tx.CreateUser(ctx, u); err != nil {
			return err
		}
		e.userID = created.ID
		return a.write(ctx, tx, e)
	})
	if err != nil {
		return nil, err
	}
	return created, nil
}

// limitRegistration counts a registration, and refuses it where sign-up is closed.
func (a *Auth) limitRegistration(ctx context.Context, c caller, reg Registration) error {
	if a.cfg.SignUp == SignUpClosed {
		return ErrSignUpClosed
	}
	_, err := a.limit(ctx, c, try{kind: TryRegister, account: reg.Email, form: reg.Form})
	return err
}

func (a *Auth) signUpContext(ctx context.Context, reg Registration) context.Context {
	s := SignUp{Form: reg.Form}
	if p, ok := a.passwordProvider(); ok {
		s.Provider = p.ID
	}
	return withSignUp(ctx, s)
}

// newUser checks a registration and hashes its password. Whether the address is taken
// is looked up last: until then a taken one is answered like a free one (P10). If it
// is, the user comes with the error.
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
	hash, code, err := a.hashNewPassword(ctx, newPassword{byStranger, email, reg.Password})
	if err != nil {
		return User{}, err
	}
	if code != "" {
		return User{}, &RegisterError{code}
	}
	u := User{Email: email, Name: name, Password: hash}
	free, err := a.isFree(ctx, a.store, reg.Email, "")
	if err == nil && !free {
		err = &RegisterError{CodeEmailTaken}
	}
	return u, err
}

func validName(name string) bool {
	return utf8.ValidString(name) && utf8.RuneCountInString(name) <= maxName &&
		!strings.ContainsFunc(name, unicode.IsControl)
}

// refused turns an error about a registration's values into a *RegisterError. The
// loser of two simultaneous registrations (P09) gets the same answer as one that
// came later. A value that one of the application's own fields refuses becomes a
// code: "User.username" becomes username_taken or username_invalid, or just
// invalid if the database does not say which field it is.
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

type signUpKey struct{}

// SignUp says how a person who is about to be created signs up. An ent hook on
// User reads it with SignUpFrom to fill the application's own columns. Nothing in
// it can be trusted: a browser or a provider sent it.
type SignUp struct {
	// Provider is the id of the provider through which the person signs up.
	Provider string
	// Profile is what the provider said about the person, nil for a registration
	// form.
	Profile Claims
	// Form holds the fields of the form that are not the engine's own.
	Form url.Values
}

// SignUpFrom returns the sign-up that ctx belongs to, and whether there is one.
func SignUpFrom(ctx context.Context) (SignUp, bool) {
	s, ok := ctx.Value(signUpKey{}).(SignUp)
	return s, ok
}

func withSignUp(ctx context.Context, s SignUp) context.Context {
	return context.WithValue(ctx, signUpKey{}, s)
}
