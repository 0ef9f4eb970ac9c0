package authent

import (
	"fmt"
	"net/http"
)

// For an application with pages of its own. Each verb takes the request and the answer,
// since it counts tries of the client, and since the browser that asks keeps a cookie in
// which the mail's code works. What the application answers must not depend on whether
// somebody has the address: the verbs that send mail return nil either way. Their errors
// are a *RateLimitError, a *RequestError for what is no address, ErrBusy if the outbox is
// full, and ErrUnsupported without Config.Mailer.

// exchangeOf makes what the Handler makes of a request.
func (a *Auth) exchangeOf(w http.ResponseWriter, r *http.Request) (*exchange, error) {
	origin, err := a.originOf(r)
	if err != nil {
		return nil, fmt.Errorf("authent: %w", err)
	}
	e := &exchange{Auth: a, w: w, r: r, origin: origin, callbackURL: origin.String()}
	return e, nil
}

// ask makes a request for a mail in which the browser waits for a code.
func (a *Auth) ask(w http.ResponseWriter, r *http.Request, email string, request func(e *exchange, m mailRequest) (*codeFlow, error)) error {
	e, err := a.exchangeOf(w, r)
	if err != nil {
		return err
	}
	f, err := request(e, mailRequest{address: email, origin: e.origin.String()})
	if err != nil {
		return err
	}
	return e.keepCode(f)
}

// SendSignIn mails a link and a code to sign in with. It needs provider.Email.
func (a *Auth) SendSignIn(w http.ResponseWriter, r *http.Request, email string) error {
	p, ok := a.emailProvider()
	if !ok {
		return fmt.Errorf("authent: send a sign-in link: no e-mail provider: %w", ErrUnsupported)
	}
	return a.ask(w, r, email, func(e *exchange, m mailRequest) (*codeFlow, error) {
		return a.requestSignIn(r.Context(), a.callerOf(r), p, m)
	})
}

// SendReset mails a link and a code to set a password with. It needs provider.Password.
func (a *Auth) SendReset(w http.ResponseWriter, r *http.Request, email string) error {
	return a.ask(w, r, email, func(e *exchange, m mailRequest) (*codeFlow, error) {
		return a.requestReset(r.Context(), a.callerOf(r), m)
	})
}

// ResetPassword sets the password of whoever was mailed the link of p, ends all their
// sessions and starts none. A link that does not work is ErrLinkInvalid; a new password
// that is refused a *ResetError, and the link works still. Where the account has an
// authenticator app (ResetNeedsCode), a wrong p.Code is ErrCodeWrong. The browser is known to the
// account from then on, so that nobody keeps its owner from signing in with it.
func (a *Auth) ResetPassword(w http.ResponseWriter, r *http.Request, p PasswordReset) (*User, error) {
	if a.cfg.Mailer == nil {
		return nil, fmt.Errorf("authent: reset password: %w", errNoMailer)
	}
	u, err := a.resetPassword(r.Context(), a.callerOf(r), p)
	if err != nil {
		return nil, err
	}
	a.know(w, r, u)
	return u, nil
}

// ResetNeedsCode reports whether the link of p sets a password only beside a code of an
// authenticator app, or a recovery code: p.Code. A link that does not work is
// ErrLinkInvalid.
func (a *Auth) ResetNeedsCode(r *http.Request, p PasswordReset) (bool, error) {
	u, _, err := a.findReset(r.Context(), p.UserID, p.Token)
	if err != nil {
		return false, err
	}
	return a.resetNeedsCode(r.Context(), a.store, u)
}

// SendVerification mails whoever r's session belongs to a link and a code that prove
// their address. Without a session it is ErrSignedOut. If the address is proved already,
// it does nothing.
func (a *Auth) SendVerification(w http.ResponseWriter, r *http.Request) error {
	return a.ask(w, r, "", func(e *exchange, m mailRequest) (*codeFlow, error) {
		s, err := e.mustBeSignedIn()
		if err != nil {
			return nil, err
		}
		return a.requestVerification(r.Context(), a.callerOf(r), s.User, m)
	})
}

// ChangeEmail mails the address that the person behind r's session wants to have a link
// and a code; the address counts when they use it, signed in, while that session lives. It
// requires a recent sign-in (ErrRecentSignInRequired).
func (a *Auth) ChangeEmail(w http.ResponseWriter, r *http.Request, email string) error {
	return a.ask(w, r, email, func(e *exchange, m mailRequest) (*codeFlow, error) {
		s, err := e.mustBeSignedIn()
		if err != nil {
			return nil, err
		}
		return a.requestChange(r.Context(), a.callerOf(r), s, m)
	})
}
