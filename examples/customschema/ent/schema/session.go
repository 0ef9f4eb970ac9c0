package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"

	"github.com/authent/authent/authent/mixin"
)

// Session is a signed-in browser.
type Session struct{ ent.Schema }

// Mixin of Session: what authent needs of it.
func (Session) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Session{UserID: field.TypeInt64}}
}

// Annotations of Session: the table has another name.
func (Session) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("browser_sessions")}
}
