package authent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/authent/authent/authent/internal/oauth"
	"github.com/authent/authent/authent/internal/seal"
)

// VerificationToken is a proof that can be used once: of an address, of a request
// to reset a password, of an OAuth state.
type VerificationToken struct {
	// Identifier says whose and what for: an e-mail address for a sign-in
	// link, else "<purpose>:<user id or hash of an address>" or "<purpose>".
	Identifier string
	// Token is the stored form, a hash of what was handed out.
	Token Secret
	// Expires is when it stops working.
	Expires time.Time
}

// What verification tokens are for. An identifier is one of these names, followed
// by the user's id or an address if the token belongs to one.
var (
	forState   = tokenPurpose{name: "oauth-state", age: flowAge}
	forRefresh = tokenPurpose{name: "oauth-refresh"} // as long as the work under it may take
	// forMail marks a mail as begun: its rows are written once, however often it is
	// tried.
	forMail = tokenPurpose{name: "mail"}
	// forCleanup marks an interval in which a process has cleaned up.
	forCleanup = tokenPurpose{name: "cleanup"}

	// forSignIn is a sign-in link's. Its identifier is the address alone, as Auth.js
	// has it.
	forSignIn = tokenPurpose{name: "sign-in", age: 10 * time.Minute}
	forReset  = tokenPurpose{name: "reset", age: 10 * time.Minute}
	forVerify = tokenPurpose{name: "verify-email", age: 24 * time.Hour}
	forChange = tokenPurpose{name: "change-email", age: 24 * time.Hour}
	forUndo   = tokenPurpose{name: "undo-email", age: 7 * 24 * time.Hour}
	// forCode is a code that was mailed, and the tries that it has left.
	forCode = tokenPurpose{name: "code", age: 10 * time.Minute}
	// forPending marks the second step of a sign-in as done (P33).
	forPending = tokenPurpose{name: "pending-used", age: pendingAge}
	// forCeremony marks a passkey's ceremony as done (P36).
	forCeremony = tokenPurpose{name: "webauthn-used", age: ceremonyAge}
	// forRecovery is a recovery code. It works for ten years: MySQL's timestamps end in
	// 2038.
	forRecovery = tokenPurpose{name: "recovery-code", age: 10 * 365 * 24 * time.Hour}
	// forTrust is a browser on which a user is not asked for the second factor.
	forTrust = tokenPurpose{name: "trust"}
	// forReserved keeps an address that an account had for its owner.
	forReserved = tokenPurpose{name: "reserved", age: forUndo.age}
)

// userPurposes are those whose identifiers name a user, addressPurposes those whose
// identifiers name an address. Their tokens go with the user.
var (
	userPurposes    = []tokenPurpose{forReset, forVerify, forChange, forUndo, forCode, forRecovery, forTrust}
	addressPurposes = []tokenPurpose{forSignIn, forCode, forInvitation}
)

// tokenPurpose is what a verification token is for.
type tokenPurpose struct {
	name string
	// age is how long such a token works.
	age time.Duration
}

// of returns the identifier of a user's tokens.
func (p tokenPurpose) of(userID string) string { return p.name + ":" + userID }

// ofAddress returns the identifier of an address's tokens: of a sign-in link the address
// itself, of others a hash of it, which fits the column however long the address is.
func (p tokenPurpose) ofAddress(address string) string {
	if p == forSignIn {
		return address
	}
	return p.name + ":" + string(seal.HashToken(address))
}

// liveLinks is how many links of one purpose and subject work: the newest. More than one,
// so that a stranger who asks for a mail does not end the owner's.
const liveLinks = 3

// deleteTokensOf deletes the links and codes that a user was sent and has not used.
func deleteTokensOf(ctx context.Context, tx Adapter, u *User) error {
	if err := releaseAddresses(ctx, tx, u.ID); err != nil {
		return err
	}
	var identifiers []string
	for _, p := range userPurposes {
		identifiers = append(identifiers, p.of(u.ID))
	}
	return errors.Join(deleteTokens(ctx, tx, identifiers...), deleteTokensOfAddress(ctx, tx, u.Email))
}

