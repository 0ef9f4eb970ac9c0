package authent

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
)

// securityEvent is what somebody did, or tried, to get into an account or to change
// what guards one. Each leaves one line in the log: who, what, from where, and how
// it ended (ASVS 16.2). It holds ids and codes, and nothing that anybody typed.
type securityEvent struct {
	kind eventKind
	// userID is whose account it is, "" if it is nobody's.
	userID string
	// from is the client's address, zero if there was no request.
	from netip.Addr
	// provider is the provider of a sign-in, a registration or a link.
	provider string
	// ended is how many sessions a revocation ended.
	ended int
	// err is why it was not done, nil if it was.
	err error
}

// eventKind is what a line of the log calls an event.
type eventKind string

const (
	eventSignIn         eventKind = "sign_in"
	eventSignOut        eventKind = "sign_out"
	eventRegistration   eventKind = "registration"
	eventReauthenticate eventKind = "reauthentication"
	eventPassword       eventKind = "password_change"
	eventReset          eventKind = "password_reset"
	eventVerify         eventKind = "email_verification"
	eventEmail          eventKind = "email_change"
	eventUndo           eventKind = "email_change_undone"
	eventLink           eventKind = "account_link"
	eventUnlink         eventKind = "account_unlink"
	eventRevocation     eventKind = "session_revocation"
	eventDeletion       eventKind = "user_deletion"
	eventDisable        eventKind = "user_disable"
	eventEnable         eventKind = "user_enable"
)

// record logs an event at Info, whatever the outcome: "success", "refused" (with
// the reason as a public code) or "error". A caller who has gone leaves a line
// too, since the change may have been made.
func (a *Auth) record(ctx context.Context, e securityEvent) {
	attrs := []slog.Attr{slog.String("kind", string(e.kind)), slog.String("user_id", e.userID)}
	if e.from.IsValid() {
		attrs = append(attrs, slog.String("client", e.from.String()))
	}
	if e.provider != "" {
		attrs = append(attrs, slog.String("provider", e.provider))
	}
	if e.kind == eventRevocation && e.err == nil {
		attrs = append(attrs, slog.Int("sessions", e.ended))
	}
	a.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "authent: security event", append(attrs, e.outcome()...)...)
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

func (e securityEvent) outcome() []slog.Attr {
	refused := func(reason string) []slog.Attr {
		return []slog.Attr{slog.String("outcome", "refused"), slog.String("reason", reason)}
	}
	switch {
	case e.err == nil:
		return []slog.Attr{slog.String("outcome", "success")}
	case errors.Is(e.err, ErrNotFound):
		return refused("NotFound")
	}
	if _, redirected := errors.AsType[*redirectError](e.err); redirected {
		return refused("Redirected")
	}
	f, outcome := failureOf(e.err), "refused"
	if isFault(e.err) || errors.Is(e.err, ErrBusy) {
		outcome = "error"
	}
	reason := f.kind
	if f.code != "" {
		reason += ":" + f.code
	}
	return []slog.Attr{slog.String("outcome", outcome), slog.String("reason", reason)}
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
