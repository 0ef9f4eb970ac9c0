// Package schema is a graph whose users have UUIDs as ids.
package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"github.com/authent/authent/authent/mixin"
)

// User is a person. Ids are UUIDs, of that type in Go and in the database.
type User struct{ ent.Schema }

// Mixin of User: what authent needs of it.
func (User) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.User{ID: field.TypeUUID}}
}
