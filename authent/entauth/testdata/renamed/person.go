// Package schema is a graph whose User has another name.
package schema

import (
	"entgo.io/ent"

	"github.com/authent/authent/authent/mixin"
)

type Person struct{ ent.Schema }

func (Person) Mixin() []ent.Mixin { return []ent.Mixin{mixin.User{}} }
