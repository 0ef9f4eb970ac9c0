package authent

import (
	"errors"
	"net/http"

	"github.com/authent/authent/authent/internal/page"
)

// registerAndWaitForMail creates a person who signs in once the address is proved.
func (e *exchange) registerAndWaitForMail(provider *Provider, reg Registration) error {
	r := e.mailRequest()
	w, err := e.registerAndWait(e.r.Context(), e.callerOf(e.r), provider, reg, r)
	if err != nil {
		err = challengeOn(err, "register", "")
		e.keepForm(err, keptForm{Email: reg.Email, Name: reg.Name})
		return err
	}
	return e.waitForMail(w.code)
}

// askToVerify mails whoever has just registered the link that proves the address, where
// that is optional. They are signed in whether or not a mail can be sent.
func (e *exchange) askToVerify(s *Session) {
	if e.cfg.EmailVerification != VerificationOptional {
		return
	}
	f, err := e.requestVerification(e.r.Context(), e.callerOf(e.r), s.User, e.mailRequest())
	if err = errors.Join(err, e.keepCode(f)); err != nil {
		e.cfg.Logger.WarnContext(e.r.Context(), "authent: no mail was sent to verify an address", "error", err)
	}
}

// verifier reads what shows, beside the mail, that the account is whoever's this is.
func (e *exchange) verifier(u *User, t ticket, password string) (v verifier, s *Session, err error) {
	if s, err = e.requestSession(); err != nil {
		return verifier{}, nil, err
	}
	if s != nil && s.UserID == u.ID {
		v.session = s
	}
	f, ok := e.waitsFor()
	v.waits = ok && f.Purpose == forVerify.name && f.Address == u.Email && f.mailed(t)
	v.password = password
	return v, s, nil
}

// getVerifyEmail shows the page to which a link leads that proves an address. It asks for
// the password where nothing else shows that the account is theirs.
func (e *exchange) getVerifyEmail() error {
	if done, err := e.elsewhere(e.cfg.Pages.VerifyEmail); done {
		return err
	}
	q := queryOf(e.r)
	u, t, err := e.findProof(e.r.Context(), EmailProof{UserID: q.Get("user"), Token: q.Get("token")})
	if err != nil {
		return err
	}
	v, s, err := e.verifier(u, t, "")
	if err != nil {
		return err
	}
	view := page.ConfirmView{
		Frame: e.frame(), Title: "Confirm your address", Account: u.Email, Button: "Confirm", Action: "verify-email",
		Fields: hidden(q, "user", "token"), AskPassword: v.session == nil && !v.waits,
	}
	if s != nil && s.UserID != u.ID {
		view.Other = s.User.Email
	}
	return e.html(http.StatusOK, page.Confirm, view)
}

// postVerifyEmail proves an address with a link.
func (e *exchange) postVerifyEmail() error {
	e.again.page, e.again.query = "verify-email", without(e.form, "csrfToken", "callbackUrl", "password")
	u, t, err := e.findProof(e.r.Context(), EmailProof{UserID: e.form.Get("user"), Token: e.form.Get("token")})
	if err != nil {
		return err
	}
	started, next, err := e.verifyWith(u, t, e.form.Get("password"))
	if errors.Is(err, ErrInvalidCredentials) {
		return &pageError{errCurrentPassword, "verify-email", ""}
	}
	if err != nil {
		return challengeOn(err, "verify-email", "")
	}
	return e.goVerified(started, next)
}

// goVerified sends the browser on in which an address was proved.
func (e *exchange) goVerified(started *Session, next string) error {
	if started == nil {
		return e.toAccount("email_verified")
	}
	return e.goNext(next)
}

// postSendVerification mails whoever is signed in another link to prove the address with.
func (e *exchange) postSendVerification() error {
	s, err := e.mustBeSignedIn()
	if err != nil {
		return err
	}
	if e.cfg.Mailer == nil {
		return errUnknownPage
	}
	f, err := e.requestVerification(e.r.Context(), e.callerOf(e.r), s.User, e.mailRequest())
	if err != nil {
		return challengeOn(err, "account", "")
	}
	if f == nil {
		return e.toAccount("email_verified")
	}
	return e.waitForMail(f)
}

