// Package schema is the tables that @auth/drizzle-adapter uses by default.
package schema

import (
	"entgo.io/ent"

	"github.com/authent/authent/authent/mixin"
)

// User is a person.
type User struct{ ent.Schema }

// Mixin of User: its columns, as they are.
func (User) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.User{Layout: mixin.DrizzleDefault}}
}
