package authent

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/authent/authent/authent/internal/input"
)

// SignUpPolicy says who may create an account by themselves.
type SignUpPolicy int

const (
	// SignUpOpen lets everybody.
	SignUpOpen SignUpPolicy = iota
	// SignUpInvited lets whoever was sent an invitation (Auth.Invite), with the address
	// that it went to.
	SignUpInvited
	// SignUpClosed lets nobody: the application creates the accounts, with Auth.Register
	// or its own client.
	SignUpClosed
)

// ErrSignUpClosed refuses to create an account for somebody whom Config.SignUp does not
// let.
var ErrSignUpClosed = errors.New("sign-up is not open to this person")

// forInvitation is an invitation to sign up.
var forInvitation = tokenPurpose{name: "invitation", age: forUndo.age}

// Invite mails somebody a link with which to register; it works for a week. With
// SignUpInvited, only such people can; with SignUpOpen, it spares them the proof of their
// address. An address that is none is a *RegisterError, one that has an account
// ErrConflict. It is for administrators: it asks no limit and does not check who is signed
// in.
func (a *Auth) Invite(ctx context.Context, email string) error {
	if a.cfg.Mailer == nil {
		return fmt.Errorf("authent: invite: %w", errNoMailer)
	}
	address, err := input.NormalizeEmail(email)
	if err != nil {
		return &RegisterError{CodeEmailInvalid}
	}
	free, err := a.isFree(ctx, a.store, address, "")
	if err != nil {
		return fmt.Errorf("authent: invite: %w", err)
	}
	if !free {
		return fmt.Errorf("authent: invite: %w", &ConflictError{Key: KeyUserEmail})
	}
	return a.send(ctx, letter{
		kind: MailInvitation, purpose: forInvitation, identifier: forInvitation.ofAddress(address), to: address,
		origin: a.homeOrigin(), page: "register", query: url.Values{"email": {address}},
	})
}

// maySignUp returns ErrSignUpClosed unless somebody may create an account for the address,
// which they have proved or not.
func (a *Auth) maySignUp(ctx context.Context, store Adapter, address string, proved provedAddress) error {
	switch a.cfg.SignUp {
	case SignUpOpen:
		return nil
	case SignUpInvited:
		if proved {
			return a.wasInvited(ctx, store, address)
		}
	}
	return ErrSignUpClosed
}

// provedAddress says that whoever signs up has proved the address.
type provedAddress bool

// wasInvited returns ErrSignUpClosed unless the address was sent an invitation that works.
func (a *Auth) wasInvited(ctx context.Context, store Adapter, address string) error {
	rows, err := store.VerificationTokens(ctx, forInvitation.ofAddress(address))
	if err != nil {
		return err
	}
	for _, r := range rows {
		if a.now().Before(r.Expires) {
			return nil
		}
	}
	return ErrSignUpClosed
}

// endInvitations deletes the invitations of an address that has an account now.
func (a *Auth) endInvitations(ctx context.Context, tx Adapter, address string) error {
	if a.cfg.SignUp != SignUpInvited {
		return nil
	}
	return deleteTokens(ctx, tx, forInvitation.ofAddress(address))
}

// invitation returns the ticket of a registration's invitation, which proves its address.
// Without one, ok is false, and where only the invited may register the error says so.
func (a *Auth) invitation(ctx context.Context, reg Registration) (t ticket, ok bool, err error) {
	refusal := &RegisterError{CodeInvitationNeeded}
	if a.cfg.Mailer == nil || reg.Invitation == "" {
		if a.cfg.SignUp == SignUpInvited {
			return ticket{}, false, refusal
		}
		return ticket{}, false, nil
	}
	address, err := input.NormalizeEmail(reg.Email)
	if err != nil {
		return ticket{}, false, &RegisterError{CodeEmailInvalid}
	}
	t, err = a.linkTicket(forInvitation, forInvitation.ofAddress(address), address, string(reg.Invitation))
	if err == nil {
		err = a.check(ctx, t)
	}
	if errors.Is(err, ErrLinkInvalid) {
		return ticket{}, false, refusal
	}
	return t, err == nil, err
}
