package recognize

import (
	"slices"
	"strings"
	"unicode"

	"ariga.io/atlas/sql/schema"
)

// plain returns a name as it is compared: without case and what is between its words.
func plain(name string) string {
	return strings.Map(func(c rune) rune {
		if c == '_' || c == '-' || c == ' ' {
			return -1
		}
		return unicode.ToLower(c)
	}, name)
}

// spellings are what other programs call the columns of a field, in the form of plain, the
// likeliest first.
var spellings = map[string]map[string][]string{
	"User": {
		"id": {"id", "userid"}, "name": {"name", "fullname", "displayname"}, "email": {"email", "emailaddress", "mail"},
		"email_verified": {"emailverified", "emailverifiedat", "verifiedat", "emailconfirmedat"},
		"image":          {"image", "imageurl", "avatar", "avatarurl", "picture", "photo"},
		"password":       {"password", "passwordhash", "hashedpassword"}, "role": {"role"}, "disabled_at": {"disabledat"},
		"created_at": {"createdat", "created", "insertedat"}, "updated_at": {"updatedat", "updated", "modifiedat"},
	},
	"Account": {
		"id": {"id"}, "user_id": {"userid", "user", "owner", "ownerid"}, "type": {"type"}, "provider": {"provider", "providerid"},
		"provider_account_id": {"provideraccountid", "provideruserid", "providersubject", "subject"},
		"refresh_token":       {"refreshtoken"}, "access_token": {"accesstoken"}, "id_token": {"idtoken"},
		"expires_at": {"expiresat", "accesstokenexpiresat", "expires"}, "token_type": {"tokentype"},
		"scope": {"scope", "scopes"}, "session_state": {"sessionstate"},
		"created_at": {"createdat", "created"}, "updated_at": {"updatedat", "updated"},
	},
	"Session": {
		"id": {"id"}, "session_token": {"sessiontoken", "token"}, "user_id": {"userid", "user", "owner", "ownerid"},
		"expires": {"expires", "expiresat", "expiry"}, "inserted_at": {"createdat", "created"}, "updated_at": {"updatedat", "updated"},
		"last_used_at": {"lastusedat"}, "ip_address": {"ipaddress", "ip"}, "user_agent": {"useragent"},
		"amr": {"amr"}, "aal": {"aal"}, "authenticated_at": {"authenticatedat"},
	},
	"VerificationToken": {
		"token": {"token"}, "identifier": {"identifier", "email"}, "expires": {"expires", "expiresat", "expiry"},
	},
}

// loose are spellings that say something only in a table whose name has a certain word: many
// tables hold a token, and many an address.
var loose = map[string]map[string]string{"Session": {"token": "session"}, "VerificationToken": {"email": "verif"}}

// IsField reports whether an entity has a field of authent's by that name.
func IsField(noun, name string) bool {
	_, ok := spellings[noun][name]
	return ok
}

// factors are the columns of tables for other ways to prove who one is.
var factors = map[string][]string{
	"Auth.js's Authenticator (passkeys)": {"credentialid", "credentialpublickey", "counter"},
	"TwoFactor (one-time codes)":         {"secret", "backupcodes"},
}

// Factor says what a table looks like, "" unless it is one of passkeys or of one-time codes.
func Factor(t *schema.Table) string {
	for what, names := range factors {
		n := 0
		for _, c := range t.Columns {
			if slices.Contains(names, plain(c.Name)) {
				n++
			}
		}
		if n == len(names) {
			return what
		}
	}
	return ""
}

// telling are the columns by which a table is taken for an entity's.
var telling = map[string][]string{
	"User":              {"email", "email_verified"},
	"Account":           {"provider", "provider_account_id"},
	"Session":           {"session_token", "user_id", "expires"},
	"VerificationToken": {"identifier", "token", "expires"},
}
