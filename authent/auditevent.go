package authent

import (
	"context"
	"time"
)

// AuditEvent says what somebody did, or tried, to get into an account or to change what
// guards one. In every optional field the zero value means NULL.
type AuditEvent struct {
	// ID identifies the event. The store makes it; ids grow with time (UUIDv7).
	ID string
	// Time is when it happened.
	Time time.Time
	// UserID is whose account it concerns, "" for nobody's. It is no foreign key: the
	// event outlives the user.
	UserID string
	// Kind is what was done.
	Kind AuditKind
	// SessionID is the session in which it was done, or that it began; optional.
	SessionID string
	// Method is how: a provider's id or a method; optional.
	Method string
	// IPAddress is the client's address; optional.
	IPAddress string
	// UserAgent is the browser's User-Agent; optional. The engine cuts it at 512 bytes.
	UserAgent string
	// Outcome is what became of it.
	Outcome AuditOutcome
	// Reason is the public code of the error that refused it; optional.
	Reason string
	// Expires is when Cleanup deletes the event.
	Expires time.Time
}

// AuditKind names what an AuditEvent tells of.
type AuditKind string

// What an event tells of.
const (
	AuditSignIn           AuditKind = "sign_in"
	AuditSignOut          AuditKind = "sign_out"
	AuditRegistration     AuditKind = "registration"
	AuditReauthentication AuditKind = "reauthentication"
	AuditPassword         AuditKind = "password_change"
	AuditReset            AuditKind = "password_reset"
	AuditVerification     AuditKind = "email_verification"
	AuditEmail            AuditKind = "email_change"
	AuditUndo             AuditKind = "email_change_undone"
	AuditLink             AuditKind = "account_link"
	AuditUnlink           AuditKind = "account_unlink"
	AuditRevocation       AuditKind = "session_revocation"
	AuditDeletion         AuditKind = "user_deletion"
	AuditDisabling        AuditKind = "user_disable"
	AuditEnabling         AuditKind = "user_enable"
	// AuditStepUp is a second factor shown by somebody who was signed in.
	AuditStepUp         AuditKind = "step_up"
	AuditFactorAdded    AuditKind = "factor_added"
	AuditFactorRemoved  AuditKind = "factor_removed"
	AuditRecoveryCodes  AuditKind = "recovery_codes_made"
	AuditBrowserTrusted AuditKind = "browser_trusted"
	AuditTrustEnded     AuditKind = "trust_ended"
	AuditPasskeyAdded   AuditKind = "passkey_added"
	AuditPasskeyRemoved AuditKind = "passkey_removed"
	AuditPasskeyRenamed AuditKind = "passkey_renamed"
	AuditPasskeyBlocked AuditKind = "passkey_blocked"
)

// AuditOutcome says what became of what an AuditEvent tells of.
type AuditOutcome string

// The outcomes of an AuditEvent.
const (
	// AuditSuccess: it was done.
	AuditSuccess AuditOutcome = "success"
	// AuditRefused: it was not allowed.
	AuditRefused AuditOutcome = "refused"
	// AuditError: it failed for reasons that are not the person's.
	AuditError AuditOutcome = "error"
)

// AuditPage says which events AuditEvents returns.
type AuditPage struct {
	// Before is the ID of the last event of the page before; "" for the first page.
	Before string
	// Limit is how many events a page has, at most 100. If zero, 20.
	Limit int
}

// AuditStore keeps audit events. An Adapter may implement it, and what its InTx passes
// then too; the generated one does if the graph has an entity AuditEvent. What Adapter's comment asks of every method holds
// for these.
type AuditStore interface {
	// CreateAuditEvent stores an event; in InTx with the transaction. e.ID is ignored. A
	// session, method, address, User-Agent or reason that is longer than its column is left
	// out.
	CreateAuditEvent(ctx context.Context, e AuditEvent) error
	// AuditEvents returns a user's events, also those that have expired, the newest first
	// by ID, those with an ID below page.Before; if there are none, an empty slice and no
	// error. It takes one statement. page.Limit is from 1 to 100. page.Before may be any
	// string, since a browser sends it.
	AuditEvents(ctx context.Context, userID string, page AuditPage) ([]AuditEvent, error)
	// ForgetAuditClients empties IPAddress and UserAgent of all events of a user, who is
	// about to be deleted. In InTx it does so with the transaction.
	ForgetAuditClients(ctx context.Context, userID string) error
}
