package authent

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/authent/authent/authent/internal/input"
	"github.com/authent/authent/authent/internal/seal"
)

// requestChange mails the address that the person behind s wants to have a link and a
// code; it counts from then on. It requires a recent sign-in. If somebody has the address,
// or had it a few days ago, nothing is sent, and nobody is told.
func (a *Auth) requestChange(ctx context.Context, c caller, s *Session, r mailRequest) (*codeFlow, error) {
	switch {
	case a.cfg.Mailer == nil:
		return nil, errNoMailer
	case !a.Recent(s):
		return nil, ErrRecentSignInRequired
	}
	if err := a.mayChangeGuards(ctx, s); err != nil {
		return nil, err
	}
	if _, err := a.limit(ctx, c, try{kind: TryMail, account: r.address, form: r.form}); err != nil {
		return nil, err
	}
	address, err := input.NormalizeEmail(r.address)
	if err != nil {
		return nil, &RequestError{CodeEmailInvalid}
	}
	f := &codeFlow{Purpose: forChange.name, Address: address, UserID: s.UserID, Next: r.next}
	l := letter{
		kind: MailChange, purpose: forChange, identifier: forChange.of(s.UserID), origin: r.origin, page: "change-email", session: s.ID,
		query: url.Values{"user": {s.UserID}, "email": {address}}, code: f,
	}
	free, err := a.isFree(ctx, a.store, address, s.UserID)
	if err != nil {
		return nil, err
	}
	if free {
		l.to = address
	}
	return f, a.send(ctx, l)
}

// isFree reports whether nobody has the address, or had it lately, but the user. It runs
// the same statements either way (P10).
func (a *Auth) isFree(ctx context.Context, store Adapter, address, userID string) (bool, error) {
	u, err := userByEmail(ctx, store, address)
	if err != nil {
		return false, err
	}
	err = a.mayTakeAddress(ctx, store, address, userID)
	if errors.Is(err, ErrConflict) {
		return false, nil
	}
	return u == nil && err == nil, err
}

// mayTakeAddress is a *ConflictError if the address belonged to somebody else a few days
// ago, who may still undo a change.
func (a *Auth) mayTakeAddress(ctx context.Context, store Adapter, address, userID string) error {
	if a.cfg.Mailer == nil || address == "" {
		return nil
	}
	rows, err := store.VerificationTokens(ctx, keptAs(address))
	if err != nil {
		return err
	}
	for _, r := range rows {
		if a.now().Before(r.Expires) && !r.Token.Equal(reservedFor(address, userID)) {
			return &ConflictError{Key: KeyUserEmail}
		}
	}
	return nil
}

// keptAs returns the identifier under which an address is kept, the same for every
// spelling: another program may have stored it in capitals.
func keptAs(address string) string { return forReserved.ofAddress(canonical(address)) }

// reservedFor returns the token by which an address is kept for a user.
func reservedFor(address, userID string) Secret {
	return seal.HashToken(forReserved.name + "\x00" + canonical(address) + "\x00" + userID)
}

// pointer is what the token of a row begins with that leads from a user to an address
// which is kept for them.
const pointer = "reserved:"

