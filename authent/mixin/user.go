package mixin

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"
	"github.com/google/uuid"

	"github.com/authent/authent/authent/secret"
)

// User is a person: table users.
type User struct {
	mixin.Schema
	// Layout says whose table it is. If zero, Native.
	Layout Layout
	// ID is the type of the id: field.TypeInt64, which the database counts up,
	// or field.TypeUUID, a UUIDv7 made in Go. If zero, a string that holds such
	// a UUID. Account and Session need it as their UserID.
	ID field.Type
}

// Fields returns the fields of User.
func (u User) Fields() []ent.Field {
	l := u.Layout
	fields := []ent.Field{
		u.id(),
		field.String("name").Optional().SchemaType(l.long()).
			Comment("What the person is called."),
		u.email(),
		l.timeOrNull("email_verified", "When the address was last proved to be the person's."),
		field.String("image").Optional().SchemaType(l.long()).
			Comment("The URL of a picture."),
	}
	if l == DrizzleDefault || l == DrizzleSQLite {
		return fields
	}
	fields = append(fields, field.String("password").Optional().Sensitive().GoType(secret.Secret("")).SchemaType(l.key()).
		Comment("The password's hash; NULL for people without one."))
	role := field.String("role").Default("user").SchemaType(l.key()).
		Comment("What RequireRole compares.")
	if l == Drizzle {
		return append(fields, role.Optional(),
			field.Time("created_at").Optional().Nillable().Default(now).Immutable().StorageKey(l.column("created_at")).SchemaType(l.timeType("created_at")),
			field.Time("updated_at").Optional().Nillable().Default(now).StorageKey(l.column("updated_at")).SchemaType(l.timeType("updated_at")),
		)
	}
	fields = append(fields, role)
	if l == Native {
		fields = append(fields, l.timeOrNull("disabled_at", "When the person was locked out."))
	}
	return append(fields,
		field.Time("created_at").Default(now).Immutable().SchemaType(l.timeType("created_at")),
		field.Time("updated_at").Default(now).UpdateDefault(now).SchemaType(l.timeType("updated_at")),
	)
}

func (u User) id() ent.Field {
	switch u.ID {
	case field.TypeInt64:
		return field.Int64("id").Immutable()
	case field.TypeUUID:
		return field.UUID("id", uuid.UUID{}).Default(newUUID).Immutable()
	}
	return field.String("id").DefaultFunc(newID).Immutable().NotEmpty().SchemaType(u.Layout.key())
}

func (u User) email() ent.Field {
	email := field.String("email").SchemaType(u.Layout.key()).
		Comment("The address, as normalised by the engine.")
	if u.Layout == DrizzleDefault || u.Layout == DrizzleSQLite {
		return email.Optional()
	}
	return email
}

// Edges returns the edges of User.
func (User) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("accounts", Account.node).
			StorageKey(edge.Symbol("accounts_user_id_fkey")).
			Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.To("sessions", Session.node).
			StorageKey(edge.Symbol("sessions_user_id_fkey")).
			Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}

// Indexes returns the indexes of User.
func (u User) Indexes() []ent.Index {
	name := "users_email_key"
	if u.Layout.drizzle() {
		name = "user_email_unique"
	}
	return []ent.Index{index.Fields("email").Unique().StorageKey(name)}
}

// Hooks returns the hooks of User.
func (u User) Hooks() []ent.Hook { return u.Layout.hooks() }

// Annotations returns the annotations of User.
func (u User) Annotations() []schema.Annotation {
	return u.Layout.annotations("users", "user")
}

// node lets edges name the schema type User without importing it.
func (User) node() {}

// newUUID returns a UUIDv7 (RFC 9562 §5.7). These sort by their time of creation, which
// keeps primary keys dense.
func newUUID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func newID() string { return newUUID().String() }
