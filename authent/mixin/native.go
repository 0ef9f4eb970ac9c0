package mixin

import "entgo.io/ent/dialect"

// text returns a column of type text, and mysql on MySQL.
func text(mysql string) Column {
	return Column{Types: map[string]string{dialect.Postgres: "text", dialect.MySQL: mysql, dialect.SQLite: "text"}}
}

// at returns a column for a time. On MySQL ent's default would be a timestamp in whole
// seconds that ends in 2038.
func at(postgres, mysql string) Column {
	return Column{Types: map[string]string{dialect.Postgres: postgres, dialect.MySQL: mysql}}
}

// orNull returns the column as one that may hold NULL.
func (c Column) orNull() Column {
	c.Null = true
	return c
}

// touched returns the column as one that each change of the row sets.
func (c Column) touched() Column {
	c.Touched = true
	return c
}

// named returns the column under a name.
func (c Column) named(name string) Column {
	c.Name = name
	return c
}

// native is authent's own layout.
var native = func() *Layout {
	// MySQL must be able to index a key.
	key, long, moment := text("varchar(255)"), text("text"), at("timestamptz(3)", "datetime(3)")
	return &Layout{
		User: Table{
			Name: "users",
			Columns: map[string]Column{
				"id": key, "name": long, "email": key, "email_verified": moment.orNull(), "image": long,
				"password": key, "role": key, "disabled_at": moment.orNull(), "created_at": moment, "updated_at": moment.touched(),
			},
			Indexes: []Index{{"users_email_key", []string{"email"}, true}},
		},
		Account: Table{
			Name: "accounts",
			Columns: map[string]Column{
				"id": key, "user_id": key, "type": key, "provider": key, "provider_account_id": key,
				"refresh_token": long, "access_token": long, "id_token": long, "expires_at": {},
				"token_type": key, "scope": long, "session_state": long,
			},
			Indexes: []Index{
				{"accounts_provider_provider_account_id_key", []string{"provider", "provider_account_id"}, true},
				{"accounts_user_id_idx", []string{"user_id"}, false},
			},
		},
		Session: Table{
			Name: "sessions",
			Columns: map[string]Column{
				"id": key, "session_token": key, "user_id": key, "expires": moment,
				"created_at": moment.orNull(), "last_used_at": moment.orNull(), "ip_address": key, "user_agent": long,
				"amr": key, "aal": {}, "authenticated_at": moment.orNull(),
			},
			Indexes: []Index{
				{"sessions_session_token_key", []string{"session_token"}, true},
				{"sessions_user_id_idx", []string{"user_id"}, false},
				{"sessions_expires_idx", []string{"expires"}, false},
			},
		},
		VerificationToken: Table{
			Name:    "verificationtokens",
			Columns: map[string]Column{"token": key, "identifier": key, "expires": moment},
			Indexes: []Index{
				{"verificationtokens_identifier_token_key", []string{"identifier", "token"}, true},
				{"verificationtokens_expires_idx", []string{"expires"}, false},
			},
		},
		Authenticator: Table{
			Name: "authenticators",
			Columns: map[string]Column{
				"credential_id": key, "user_id": key, "provider_account_id": key, "credential_public_key": long, "counter": {},
				"credential_device_type": key, "credential_backed_up": {}, "transports": key,
				"name": key, "created_at": moment.orNull(), "last_used_at": moment.orNull(),
			},
			Indexes: []Index{{"authenticators_user_id_idx", []string{"user_id"}, false}},
		},
	}
}()
