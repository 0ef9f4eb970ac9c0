package authent

import (
	"context"
	"errors"
)

// linkLater has the second step that is to follow by err link the account: who controls
// only the address adds no way to sign in.
func (ar *arrival) linkLater(did admission, err error) error {
	if f, ok := errors.AsType[*factorError](err); ok && did.linked {
		f.pending.Account = ar.account.ProviderAccountID
	}
	return err
}

// linkPending links, within the transaction, the account that the first step of w came
// with, and reports whether it did. Its tokens come with the next sign-in.
func (a *Auth) linkPending(ctx context.Context, tx Adapter, u *User, w pendingSignIn) (bool, error) {
	p, ok := a.provider(w.Provider)
	if w.Account == "" || !ok {
		return false, nil
	}
	owner, err := tx.UserByAccount(ctx, p.ID, w.Account)
	switch {
	case err == nil && owner.ID == u.ID: // in another tab
		return false, nil
	case err == nil:
		return false, errLinkedElsewhere
	case !errors.Is(err, ErrNotFound):
		return false, err
	}
	account := w.account(p)
	account.UserID = u.ID
	return true, tx.LinkAccount(ctx, account)
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
