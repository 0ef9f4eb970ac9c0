package authent

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/authent/authent/authent/internal/input"
	"github.com/authent/authent/authent/internal/page"
)

// mustBeSignedIn returns the session behind e, or ErrSignedOut.
func (e *exchange) mustBeSignedIn() (*Session, error) {
	s, err := e.requestSession()
	if err == nil && s == nil {
		err = ErrSignedOut
	}
	return s, err
}

// accountPath returns where the account page is, the application's own if it has one.
func (e *exchange) accountPath(query url.Values) string {
	if own := e.cfg.Pages.Account; own != "" {
		return withQuery(absolute(e.origin, own), query)
	}
	return e.page("account", query)
}

// WellKnownChangePassword leads password managers and browsers to the page where people
// change their password (W3C, "A Well-known URL for Changing Passwords"). Mount it with
// mux.Handle("/.well-known/change-password", auth.WellKnownChangePassword()), and answer
// 404 to other paths under /.well-known: browsers try one to see that they can believe
// the answer. The page is the built-in one, which asks whoever is not signed in to sign in
// first, or Pages.Account: the way leads straight there, and that page must ask by itself,
// with RequireUser say.
func (a *Auth) WellKnownChangePassword() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := &exchange{Auth: a, w: w, r: r}
		if !e.served() {
			return
		}
		if e.method() != http.MethodGet {
			w.Header().Set("Allow", "GET, HEAD")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		target := e.accountPath(nil)
		if a.cfg.Pages.Account == "" {
			target += "#change-password"
		}
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, target, http.StatusFound)
	})
}

// toAccount sends the browser back to the account page after a change, unless
// the request itself says where to.
func (e *exchange) toAccount(notice string) error {
	if e.form.Get("callbackUrl") != "" {
		return e.redirect(e.callbackURL)
	}
	return e.redirect(e.accountPath(url.Values{"notice": {notice}}))
}

// getAccount shows who is signed in, their sessions, and what they can change.
func (e *exchange) getAccount() error {
	s, err := e.requestSession()
	if err != nil {
		return err
	}
	if s == nil {
		return e.redirect(e.page("signin", url.Values{"callbackUrl": {e.accountPath(nil)}}))
	}
	if done, err := e.elsewhere(e.cfg.Pages.Account); done {
		return err
	}
	all, err := e.ownSessions(s)
	if err != nil {
		return err
	}
	accounts, err := e.Accounts(e.r.Context(), s.UserID)
	if err != nil {
		return err
	}
	view := page.AccountView{
		Frame: e.frame(), UserName: s.User.Name, Email: s.User.Email, Role: s.User.Role,
		Verified: !s.User.EmailVerified.IsZero(), CanMail: e.cfg.Mailer != nil, CanPassword: e.canHavePassword(),
		HasPassword: s.User.Password != "", Recent: e.Recent(s), Notice: e.r.URL.Query().Get("notice"),
	}
	for _, t := range all {
		view.Sessions = append(view.Sessions, page.SessionView{
			ID: t.ID, Current: t.ID == s.ID, Device: input.DescribeUserAgent(t.UserAgent), IPAddress: t.IPAddress,
			LastUsed: t.LastUsedAt, Expires: t.Expires,
		})
	}
	if p, ok := e.emailProvider(); ok {
		view.MailName = p.Name
	}
	e.showAccounts(&view, s.User, accounts)
	if err := errors.Join(e.showPasskeys(&view, s), e.showFactors(&view, s), e.showActivity(&view, s)); err != nil {
		return err
	}
	return e.html(http.StatusOK, page.Account, view)
}

// canHavePassword reports whether people can sign in with a password here.
func (a *Auth) canHavePassword() bool {
	_, ok := a.passwordProvider()
	return ok
}

// shownEvents is how many events the account page lists.
const shownEvents = 10

