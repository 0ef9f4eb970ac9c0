// Package held is a graph in which sessions refer to each other, and to users through
// their devices.
package held

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"

	"github.com/authent/authent/authent/mixin"
)

type User struct{ ent.Schema }

func (User) Mixin() []ent.Mixin { return []ent.Mixin{mixin.User{}} }

func (User) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("devices", Device.Type),
		edge.To("friends", User.Type),
		edge.To("next", User.Type).Unique().From("previous").Unique(),
	}
}

type Device struct{ ent.Schema }

func (Device) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("owner", User.Type).Ref("devices").Unique(),
		edge.To("sessions", Session.Type),
		edge.To("log", Visit.Type),
	}
}

// Licence has the edge, and User has none back.
type Licence struct{ ent.Schema }

func (Licence) Edges() []ent.Edge { return []ent.Edge{edge.To("users", User.Type)} }

type Visit struct{ ent.Schema }

func (Visit) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("device", Device.Type).Ref("log").Unique(),
		edge.From("session", Session.Type).Ref("visits").Unique(),
	}
}

type Session struct{ ent.Schema }

func (Session) Mixin() []ent.Mixin { return []ent.Mixin{mixin.Session{}} }

func (Session) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("device", Device.Type).Ref("sessions").Unique(),
		edge.To("renewals", Session.Type).From("renewed").Unique(),
		edge.To("visits", Visit.Type),
	}
}

type Account struct{ ent.Schema }

func (Account) Mixin() []ent.Mixin { return []ent.Mixin{mixin.Account{}} }

type VerificationToken struct{ ent.Schema }

func (VerificationToken) Mixin() []ent.Mixin { return []ent.Mixin{mixin.VerificationToken{}} }