// deleteTokensOfAddress deletes the links and codes that an address was sent.
func deleteTokensOfAddress(ctx context.Context, tx Adapter, address string) error {
	if address == "" {
		return nil
	}
	var identifiers []string
	for _, p := range addressPurposes {
		identifiers = append(identifiers, p.ofAddress(address))
	}
	return deleteTokens(ctx, tx, identifiers...)
}

func deleteTokens(ctx context.Context, tx Adapter, identifiers ...string) error {
	for _, identifier := range identifiers {
		if _, err := tx.DeleteVerificationTokens(ctx, identifier, ""); err != nil {
			return err
		}
	}
	return nil
}

// useToken deletes a token, or returns ErrLinkInvalid if there is none that still works.
func (a *Auth) useToken(ctx context.Context, tx Adapter, identifier string, token Secret) (*VerificationToken, error) {
	row, err := tx.UseVerificationToken(ctx, identifier, token)
	if err != nil {
		return nil, orNotFound(err, ErrLinkInvalid)
	}
	if !a.now().Before(row.Expires) {
		return nil, ErrLinkInvalid
	}
	return row, nil
}

// findToken returns a token that still works, else ErrLinkInvalid, and leaves it.
func (a *Auth) findToken(ctx context.Context, identifier string, token Secret) (*VerificationToken, error) {
	row, err := a.store.VerificationToken(ctx, identifier, token)
	if err != nil {
		return nil, orNotFound(err, ErrLinkInvalid)
	}
	if !a.now().Before(row.Expires) {
		return nil, ErrLinkInvalid
	}
	return row, nil
}

// storedLink returns what the database holds of a link's token. It binds the token to its
// purpose, its row and the address that it proves, so that it works for no other.
func (a *Auth) storedLink(p tokenPurpose, identifier, address, token string) Secret {
	if p == forSignIn && a.cfg.shared() {
		return seal.HashToken(token + a.cfg.linkSecret()) // Auth.js's
	}
	return seal.HashToken(strings.Join([]string{p.name, identifier, address, token}, "\x00"))
}

// keepNewest deletes the links and codes before row, which is new: of those that end at
// so many different times, all but the last. Rows that end later than the new one are
// Auth.js's and stay. One that somebody has used meanwhile is no fault.
func keepNewest(ctx context.Context, tx Adapter, row VerificationToken, times int) error {
	all, err := tx.VerificationTokens(ctx, row.Identifier)
	if err != nil {
		return err
	}
	var ends []time.Time
	for _, r := range all {
		if !r.Expires.After(row.Expires) && !slices.ContainsFunc(ends, r.Expires.Equal) {
			ends = append(ends, r.Expires)
		}
	}
	if len(ends) <= times {
		return nil
	}
	slices.SortFunc(ends, func(x, y time.Time) int { return y.Compare(x) })
	for _, r := range all {
		if r.Expires.Before(ends[times-1]) {
			if _, err := tx.UseVerificationToken(ctx, row.Identifier, r.Token); err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
		}
	}
	return nil
}

// useState makes a state work only once, whoever brings it and however many do at
// the same time (P08): the second one to store it finds it stored already.
func (a *Auth) useState(ctx context.Context, f flow) error {
	err := a.store.CreateVerificationToken(ctx, VerificationToken{
		Identifier: forState.name, Token: seal.HashToken(f.State), Expires: f.expires(),
	})
	return orConflict(err, oauth.Fault("the state was used before"))
}

// Format implements fmt.Formatter for every verb, without secrets. Without it a
// wrong verb, such as %s for a pointer, would print the fields as they are.
func (v VerificationToken) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "verification token of %s", v.Identifier)
}
