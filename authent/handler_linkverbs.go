package authent

import (
	"errors"
	"fmt"
	"net/http"
)

// For an application with pages of its own, to which links in mails lead (Pages), and on
// which people type codes. Each verb does what the button of the built-in page does, sets
// the cookies, and leaves the answer to the application. A link or a code that does not
// work is ErrLinkInvalid, and so is any where the application sends no mail. Let people
// press a button before you call one: programs that look at links in mails open the page.
// Refuse the button's request if another site sent it, as http.CrossOriginProtection does:
// that site could have somebody signed in to an account of its own (the Handler's
// endpoints look by themselves).

// SignInByLink signs in whoever holds the link of l, and creates the account if there is
// none and sign-up is open. It needs provider.Email. Errors are those of a sign-in too,
// such as ErrAccessDenied.
func (a *Auth) SignInByLink(w http.ResponseWriter, r *http.Request, l EmailSignIn) (*Session, error) {
	e, err := a.exchangeOf(w, r)
	if err != nil {
		return nil, err
	}
	p, ok := a.emailProvider()
	if !ok {
		return nil, fmt.Errorf("authent: sign in by a link: no e-mail provider: %w", ErrUnsupported)
	}
	t, err := a.signInTicket(l)
	if err != nil {
		return nil, err
	}
	did, err := e.signInWith(p, t)
	return did.session, err
}

// VerifyEmail proves a user's address with the link of p. Whoever is not signed in as that
// user is signed in, and has the new session returned, but must show that the account is
// theirs: with p.Password, unless the browser is the one that asked for the mail. Else, as
// with a wrong password, it is ErrInvalidCredentials, and the link still works: ask for the
// password then.
func (a *Auth) VerifyEmail(w http.ResponseWriter, r *http.Request, p EmailProof) (*Session, error) {
	e, err := a.exchangeOf(w, r)
	if err != nil {
		return nil, err
	}
	u, t, err := a.findProof(r.Context(), p)
	if err != nil {
		return nil, err
	}
	s, _, err := e.verifyWith(u, t, p.Password)
	return s, err
}

// ConfirmEmail gives a user the address that the link of c proves, and tells the old one.
// The browser must be signed in as that user, else it is ErrSignedOut, and the session must
// be the one that asked (see ChangeEmail).
func (a *Auth) ConfirmEmail(w http.ResponseWriter, r *http.Request, c EmailChange) (*User, error) {
	e, err := a.exchangeOf(w, r)
	if err != nil {
		return nil, err
	}
	u, t, err := a.findChange(r.Context(), c)
	if err != nil {
		return nil, err
	}
	s, err := e.signedInAs(u.ID)
	if err != nil {
		return nil, err
	}
	return e.changeWith(t, s)
}

// UndoEmail gives a user the old address back to which the link of u was mailed. It ends
// the sessions and the password, starts no session, and mails a link to set a password.
func (a *Auth) UndoEmail(_ http.ResponseWriter, r *http.Request, u EmailUndo) (*User, error) {
	origin, err := a.originOf(r)
	if err != nil {
		return nil, fmt.Errorf("authent: %w", err)
	}
	return a.undoChange(r.Context(), a.callerOf(r), u, origin.String())
}

// CodeUse is what a code did.
type CodeUse struct {
	// Kind says what the code was mailed for: MailSignIn, MailReset, MailVerify or
	// MailChange.
	Kind MailKind
	// Session is the one that it started, nil if it started none.
	Session *Session
	// IsNewUser says that the account was created.
	IsNewUser bool
	// Reset is set for MailReset: ask for a password and give it to ResetPassword.
	Reset PasswordReset
}

// UseCode does what the code does that somebody typed in the browser that asked for the
// mail. A wrong one is ErrCodeWrong, after the fifth ErrLinkInvalid, which it is too in
// any other browser. What the mail was for may be refused as its link would be.
func (a *Auth) UseCode(w http.ResponseWriter, r *http.Request, code string) (CodeUse, error) {
	e, err := a.exchangeOf(w, r)
	if err != nil {
		return CodeUse{}, err
	}
	use, _, err := e.useCode(code)
	return use, err
}

