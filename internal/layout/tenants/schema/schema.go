// Package schema is a graph in which rows of sessions and users depend on others: the
// tenant that users belong to, the organisation of tenants, the device of a session, and
// other users. Tests generate it, and keep nothing.
package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"

	"github.com/authent/authent/authent/mixin"
)

// Organisation has tenants, which are deleted with it.
type Organisation struct{ ent.Schema }

// Edges of Organisation.
func (Organisation) Edges() []ent.Edge {
	return []ent.Edge{edge.To("tenants", Tenant.Type).Annotations(entsql.OnDelete(entsql.Cascade))}
}

// Tenant has users, who are deleted with it, and one who administers it, and who is not.
type Tenant struct{ ent.Schema }

// Fields of Tenant.
func (Tenant) Fields() []ent.Field { return []ent.Field{field.String("name").Default("")} }

// Edges of Tenant. The foreign key of admin stands in the users' rows.
func (Tenant) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("organisation", Organisation.Type).Ref("tenants").Unique(),
		edge.To("users", User.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.To("admin", User.Type).Unique(),
	}
}

// User is a person.
type User struct{ ent.Schema }

// Mixin of User: what authent needs of it.
func (User) Mixin() []ent.Mixin { return []ent.Mixin{mixin.User{}} }

// Fields of User: the foreign keys, which SessionAndUser reads.
func (User) Fields() []ent.Field {
	return []ent.Field{
		field.Int("tenant_id").Optional(),
		field.Int("administers_id").Optional(),
		field.String("parent_id").Optional(),
		field.String("spouse_id").Optional(),
	}
}

// Edges of User: to one, to many, to the own type, on both sides.
func (User) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("tenant", Tenant.Type).Ref("users").Field("tenant_id").Unique(),
		edge.From("administers", Tenant.Type).Ref("admin").Field("administers_id").Unique(),
		edge.To("children", User.Type).From("parent").Field("parent_id").Unique(),
		edge.To("spouse", User.Type).Field("spouse_id").Unique(),
		edge.From("groups", Group.Type).Ref("members"),
		edge.To("card", Card.Type).Unique().Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}

// Group has members, in a table of its own.
type Group struct{ ent.Schema }

// Edges of Group.
func (Group) Edges() []ent.Edge { return []ent.Edge{edge.To("members", User.Type)} }

// Card is a user's, whose id stands in its row.
type Card struct{ ent.Schema }

// Edges of Card.
func (Card) Edges() []ent.Edge {
	return []ent.Edge{edge.From("owner", User.Type).Ref("card").Unique()}
}

// Device has sessions, which outlive it.
type Device struct{ ent.Schema }

// Edges of Device.
func (Device) Edges() []ent.Edge { return []ent.Edge{edge.To("sessions", Session.Type)} }

// Account is a user's account at a provider.
type Account struct{ ent.Schema }

// Mixin of Account: what authent needs of it.
func (Account) Mixin() []ent.Mixin { return []ent.Mixin{mixin.Account{}} }

// Session is a signed-in browser.
type Session struct{ ent.Schema }

// Mixin of Session: what authent needs of it.
func (Session) Mixin() []ent.Mixin { return []ent.Mixin{mixin.Session{}} }

// Fields of Session.
func (Session) Fields() []ent.Field { return []ent.Field{field.Int("device_id").Optional()} }

// Edges of Session.
func (Session) Edges() []ent.Edge {
	return []ent.Edge{edge.From("device", Device.Type).Ref("sessions").Field("device_id").Unique()}
}

// VerificationToken is a proof that works once.
type VerificationToken struct{ ent.Schema }

// Mixin of VerificationToken: what authent needs of it.
func (VerificationToken) Mixin() []ent.Mixin { return []ent.Mixin{mixin.VerificationToken{}} }
