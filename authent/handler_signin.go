package authent

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/authent/authent/authent/internal/page"
)

func (a *Auth) getSignIn(e *exchange) error {
	if done, err := e.ownPage(a.cfg.Pages.SignIn); done {
		return err
	}
	view := page.SignInView{Frame: e.frame(), Email: a.takeForm(e.w, e.r).Email}
	_, view.CanRegister = a.passwordProvider()
	for i := range a.cfg.Providers {
		p := viewProvider(&a.cfg.Providers[i])
		p.Apart = i > 0 && !(p.OAuth && view.Providers[i-1].OAuth)
		view.Providers = append(view.Providers, p)
	}
	return e.html(http.StatusOK, page.SignIn, view)
}

func viewProvider(p *Provider) page.ProviderView {
	v := page.ProviderView{ID: p.ID, Name: p.Name, Password: p.isPassword(), OAuth: p.isOAuth()}
	if p.Credentials != nil {
		for _, in := range p.Credentials.Inputs {
			v.Inputs = append(v.Inputs, page.Input(in))
		}
	}
	return v
}

// postSignIn starts a provider's flow; a credentials provider's starts with its
// form, on the sign-in page.
func (a *Auth) postSignIn(e *exchange) error {
	if e.provider != nil && e.provider.isOAuth() {
		f := flow{Purpose: toSignIn}
		return a.oauthFailed(e, f, a.startOAuth(e, f))
	}
	return e.redirect(e.page("signin", nil))
}

// postCallback signs in by the fields of a credentials form, or takes the form
// that a provider sent.
func (a *Auth) postCallback(e *exchange) error {
	if e.provider.isOAuth() {
		return a.postOAuthCallback(e)
	}
	p, err := a.checkCredentials(e)
	if err != nil {
		a.keepForm(e, err, keptForm{Email: e.form.Get("email")})
		return e.recorded(eventSignIn, p.user, err)
	}
	redirect, err := a.allowSignIn(e.r.Context(), SignInParams{
		User: p.user, Provider: e.provider.ID, ProviderType: e.provider.Type,
		Credentials: without(e.form, append(engineFields, "password")),
	})
	if err != nil {
		return e.recorded(eventSignIn, p.user, err)
	}
	if redirect != "" {
		_ = e.recorded(eventSignIn, p.user, errRedirected)
		return e.redirect(a.redirectURL(e, redirect))
	}
	s, err := a.signIn(e.w, e.r, p.proof, nil)
	if err = e.recorded(eventSignIn, p.user, orNotFound(err, ErrInvalidCredentials)); err != nil {
		return err
	}
	fire(e.r.Context(), a, "signIn", a.cfg.Events.SignIn, SignInEvent{User: s.User, Provider: e.provider.ID})
	return e.redirect(e.callbackURL)
}

// proven is who a credentials form belongs to.
type proven struct {
	proof
	user *User
}

// checkCredentials asks the provider, or the engine for e-mail and password. With
// an error its user is whom the form names, as far as that is known.
func (a *Auth) checkCredentials(e *exchange) (proven, error) {
	ctx := e.r.Context()
	if e.provider.isPassword() {
		user, err := userByEmail(ctx, a.store, e.form.Get("email"))
		if err != nil {
			return proven{}, err
		}
		p, err := a.verifyPassword(ctx, byStranger, user, e.form.Get("password"))
		if err != nil {
			return proven{user: user}, err
		}
		return proven{a.rehash(ctx, byStranger, p, e.form.Get("password")), user}, nil
	}
	id, err := e.provider.Credentials.Check(ctx, without(e.form, engineFields))
	if err != nil {
		return proven{}, err
	}
	if id == "" {
		return proven{}, ErrInvalidCredentials
	}
	user, err := a.store.User(ctx, id)
	if err != nil {
		return proven{}, orNotFound(err, ErrInvalidCredentials)
	}
	if user.Disabled() {
		return proven{user: user}, ErrUserDisabled
	}
	return proven{proof{userID: user.ID}, user}, nil
}

// orNotFound puts another error in ErrNotFound's place.
func orNotFound(err, instead error) error {
	if errors.Is(err, ErrNotFound) {
		return instead
	}
	return err
}

// orConflict puts another error in ErrConflict's place.
func orConflict(err, instead error) error {
	if errors.Is(err, ErrConflict) {
		return instead
	}
	return err
}

// engineFields are the fields of a form that are the engine's own.
var engineFields = []string{"csrfToken", "callbackUrl"}

// without copies a form and leaves out the named fields.
func without(form url.Values, names []string) url.Values {
	rest := url.Values{}
	for name, values := range form {
		if !slices.Contains(names, name) {
			rest[name] = values
		}
	}
	return rest
}

func (a *Auth) getSignOut(e *exchange) error {
	if done, err := e.ownPage(a.cfg.Pages.SignOut); done {
		return err
	}
	view := page.SignOutView{Frame: e.frame()}
	s, err := a.requestSession(e)
	if err != nil {
		return err
	}
	if s != nil {
		view.UserEmail = s.User.Email
	}
	return e.html(http.StatusOK, page.SignOut, view)
}

func (a *Auth) postSignOut(e *exchange) error {
	if err := a.SignOut(e.w, e.r); err != nil {
		return err
	}
	return e.redirect(e.callbackURL)
}

func (a *Auth) getRegister(e *exchange) error {
	if _, ok := a.passwordProvider(); !ok {
		return errUnknownPage
	}
	if done, err := e.ownPage(a.cfg.Pages.Register); done {
		return err
	}
	kept := a.takeForm(e.w, e.r)
	return e.html(http.StatusOK, page.Register, page.RegisterView{Frame: e.frame(), Email: kept.Email, Name: kept.Name})
}

// postRegister creates a person and signs them in.
func (a *Auth) postRegister(e *exchange) error {
	provider, ok := a.passwordProvider()
	if !ok {
		return errUnknownPage
	}
	reg := Registration{
		Email: e.form.Get("email"), Password: e.form.Get("password"), Name: e.form.Get("name"),
		Form: without(e.form, append(engineFields, "email", "password", "name")),
	}
	e.provider = provider
	user, err := a.newUser(e.r.Context(), reg)
	if err != nil {
		a.keepForm(e, err, keptForm{Email: reg.Email, Name: reg.Name})
		return e.recorded(eventRegistration, nil, err)
	}
	redirect, err := a.allowSignIn(e.r.Context(), SignInParams{
		User: &user, Provider: provider.ID, ProviderType: provider.Type, IsNewUser: true, Credentials: reg.Form,
	})
	if err != nil {
		return e.recorded(eventRegistration, nil, err)
	}
	if redirect != "" {
		_ = e.recorded(eventRegistration, nil, errRedirected)
		return e.redirect(a.redirectURL(e, redirect))
	}
	s, err := a.registerAndSignIn(e.w, e.r, user, reg)
	if err != nil {
		a.keepForm(e, err, keptForm{Email: reg.Email, Name: reg.Name})
		return e.recorded(eventRegistration, nil, err)
	}
	_ = e.recorded(eventRegistration, s.User, nil)
	fire(e.r.Context(), a, "signIn", a.cfg.Events.SignIn, SignInEvent{User: s.User, Provider: provider.ID, IsNewUser: true})
	return e.redirect(e.callbackURL)
}
