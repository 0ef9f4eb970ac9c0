package page

import (
	"maps"
	"slices"
)

// What people read for the codes in a page's query. Codes that are not here get
// a text that says nothing of them: anybody can put anything into a query.

// messages stand over the forms of the sign-in and account pages; most codes are
// Auth.js's.
var messages = map[string]string{
	"CredentialsSignin":     "That did not work. Check the address and the password, and try again.",
	"SessionRequired":       "Please sign in to see this page.",
	"MissingCSRF":           "This form was open too long, or it was sent from another site. Please try again.",
	"OAuthAccountNotLinked": "There is already an account with this e-mail address. Sign in the way you did before.",
	"AccountNotLinked":      "This account is already linked to another user. Sign out, sign in with it, and unlink it there first.",
	"EmailSignin":           "That is not an e-mail address we can use. Check it for typos.",
	"SignUpClosed":          "There is no account for you here, and you cannot create one yourself. Ask the people who run this application.",
	"EmailUnverified":       "Confirm your address first: open the link that we have mailed you, or type its code.",
	"CodeWrong":             "That code is not right. Check it, and type it again.",
	"Challenge":             "Please show that you are a person, then try again.",
	"RateLimited":           "Too many tries. Wait a few minutes and try again.",
	"Unavailable":           "The server is busy at the moment. Please try again in a few seconds.",

	"WebAuthnVerificationError": "That passkey did not work. Try again, or sign in another way.",
	"PasskeyTaken":              "That passkey is registered already.",
	"PasskeyLong":               "That passkey cannot be stored here. Use another authenticator.",
	"PasskeyName":               "That name cannot be used. Use at most 64 letters and no line breaks.",
	"ManyPasskeys":              "You have as many passkeys as an account can have. Remove one first.",
	"PasskeyNotFound":           "That passkey is no longer there.",
	"FactorRequired":            "This needs the second step of signing in. If you had begun, it took too long: please begin anew.",
	"FactorUnavailable":         "Codes from the app cannot be checked at the moment. Use a recovery code, or try again later.",
	"FactorExists":              "You have set up an authenticator app already.",
	"FactorNotFound":            "There is no authenticator app to change.",
	"AddressUnproved":           "Confirm your address first: until then anybody may have registered it.",
	"SetupGone":                 "That took too long, or you have signed in anew since. Scan the new code below.",
	"OtherAccount":              "That is another account than the one that is linked here.",

	"RecentSignInRequired": "Please confirm below that it is you, then try again.",
	"SessionNotFound":      "That session has already ended.",
	"AccountNotFound":      "That account is no longer linked.",
	"LastSignIn":           "This is your only way to sign in. Link another account or set a password first.",
	"DeletePassword":       "That is not your password, and nothing was deleted. Please try again.",
	"CurrentPassword":      "That is not your current password. Please try again.",
}

const tryAgain = "Something went wrong. Please try again."

// tryOther is for codes of an application's own hooks and unique fields, where
// sending the same again would not help.
const tryOther = "We could not accept that. Change what you entered and try again."

// tryAnother is for Auth.js's codes of flows with other providers.
const tryAnother = "Signing in did not work. Try again, or sign in another way."

// oauthMessages are for the codes beside OAuthCallbackError.
var oauthMessages = map[string]string{
	"cancelled":     "You did not finish signing in there. Try again, or sign in another way.",
	"email_missing": "That account did not share an e-mail address. Allow it to, or sign in another way.",
}

// registerMessages are for the codes of RegisterError.
var registerMessages = map[string]string{
	"email_invalid":     "That is not an e-mail address we can use. Check it for typos.",
	"email_taken":       "There is already an account with this address. Sign in instead, or use another address.",
	"password_short":    "The password is too short. Use at least 8 characters.",
	"password_long":     "The password is too long. Use a shorter one.",
	"invitation_needed": "Only people who were invited can create an account, with the address that the invitation went to. Open the link in that mail.",
	"password_common":   "That password is too easy to guess: it is a common one, or made of names. Use another one; a few words that do not belong together work well.",
	"password_breached": "That password has been in a data breach. Use another one, and change it wherever else you use it.",
	"name_invalid":      "That name cannot be used. Use at most 200 letters and no line breaks.",
}

