package authent

import (
	"context"
	"fmt"
	"time"

	"github.com/authent/authent/authent/internal/oauth"
	"github.com/authent/authent/authent/internal/seal"
)

// VerificationToken is a proof that can be used once: of an address, of a request
// to reset a password, of an OAuth state.
type VerificationToken struct {
	// Identifier says whose and what for: an e-mail address for a sign-in
	// link, else "<purpose>:<user id>", "oauth-state" or "oauth-refresh".
	Identifier string
	// Token is the stored form, a hash of what was handed out.
	Token Secret
	// Expires is when it stops working.
	Expires time.Time
}

// What verification tokens are for. An identifier is one of these names, followed
// by the user's id if the token belongs to a user.
var (
	forState   = tokenPurpose{name: "oauth-state", age: flowAge}
	forRefresh = tokenPurpose{name: "oauth-refresh"} // as long as the work under it may take
)

// userPurposes are those whose identifier is "<name>:<user id>". They go with the user.
var userPurposes = []tokenPurpose{
	{name: "reset", age: 10 * time.Minute},
	{name: "verify-email", age: 24 * time.Hour},
	{name: "change-email", age: 24 * time.Hour},
}

// tokenPurpose is what a verification token is for.
type tokenPurpose struct {
	name string
	// age is how long such a token works.
	age time.Duration
}

// of returns the identifier of a user's tokens.
func (p tokenPurpose) of(userID string) string { return p.name + ":" + userID }

// deleteTokensOf deletes the links that a user was sent and has not used.
func deleteTokensOf(ctx context.Context, tx Adapter, u *User) error {
	var identifiers []string
	for _, p := range userPurposes {
		identifiers = append(identifiers, p.of(u.ID))
	}
	if u.Email != "" {
		identifiers = append(identifiers, u.Email)
	}
	for _, identifier := range identifiers {
		if _, err := tx.DeleteVerificationTokens(ctx, identifier, ""); err != nil {
			return err
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