// showActivity lists what happened to the account last, where that is stored.
func (e *exchange) showActivity(view *page.AccountView, s *Session) error {
	if _, ok := auditStoreOf(e.store); !ok {
		return nil
	}
	events, err := e.AuditEvents(e.r.Context(), s.UserID, AuditPage{Before: queryOf(e.r).Get("before"), Limit: shownEvents + 1})
	if err != nil {
		return err
	}
	if len(events) > shownEvents {
		events = events[:shownEvents]
		view.Older = url.Values{"before": {events[shownEvents-1].ID}}.Encode()
	}
	for _, event := range events {
		item := page.EventView{What: page.Activity(string(event.Kind), event.Outcome == AuditSuccess), Bad: event.Outcome == AuditRefused, IPAddress: event.IPAddress, At: event.Time}
		if event.Kind == AuditSignIn && event.Reason == failureOf(ErrFactorRequired).kind {
			item.What, item.Bad = page.Activity(page.FirstStep, true), false
		}
		if event.UserAgent != "" {
			item.Device = input.DescribeUserAgent(event.UserAgent)
		}
		view.Events = append(view.Events, item)
	}
	return nil
}

// showAccounts lists what is linked and what could be.
func (a *Auth) showAccounts(view *page.AccountView, u *User, accounts []Account) {
	linked := map[string]bool{}
	for i, acc := range accounts {
		if acc.Type == string(TypeWebAuthn) {
			continue // they have a card of their own
		}
		linked[acc.Provider] = true
		item := page.AccountItem{Provider: acc.Provider, Name: acc.Provider, ID: acc.ProviderAccountID}
		if p, ok := a.provider(acc.Provider); ok {
			if p.isPasskey() {
				continue // it has a card of its own
			}
			item.Name = p.Name
		}
		rest := make([]*Account, 0, len(accounts))
		for j := range accounts {
			if j != i {
				rest = append(rest, &accounts[j])
			}
		}
		item.Only = !a.canSignIn(u, rest)
		view.Accounts = append(view.Accounts, item)
	}
	for i := range a.cfg.Providers {
		if p := &a.cfg.Providers[i]; p.isOAuth() && !linked[p.ID] {
			view.Linkable = append(view.Linkable, viewProvider(p))
		}
	}
}

func (e *exchange) postPassword() error {
	s, err := e.mustBeSignedIn()
	if err != nil {
		return err
	}
	err = e.ChangePassword(e.r.Context(), s, e.form.Get("currentPassword"), e.form.Get("password"))
	if err != nil {
		return accountError(err, page.CardPassword)
	}
	return e.toAccount("password_changed")
}

// accountError tells an error of a form on the account page there, in its card.
func accountError(err error, card string) error {
	if errors.Is(err, ErrInvalidCredentials) {
		return errCurrentPassword
	}
	if r, ok := errors.AsType[*RegisterError](err); ok {
		return &PasswordError{r.Code}
	}
	return challengeOn(err, "account", card)
}

// postDelete deletes the account of whoever is signed in, and says goodbye.
func (e *exchange) postDelete() error {
	s, err := e.mustBeSignedIn()
	if err != nil {
		return err
	}
	if e.form.Has("password") && e.form.Get("password") == "" && s.User.Password != "" {
		return errDeletePassword // the form asked for it
	}
	err = e.deleteOwnUser(e.r.Context(), s, e.form.Get("password"))
	if errors.Is(err, ErrInvalidCredentials) {
		return errDeletePassword
	}
	if err != nil {
		return challengeOn(err, "account", page.CardDelete)
	}
	e.clearSessionCookie(e.w, e.r)
	if e.form.Get("callbackUrl") != "" {
		return e.redirect(e.callbackURL)
	}
	return e.redirect(e.page("goodbye", nil))
}

func (e *exchange) getGoodbye() error {
	if done, err := e.elsewhere(""); done {
		return err
	}
	return e.html(http.StatusOK, page.Goodbye, page.GoodbyeView{Frame: e.frame()})
}

// getError shows the page for the code in its query. Anybody can write such a
// link, so its status is 200 whatever the code: a fault is told where it happens.
func (e *exchange) getError() error {
	if done, err := e.elsewhere(e.cfg.Pages.Error); done {
		return err
	}
	return e.html(http.StatusOK, page.Error, page.ErrorView{Frame: e.frame()})
}