// releaseAddresses deletes the reservations of a user.
func releaseAddresses(ctx context.Context, tx Adapter, userID string) error {
	rows, err := tx.VerificationTokens(ctx, forUndo.of(userID))
	if err != nil {
		return err
	}
	for _, r := range rows {
		if strings.HasPrefix(string(r.Token), pointer) {
			if _, err := tx.DeleteVerificationTokens(ctx, string(r.Token), ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// EmailChange says which link gives a user which address.
type EmailChange struct {
	// UserID, Email and Token are the link's parameters user, email and token.
	UserID, Email, Token string
}

// findChange returns the user whose address a link changes, or ErrLinkInvalid. It uses
// nothing up. The link works while the session lives that asked for it: whoever signs a
// stranger out ends what the stranger began.
func (a *Auth) findChange(ctx context.Context, ch EmailChange) (*User, ticket, error) {
	address, err := input.NormalizeEmail(ch.Email)
	if err != nil || !plausibleID(ch.UserID) || !seal.PlausibleToken(ch.Token) {
		return nil, ticket{}, ErrLinkInvalid
	}
	u, err := a.store.User(ctx, ch.UserID)
	if err != nil {
		return nil, ticket{}, orNotFound(err, ErrLinkInvalid)
	}
	if u.Disabled() {
		return nil, ticket{}, ErrLinkInvalid
	}
	t, err := a.changeTicket(ctx, u.ID, address, ch.Token)
	return u, t, err
}

// changeTicket returns the ticket of a link that one of the user's live sessions asked
// for, else ErrLinkInvalid.
func (a *Auth) changeTicket(ctx context.Context, userID, address, token string) (ticket, error) {
	sessions, err := a.store.Sessions(ctx, userID)
	if err != nil {
		return ticket{}, err
	}
	identifier := forChange.of(userID)
	rows, err := a.store.VerificationTokens(ctx, identifier)
	if err != nil {
		return ticket{}, err
	}
	for _, s := range sessions {
		stored := a.storedLink(forChange, identifier, boundTo(address, s.ID), token)
		works := func(r VerificationToken) bool { return r.Token.Equal(stored) && a.now().Before(r.Expires) }
		if a.alive(s, a.now()) && slices.ContainsFunc(rows, works) {
			return ticket{identifier: identifier, token: stored, address: address, session: s.ID}, nil
		}
	}
	return ticket{}, ErrLinkInvalid
}

// lockAsker locks the user's row for a change of address. The session s must live and, by
// a link, the one that asked for it.
func (a *Auth) lockAsker(ctx context.Context, tx Adapter, t ticket, s *Session) (*User, error) {
	u, err := a.lockSignedIn(ctx, tx, s)
	if err != nil || t.session == "" {
		return u, err
	}
	sessions, err := tx.Sessions(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(sessions, func(s *Session) bool { return s.ID == t.session && a.alive(s, a.now()) }) {
		return nil, ErrLinkInvalid
	}
	return u, nil
}

// changed is an address that was changed, and what undoes it.
type changed struct {
	user *User
	old  string
	// proved says that the old address was verified.
	proved provedAddress
	// undo is the token of the link that undoes the change, and ends when it ends.
	undo string
	ends time.Time
}

// changeEmail gives the person behind s the address that the ticket proves. All other
// sessions end. The old address is told, keeps a link that undoes the change for a week,
// and nobody else gets it meanwhile.
func (a *Auth) changeEmail(ctx context.Context, c caller, s *Session, t ticket, origin string) (u *User, err error) {
	e := c.event(AuditEmail).in(s)
	defer a.recordEnd(ctx, func() securityEvent { return e.endedBy(err) })
	undo, err := seal.NewToken(a.cfg.Rand)
	if err != nil {
		return nil, err
	}
	var did changed
	var mark undoMark
	err = a.store.InTx(ctx, func(tx Adapter) (err error) {
		u, err := a.lockAsker(ctx, tx, t, s)
		if err != nil {
			return err
		}
		if did, err = a.moveAddress(ctx, tx, u, t, undo); err != nil {
			return err
		}
		if mark, err = a.undoMarkOf(ctx, tx, u.ID, did.proved); err != nil {
			return err
		}
		if _, err = tx.DeleteSessions(ctx, u.ID, s.Token); err != nil {
			return err
		}
		return a.write(ctx, tx, e)
	})
	if err != nil {
		return nil, fmt.Errorf("authent: change e-mail: %w", a.linkRefused(err))
	}
	fire(ctx, a, "updateUser", a.cfg.Events.UpdateUser, UserEvent{User: did.user})
	return did.user, a.tellOldAddress(ctx, did, mark, origin)
}

// moveAddress does what changeEmail does to the user's row and tokens.
func (a *Auth) moveAddress(ctx context.Context, tx Adapter, u *User, t ticket, undo string) (did changed, err error) {
	userID := u.ID
	if err := a.use(ctx, tx, t); err != nil {
		return changed{}, err
	}
	if err := a.mayTakeAddress(ctx, tx, t.address, userID); err != nil {
		return changed{}, err
	}
	err = errors.Join(deleteTokensOfAddress(ctx, tx, u.Email),
		deleteTokens(ctx, tx, forReset.of(userID), forVerify.of(userID), forChange.of(userID), forCode.of(userID), forTrust.of(userID)))
	if err != nil {
		return changed{}, err
	}
	ends, err := a.undoEnds(ctx, tx, userID)
	if err != nil {
		return changed{}, err
	}
	if u.Email != "" {
		if err := a.reserve(ctx, tx, u, undo, ends); err != nil {
			return changed{}, err
		}
	}
	now := a.now()
	moved, err := tx.UpdateUser(ctx, userID, UserUpdate{Email: &t.address, EmailVerified: &now})
	return changed{user: moved, old: u.Email, proved: provedAddress(!u.EmailVerified.IsZero()), undo: undo, ends: ends}, err
}

// undoEnds returns when the link ends that undoes a change which is made now: a second
// after the last one, if not later. Which change came first must show in these times,
// whatever the clocks of several servers say: of a stranger who changes the address twice
// at once the second link must neither end the owner's nor outlive it.
func (a *Auth) undoEnds(ctx context.Context, tx Adapter, userID string) (time.Time, error) {
	ends := a.now().Add(forUndo.age)
	rows, err := tx.VerificationTokens(ctx, forUndo.of(userID))
	for _, r := range rows {
		if after := r.Expires.Add(time.Second); ends.Before(after) {
			ends = after
		}
	}
	return ends, err
}

// reserve keeps the address that u has now for u, with a link that gives it back.
func (a *Auth) reserve(ctx context.Context, tx Adapter, u *User, undo string, expires time.Time) error {
	identifier, kept := forUndo.of(u.ID), keptAs(u.Email)
	if err := deleteTokens(ctx, tx, kept); err != nil {
		return err
	}
	if _, err := tx.UseVerificationToken(ctx, identifier, Secret(kept)); orNotFound(err, nil) != nil {
		return err
	}
	for _, row := range []VerificationToken{
		{Identifier: identifier, Token: a.storedLink(forUndo, identifier, u.Email, undo), Expires: expires},
		{Identifier: identifier, Token: Secret(kept), Expires: expires},
		{Identifier: kept, Token: reservedFor(u.Email, u.ID), Expires: expires},
	} {
		if err := tx.CreateVerificationToken(ctx, row); err != nil {
			return err
		}
	}
	return nil
}
