package authent

import (
	"context"
	"errors"
)

// linkLater has the second step that is to follow by err know the account, and link it if it
// is to be linked: who controls only the address adds no way to sign in.
func (ar *arrival) linkLater(did admission, err error) error {
	if f, ok := errors.AsType[*factorError](err); ok {
		f.pending.Account, f.pending.Links = ar.account.ProviderAccountID, did.linked
	}
	return err
}

// linkPending links, within the transaction, the account that the first step of w came
// with, and reports whether it did. Its tokens come with the next sign-in. If somebody else
// has the account by now, the first step proves nothing of u any more.
func (a *Auth) linkPending(ctx context.Context, tx Adapter, u *User, w pendingSignIn) (bool, error) {
	p, ok := a.provider(w.Provider)
	if !w.Links || !ok {
		return false, nil
	}
	owner, err := tx.UserByAccount(ctx, p.ID, w.Account)
	switch {
	case err == nil && owner.ID == u.ID: // in another tab
		return false, nil
	case err == nil:
		return false, ErrFactorRequired
	case !errors.Is(err, ErrNotFound):
		return false, err
	}
	account := w.account(p)
	account.UserID = u.ID
	return true, orConflict(unusable(tx.LinkAccount(ctx, account)), ErrFactorRequired)
}

// account returns the row of the account at p that the first step came with.
func (w pendingSignIn) account(p *Provider) Account {
	return Account{Type: string(p.Type), Provider: p.ID, ProviderAccountID: w.Account}
}

// announceLinked tells that the second step of w linked the account to u, as link says.
func (a *Auth) announceLinked(ctx context.Context, u *User, w pendingSignIn, link securityEvent) {
	a.record(ctx, link)
	if p, ok := a.provider(w.Provider); ok {
		a.notice(ctx, mailJob{Kind: MailAccountLinked, To: u.Email, Provider: p.Name})
		a.fireLinked(ctx, u, w.account(p), &Profile{ID: w.Account, Email: u.Email, EmailVerified: VerifiedYes})
	}
}

// holdsAccount reports, within the transaction, whether the account that the first step of w
// came with still lets u in: it is u's, or would still be linked to u.
func holdsAccount(ctx context.Context, tx Adapter, u *User, p *Provider, w pendingSignIn) (bool, error) {
	if w.Links {
		return p.OAuth.TrustEmail && !u.EmailVerified.IsZero(), nil
	}
	acc, err := tx.Account(ctx, p.ID, w.Account)
	if err != nil {
		return false, orNotFound(err, nil)
	}
	return acc.UserID == u.ID, nil
}
