package authent

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/authent/authent/authent/internal/page"
)

// getSignIn shows the ways to sign in, and to who is signed in already the way on.
func (e *exchange) getSignIn() error {
	if done, err := e.elsewhere(e.cfg.Pages.SignIn); done {
		return err
	}
	s, err := e.requestSession() // costs no SQL without a cookie
	if err != nil {
		return err
	}
	e.callbackURL = e.onward(e.callbackURL)
	view := page.SignInView{Frame: e.frame(), Email: e.takeForm(e.w, e.r).Email, Notice: queryOf(e.r).Get("notice")}
	if s != nil {
		view.SignedIn, view.UserName, view.UserEmail = true, s.User.Name, s.User.Email
	}
	_, hasPassword := e.passwordProvider()
	view.CanRegister = hasPassword && e.cfg.SignUp == SignUpOpen
	view.CanReset = hasPassword && e.cfg.Mailer != nil
	view.Passkey = e.passkeyOn()
	for i := range e.cfg.Providers {
		if e.cfg.Providers[i].isPasskey() {
			continue // its button takes a script, and stands by itself
		}
		p := viewProvider(&e.cfg.Providers[i])
		last := len(view.Providers) - 1
		p.Apart = last >= 0 && !(p.OAuth && view.Providers[last].OAuth)
		view.Providers = append(view.Providers, p)
	}
	return e.html(http.StatusOK, page.SignIn, view)
}

func viewProvider(p *Provider) page.ProviderView {
	v := page.ProviderView{ID: p.ID, Name: p.Name, Password: p.isPassword(), OAuth: p.isOAuth(), Mail: p.isEmail()}
	if p.Credentials != nil {
		for _, in := range p.Credentials.Inputs {
			v.Inputs = append(v.Inputs, page.Input(in))
		}
	}
	return v
}

// postSignIn starts a provider's flow; a credentials provider's starts with its
// form, on the sign-in page.
func (e *exchange) postSignIn() error {
	if e.provider != nil && e.provider.isOAuth() {
		f := flow{Purpose: toSignIn}
		return e.flowFailed(f, e.startFlow(f))
	}
	if e.provider != nil && e.provider.isEmail() && e.form.Has("email") {
		return e.requestSignInLink()
	}
	return e.redirect(e.page("signin", nil))
}

// postCallback signs in by the fields of a credentials form, or takes the form
// that a provider sent.
func (e *exchange) postCallback() error {
	if e.provider.isOAuth() {
		return e.postOAuthCallback()
	}
	if e.provider.isEmail() {
		return e.postSignInLink()
	}
	if e.provider.isPasskey() {
		return e.postPasskey()
	}
	s, err := e.signInByForm(e.r.Context(), e.arrivingCaller(e.r), e.provider, e.form, e.origin.String())
	if err != nil {
		if err = e.keepPending(err); errors.Is(err, ErrFactorRequired) {
			return err
		}
		e.keepForm(err, keptForm{Email: e.form.Get("email")})
		return e.waitForProof(e.ofProvidersForm(err))
	}
	e.welcome(e.w, e.r, s)
	return e.redirect(e.callbackURL)
}

// ofProvidersForm has an error of a provider's form on the sign-in page say which form
// that is, where there are several.
func (e *exchange) ofProvidersForm(err error) error {
	forms := 0
	for i := range e.cfg.Providers {
		if !e.cfg.Providers[i].isOAuth() && !e.cfg.Providers[i].isPasskey() {
			forms++
		}
	}
	if forms < 2 || failureOf(err).page != "signin" {
		return err
	}
	return &pageError{err, "signin", e.provider.ID}
}

func (e *exchange) getSignOut() error {
	if done, err := e.elsewhere(e.cfg.Pages.SignOut); done {
		return err
	}
	view := page.SignOutView{Frame: e.frame()}
	s, err := e.requestSession()
	if err != nil {
		return err
	}
	if s != nil {
		view.UserEmail = s.User.Email
	}
	return e.html(http.StatusOK, page.SignOut, view)
}

func (e *exchange) postSignOut() error {
	if err := e.SignOut(e.w, e.r); err != nil {
		return err
	}
	return e.redirect(e.callbackURL)
}

func (e *exchange) getRegister() error {
	if _, ok := e.passwordProvider(); !ok || e.cfg.SignUp == SignUpClosed {
		return errUnknownPage
	}
	if done, err := e.elsewhere(e.cfg.Pages.Register); done {
		return err
	}
	e.callbackURL = e.onward(e.callbackURL)
	kept := e.takeForm(e.w, e.r)
	view := page.RegisterView{Frame: e.frame(), Email: kept.Email, Name: kept.Name}
	if q := queryOf(e.r); q.Has("token") {
		view.Email, view.Invitation = q.Get("email"), q.Get("token")
	}
	return e.html(http.StatusOK, page.Register, view)
}

// postRegister creates a person and signs them in.
func (e *exchange) postRegister() error {
	provider, ok := e.passwordProvider()
	if !ok {
		return errUnknownPage
	}
	reg := Registration{
		Email: e.form.Get("email"), Password: e.form.Get("password"), Name: e.form.Get("name"),
		Form: without(e.form, "csrfToken", "callbackUrl", "email", "password", "name", "invitation"), Invitation: Secret(e.form.Get("invitation")),
	}
	if reg.Invitation != "" {
		e.again.page, e.again.query = "register", url.Values{"token": {string(reg.Invitation)}, "email": {reg.Email}}
	}
	if e.cfg.EmailVerification == VerificationRequired && reg.Invitation == "" {
		return e.registerAndWaitForMail(provider, reg)
	}
	s, err := e.registerAndSignIn(e.r.Context(), e.arrivingCaller(e.r), provider, reg)
	if err != nil {
		err = challengeOn(err, "register", "")
		e.keepForm(err, keptForm{Email: reg.Email, Name: reg.Name})
		return err
	}
	e.welcome(e.w, e.r, s)
	e.askToVerify(s)
	return e.redirect(e.callbackURL)
}
