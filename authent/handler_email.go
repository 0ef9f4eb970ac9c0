package authent

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/authent/authent/authent/internal/page"
	"github.com/authent/authent/authent/internal/seal"
)

// mailRequest reads who asks for a mail.
func (e *exchange) mailRequest() mailRequest {
	return mailRequest{
		address: e.form.Get("email"), origin: e.origin.String(), next: e.sealNext(),
		form: without(e.form, "csrfToken", "callbackUrl", "password"),
	}
}

const (
	// nextPlace is what the address is bound to at which a link's browser ends up.
	nextPlace = "authent.next"
	// maxNext bounds it: mail programs cut long links.
	maxNext = 400
)

// sealNext returns where the browser goes in the end, sealed, so that a mail shows nothing
// that a stranger typed; "" for the origin.
func (e *exchange) sealNext() string {
	next := e.onward(e.callbackURL)
	if next == e.origin.String() || len(next) > maxNext {
		return ""
	}
	sealed, err := e.keys.SealJSON(e.cfg.Rand, seal.Code, nextPlace, next, e.now().Add(forVerify.age))
	if err != nil {
		return ""
	}
	return sealed
}

// goesTo has a sign-in that waits for its second step lead to a sealed address in the end.
func (e *exchange) goesTo(sealed string) {
	var next string
	if sealed != "" && e.keys.OpenJSON(seal.Code, nextPlace, sealed, e.now(), &next) {
		e.callbackURL = e.redirectURL(next)
	}
}

// goNext sends the browser to where a sealed address says, else to where the request does,
// as a link does that Auth.js mailed, else to the origin.
func (e *exchange) goNext(sealed string) error {
	var next string
	switch {
	case sealed != "" && e.keys.OpenJSON(seal.Code, nextPlace, sealed, e.now(), &next):
		return e.redirect(e.redirectURL(next))
	case e.form.Get("callbackUrl") != "":
		return e.redirect(e.onward(e.callbackURL))
	}
	return e.redirect(e.origin.String())
}

// codePlace is what the cookie of a waiting browser is bound to, whatever its name is.
const codePlace = "authent.code"

// waitForMail gives the browser the code's flow, and shows the page that asks for the code.
// The page is the same whoever's the address is.
func (e *exchange) waitForMail(f *codeFlow) error {
	if err := e.keepCode(f); err != nil {
		return err
	}
	query := url.Values{"type": {"email"}}
	if f != nil && f.Provider != "" {
		query.Set("provider", f.Provider)
	}
	return e.redirect(e.page("verify-request", query))
}

func (e *exchange) keepCode(f *codeFlow) error {
	if f == nil {
		return nil
	}
	sealed, err := e.keys.SealJSON(e.cfg.Rand, seal.Code, codePlace, f, f.expires())
	if err != nil {
		return err
	}
	e.setCookie(e.w, e.cookies.code, sealed, f.expires())
	return nil
}

// waitsFor returns the flow of the code that the browser waits for, if there is one.
func (e *exchange) waitsFor() (f codeFlow, ok bool) {
	value := cookie(e.r, e.cookies.code)
	return f, value != "" && e.keys.OpenJSON(seal.Code, codePlace, value, e.now(), &f)
}

// requestSignInLink sends a link to sign in with.
func (e *exchange) requestSignInLink() error {
	f, err := e.requestSignIn(e.r.Context(), e.callerOf(e.r), e.provider, e.mailRequest())
	if err != nil {
		e.keepForm(err, keptForm{Email: e.form.Get("email")})
		return e.ofProvidersForm(err)
	}
	return e.waitForMail(f)
}

// getSignInLink shows the page to which a sign-in link leads. It uses nothing up: programs
// that look at links in mails open it too.
func (e *exchange) getSignInLink() error {
	s, err := e.requestSession()
	if err != nil {
		return err
	}
	q := queryOf(e.r)
	view := page.ConfirmView{
		Frame: e.frame(), Title: "Sign in", Account: q.Get("email"), Button: "Sign in", Action: "callback/" + e.provider.ID,
		Fields: hidden(q, "token", "email", "next", "callbackUrl"),
	}
	if s != nil && s.User.Email != q.Get("email") {
		view.Other = s.User.Email
	}
	return e.html(http.StatusOK, page.Confirm, view)
}

// hidden returns fields of a form that repeat parameters of the query.
func hidden(q url.Values, names ...string) []page.Field {
	var all []page.Field
	for _, name := range names {
		if q.Has(name) {
			all = append(all, page.Field{Name: name, Value: q.Get(name)})
		}
	}
	return all
}

// postSignInLink signs in with a link.
func (e *exchange) postSignInLink() error {
	t, err := e.signInTicket(EmailSignIn{e.form.Get("email"), e.form.Get("token")})
	if err != nil {
		return err
	}
	return e.finishMailSignIn(e.provider, t, e.form.Get("next"))
}

