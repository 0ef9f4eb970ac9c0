package authent

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/authent/authent/authent/internal/oauth"
)

// startFlow sends the browser to the provider.
func (e *exchange) startFlow(f flow) error {
	client := e.oauth[e.provider.ID]
	client.Announced.Do(func() {
		e.cfg.Logger.InfoContext(e.r.Context(), "authent: the provider must know this callback URL", "provider", e.provider.ID, "url", e.oauthCallback())
	})
	asked := e.r.URL.Query()
	if f.Purpose == toReauthenticate {
		asked.Set("prompt", "login")
		asked.Set("max_age", "0") // which the ID token's auth_time is checked against
	}
	request, err := client.Prepare(e.r.Context(), asked)
	if err != nil {
		return err
	}
	f.Provider, f.CallbackURL, f.MaxAge = e.provider.ID, e.callbackURL, request.MaxAge()
	if f, err = e.newFlow(f); err != nil {
		return err
	}
	if err := e.keepFlow(f); err != nil {
		return err
	}
	return e.redirect(request.URL(oauth.Request{State: f.State, Verifier: f.Verifier, Nonce: f.Nonce, RedirectURL: e.oauthCallback()}))
}

// oauthCallback returns where the provider sends people back to (P16).
func (e *exchange) oauthCallback() string { return e.page("callback/"+e.provider.ID, nil) }

// postLink sends whoever is signed in, and was so recently, to a provider whose
// account is to become another way to sign in.
func (e *exchange) postLink() error {
	s, err := e.mustBeSignedIn()
	if err != nil {
		return err
	}
	if !e.provider.isOAuth() {
		return errUnknownPage
	}
	if !e.Recent(s) {
		return e.flowFailed(flow{Purpose: toLink, UserID: s.UserID}, ErrRecentSignInRequired)
	}
	if err := e.mayChangeGuards(e.r.Context(), s); err != nil {
		return e.flowFailed(flow{Purpose: toLink, UserID: s.UserID}, err)
	}
	if e.form.Get("callbackUrl") == "" {
		e.callbackURL = e.afterFlow(toLink)
	}
	f := flow{Purpose: toLink, UserID: s.UserID, SessionID: s.ID}
	return e.flowFailed(f, e.startFlow(f))
}

// postUnlink takes a way to sign in away from whoever is signed in.
func (e *exchange) postUnlink() error {
	s, err := e.mustBeSignedIn()
	if err != nil {
		return err
	}
	err = e.UnlinkAccount(e.r.Context(), s, e.form.Get("provider"), e.form.Get("providerAccountId"))
	if err != nil {
		return orNotFound(err, errNotLinked)
	}
	return e.toAccount("account_unlinked")
}

// postOAuthCallback takes the form that a provider with FormPost makes the
// browser send, and has the browser come again with its cookies.
func (e *exchange) postOAuthCallback() error {
	if !e.provider.OAuth.FormPost {
		return errUnknownPage
	}
	if err := e.keepPosted(); err != nil {
		return e.flowFailed(flow{}, err)
	}
	e.noStore()
	e.w.Header().Set("Location", e.page("callback/"+e.provider.ID, url.Values{"state": {e.form.Get("state")}}))
	e.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// getCallback answers people whom a provider sends back.
func (e *exchange) getCallback() error {
	if e.provider.isEmail() {
		return e.getSignInLink()
	}
	if !e.provider.isOAuth() { // such as a passkey, which is answered by POST
		return errUnknownPage
	}
	f, answer, err := e.takeFlow(e.r.URL.Query())
	if err != nil {
		return e.flowFailed(f, err)
	}
	e.callbackURL = f.CallbackURL
	arrived, err := e.arrive(e.r.Context(), e.provider, f, answer, e.oauthCallback())
	if errors.Is(err, ErrUnavailable) || errors.Is(err, ErrBusy) {
		e.giveFlowBack(f)
	}
	if err != nil {
		return e.flowFailed(f, err)
	}
	switch f.Purpose {
	case toLink:
		return e.flowFailed(f, e.finishLink(f, arrived))
	case toReauthenticate:
		return e.flowFailed(f, e.finishReauthentication(f, arrived))
	}
	return e.flowFailed(f, e.finishSignIn(arrived))
}

// finishSignIn signs in whoever came back, and sends the browser on.
func (e *exchange) finishSignIn(arrived *arrival) error {
	did, err := e.signInArrived(e.r.Context(), e.arrivingCaller(e.r), arrived)
	if err != nil {
		return e.keepPending(err)
	}
	e.welcome(e.w, e.r, did.session)
	if own := e.cfg.Pages.NewUser; own != "" && did.created {
		return e.redirect(withQuery(absolute(e.origin, own), url.Values{"callbackUrl": {e.callbackURL}}))
	}
	return e.redirect(e.callbackURL)
}

// finishLink links the account to whoever is signed in, and sends the browser on.
func (e *exchange) finishLink(f flow, arrived *arrival) error {
	s, err := e.requestSession()
	if err != nil {
		return err
	}
	if err := e.linkArrived(e.r.Context(), s, f, arrived); err != nil {
		return err
	}
	return e.redirect(e.callbackURL)
}

// finishReauthentication gives whoever is signed in, and has signed in at the provider
// anew, a session that is recent.
func (e *exchange) finishReauthentication(f flow, arrived *arrival) error {
	old, err := e.requestSession()
	if err != nil {
		return err
	}
	s, err := e.reauthenticateArrived(e.r.Context(), e.arrivingCaller(e.r), old, f, arrived)
	if err != nil {
		return err
	}
	e.welcome(e.w, e.r, s)
	return e.redirect(e.callbackURL)
}

// flowFailed records why a flow failed, and returns the error for the page from which
// the person can go on. A nil error is none.
func (e *exchange) flowFailed(f flow, err error) error {
	if err == nil {
		return nil
	}
	e.recordFailedFlow(e.r.Context(), e.callerOf(e.r), e.provider, f, err)
	if f.Purpose == toLink || f.Purpose == toReauthenticate {
		return linkError{err}
	}
	return err
}
