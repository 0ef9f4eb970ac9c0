package mixin

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/mixin"
	"github.com/google/uuid"

	"github.com/authent/authent/authent/secret"
)

// User is a person: table users.
type User struct {
	mixin.Schema
	// Layout says whose table it is. If nil, authent's own.
	Layout *Layout
	// ID is the type of the id: field.TypeInt64, which the database counts up,
	// or field.TypeUUID, a UUIDv7 made in Go. If zero, a string that holds such
	// a UUID. Account and Session need it as their UserID.
	ID field.Type
}

func (u User) table() Table { return u.Layout.or().User }

// Fields returns the fields of User.
func (u User) Fields() []ent.Field {
	t := u.table()
	fields := []ent.Field{
		u.id(),
		field.String("name").Optional().StorageKey(t.column("name")).SchemaType(t.types("name")).
			Comment("What the person is called."),
		u.email(),
		t.timeOrNull("email_verified", "When the address was last proved to be the person's."),
		field.String("image").Optional().StorageKey(t.column("image")).SchemaType(t.types("image")).
			Comment("The URL of a picture."),
	}
	if t.has("password") {
		fields = append(fields, field.String("password").Optional().Sensitive().GoType(secret.Secret("")).
			StorageKey(t.column("password")).SchemaType(t.types("password")).
			Comment("The password's hash; NULL for people without one."))
	}
	if t.has("role") {
		role := field.String("role").Default("user").StorageKey(t.column("role")).SchemaType(t.types("role")).
			Comment("What RequireRole compares.")
		if t.Columns["role"].Null {
			role = role.Optional()
		}
		fields = append(fields, role)
	}
	if t.has("disabled_at") {
		fields = append(fields, t.timeOrNull("disabled_at", "When the person was locked out."))
	}
	if t.has("created_at") {
		fields = append(fields, t.created("created_at"))
	}
	if t.has("updated_at") {
		fields = append(fields, t.updated("updated_at"))
	}
	return fields
}

func (u User) id() ent.Field {
	t := u.table()
	switch u.ID {
	case field.TypeInt64:
		return field.Int64("id").Immutable().StorageKey(t.column("id"))
	case field.TypeUUID:
		return field.UUID("id", uuid.UUID{}).Default(newUUID).Immutable().StorageKey(t.column("id"))
	}
	return field.String("id").DefaultFunc(newID).Immutable().NotEmpty().StorageKey(t.column("id")).SchemaType(t.types("id"))
}

func (u User) email() ent.Field {
	t := u.table()
	email := field.String("email").StorageKey(t.column("email")).SchemaType(t.types("email")).
		Comment("The address, as normalised by the engine.")
	if t.Columns["email"].Null {
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
func (u User) Indexes() []ent.Index { return u.table().indexes("") }

// Hooks returns the hooks of User.
func (u User) Hooks() []ent.Hook { return []ent.Hook{cutTimes(u.Layout)} }

// Annotations returns the annotations of User.
func (u User) Annotations() []schema.Annotation { return u.Layout.annotations(u.table()) }

// node lets edges name the schema type User without importing it.
func (User) node() {}

// newUUID returns a UUIDv7 (RFC 9562 §5.7). These sort by their time of creation, which
// keeps primary keys dense.
func newUUID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func newID() string { return newUUID().String() }
