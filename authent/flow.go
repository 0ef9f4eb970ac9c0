package authent

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/authent/authent/authent/internal/oauth"
	"github.com/authent/authent/authent/internal/seal"
)

// flowAge is how long somebody may take at a provider.
const flowAge = 15 * time.Minute

// purpose is why somebody was sent to a provider.
type purpose string

const (
	toSignIn purpose = "signin"
	toLink   purpose = "link"
)

// flow is one way to a provider and back. The browser keeps it, sealed, in a
// cookie of its own: it binds the callback to this browser, provider and
// purpose (RFC 9700 §4.7), and two tabs do not disturb each other.
type flow struct {
	State    string  `json:"s"`
	Provider string  `json:"p"`
	Purpose  purpose `json:"u"`
	// Verifier is PKCE's (RFC 7636), Nonce OpenID Connect's.
	Verifier string `json:"v"`
	Nonce    string `json:"n,omitempty"`
	// MaxAge is how many seconds before Started people may have signed in at the
	// provider, as the request said; "" if it did not.
	MaxAge string `json:"a,omitempty"`
	// CallbackURL is where the browser goes in the end.
	CallbackURL string `json:"c"`
	// UserID and SessionID are who started to link, from which session.
	UserID    string `json:"i,omitempty"`
	SessionID string `json:"b,omitempty"`
	// Started is in Unix milliseconds.
	Started int64 `json:"t"`
}

func (f flow) expires() time.Time { return time.UnixMilli(f.Started).Add(flowAge) }

// newFlow fills in what is random in a flow that begins now.
func (a *Auth) newFlow(f flow) (flow, error) {
	var err error
	for _, random := range []*string{&f.State, &f.Verifier, &f.Nonce} {
		if *random, err = seal.NewToken(a.cfg.Rand); err != nil {
			return f, err
		}
	}
	f.Started = a.now().UnixMilli()
	return f, nil
}

// sent returns what the flow's authorization request carried.
func (f flow) sent(redirectURL string) oauth.Sent {
	return oauth.Sent{
		Verifier: f.Verifier, Nonce: f.Nonce, MaxAge: f.MaxAge,
		Started: time.UnixMilli(f.Started), Expires: f.expires(), RedirectURL: redirectURL,
	}
}

// recordFailedFlow records that a flow came to nothing, with the reason in one line of
// the log.
func (a *Auth) recordFailedFlow(ctx context.Context, c caller, p *Provider, f flow, err error) {
	_, redirected := errors.AsType[*redirectError](err)
	if !redirected && !isFault(err) && !errors.Is(err, context.Canceled) && !errors.Is(err, ErrRecentSignInRequired) {
		a.cfg.Logger.Log(ctx, flowLevel(err), "authent: sign-in through a provider failed", "provider", p.ID, "purpose", f.Purpose, "error", err)
	}
	event := securityEvent{kind: eventSignIn, from: c.addr, provider: p.ID, err: err}
	if f.Purpose == toLink {
		event.kind, event.userID = eventLink, f.UserID
	}
	a.record(ctx, event)
}

// flowLevel returns Warn, but Info where a person changed their mind: nothing is to be
// mended.
func flowLevel(err error) slog.Level {
	if _, ok := errors.AsType[*oauth.CancelledError](err); ok {
		return slog.LevelInfo
	}
	return slog.LevelWarn
}