// Message returns what stands over a form for the codes in its query, "" for none.
func Message(kind, code string) string {
	switch kind {
	case "":
		return ""
	case "Register", "PasswordChange", "PasswordReset":
		if m, ok := registerMessages[code]; ok {
			return m
		}
		return tryOther
	case "OAuthCallbackError":
		if m, ok := oauthMessages[code]; ok {
			return m
		}
		return tryAnother
	case "Signin", "OAuthSignin", "OAuthCreateAccount", "EmailCreateAccount", "Callback":
		return tryAnother
	}
	if m, ok := messages[kind]; ok {
		return m
	}
	return tryAgain
}

// AnyMessage does what Message does, for a page that may replace the error page too:
// codes that only the error page explains have its heading and text.
func AnyMessage(kind, code string) string {
	if m := Message(kind, code); m != tryAgain {
		return m
	}
	if t, ok := errorTexts[kind]; ok {
		return t.heading + ". " + t.text
	}
	return tryAgain
}

// errorText is the error page's heading and text for a code.
type errorText struct{ heading, text string }

var errorTexts = map[string]errorText{
	"Configuration":             {"Something is wrong on our side", "There is a problem with the server, and its operators can see what it is. Please try again later."},
	"AccessDenied":              {"Access denied", "You do not have permission to do this. If you think you should, contact the people who run this application."},
	"Verification":              {"This link no longer works", "It has been used, or it has expired, or your mail program has cut it or changed it. Ask for a new mail."},
	"WebAuthnVerificationError": {"That passkey did not work", "Try again, or sign in another way."},
	"SessionRequired":           {"Please sign in", "You are not signed in, or your session has ended. Sign in to continue."},
	"PageNotFound":              {"Page not found", "This address is not one of the sign-in pages. Go back, or sign in."},
	"BadRequest":                {"We could not read that", "Go back and send the form again."},
	"TooLarge":                  {"That is too large", "The form is larger than the server accepts. Go back and shorten it."},
	"RateLimited":               {"Too many tries", "Wait a few minutes, then try again."},
	"Unavailable":               {"The server is busy", "Please try again in a few seconds."},
}

var otherError = errorText{"Something went wrong", "Please try again. If this keeps happening, contact the people who run this application."}

// Explained reports whether the error page has a text of its own for a code.
func Explained(kind string) bool {
	_, ok := errorTexts[kind]
	return ok
}

func errorTextOf(kind string) errorText {
	if t, ok := errorTexts[kind]; ok {
		return t
	}
	return otherError
}

func errorHeading(kind string) string { return errorTextOf(kind).heading }

func errorMessage(kind string) string { return errorTextOf(kind).text }

// notices say on the account page what was just done.
var notices = map[string]string{
	"password_changed":   "Your password has been changed, and your other sessions have ended.",
	"sessions_revoked":   "All other sessions have ended.",
	"session_revoked":    "The session has ended.",
	"reauthenticated":    "Thank you. You can now change how you sign in, or delete your account.",
	"password_reset":     "Your password has been set, and all sessions have ended. Sign in with the new one.",
	"email_verified":     "Your address is confirmed.",
	"email_changed":      "The address has been changed.",
	"email_restored":     "The account has its old address back, and everybody is signed out. We have mailed you a link to set a new password.",
	"passkey_added":      "The passkey is added. You can sign in with it from now on.",
	"passkey_renamed":    "The passkey has a new name.",
	"passkey_removed":    "The passkey is removed, and your other sessions have ended.",
	"factor_removed":     "Your authenticator app is no longer asked for, and your other sessions have ended.",
	"browsers_forgotten": "From the next sign-in on, the code is asked for there again.",
	"account_linked":     "The account is linked. You can sign in with it from now on.",
	"account_unlinked":   "The account is no longer linked, and your other sessions have ended.",
}

// Notice returns what the account page says of what was just done, "" for a code that
// is not known.
func Notice(code string) string { return notices[code] }

// ErrorText returns the heading and the text of the error page for a code.
func ErrorText(kind string) (heading, text string) {
	t := errorTextOf(kind)
	return t.heading, t.text
}

// RegisterCodes lists the codes beside Register that have a text of their own.
func RegisterCodes() []string { return slices.Sorted(maps.Keys(registerMessages)) }
