package mixin

import (
	"maps"

	"entgo.io/ent/dialect"
)

var (
	// Prisma is the usual Prisma schema of Auth.js with snake_case columns: users,
	// accounts, sessions and verificationtokens, with password and role, and ids
	// everywhere.
	Prisma = prisma()
	// PrismaV5 is the schema that the documentation of Auth.js 5 shows for PostgreSQL:
	// tables "User", "Account", "Session" and "VerificationToken" with camelCase columns,
	// createdAt and updatedAt, and no ids but the user's. On MySQL its tokens have 191
	// characters.
	PrismaV5 = PrismaSchema{Name: "PrismaV5", EmailRequired: true, PlainTokens: true, Timestamps: true}.Layout()
	// PrismaV5IDs is the one that it shows for SQLite and MySQL: accounts and sessions have
	// ids, and users may have no address.
	PrismaV5IDs = PrismaSchema{Name: "PrismaV5IDs", IDs: true, Timestamps: true}.Layout()
	// PrismaV5Snake is the one that it shows with @map: tables users, accounts, sessions
	// and verification_tokens with snake_case columns, without createdAt and updatedAt.
	PrismaV5Snake = PrismaSchema{Name: "PrismaV5Snake", IDs: true, SnakeCase: true}.Layout()
	// PrismaV4 is the schema that the documentation of next-auth 4 shows.
	PrismaV4 = PrismaSchema{Name: "PrismaV4", IDs: true, TokenUnique: true}.Layout()
	// PrismaV4Snake is the one that it shows with @map: its last table is called
	// verificationtokens.
	PrismaV4Snake = PrismaSchema{Name: "PrismaV4Snake", IDs: true, TokenUnique: true, SnakeCase: true, VerificationTokens: "verificationtokens"}.Layout()
	// PrismaAdapter is the schema of the tests of @auth/prisma-adapter, which many have
	// copied: it has no ids but the user's, and no createdAt and updatedAt.
	PrismaAdapter = PrismaSchema{Name: "PrismaAdapter", EmailRequired: true, TokenUnique: true, PlainTokens: true}.Layout()
)

// PrismaSchema describes the Prisma schemas of Auth.js and next-auth, which differ in what
// is written here alone. Its zero value has tables "User", "Account", "Session" and
// "VerificationToken".
type PrismaSchema struct {
	// Name is the layout's name. If "", PrismaSchema.
	Name string
	// SnakeCase says that tables and columns have names such as users and user_id, by @map.
	SnakeCase bool
	// VerificationTokens is the name of that table. If "", VerificationToken or, with
	// SnakeCase, verification_tokens.
	VerificationTokens string
	// EmailRequired says that User.email is never NULL.
	EmailRequired bool
	// IDs says that accounts and sessions have an id of their own, as in next-auth 4. Else
	// (provider, providerAccountId) and (identifier, token) are primary keys.
	IDs bool
	// PlainTokens says that the tokens of an account are no @db.Text. On MySQL they have
	// 191 characters then, and longer ones are not stored.
	PlainTokens bool
	// TokenUnique says that VerificationToken.token is @unique by itself.
	TokenUnique bool
	// Timestamps says that users, accounts and sessions have createdAt and updatedAt, which
	// are never NULL.
	Timestamps bool
}

// prismaTypes are the columns of Prisma's types: String, String @db.Text, DateTime, Int.
func prismaTypes() (short, long, moment, number Column) {
	number = Column{Types: map[string]string{dialect.Postgres: "integer", dialect.MySQL: "int"}}
	return text("varchar(191)"), text("text"), at("timestamp(3)", "datetime(3)"), number
}