// useCode does what a code does, and returns where the browser goes, sealed.
func (e *exchange) useCode(typed string) (use CodeUse, next string, err error) {
	f, ok := e.waitsFor()
	if !ok {
		return CodeUse{}, "", ErrLinkInvalid
	}
	t, err := e.tryCode(e.r.Context(), e.callerOf(e.r), f, typed)
	if err != nil {
		return CodeUse{}, "", err
	}
	e.goesTo(f.Next)
	switch f.Purpose {
	case forSignIn.name:
		use, err = e.signInByCode(f, t)
	case forReset.name:
		use.Kind = MailReset
		use.Reset, err = e.resetByCode(e.r.Context(), t)
	case forVerify.name:
		use.Kind = MailVerify
		use.Session, err = e.verifyByCode(f, t)
	case forChange.name:
		use.Kind, err = MailChange, e.changeByCode(f, t)
	default:
		err = ErrLinkInvalid
	}
	if err != nil {
		return CodeUse{}, "", err
	}
	e.clearCookie(e.w, e.cookies.code)
	return use, f.Next, nil
}

// signInByCode signs in with the code of a sign-in mail, whose link ends with it.
func (e *exchange) signInByCode(f codeFlow, t ticket) (CodeUse, error) {
	p, ok := e.emailProvider()
	if !ok {
		return CodeUse{}, ErrLinkInvalid
	}
	t.rest = []tokenRow{{Identifier: forSignIn.ofAddress(f.Address), Token: f.Link}}
	did, err := e.signInWith(p, t)
	return CodeUse{Kind: MailSignIn, Session: did.session, IsNewUser: did.created}, err
}

// signInWith signs in with a ticket.
func (e *exchange) signInWith(p *Provider, t ticket) (admission, error) {
	e.goesTo(e.form.Get("next"))
	did, err := e.signInByMail(e.r.Context(), e.arrivingCaller(e.r), p, t)
	if err != nil {
		return admission{}, e.keepPending(err)
	}
	e.welcome(e.w, e.r, did.session)
	e.clearCookie(e.w, e.cookies.code)
	return did, nil
}

// verifyByCode proves an address with the code that its mail brought.
func (e *exchange) verifyByCode(f codeFlow, t ticket) (*Session, error) {
	u, err := e.userOf(e.r.Context(), e.store, f.Address)
	if err != nil {
		return nil, err
	}
	if u == nil || u.Disabled() {
		return nil, ErrLinkInvalid
	}
	s, _, err := e.verifyWith(u, t, e.form.Get("password"))
	return s, err
}

// verifyWith proves a user's address with a ticket. It returns the session that this
// started, if it did, and where the browser goes that waited for the mail, sealed.
func (e *exchange) verifyWith(u *User, t ticket, password string) (s *Session, next string, err error) {
	v, _, err := e.verifier(u, t, password)
	if err != nil {
		return nil, "", err
	}
	if f, ok := e.waitsFor(); ok {
		e.goesTo(f.Next)
	}
	s, err = e.verifyEmail(e.r.Context(), e.arrivingCaller(e.r), u, t, v)
	if errors.Is(err, errProofNeeded) {
		err = fmt.Errorf("authent: verify e-mail: the password is needed: %w", ErrInvalidCredentials)
	}
	if err != nil {
		return nil, "", e.keepPending(err)
	}
	if f, ok := e.waitsFor(); ok {
		next = f.Next
	}
	e.clearCookie(e.w, e.cookies.code)
	if s != nil {
		e.welcome(e.w, e.r, s)
	}
	return s, next, nil
}

// changeByCode changes an address with the code that the new one was sent. Only whoever
// asked for it, and is still signed in, can.
func (e *exchange) changeByCode(f codeFlow, t ticket) error {
	s, err := e.mustBeSignedIn()
	if err != nil {
		return err
	}
	if s.UserID != f.UserID {
		return ErrLinkInvalid
	}
	_, err = e.changeWith(t, s)
	return err
}

// changeWith changes the address of whoever s belongs to with a ticket.
func (e *exchange) changeWith(t ticket, s *Session) (*User, error) {
	u, err := e.changeEmail(e.r.Context(), e.callerOf(e.r), s, t, e.origin.String())
	if err == nil {
		e.clearCookie(e.w, e.cookies.code)
	}
	return u, err
}
