package authent

import (
	"context"
	"encoding/json"
	"net/netip"
	"net/url"
	"time"
)

// Callbacks let the application take part in decisions. A nil callback means the
// default. A callback that cannot decide, because a database or service of its own
// is down, returns an error that wraps ErrUnavailable: the answer is then 503, and
// nobody is refused.
type Callbacks struct {
	// SignIn is called before anything is written. An error refuses the sign-in:
	// a *CredentialsError with its code, any other as AccessDenied. A redirect
	// sends the browser there instead of signing in; it is checked like a
	// callbackUrl. SignIn is called again, at most twice, if somebody who comes
	// from a provider turns out to be a different user from the one it was asked
	// about. If nil, everybody may sign in.
	SignIn func(ctx context.Context, p SignInParams) (redirect string, err error)
	// Redirect turns the callbackUrl that a browser asks for into where it is
	// sent, an absolute http(s) URL or a path. What it returns is trusted: the
	// application must keep it from leading to strangers' sites (CWE-601). If
	// nil, paths and URLs of the application's own origin and of
	// Config.TrustedOrigins, and BaseURL for all others.
	Redirect func(ctx context.Context, p RedirectParams) string
	// Challenge is asked about a try once half of a limit is used up (RateLimits): it
	// checks the form's captcha, say. An error refuses the try. If nil, nobody is
	// challenged.
	Challenge func(ctx context.Context, p ChallengeParams) error
	// Session returns the body of GET and POST {base}/session, which is encoded
	// as JSON. If nil, p.Body: the user's name, email and image, and expires.
	Session func(ctx context.Context, p SessionParams) (any, error)
}

// ChallengeParams says what is tried, by whom, and how much of a limit is used up.
type ChallengeParams struct {
	Kind TryKind
	// Client is the client's address, zero if it is not known.
	Client netip.Addr
	// Form are the form's fields, with what the challenge's own field holds; untrusted.
	Form url.Values
	// Tries is how many tries the window has had, this one included, of Limit.
	Tries, Limit int
}

// SignInParams says who is about to sign in.
type SignInParams struct {
	// User is the user, or the one about to be created (without ID).
	User *User
	// Provider is the provider's id.
	Provider string
	// ProviderType is the provider's type.
	ProviderType ProviderType
	// IsNewUser says that User is about to be created.
	IsNewUser bool
	// Credentials are the form's fields, without the engine's own and without
	// the password.
	Credentials url.Values
	// Profile is what the provider says about the person, for the types oauth and
	// oidc; else nil.
	Profile *Profile
}

// RedirectParams says where a browser asks to be sent.
type RedirectParams struct {
	// URL is what the browser asked for, untrusted.
	URL string
	// BaseURL is the application's origin.
	BaseURL string
}

// SessionParams is what the body of {base}/session is made from.
type SessionParams struct {
	// Session is the session, as it was before this request extended it.
	Session *Session
	// User is the session's user; its Entity is the application's own.
	User *User
	// Body is the default body, which the callback may change and return.
	Body *SessionBody
	// Trigger is "update" for POST, else "".
	Trigger string
	// NewSession is the data that the browser posted, as decoded from JSON. Do
	// not trust it.
	NewSession any
}

// SessionBody is the default body of {base}/session: exactly Auth.js's.
type SessionBody struct {
	// User has the keys "name", "email" and "image"; a callback may add others.
	User map[string]any
	// Expires is when the session ends.
	Expires time.Time
}

// MarshalJSON writes the time as Auth.js does: UTC with three digits.
func (b *SessionBody) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		User    map[string]any `json:"user"`
		Expires string         `json:"expires"`
	}{b.User, jsonTime(b.Expires)})
}

// jsonTime writes a time as JavaScript's Date.prototype.toISOString does.
func jsonTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func newSessionBody(s *Session) *SessionBody {
	return &SessionBody{
		User: map[string]any{
			"name":  nullable(s.User.Name),
			"email": nullable(s.User.Email),
			"image": nullable(s.User.Image),
		},
		Expires: s.Expires,
	}
}

// plainBody has the JSON of a SessionBody that nobody changes, at a third of the cost.
type plainBody struct {
	User struct {
		Email *string `json:"email"`
		Image *string `json:"image"`
		Name  *string `json:"name"`
	} `json:"user"`
	Expires string `json:"expires"`
}

func newPlainBody(s *Session) *plainBody {
	b := &plainBody{Expires: jsonTime(s.Expires)}
	b.User.Email, b.User.Image, b.User.Name = optional(s.User.Email), optional(s.User.Image), optional(s.User.Name)
	return b
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func optionalTime(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := jsonTime(t)
	return &s
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// Events tell the application what happened, after it was stored. The engine
// waits for them; an error is logged and changes nothing. What must be atomic
// with a sign-up belongs in an ent hook instead. A nil event is skipped.
type Events struct {
	SignIn      func(ctx context.Context, e SignInEvent) error
	SignOut     func(ctx context.Context, e SignOutEvent) error
	CreateUser  func(ctx context.Context, e UserEvent) error
	UpdateUser  func(ctx context.Context, e UserEvent) error
	LinkAccount func(ctx context.Context, e LinkAccountEvent) error
	Session     func(ctx context.Context, e SessionEvent) error
}

// SignInEvent says that somebody signed in.
type SignInEvent struct {
	User      *User
	Provider  string
	IsNewUser bool
	// Profile is what the provider said, for the types oauth and oidc; else nil.
	Profile *Profile
}

// LinkAccountEvent says that a provider's account became a way for User to sign
// in. Account has no tokens; TokenSource gives them. Where a second step linked it, its
// tokens come with the next sign-in, without a refresh token that the provider gives only
// once, and Profile has no more than ID and address.
type LinkAccountEvent struct {
	User    *User
	Account *Account
	Profile *Profile
}

// SignOutEvent says that a session's owner ended it; Session is nil if it no
// longer existed.
type SignOutEvent struct{ Session *Session }

// UserEvent says that a user was created or changed.
type UserEvent struct{ User *User }

// SessionEvent says that {base}/session was answered; Body is what was sent.
type SessionEvent struct {
	Session *Session
	Body    any
}

// fire calls an event and logs its error.
func fire[E any](ctx context.Context, a *Auth, name string, event func(context.Context, E) error, e E) {
	if event == nil {
		return
	}
	if err := event(ctx, e); err != nil {
		a.cfg.Logger.ErrorContext(ctx, "authent: event failed", "event", name, "error", err)
	}
}

// redirectError says that the SignIn callback sends the browser elsewhere instead
// of signing in.
type redirectError struct{ to string }

// Error implements error.
func (e *redirectError) Error() string { return "the signIn callback sent the browser elsewhere" }

// allowSignIn asks the SignIn callback. Any error refuses; a *redirectError says where
// the browser goes instead.
func (a *Auth) allowSignIn(ctx context.Context, p SignInParams) error {
	if a.cfg.Callbacks.SignIn == nil {
		return nil
	}
	redirect, err := a.cfg.Callbacks.SignIn(ctx, p)
	switch {
	case err == nil && redirect != "":
		return &redirectError{redirect}
	case err == nil, isRefusal(err):
		return err
	default:
		a.cfg.Logger.InfoContext(ctx, "authent: signIn callback refused", "provider", p.Provider, "error", err)
		return ErrAccessDenied
	}
}
