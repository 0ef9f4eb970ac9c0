// Package schema is the tables of the Auth.js application beside this one, as Prisma made them.
package schema

import (
	"entgo.io/ent"

	"github.com/authent/authent/authent/mixin"
)

// User is a person.
type User struct{ ent.Schema }

// Mixin of User: its columns, as they are.
func (User) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.User{Layout: mixin.Prisma}}
}
