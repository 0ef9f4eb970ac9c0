package authent

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// Account is a way in which a user signs in through a provider. Its key is
// (Provider, ProviderAccountID), compared byte for byte and never an e-mail.
// In every other field the zero value means NULL.
type Account struct {
	UserID string `json:"userId"`
	// Type is "oauth", "oidc", "email" or "webauthn", as in Auth.js.
	Type string `json:"type"`
	// Provider is the provider's id, such as "github".
	Provider string `json:"provider"`
	// ProviderAccountID is the person's id at the provider: GitHub's number in
	// decimal, an OpenID Connect subject.
	ProviderAccountID string `json:"providerAccountId"`

	RefreshToken Secret `json:"-"`
	AccessToken  Secret `json:"-"`
	IDToken      Secret `json:"-"`
	// ExpiresAt is when the access token expires, in whole seconds; the column
	// holds Unix seconds. A time later than the column can hold is stored as the
	// last one that it can, in 2038 if it has 32 bits.
	ExpiresAt    time.Time `json:"expiresAt,omitzero"`
	TokenType    string    `json:"tokenType,omitempty"`
	Scope        string    `json:"scope,omitempty"`
	SessionState string    `json:"-"`
}

// LogValue logs whose account it is, without tokens.
func (a *Account) LogValue() slog.Value {
	if a == nil {
		return slog.Value{}
	}
	return slog.GroupValue(slog.String("user_id", a.UserID), slog.String("provider", a.Provider))
}

// Format implements fmt.Formatter for every verb, without secrets. Without it a
// wrong verb, such as %s for a pointer, would print the fields as they are.
func (a Account) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "account at %s of user %s", a.Provider, a.UserID)
}

// AccountUpdate says what UpdateAccount changes: nil leaves a column alone, a
// pointer to the zero value writes NULL.
type AccountUpdate struct {
	RefreshToken *Secret
	AccessToken  *Secret
	IDToken      *Secret
	ExpiresAt    *time.Time
	TokenType    *string
	Scope        *string
	SessionState *string
}

// withoutTokens returns the account as applications may see it.
func (a Account) withoutTokens() Account {
	a.AccessToken, a.RefreshToken, a.IDToken = "", "", ""
	return a
}

// Accounts returns the accounts with which a user can sign in, without their
// tokens, ordered by Provider and ProviderAccountID; none for an unknown user.
// TokenSource gives a provider's tokens.
func (a *Auth) Accounts(ctx context.Context, userID string) ([]Account, error) {
	all, err := a.store.Accounts(ctx, userID)
	if err != nil {
		return nil, fmt.Errorf("authent: list accounts: %w", err)
	}
	list := make([]Account, len(all))
	for i, acc := range all {
		list[i] = acc.withoutTokens()
	}
	slices.SortFunc(list, func(x, y Account) int {
		return cmp.Or(cmp.Compare(x.Provider, y.Provider), cmp.Compare(x.ProviderAccountID, y.ProviderAccountID))
	})
	return list, nil
}

// UnlinkAccount removes a provider's account from the person behind s, which
// SessionFrom returned, and ends their other sessions in the same transaction:
// one may have been started through that account. It requires a recent sign-in
// (ErrRecentSignInRequired). A session that has ended meanwhile is ErrSignedOut, an
// account that is not theirs ErrNotFound, and the last account with which they can
// sign in ErrLastSignIn.
func (a *Auth) UnlinkAccount(ctx context.Context, s *Session, provider, providerAccountID string) (err error) {
	e := s.event(AuditUnlink)
	e.method = a.known(provider)
	defer a.recordEnd(ctx, func() securityEvent { return e.endedBy(err) })
	if !a.Recent(s) {
		return ErrRecentSignInRequired
	}
	if err := a.mayChangeGuards(ctx, s); err != nil {
		return err
	}
	err = a.store.InTx(ctx, func(tx Adapter) error {
		user, err := a.lockSignedIn(ctx, tx, s)
		if err != nil {
			return err
		}
		accounts, err := tx.Accounts(ctx, s.UserID)
		if err != nil {
			return err
		}
		isIt := func(acc *Account) bool {
			return acc.Provider == provider && acc.ProviderAccountID == providerAccountID
		}
		i := slices.IndexFunc(accounts, isIt)
		if i < 0 || accounts[i].Type == string(TypeWebAuthn) { // see RemovePasskey
			return ErrNotFound
		}
		rest, err := working(ctx, tx, slices.DeleteFunc(slices.Clone(accounts), isIt))
		if err != nil {
			return err
		}
		if !a.canSignIn(user, rest) {
			return ErrLastSignIn
		}
		if err := tx.UnlinkAccount(ctx, provider, providerAccountID); err != nil {
			return err
		}
		if _, err = tx.DeleteSessions(ctx, s.UserID, s.Token); err != nil {
			return err
		}
		return a.write(ctx, tx, e)
	})
	if err != nil {
		return fmt.Errorf("authent: unlink account: %w", err)
	}
	a.notice(ctx, mailJob{Kind: MailAccountUnlinked, To: s.User.Email, Provider: a.providerName(provider)})
	return nil
}

// providerName returns what people call a provider.
func (a *Auth) providerName(id string) string {
	if p, ok := a.provider(id); ok {
		return p.Name
	}
	return id
}

// canSignIn reports whether a user with these accounts has a way in: a password,
// an address or an account, where the Config has the provider for it.
func (a *Auth) canSignIn(u *User, accounts []*Account) bool {
	if _, ok := a.passwordProvider(); ok && u.Password != "" {
		return true
	}
	if _, ok := a.emailProvider(); ok && u.Email != "" {
		return true
	}
	return slices.ContainsFunc(accounts, func(acc *Account) bool {
		p, ok := a.provider(acc.Provider)
		return ok && (p.isOAuth() || p.isPasskey())
	})
}
