// Package schema is the application's graph: authent's entities with fields,
// edges and rules of its own.
package schema

import (
	"regexp"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/privacy"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"

	"github.com/authent/authent/authent/mixin"
)

// User is a person. Ids are numbers that the database assigns.
type User struct{ ent.Schema }

// Mixin of User: what authent needs of it.
func (User) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.User{ID: field.TypeInt64}}
}

// usernames matches lower case only, so that no two look alike.
var usernames = regexp.MustCompile(`^[a-z0-9_]{3,30}$`)

// Fields of User: what the application adds.
func (User) Fields() []ent.Field {
	return []ent.Field{
		// Required, but unknown to authent: the hook below fills it.
		field.String("username").Unique().MaxLen(30).Match(usernames),
		field.String("phone").Optional(),
		field.String("locale").Default("en"),
		field.Time("deleted_at").Optional().Nillable(),
	}
}

// Edges of User.
func (User) Edges() []ent.Edge {
	return []ent.Edge{edge.To("posts", Post.Type).Annotations(entsql.OnDelete(entsql.Cascade))}
}

// Annotations of User: the table has another name.
func (User) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("people")}
}

// Hooks of User.
func (User) Hooks() []ent.Hook { return []ent.Hook{chooseUsername} }

// Interceptors of User: whoever is deleted is no longer found, and no longer
// signed in, since authent looks sessions up through this interceptor too.
func (User) Interceptors() []ent.Interceptor { return []ent.Interceptor{hideDeleted()} }

// Policy of User: only authent and the person may read or write a row.
func (User) Policy() ent.Policy {
	return privacy.Policy{
		Query:    privacy.QueryPolicy{allowEngine(), allowSelf(), privacy.AlwaysDenyRule()},
		Mutation: privacy.MutationPolicy{allowEngine(), allowSelf(), privacy.AlwaysDenyRule()},
	}
}
