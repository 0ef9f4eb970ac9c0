package factor

import (
	"slices"
	"strings"
)

// Method is a way in which somebody proved who they are, with the name that RFC 8176 has for
// it, if it has one.
type Method string

const (
	// Password is a password ("pwd").
	Password Method = "pwd"
	// Provider is an account at an OAuth or OpenID Connect provider.
	Provider Method = "fed"
	// Email is a link or a code that was mailed.
	Email Method = "email"
	// TOTP is a one-time code of an authenticator app ("otp").
	TOTP Method = "otp"
	// RecoveryCode is one of the codes that were shown once.
	RecoveryCode Method = "recovery"
	// Passkey is a passkey that verified its user ("pop", proof of possession of a key).
	Passkey Method = "pop"
)

// methods are all of them, in the order of a list.
var methods = []Method{Password, Provider, Email, TOTP, RecoveryCode, Passkey}

// Join writes a list of methods: each once, in a fixed order, with spaces between them.
// Methods that are not known are left out.
func Join(list ...Method) string {
	var words []string
	for _, m := range methods {
		if slices.Contains(list, m) {
			words = append(words, string(m))
		}
	}
	return strings.Join(words, " ")
}

// Split reads what Join wrote. Words that are not known, as of a later version, are left
// out, so that they raise nothing.
func Split(list string) []Method {
	var found []Method
	words := strings.Fields(list)
	for _, m := range methods {
		if slices.Contains(words, string(m)) {
			found = append(found, m)
		}
	}
	return found
}

// AAL returns the authenticator assurance level that methods give together (NIST SP
// 800-63B): 2 for a passkey, which is two factors in one, and for a TOTP or recovery code
// beside a password, a provider or a mail. Anything else is 1: two ways that somebody with
// the mailbox can both go are not two factors, and neither is a code alone.
func AAL(list ...Method) int {
	has := func(m Method) bool { return slices.Contains(list, m) }
	first := has(Password) || has(Provider) || has(Email)
	second := has(TOTP) || has(RecoveryCode)
	if has(Passkey) || first && second {
		return 2
	}
	return 1
}
