package authent

import (
	"errors"
	"html/template"
	"net/http"
	"net/url"

	"github.com/authent/authent/authent/internal/page"
	"github.com/authent/authent/authent/internal/seal"
)

// What the cookies of a second step and of a setup are bound to, whatever their names are.
const (
	pendingPlace = "authent.factor"
	setupPlace   = "authent.setup"
)

// keepPending gives the browser the first step of a sign-in if err says that a second one
// is to follow. It returns err.
func (e *exchange) keepPending(err error) error {
	f, ok := errors.AsType[*factorError](err)
	if !ok {
		return err
	}
	w := f.pending
	if w.Next = e.callbackURL; w.Next == "" || len(w.Next) > maxCallbackURL {
		w.Next = e.origin.String()
	}
	sealed, sealErr := e.keys.SealJSON(e.cfg.Rand, seal.Factor, pendingPlace, w, w.expires())
	if sealErr != nil {
		return sealErr
	}
	e.setCookie(e.w, e.cookies.factor, sealed, w.expires())
	return err
}

// pending returns the first step that the browser has done, if a second one may follow.
func (e *exchange) pending() (w pendingSignIn, ok bool) {
	value := cookie(e.r, e.cookies.factor)
	return w, value != "" && e.keys.OpenJSON(seal.Factor, pendingPlace, value, e.now(), &w)
}

// getFactor asks for the second factor. It costs no SQL.
func (e *exchange) getFactor() error {
	if e.cfg.Factors.Policy == FactorsOff {
		return errUnknownPage
	}
	if done, err := e.elsewhere(e.cfg.Pages.Factor); done {
		return err
	}
	if _, ok := e.pending(); !ok {
		return ErrFactorRequired
	}
	return e.html(http.StatusOK, page.Factor, page.FactorView{Frame: e.frame(), TrustDays: e.trustDays(), Passkey: e.passkeyOn()})
}

// trustDays returns for how many days a browser is remembered, 0 for not at all.
func (a *Auth) trustDays() int { return int(a.cfg.Factors.TrustBrowser.Hours() / 24) }

// postFactor signs in whoever has done the first step and types the right code.
func (e *exchange) postFactor() error {
	trust := e.form.Get("trust")
	w, err := e.finishWith(e.form.Get("code"), trust != "" && trust != "false")
	if err != nil {
		return onPage(err, "factor")
	}
	return e.redirect(w.Next)
}

// finishWith finishes the sign-in of which the browser has done the first step.
func (e *exchange) finishWith(code string, trust trustWish) (w pendingSignIn, err error) {
	w, ok := e.pending()
	if !ok {
		return w, ErrFactorRequired
	}
	s, err := e.finishPending(e.r.Context(), e.arrivingCaller(e.r), w, code)
	if err != nil {
		return w, err
	}
	e.clearCookie(e.w, e.cookies.factor)
	e.welcome(e.w, e.r, s)
	if trust && e.cfg.Factors.TrustBrowser > 0 {
		e.rememberBrowser(s)
	}
	return w, nil
}

// trustWish says that somebody wants their browser to be remembered.
type trustWish bool

// rememberBrowser has the user of s not asked for the second factor in this browser again.
// If that fails they are asked, and nothing else is lost.
func (e *exchange) rememberBrowser(s *Session) {
	token, expires, err := e.trustBrowser(e.r.Context(), s)
	if err != nil {
		e.cfg.Logger.Log(e.r.Context(), faultLevel(err), "authent: a browser is not remembered", "error", err)
		return
	}
	e.setCookie(e.w, e.cookies.trust, token, expires)
}

// onPage has an error of a form told on the page that the form is on.
func onPage(err error, name string) error {
	if f := failureOf(err); f.page == "error" || errors.Is(err, ErrFactorRequired) || errors.Is(err, ErrRecentSignInRequired) {
		return err
	}
	return &pageError{err, name, ""}
}

