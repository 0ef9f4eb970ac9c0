// Package schema is the application's graph. `go generate ./ent` turns it into
// the typed client and the adapter that the sign-in engine uses.
package schema

import (
	"entgo.io/ent"

	"github.com/authent/authent/authent/mixin"
)

// User is a person.
type User struct{ ent.Schema }

// Mixin of User: what authent needs of it. Fields and Edges add what is yours.
func (User) Mixin() []ent.Mixin { return []ent.Mixin{mixin.User{}} }
