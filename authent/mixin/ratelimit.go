package mixin

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"
)

// RateLimit is a counter of attempts: table ratelimits. A graph may do without it; its
// adapter is no authent.RateLimitStore then.
//
// It has no Layout: its table is authent's own beside another program's tables too, and
// package authent/migrate creates it there. It has no edge, since its key is a keyed hash.
//
// A hit is one SQL statement of the generated adapter's, so that counting is exact. It
// skips the hooks, interceptors and privacy rules of the schema, and fills no fields that
// the application adds: these must be optional, or have a default in the database.
type RateLimit struct{ mixin.Schema }

// Fields returns the fields of RateLimit.
func (RateLimit) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").Immutable().NotEmpty().SchemaType(native.VerificationToken.types("token")).
			Comment("What is counted, and for whom: the kind and a keyed hash."),
		field.Int64("count").
			Comment("How many attempts there were in the window."),
		native.VerificationToken.time("expires"),
	}
}

// Indexes returns the indexes of RateLimit.
func (RateLimit) Indexes() []ent.Index {
	return []ent.Index{index.Fields("expires").StorageKey("ratelimits_expires_idx")}
}

// Hooks returns the hooks of RateLimit.
func (RateLimit) Hooks() []ent.Hook { return []ent.Hook{cutTimes(nil)} }

// Annotations returns the annotations of RateLimit.
func (RateLimit) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("ratelimits")}
}
