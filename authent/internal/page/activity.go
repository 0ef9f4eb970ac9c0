package page

import "time"

// EventView is an event on the account page.
type EventView struct {
	// What says what happened and how it ended, for people.
	What string
	// Bad says that somebody was refused.
	Bad               bool
	Device, IPAddress string
	At                time.Time
}

// FirstStep is an event of no kind of its own: a sign-in that waits for its second step, which
// is no bad news.
const FirstStep = "first_step"

// activity says what events are: what was done, and what was tried in vain.
var activity = map[string]struct{ done, tried string }{
	"sign_in":             {"Signed in", "Sign-in refused"},
	FirstStep:             {"Second step asked for", "Second step asked for"},
	"sign_out":            {"Signed out", "Sign-out failed"},
	"registration":        {"Account created", "Registration refused"},
	"reauthentication":    {"Identity confirmed", "Confirmation refused"},
	"password_change":     {"Password changed", "Change of password refused"},
	"password_reset":      {"Password set by mail", "New password refused"},
	"email_verification":  {"Address confirmed", "Confirmation of the address refused"},
	"email_change":        {"Address changed", "Change of address refused"},
	"email_change_undone": {"Change of address undone", "Undoing refused"},
	"account_link":        {"Account linked", "Linking refused"},
	"account_unlink":      {"Account unlinked", "Unlinking refused"},
	"session_revocation":  {"Signed out elsewhere", "Signing out elsewhere refused"},
	"user_deletion":       {"Account deleted", "Deletion refused"},
	"user_disable":        {"Account disabled", "Disabling refused"},
	"step_up":             {"Second step confirmed", "Second step refused"},
	"factor_added":        {"Authenticator app set up", "Setting up an authenticator app refused"},
	"factor_removed":      {"Authenticator app removed", "Removing the authenticator app refused"},
	"recovery_codes_made": {"New recovery codes", "New recovery codes refused"},
	"browser_trusted":     {"Browser remembered", "Remembering a browser failed"},
	"trust_ended":         {"Browsers forgotten", "Forgetting browsers refused"},
	"passkey_added":       {"Passkey added", "Adding a passkey refused"},
	"passkey_removed":     {"Passkey removed", "Removing a passkey refused"},
	"passkey_renamed":     {"Passkey renamed", "Renaming a passkey refused"},
	"passkey_blocked":     {"Passkey blocked", "Passkey blocked"},
	"user_enable":         {"Account enabled", "Enabling refused"},
}

// Activity returns what the account page says of an event of a kind, which was done or not.
func Activity(kind string, done bool) string {
	text, ok := activity[kind]
	switch {
	case !ok:
		return "Something else"
	case done:
		return text.done
	}
	return text.tried
}
