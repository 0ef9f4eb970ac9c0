package authent

import (
	"fmt"
	"log/slog"
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
	// holds Unix seconds.
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
