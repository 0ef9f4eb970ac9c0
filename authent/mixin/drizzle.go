package mixin

import (
	"maps"

	"entgo.io/ent/dialect"
)

var (
	// Drizzle is a Drizzle schema for PostgreSQL whose users have password,
	// role, createdAt and updatedAt beside the columns of DrizzleDefault.
	Drizzle = drizzle("Drizzle")
	// DrizzleDefault is what @auth/drizzle-adapter uses where it is given no
	// tables, on PostgreSQL and MySQL. On MySQL times are whole seconds, of type
	// TIMESTAMP, which Drizzle reads and writes in the server's own time zone as if
	// it were UTC: open the database with ?time_zone=%40%40GLOBAL.time_zone.
	DrizzleDefault = drizzle("DrizzleDefault")
	// DrizzleSQLite is DrizzleDefault on SQLite: times are integers, in Unix
	// milliseconds.
	DrizzleSQLite = drizzle("DrizzleSQLite")
)

// drizzle returns the layout with a name. The stored token is the primary key of a session,
// and (provider, providerAccountId) that of an account.
func drizzle(name string) *Layout {
	short, jwt, moment := text("varchar(255)"), text("varchar(2048)"), at("timestamp", "timestamp")
	seconds := Column{Types: map[string]string{dialect.Postgres: "integer", dialect.MySQL: "int"}}
	verified := at("timestamp", "timestamp(3)").orNull()
	if name == "DrizzleSQLite" {
		seconds, moment, verified = Column{}, Column{Millis: true}, Column{Millis: true, Null: true}
	}
	l := &Layout{
		Name: name,
		User: Table{
			Name: "user",
			Columns: map[string]Column{
				"id": short, "name": short, "email": short.orNull(), "email_verified": verified.named("emailVerified"), "image": short,
			},
			Indexes: []Index{{"user_email_unique", []string{"email"}, true}},
		},
		Account: Table{
			Name: "account",
			Columns: map[string]Column{
				"user_id": short.named("userId"), "type": short, "provider": short, "provider_account_id": short.named("providerAccountId"),
				"refresh_token": short, "access_token": short, "id_token": jwt, "expires_at": seconds,
				"token_type": short, "scope": short, "session_state": short,
			},
			Indexes: []Index{{"account_provider_providerAccountId_pk", []string{"provider", "provider_account_id"}, true}},
		},
		Session: Table{
			Name:    "session",
			Columns: map[string]Column{"session_token": short.named("sessionToken"), "user_id": short.named("userId"), "expires": moment},
		},
		VerificationToken: Table{
			Name:    "verificationToken",
			Columns: map[string]Column{"token": short, "identifier": short, "expires": moment},
			Indexes: []Index{{"verificationToken_identifier_token_pk", []string{"identifier", "token"}, true}},
		},
		Authenticator: Table{
			Name: "authenticator",
			Columns: map[string]Column{
				"credential_id": short.named("credentialID"), "user_id": short.named("userId"), "provider_account_id": short.named("providerAccountId"),
				"credential_public_key": short.named("credentialPublicKey"), "counter": seconds, "credential_device_type": short.named("credentialDeviceType"),
				"credential_backed_up": Column{Name: "credentialBackedUp"}, "transports": short,
			},
			Indexes: []Index{
				{"authenticator_userId_credentialID_pk", []string{"user_id", "credential_id"}, true},
				{"authenticator_credentialID_unique", []string{"credential_id"}, true},
			},
		},
	}
	if name == "Drizzle" { // on PostgreSQL alone
		moment = Column{Types: map[string]string{dialect.Postgres: "timestamp"}}
		l.Session.Columns["expires"], l.VerificationToken.Columns["expires"] = moment, moment
		maps.Copy(l.User.Columns, map[string]Column{
			"email": short, "password": short, "role": short.orNull(),
			"created_at": moment.orNull().named("createdAt"), "updated_at": moment.orNull().named("updatedAt"),
		})
	}
	return l
}
