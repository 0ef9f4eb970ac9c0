package authent

import "net/http"

// For an application with pages of its own for second factors. Each verb does what the
// built-in page does, sets the cookies, and leaves the answer to the application. Refuse a
// request that another site sent, as http.CrossOriginProtection does.

// FactorUse is what somebody types to finish a sign-in.
type FactorUse struct {
	// Code is the code of the authenticator app, or a recovery code, in any spelling.
	Code string
	// Trust says that the browser is to be remembered (Factors.TrustBrowser).
	Trust bool
}

// FinishSignIn finishes the sign-in of which r's browser has done the first step: the verb
// or endpoint that did it answered ErrFactorRequired. It returns where the browser was on
// its way to. A wrong code is ErrCodeWrong; ErrFactorRequired says that the first step was
// too long ago, and people begin anew; ErrFactorUnavailable that only a recovery code works
// now; too many tries are a *RateLimitError.
func (a *Auth) FinishSignIn(w http.ResponseWriter, r *http.Request, use FactorUse) (next string, err error) {
	e, err := a.exchangeOf(w, r)
	if err != nil {
		return "", err
	}
	done, err := e.finishWith(use.Code, trustWish(use.Trust))
	if err != nil {
		return "", err
	}
	return done.Next, nil
}

// StepUp gives the person behind r, who types a code of a second factor, a new session of
// assurance level 2 in place of theirs. Errors are those of FinishSignIn, and ErrSignedOut.
func (a *Auth) StepUp(w http.ResponseWriter, r *http.Request, code string) (*Session, error) {
	e, err := a.exchangeOf(w, r)
	if err != nil {
		return nil, err
	}
	return e.stepUpWith(code)
}

// BeginTOTP returns what a page shows on which the person behind r sets up an authenticator
// app. Nothing is stored yet: a cookie keeps the secret, for 15 minutes. It requires a recent
// sign-in (ErrRecentSignInRequired); somebody who has an app already, or has not proved
// their address, is refused.
func (a *Auth) BeginTOTP(w http.ResponseWriter, r *http.Request) (TOTPSetup, error) {
	e, err := a.exchangeOf(w, r)
	if err != nil {
		return TOTPSetup{}, err
	}
	s, err := e.mustBeSignedIn()
	if err != nil {
		return TOTPSetup{}, err
	}
	return e.beginSetup(s)
}

// ConfirmTOTP sets up the app that BeginTOTP began with in the same browser and session, if
// the code is right (else ErrCodeWrong). It raises the session, ends all others, and returns
// ten recovery codes: show them once, as they are.
func (a *Auth) ConfirmTOTP(w http.ResponseWriter, r *http.Request, code string) (recoveryCodes []Secret, err error) {
	e, err := a.exchangeOf(w, r)
	if err != nil {
		return nil, err
	}
	return e.confirmWith(code)
}
