// Package schema is a graph whose User has a field of its mixin again.
package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"github.com/authent/authent/authent/mixin"
)

type User struct{ ent.Schema }

func (User) Mixin() []ent.Mixin { return []ent.Mixin{mixin.User{}} }

func (User) Fields() []ent.Field { return []ent.Field{field.String("role")} }
