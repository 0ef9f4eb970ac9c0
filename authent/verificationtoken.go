package authent

import (
	"fmt"
	"time"
)

// VerificationToken is proof that may be used once: of an address, of a
// request to reset a password, of an OAuth state.
type VerificationToken struct {
	// Identifier says whose and what for: an e-mail address for a sign-in
	// link, else "<purpose>:<user id>", "oauth-state" or "oauth-refresh".
	Identifier string
	// Token is the stored form, a hash of what was handed out.
	Token Secret
	// Expires is when it stops working.
	Expires time.Time
}

// Format implements fmt.Formatter for every verb, without secrets. Without it a
// wrong verb, such as %s for a pointer, would print the fields as they are.
func (v VerificationToken) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "verification token of %s", v.Identifier)
}
