package authent

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"

	"github.com/authent/authent/authent/internal/input"
)

// securityEvent is what somebody did, or tried, to get into an account or to change
// what guards one. Each leaves one line in the log, and where there is an AuditStore one
// row: who, what, from where, and how it ended (ASVS 16.2). It holds ids and codes, and
// nothing that anybody typed.
type securityEvent struct {
	kind AuditKind
	// userID is whose account it is, "" if it is nobody's.
	userID string
	// sessionID is the session that did it, or that began with it; "" for none.
	sessionID string
	// from is the client's address, zero if there was no request; userAgent is what the
	// client called itself.
	from      netip.Addr
	userAgent string
	// method is the provider of a sign-in, a registration or a link.
	method string
	// ended is how many sessions a revocation ended.
	ended int
	// admitted says that a limit has counted the try, so that a failure may be stored.
	admitted bool
	// err is why it was not done, nil if it was.
	err error
}

// event returns an event that c brings about.
func (c caller) event(kind AuditKind) securityEvent {
	return securityEvent{kind: kind, from: c.addr, userAgent: c.userAgent}
}

// event returns an event that the person behind s brings about.
func (s *Session) event(kind AuditKind) securityEvent {
	return securityEvent{kind: kind, userID: s.UserID, sessionID: s.ID, from: s.from, userAgent: s.agent}
}

// ofFirstStep reports whether e is done when a sign-in waits for its second step.
func (e securityEvent) ofFirstStep() bool { return e.kind == AuditVerification }

// client returns the client's address, "" if it is not known.
func (e securityEvent) client() string {
	if !e.from.IsValid() {
		return ""
	}
	return e.from.String()
}

// in returns e for the session that did it, or that began with it; as it is for nil.
func (e securityEvent) in(s *Session) securityEvent {
	if s != nil {
		e.userID, e.sessionID = s.UserID, s.ID
	}
	return e
}

// besideLink returns e, a sign-in, after the link of an account if one was linked with it.
func (e securityEvent) besideLink(linked bool) []securityEvent {
	if !linked {
		return []securityEvent{e}
	}
	link := e
	link.kind = AuditLink
	return []securityEvent{link, e}
}

// endedBy returns e with its outcome: err, or success if that is nil. A first step concerns
// whoever a second one is asked of, whichever way it was.
func (e securityEvent) endedBy(err error) securityEvent {
	e.err = err
	if f, ok := errors.AsType[*factorError](err); ok {
		e.userID = f.pending.UserID
	}
	return e
}

// record tells of an event that has ended: in the log at Info, whatever the outcome, and
// of a failure in the AuditStore too. A success was stored by write, in the transaction
// of what it tells. A caller who has gone leaves a line too, since the change may have
// been made.
func (a *Auth) record(ctx context.Context, e securityEvent) {
	outcome, reason := e.outcome()
	attrs := []slog.Attr{slog.String("kind", string(e.kind)), slog.String("user_id", e.userID)}
	add := func(name, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(name, value))
		}
	}
	add("session_id", e.sessionID)
	add("method", e.method)
	add("client", e.client())
	add("user_agent", input.CutUserAgent(e.userAgent))
	if e.kind == AuditRevocation && e.err == nil {
		attrs = append(attrs, slog.Int("sessions", e.ended))
	}
	add("outcome", string(outcome))
	add("reason", reason)
	a.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "authent: security event", attrs...)
	if e.err != nil {
		a.writeFailure(ctx, e)
	}
}

// recordEnd records an event when the verb that defers it has ended. A panic, of a
// callback or a hook of the application's, is told as an error and goes on: nobody was
// let in.
func (a *Auth) recordEnd(ctx context.Context, event func() securityEvent) {
	v := recover()
	e := event()
	if v != nil {
		e.err = errPanicked
	}
	a.record(ctx, e)
	if v != nil {
		panic(v)
	}
}

var errPanicked = errors.New("it did not come to its end")

// outcome returns how an event ended, and the public code of a failure.
func (e securityEvent) outcome() (outcome AuditOutcome, reason string) {
	switch {
	case e.err == nil:
		return AuditSuccess, ""
	case errors.Is(e.err, ErrNotFound):
		return AuditRefused, "NotFound"
	}
	if _, redirected := errors.AsType[*redirectError](e.err); redirected {
		return AuditRefused, "Redirected"
	}
	f := failureOf(e.err)
	outcome, reason = AuditRefused, f.kind
	if isFault(e.err) || errors.Is(e.err, ErrBusy) {
		outcome = AuditError
	}
	if f.code != "" {
		reason += ":" + f.code
	}
	return outcome, reason
}

// idOf returns the id of a user, "" for nil.
func idOf(u *User) string {
	if u == nil {
		return ""
	}
	return u.ID
}

// known returns a provider's id if the Config has it, else "": a browser may have
// sent anything.
func (a *Auth) known(provider string) string {
	if p, ok := a.provider(provider); ok {
		return p.ID
	}
	return ""
}