// getReauthenticate asks whoever is signed in to show again that it is them.
func (e *exchange) getReauthenticate() error {
	s, err := e.requestSession()
	if err != nil {
		return err
	}
	if s == nil {
		return e.redirect(e.page("signin", url.Values{"callbackUrl": {e.callbackURL}}))
	}
	if done, err := e.elsewhere(e.cfg.Pages.Reauthenticate); done {
		return err
	}
	view := page.ReauthenticateView{Frame: e.frame(), Email: s.User.Email, HasPassword: s.User.Password != "" && e.canHavePassword()}
	if view.HasTOTP, err = e.hasTOTP(e.r.Context(), s.UserID); err != nil {
		return err
	}
	view.NeedsFactor = e.lacksFactor(s) || view.Error == "FactorRequired" || view.Error == "CodeWrong" && s.Assurance() < 2
	if view.Passkey, err = e.passkeyOf(s); err != nil {
		return err
	}
	view.CanSetUp = e.cfg.Factors.Policy != FactorsOff && !view.HasTOTP && view.Passkey == nil && e.Recent(s)
	view.NeedsFactor = view.NeedsFactor && (view.HasTOTP || view.Passkey != nil || view.CanSetUp)
	accounts, err := e.Accounts(e.r.Context(), s.UserID)
	if err != nil {
		return err
	}
	for _, acc := range accounts {
		if p, ok := e.Auth.provider(acc.Provider); ok && p.isOAuth() {
			view.Providers = append(view.Providers, viewProvider(p))
		}
	}
	return e.html(http.StatusOK, page.Reauthenticate, view)
}

// postReauthenticate takes the password, or the code of a second factor, of whoever is
// signed in, or sends them to a provider of theirs to sign in there again.
func (e *exchange) postReauthenticate() error {
	if e.provider != nil {
		return e.reauthenticateAt()
	}
	if e.form.Has("code") {
		if e.cfg.Factors.Policy == FactorsOff {
			return errUnknownPage
		}
		if _, err := e.stepUpWith(e.form.Get("code")); err != nil {
			return onPage(err, "reauthenticate")
		}
		return e.toAccount("reauthenticated")
	}
	if _, err := e.Reauthenticate(e.w, e.r, e.form.Get("password")); err != nil {
		return accountError(err, page.CardConfirm)
	}
	return e.toAccount("reauthenticated")
}

// reauthenticateAt sends the browser to a provider, which is to have people sign in anew.
func (e *exchange) reauthenticateAt() error {
	s, err := e.mustBeSignedIn()
	if err != nil {
		return err
	}
	if !e.provider.isOAuth() {
		return errUnknownPage
	}
	if e.form.Get("callbackUrl") == "" {
		e.callbackURL = e.accountPath(nil)
	}
	f := flow{Purpose: toReauthenticate, UserID: s.UserID, SessionID: s.ID}
	return e.flowFailed(f, e.startFlow(f))
}

// stepUpWith gives whoever is signed in a session with a second factor.
func (e *exchange) stepUpWith(code string) (*Session, error) {
	old, err := e.mustBeSignedIn()
	if err != nil {
		return nil, err
	}
	s, err := e.stepUp(e.r.Context(), e.arrivingCaller(e.r), old, code)
	if err != nil {
		return nil, err
	}
	e.welcome(e.w, e.r, s)
	return s, nil
}

// getTOTP shows the page on which an authenticator app is set up. It stores nothing: the
// browser keeps the secret until its first code was right.
func (e *exchange) getTOTP() error {
	if e.cfg.Factors.Policy == FactorsOff {
		return errUnknownPage
	}
	s, err := e.requestSession()
	if err != nil {
		return err
	}
	if s == nil {
		return e.redirect(e.page("signin", url.Values{"callbackUrl": {e.page("totp", nil)}}))
	}
	if done, err := e.elsewhere(""); done {
		return err
	}
	shown, err := e.beginSetup(s)
	if errors.Is(err, ErrRecentSignInRequired) {
		return e.redirect(e.page("reauthenticate", url.Values{"callbackUrl": {e.page("totp", nil)}, "error": {"RecentSignInRequired"}}))
	}
	if err != nil {
		return err
	}
	view := page.TOTPView{Frame: e.frame(), Email: s.User.Email, URI: template.URL(shown.URI), QR: template.HTML(shown.QR), Key: string(shown.Key)}
	return e.html(http.StatusOK, page.TOTP, view)
}

// beginSetup returns the setup that the browser of s keeps, or gives it a new one.
func (e *exchange) beginSetup(s *Session) (TOTPSetup, error) {
	if err := e.maySetUp(e.r.Context(), s); err != nil {
		return TOTPSetup{}, err
	}
	set, ok := e.setup(s)
	if !ok {
		var err error
		if set, err = e.newSetup(s); err != nil {
			return TOTPSetup{}, err
		}
		expires := e.now().Add(setupAge)
		sealed, err := e.keys.SealJSON(e.cfg.Rand, seal.Factor, setupPlace, set, expires)
		if err != nil {
			return TOTPSetup{}, err
		}
		e.setCookie(e.w, e.cookies.setup, sealed, expires)
	}
	return e.shown(set, s.User.Email, e.origin.String())
}

