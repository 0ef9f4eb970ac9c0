// Package missing is a graph that lacks nearly everything.
package missing

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"github.com/authent/authent/authent/mixin"
)

type User struct{ ent.Schema }

func (User) Fields() []ent.Field {
	return []ent.Field{field.String("id"), field.String("email")}
}

type VerificationToken struct{ ent.Schema }

func (VerificationToken) Mixin() []ent.Mixin { return []ent.Mixin{mixin.VerificationToken{}} }