// finishMailSignIn signs in with a ticket and sends the browser on.
func (e *exchange) finishMailSignIn(p *Provider, t ticket, next string) error {
	did, err := e.signInWith(p, t)
	if err != nil {
		return err
	}
	return e.goIn(did.created, next)
}

// goIn sends the browser of somebody who has just signed in on, or to Pages.NewUser if
// the account is new.
func (e *exchange) goIn(isNew bool, next string) error {
	if own := e.cfg.Pages.NewUser; own != "" && isNew {
		return e.redirect(absolute(e.origin, own))
	}
	return e.goNext(next)
}

// postCode takes the code that somebody read in a mail and typed where they asked for it.
func (e *exchange) postCode() error {
	use, next, err := e.useCode(e.form.Get("code"))
	if err != nil {
		return challengeOn(err, "verify-request", "")
	}
	switch use.Kind {
	case MailSignIn:
		return e.goIn(use.IsNewUser, next)
	case MailReset:
		return e.redirect(e.linkTo(e.origin.String(), "reset-password", use.Reset.Token, url.Values{"user": {use.Reset.UserID}}))
	case MailVerify:
		return e.goVerified(use.Session, next)
	}
	return e.toAccount("email_changed")
}

// getVerifyRequest shows the page that says that a mail is on its way, with a field for
// the code if this browser waits for one.
func (e *exchange) getVerifyRequest() error {
	if done, err := e.elsewhere(e.cfg.Pages.VerifyRequest); done {
		return err
	}
	view := page.VerifyRequestView{Frame: e.frame()}
	if f, ok := e.waitsFor(); ok {
		view.CanType, view.Address = true, canonical(f.Address) // never as it is stored (P10)
	}
	return e.html(http.StatusOK, page.VerifyRequest, view)
}

func (e *exchange) getForgotPassword() error {
	if _, ok := e.passwordProvider(); !ok || e.cfg.Mailer == nil {
		return errUnknownPage
	}
	if done, err := e.elsewhere(e.cfg.Pages.ForgotPassword); done {
		return err
	}
	return e.html(http.StatusOK, page.ForgotPassword, page.ForgotPasswordView{Frame: e.frame(), Email: e.takeForm(e.w, e.r).Email})
}

// postForgotPassword mails a link to set a new password with.
func (e *exchange) postForgotPassword() error {
	if _, ok := e.passwordProvider(); !ok || e.cfg.Mailer == nil {
		return errUnknownPage
	}
	f, err := e.requestReset(e.r.Context(), e.callerOf(e.r), e.mailRequest())
	if err != nil {
		return &pageError{err, "forgot-password", ""}
	}
	return e.waitForMail(f)
}

// getResetPassword shows the form for a new password, if the link still works.
func (e *exchange) getResetPassword() error {
	if e.cfg.Mailer == nil {
		return errUnknownPage
	}
	if done, err := e.elsewhere(e.cfg.Pages.ResetPassword); done {
		return err
	}
	q := queryOf(e.r)
	u, _, err := e.findReset(e.r.Context(), q.Get("user"), q.Get("token"))
	if err != nil {
		return err
	}
	needsCode, err := e.resetNeedsCode(e.r.Context(), e.store, u)
	if err != nil {
		return err
	}
	return e.html(http.StatusOK, page.ResetPassword, page.ResetPasswordView{
		Frame: e.frame(), Email: u.Email, HasPassword: u.Password != "", NeedsCode: needsCode, Fields: hidden(q, "user", "token"),
	})
}

// postResetPassword sets the new password. Whoever did it signs in with it.
func (e *exchange) postResetPassword() error {
	if e.cfg.Mailer == nil {
		return errUnknownPage
	}
	e.again.page, e.again.query = "reset-password", url.Values{"user": {e.form.Get("user")}, "token": {e.form.Get("token")}}
	u, err := e.resetPassword(e.r.Context(), e.callerOf(e.r), PasswordReset{
		UserID: e.form.Get("user"), Token: e.form.Get("token"), Password: e.form.Get("password"), Code: e.form.Get("code"),
	})
	if err != nil {
		return onPage(err, "reset-password")
	}
	e.clearCookie(e.w, e.cookies.code)
	e.know(e.w, e.r, u)
	e.keep(keptForm{Email: u.Email})
	return e.redirect(e.page("signin", url.Values{"notice": {"password_reset"}}))
}

// waitForProof lets the browser wait for a code if err says that its mail is on the way.
func (e *exchange) waitForProof(err error) error {
	if unverified, ok := errors.AsType[*unverifiedError](err); ok && unverified.code != nil {
		if err := e.keepCode(unverified.code); err != nil {
			return err
		}
	}
	return err
}
