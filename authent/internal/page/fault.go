package page

import (
	"slices"
	"strings"
)

// An error stands in the form that it is about, above the fields, and the field to mend
// has the focus: on a long page nobody would find either.

// The cards of the account page that an error can stand in.
const (
	CardSessions = "sessions"
	CardAccounts = "accounts"
	CardConfirm  = "confirm"
	CardPassword = "password"
	CardEmail    = "email"
	CardDelete   = "delete"
	CardActivity = "activity"
	CardFactor   = "factor"
	CardPasskeys = "passkeys"
)

// Shows reports whether the page has a card now.
func (v AccountView) Shows(card string) bool {
	switch card {
	case CardSessions:
		return true
	case CardAccounts:
		return len(v.Accounts)+len(v.Linkable) > 0
	case CardConfirm:
		return !v.Recent
	case CardPassword:
		return v.Recent && v.HasPassword
	case CardEmail:
		return v.Recent && v.CanMail
	case CardDelete:
		return v.Recent || v.HasPassword
	case CardPasskeys:
		return v.Passkeys != nil
	case CardFactor:
		return v.Factor != nil
	case CardActivity:
		return len(v.Events) > 0
	}
	return false
}

// Card returns the card that the error is about, or "" for the head of the page: there
// stands what is about no card, or about one that is not shown.
func (v AccountView) Card() string {
	if card := v.blamed(); v.Shows(card) {
		return card
	}
	return ""
}

func (v AccountView) blamed() string {
	switch v.Error {
	case "CurrentPassword":
		if v.Recent {
			return CardPassword
		}
		return CardConfirm
	case "PasswordChange":
		return CardPassword
	case "RecentSignInRequired":
		return CardConfirm
	case "DeletePassword":
		return CardDelete
	case "EmailSignin":
		return CardEmail
	case "SessionNotFound":
		return CardSessions
	case "PasskeyName", "ManyPasskeys", "PasskeyTaken", "PasskeyLong", "PasskeyNotFound", "WebAuthnVerificationError":
		return CardPasskeys
	case "FactorExists", "FactorNotFound", "AddressUnproved", "FactorRequired":
		return CardFactor
	case "AccountNotFound", "AccountNotLinked", "LastSignIn", "OAuthCallbackError":
		return CardAccounts
	case "Challenge":
		return v.Form
	}
	return ""
}

// Focus returns the id of the field that an error leads to, "" for none.
func (v AccountView) Focus() string {
	switch card := v.Card(); {
	case card == CardConfirm && v.HasPassword:
		return "confirm"
	case card == CardPassword && faultyField(v.Error, v.Code) == "password":
		return "new-password"
	case card == CardPassword:
		return "current-password"
	case card == CardEmail:
		return "new-email"
	case card == CardDelete && v.HasPassword:
		return "delete-password"
	}
	return ""
}

// Blamed returns the id of the provider whose form the error is about, or "": then the
// error stands above all forms.
func (v SignInView) Blamed() string {
	i := slices.IndexFunc(v.Providers, func(p ProviderView) bool {
		return p.canFail(v.Error) && (v.Form == "" || v.Form == p.ID)
	})
	if i < 0 {
		return ""
	}
	return v.Providers[i].ID
}

// canFail reports whether an error can be about a provider's form.
func (p ProviderView) canFail(kind string) bool {
	switch kind {
	case "CredentialsSignin":
		return !p.OAuth && !p.Mail
	case "EmailSignin":
		return p.Mail
	case "Challenge":
		return !p.OAuth
	}
	return false
}

// Focus returns the id of the field that an error leads to; without an error, of the
// first one to fill in on a page that is nothing but a form. It is "" for none.
func (v SignInView) Focus() string {
	form := v.Blamed()
	if len(v.Providers) == 1 && v.Error == "" && v.Notice == "" && !v.SignedIn {
		form = v.Providers[0].ID
	}
	for _, p := range v.Providers {
		if p.ID == form {
			return p.focus(v)
		}
	}
	return ""
}

// focus returns the id of the first field of p's form that is to be filled in.
func (p ProviderView) focus(v SignInView) string {
	switch {
	case p.Mail:
		return p.ID + "-email"
	case p.Password && v.Email != "":
		return "password"
	case p.Password:
		return "email"
	case len(p.Inputs) > 0:
		return p.ID + "-" + p.Inputs[0].Name
	}
	return ""
}

// Focus returns the id of the field that an error leads to, "" without an error.
func (v RegisterView) Focus() string {
	if v.Error == "" {
		return ""
	}
	switch field := faultyField(v.Error, v.Code); field {
	case "email", "password":
		return field
	}
	return "name"
}

// faultyField returns the field that an error is about: "current" is the password
// that people have, "password" the one they want. It is "" for other errors,
// and without an error, whatever code a query has.
func faultyField(kind, code string) string {
	switch kind {
	case "Register", "PasswordChange", "PasswordReset":
		field, _, _ := strings.Cut(code, "_")
		return field
	case "CurrentPassword":
		return "current"
	}
	return ""
}