// postEmail mails the address that whoever is signed in wants to have.
func (e *exchange) postEmail() error {
	s, err := e.mustBeSignedIn()
	if err != nil {
		return err
	}
	if e.cfg.Mailer == nil {
		return errUnknownPage
	}
	f, err := e.requestChange(e.r.Context(), e.callerOf(e.r), s, e.mailRequest())
	if errors.Is(err, errChallenge) {
		return challengeOn(err, "account", page.CardEmail)
	}
	if err != nil {
		return &pageError{err, "account", ""}
	}
	return e.waitForMail(f)
}

// getChangeEmail shows the page to which a link leads that proves a new address.
func (e *exchange) getChangeEmail() error {
	if done, err := e.elsewhere(e.cfg.Pages.ChangeEmail); done {
		return err
	}
	q := queryOf(e.r)
	u, t, err := e.findChange(e.r.Context(), EmailChange{UserID: q.Get("user"), Email: q.Get("email"), Token: q.Get("token")})
	if err != nil {
		return err
	}
	if _, err := e.signedInAs(u.ID); err != nil {
		return err
	}
	view := page.ConfirmView{
		Frame: e.frame(), Title: "Change your address", Lead: "From now on this account has the address", Account: t.address, Button: "Change address",
		Action: "change-email", Fields: hidden(q, "user", "email", "token"),
	}
	return e.html(http.StatusOK, page.Confirm, view)
}

// postChangeEmail changes an address with the link that the new one was sent.
func (e *exchange) postChangeEmail() error {
	u, t, err := e.findChange(e.r.Context(), EmailChange{UserID: e.form.Get("user"), Email: e.form.Get("email"), Token: e.form.Get("token")})
	if err != nil {
		return err
	}
	s, err := e.signedInAs(u.ID)
	if err != nil {
		return err
	}
	if _, err := e.changeWith(t, s); err != nil {
		return err
	}
	return e.toAccount("email_changed")
}

// signedInAs returns the session behind e, which must be the user's, else ErrSignedOut.
// A link alone changes no address: the account that it was asked for may be a stranger's,
// for whom the address's owner must not prove it (P29). Elsewhere than in a browser that is
// signed in there is the code.
func (e *exchange) signedInAs(userID string) (*Session, error) {
	s, err := e.mustBeSignedIn()
	if err == nil && s.UserID != userID {
		err = ErrSignedOut
	}
	return s, err
}

// getUndoEmail shows the page to which the link leads that an old address was sent.
func (e *exchange) getUndoEmail() error {
	if done, err := e.elsewhere(e.cfg.Pages.UndoEmail); done {
		return err
	}
	q := queryOf(e.r)
	if _, _, err := e.findUndo(e.r.Context(), undoOf(q)); err != nil {
		return err
	}
	return e.html(http.StatusOK, page.Confirm, page.ConfirmView{
		Frame: e.frame(), Title: "Undo the change of your address", Account: q.Get("email"), Button: "Undo the change", Action: "undo-email",
		Lead:   "This gives the account back the address below. Everybody is signed out, and the password no longer works; we mail you a link to set a new one. The address is",
		Fields: hidden(q, "user", "email", "mark", "token"),
	})
}

// undoOf reads an undo link's parameters.
func undoOf(q map[string][]string) EmailUndo {
	get := func(name string) string {
		if all := q[name]; len(all) > 0 {
			return all[0]
		}
		return ""
	}
	return EmailUndo{UserID: get("user"), Email: get("email"), Mark: get("mark"), Token: get("token")}
}

// postUndoEmail gives an account its old address back.
func (e *exchange) postUndoEmail() error {
	if _, err := e.undoChange(e.r.Context(), e.callerOf(e.r), undoOf(e.form), e.origin.String()); err != nil {
		return err
	}
	return e.redirect(e.page("signin", map[string][]string{"notice": {"email_restored"}}))
}