// Layout returns the layout of the schema.
func (p PrismaSchema) Layout() *Layout {
	short, long, moment, number := prismaTypes()
	l := &Layout{
		Name: p.Name,
		User: p.table("User", "users", map[string]Column{
			"id": short, "name": short, "email": short, "email_verified": moment.orNull(), "image": short,
		}),
		Account: p.table("Account", "accounts", map[string]Column{
			"user_id": short, "type": short, "provider": short, "provider_account_id": short,
			"refresh_token": long, "access_token": long, "id_token": long, "expires_at": number,
			"token_type": short, "scope": short, "session_state": short,
		}),
		Session:           p.table("Session", "sessions", map[string]Column{"session_token": short, "user_id": short, "expires": moment}),
		VerificationToken: p.table("VerificationToken", "verification_tokens", map[string]Column{"token": short, "identifier": short, "expires": moment}),
	}
	l.Authenticator = p.table("Authenticator", "authenticators", map[string]Column{
		"credential_id": short, "user_id": short, "provider_account_id": short, "credential_public_key": short, "counter": number,
		"credential_device_type": short, "credential_backed_up": {}, "transports": short,
	})
	if l.Name == "" {
		l.Name = "PrismaSchema"
	}
	if p.VerificationTokens != "" {
		l.VerificationToken.Name = p.VerificationTokens
	}
	if !p.EmailRequired {
		l.User.Columns["email"] = l.User.Columns["email"].orNull()
	}
	if p.IDs {
		l.Account.Columns["id"], l.Session.Columns["id"] = short, short
	}
	if p.PlainTokens {
		for _, name := range []string{"refresh_token", "access_token", "id_token"} {
			l.Account.Columns[name] = p.named(name, short)
		}
	}
	if p.Timestamps {
		made, changed := p.named("created_at", moment), p.named("updated_at", moment.touched())
		l.User.Columns["created_at"], l.User.Columns["updated_at"] = made, changed
		l.Account.Columns["created_at"], l.Account.Columns["updated_at"] = made, changed
		l.Session.Columns["inserted_at"], l.Session.Columns["updated_at"] = made, changed
	}
	p.index(l)
	return l
}

// table returns a table under the name that it has in the schema.
func (p PrismaSchema) table(camel, snake string, columns map[string]Column) Table {
	for field, c := range columns {
		columns[field] = p.named(field, c)
	}
	if p.SnakeCase {
		return Table{Name: snake, Columns: columns}
	}
	return Table{Name: camel, Columns: columns}
}

// camel maps fields to the columns' names where nothing is @map'ped. The others of Auth.js
// have snake_case names everywhere.
var camel = map[string]string{
	"user_id":             "userId",
	"email_verified":      "emailVerified",
	"created_at":          "createdAt",
	"updated_at":          "updatedAt",
	"session_token":       "sessionToken",
	"provider_account_id": "providerAccountId",

	"credential_id":          "credentialID",
	"credential_public_key":  "credentialPublicKey",
	"credential_device_type": "credentialDeviceType",
	"credential_backed_up":   "credentialBackedUp",
}

// named returns the column under the name that the field has in the schema.
func (p PrismaSchema) named(field string, c Column) Column {
	if c.Name = field; !p.SnakeCase && camel[field] != "" {
		c.Name = camel[field]
	}
	return c
}

// index adds the unique keys under the names that Prisma gives them.
func (p PrismaSchema) index(l *Layout) {
	add := func(t *Table, fields ...string) {
		name := t.Name
		for _, f := range fields {
			name += "_" + t.column(f)
		}
		if name += "_key"; len(fields) > 1 && !p.IDs {
			name = t.Name + "_pkey"
		}
		t.Indexes = append(t.Indexes, Index{name, fields, true})
	}
	add(&l.User, "email")
	add(&l.Account, "provider", "provider_account_id")
	add(&l.Session, "session_token")
	if p.TokenUnique {
		add(&l.VerificationToken, "token")
	}
	add(&l.VerificationToken, "identifier", "token")
	add(&l.Authenticator, "credential_id")
	l.Authenticator.Indexes = append(l.Authenticator.Indexes, Index{l.Authenticator.Name + "_pkey", []string{"user_id", "credential_id"}, true})
}

// prisma returns the layout Prisma.
func prisma() *Layout {
	short, _, moment, _ := prismaTypes()
	l := PrismaSchema{
		Name: "Prisma", SnakeCase: true, VerificationTokens: "verificationtokens", EmailRequired: true, IDs: true, TokenUnique: true,
	}.Layout()
	maps.Copy(l.User.Columns, map[string]Column{"password": short, "role": short, "created_at": moment, "updated_at": moment.touched()})
	return l
}
