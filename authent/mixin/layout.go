package mixin

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"
)

// Layout names the application whose tables the entities use. User, Account, Session and
// VerificationToken of a graph must have the same layout.
type Layout string

const (
	// Native is authent's own layout, which its migrations make.
	Native Layout = ""
	// Prisma is that of the usual Prisma schema of Auth.js with snake_case
	// columns: users, accounts, sessions and verificationtokens, with password
	// and role.
	Prisma Layout = "Prisma"
	// Drizzle is a Drizzle schema for PostgreSQL whose users have password,
	// role, createdAt and updatedAt beside the columns of DrizzleDefault.
	Drizzle Layout = "Drizzle"
	// DrizzleDefault is what @auth/drizzle-adapter uses where it is given no
	// tables, on PostgreSQL and MySQL. On MySQL times are whole seconds, of type
	// TIMESTAMP, which Drizzle reads and writes in the server's own time zone as if
	// it were UTC: open the database with ?time_zone=%40%40GLOBAL.time_zone.
	DrizzleDefault Layout = "DrizzleDefault"
	// DrizzleSQLite is DrizzleDefault on SQLite: times are integers, in Unix
	// milliseconds.
	DrizzleSQLite Layout = "DrizzleSQLite"
)

// Foreign is the annotation of an entity whose table belongs to another program.
// Package authent/migrate leaves such tables out of everything it writes.
type Foreign struct{ Layout Layout }

// Name implements schema.Annotation.
func (Foreign) Name() string { return ForeignName }

// ForeignName is the name of the annotation Foreign.
const ForeignName = "AuthentForeign"

// drizzle reports whether the layout is one of Drizzle's: the stored token is the
// primary key, and columns have camelCase names.
func (l Layout) drizzle() bool { return l == Drizzle || l == DrizzleDefault || l == DrizzleSQLite }

// Precision returns the precision to which the layout's times are cut before they are
// stored. name is ent's name of the dialect; "" stands for an unknown one.
func (l Layout) Precision(name string) time.Duration {
	if l == DrizzleDefault && (name == dialect.MySQL || name == "") {
		return time.Second
	}
	return Precision
}

// camel maps fields to the names that Drizzle has for their columns.
var camel = map[string]string{
	"user_id":             "userId",
	"email_verified":      "emailVerified",
	"created_at":          "createdAt",
	"updated_at":          "updatedAt",
	"session_token":       "sessionToken",
	"provider_account_id": "providerAccountId",
}

// column returns the name of a field's column in the layout.
func (l Layout) column(name string) string {
	if c, ok := camel[name]; ok && l.drizzle() {
		return c
	}
	return name
}

// annotations returns the table's name and, where the table belongs to another program,
// Foreign.
func (l Layout) annotations(native, drizzle string) []schema.Annotation {
	switch {
	case l == Native:
		return []schema.Annotation{entsql.Table(native)}
	case l.drizzle():
		return []schema.Annotation{entsql.Table(drizzle), Foreign{l}}
	}
	return []schema.Annotation{entsql.Table(native), Foreign{l}}
}

// key returns the type of values that MySQL must be able to index.
func (l Layout) key() map[string]string {
	if l == Prisma {
		return textType("varchar(191)")
	}
	return textType("varchar(255)")
}

// long returns the type of values of any length, as far as the layout has one.
func (l Layout) long() map[string]string {
	switch l {
	case Native:
		return textType("text")
	case Prisma:
		return textType("varchar(191)")
	}
	return textType("varchar(255)")
}

// secret returns the type of a provider's tokens.
func (l Layout) secret(name string) map[string]string {
	switch {
	case l == Native || l == Prisma:
		return textType("text")
	case name == "id_token":
		return textType("varchar(2048)")
	}
	return textType("varchar(255)")
}

// seconds returns the type of a number of Unix seconds. Those of Prisma and Drizzle end
// in 2038, except on SQLite.
func (l Layout) seconds() map[string]string {
	if l == Native || l == DrizzleSQLite {
		return nil
	}
	return map[string]string{dialect.Postgres: "integer", dialect.MySQL: "int"}
}

// textType returns the type text, and mysql on MySQL.
func textType(mysql string) map[string]string {
	return map[string]string{dialect.Postgres: "text", dialect.MySQL: mysql, dialect.SQLite: "text"}
}

// timeType returns the type of a time. On MySQL ent's default would be a timestamp in
// whole seconds that ends in 2038.
func (l Layout) timeType(name string) map[string]string {
	switch {
	case l == Native:
		return map[string]string{dialect.Postgres: "timestamptz(3)", dialect.MySQL: "datetime(3)"}
	case l == Prisma:
		return map[string]string{dialect.Postgres: "timestamp(3)", dialect.MySQL: "datetime(3)"}
	case name == "email_verified":
		return map[string]string{dialect.Postgres: "timestamp", dialect.MySQL: "timestamp(3)"}
	}
	return map[string]string{dialect.Postgres: "timestamp", dialect.MySQL: "timestamp"}
}

// time returns a field for a time that is never NULL.
func (l Layout) time(name string) ent.Field {
	if l == DrizzleSQLite {
		return field.Int64(name).StorageKey(l.column(name))
	}
	return field.Time(name).StorageKey(l.column(name)).SchemaType(l.timeType(name))
}

// timeOrNull returns a field for a time or NULL.
func (l Layout) timeOrNull(name, comment string) ent.Field {
	if l == DrizzleSQLite {
		return field.Int64(name).Optional().Nillable().StorageKey(l.column(name)).Comment(comment)
	}
	return field.Time(name).Optional().Nillable().StorageKey(l.column(name)).SchemaType(l.timeType(name)).Comment(comment)
}

// hooks returns the hook that cuts every time to what the layout stores.
func (l Layout) hooks() []ent.Hook { return []ent.Hook{cutTimes(l)} }

// userID returns the field by which an entity refers to its user. The zero kind is a
// string.
func (l Layout) userID(kind field.Type) ent.Field {
	const name = "user_id"
	switch kind {
	case field.TypeInt64:
		return field.Int64(name).StorageKey(l.column(name))
	case field.TypeUUID:
		return field.UUID(name, uuid.UUID{}).StorageKey(l.column(name))
	}
	return field.String(name).StorageKey(l.column(name)).SchemaType(l.key())
}