// setup returns the setup that the browser keeps, if it is that of s.
func (e *exchange) setup(s *Session) (set totpSetup, ok bool) {
	value := cookie(e.r, e.cookies.setup)
	ok = value != "" && e.keys.OpenJSON(seal.Factor, setupPlace, value, e.now(), &set)
	return set, ok && set.SessionID == s.ID && set.UserID == s.UserID
}

// postTOTP sets the app up if its first code is right, and shows the recovery codes.
func (e *exchange) postTOTP() error {
	if e.cfg.Factors.Policy == FactorsOff {
		return errUnknownPage
	}
	codes, err := e.confirmWith(e.form.Get("code"))
	if err != nil {
		return onPage(err, "totp")
	}
	return e.showCodes(codes)
}

// confirmWith sets up the app whose secret the browser keeps.
func (e *exchange) confirmWith(code string) ([]Secret, error) {
	s, err := e.mustBeSignedIn()
	if err != nil {
		return nil, err
	}
	set, ok := e.setup(s)
	if !ok {
		return nil, errSetupGone
	}
	done, err := e.confirmSetup(e.r.Context(), e.arrivingCaller(e.r), s, set, code)
	if err != nil {
		return nil, err
	}
	e.clearCookie(e.w, e.cookies.setup)
	e.welcome(e.w, e.r, done.session)
	return formatted(done.codes), nil
}

// postRecoveryCodes makes new recovery codes and shows them.
func (e *exchange) postRecoveryCodes() error {
	if e.cfg.Factors.Policy == FactorsOff {
		return errUnknownPage
	}
	s, err := e.mustBeSignedIn()
	if err != nil {
		return err
	}
	codes, err := e.NewRecoveryCodes(e.r.Context(), s)
	if err != nil {
		return orNotFound(err, errNoTOTP)
	}
	return e.showCodes(codes)
}

// showCodes answers with recovery codes, which are shown this once: there is nowhere to
// send the browser to.
func (e *exchange) showCodes(codes []Secret) error {
	plain := make([]string, len(codes))
	for i, code := range codes {
		plain[i] = string(code)
	}
	if e.wantsJSON() {
		e.redirectAs(http.StatusOK, scriptAnswer{URL: e.accountPath(nil), OK: true, RecoveryCodes: plain})
		return nil
	}
	return e.html(http.StatusOK, page.RecoveryCodes, page.RecoveryCodesView{Frame: e.frame(), Codes: plain, Account: e.accountPath(nil)})
}

// postRemoveTOTP takes the authenticator app away from whoever is signed in.
func (e *exchange) postRemoveTOTP() error {
	if e.cfg.Factors.Policy == FactorsOff {
		return errUnknownPage
	}
	s, err := e.mustBeSignedIn()
	if err != nil {
		return err
	}
	if err := e.RemoveTOTP(e.r.Context(), s); err != nil {
		return orNotFound(err, errNoTOTP)
	}
	e.clearCookie(e.w, e.cookies.trust)
	return e.toAccount("factor_removed")
}

// showFactors says what the account of s has of a second factor.
func (e *exchange) showFactors(view *page.AccountView, s *Session) error {
	if e.cfg.Factors.Policy == FactorsOff {
		return nil
	}
	on, err := e.hasTOTP(e.r.Context(), s.UserID)
	if err != nil {
		return err
	}
	card := &page.FactorCard{On: on, CanChange: e.mayChangeFactors(s) == nil}
	view.Factor = card
	if !on {
		return nil
	}
	if card.CodesLeft, err = e.codesLeft(e.r.Context(), s.UserID); err != nil {
		return err
	}
	rows, err := e.remembered(e.r.Context(), s.UserID)
	if err != nil {
		return err
	}
	here := trustToken(s.UserID, cookie(e.r, e.cookies.trust))
	for _, row := range rows {
		card.Browsers = append(card.Browsers, page.BrowserView{ID: trustID(row), Current: row.Token.Equal(here), Until: row.Expires})
	}
	return nil
}

// postForgetBrowsers ends what lets browsers skip the second factor: of one by its id, or
// of all.
func (e *exchange) postForgetBrowsers() error {
	s, err := e.mustBeSignedIn()
	if err != nil {
		return err
	}
	if err := e.forgetBrowsers(e.r.Context(), s, e.form.Get("id")); err != nil {
		return err
	}
	return e.toAccount("browsers_forgotten")
}
