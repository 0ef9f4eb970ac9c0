// Package schema imports what is yet to be generated from it.
package schema

import (
	"entgo.io/ent"

	"github.com/authent/authent/authent/entauth/testdata/imports/ent/hook"
	"github.com/authent/authent/authent/mixin"
)

type User struct{ ent.Schema }

func (User) Mixin() []ent.Mixin { return []ent.Mixin{mixin.User{}} }

func (User) Hooks() []ent.Hook { return []ent.Hook{hook.Reject(ent.OpDelete)} }
