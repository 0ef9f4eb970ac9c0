package entauth

import (
	"fmt"

	"entgo.io/ent/entc/gen"
	"entgo.io/ent/schema/field"
)

// auditEvent is the type of events, which refer to their user by no foreign key.
const auditEvent = "AuditEvent"

// totp is the type of authenticator apps.
const totp = "TOTP"

// authenticator is the type of passkeys.
const authenticator = "Authenticator"

// optional lists the types that a graph may do without, and whether their tables are
// authent's own in every layout.
var optional = map[string]struct{ own bool }{rateLimit: {own: true}, auditEvent: {own: true}, totp: {own: true}, authenticator: {}}

// lineToUser is the edge of a type that users know nothing of.
const lineToUser = `edge.To("user", User.Type).Field("user_id").Unique().Required().Annotations(entsql.OnDelete(entsql.Cascade))`

var auditEventFields = []wanted{
	{name: "occurred_at", kind: field.TypeTime},
	{name: "user_id", kind: field.TypeString, null: true},
	{name: "kind", kind: field.TypeString},
	{name: "session_id", kind: field.TypeString, null: true},
	{name: "method", kind: field.TypeString, null: true},
	{name: "ip_address", kind: field.TypeString, null: true},
	{name: "user_agent", kind: field.TypeString, null: true},
	{name: "outcome", kind: field.TypeString},
	{name: "reason", kind: field.TypeString, null: true},
	{name: "expires", kind: field.TypeTime},
}

var totpFields = []wanted{
	{name: "user_id", kind: field.TypeString},
	{name: "secret", kind: field.TypeString, secret: true},
	{name: "last_step", kind: field.TypeInt64},
	{name: "confirmed_at", kind: field.TypeTime},
}

var authenticatorFields = []wanted{
	{name: "credential_id", kind: field.TypeString},
	{name: "user_id", kind: field.TypeString},
	{name: "provider_account_id", kind: field.TypeString},
	{name: "credential_public_key", kind: field.TypeString},
	{name: "counter", kind: field.TypeInt64},
	{name: "credential_device_type", kind: field.TypeString},
	{name: "credential_backed_up", kind: field.TypeBool},
	{name: "transports", kind: field.TypeString, null: true},
	{name: "name", kind: field.TypeString, optional: true, null: true},
	{name: "created_at", kind: field.TypeTime, optional: true, null: true},
	{name: "last_used_at", kind: field.TypeTime, optional: true, null: true},
}

// isLoose reports whether a type's table is authent's own, and that of users another
// program's: no foreign key leads from one to the other then.
func isLoose(g *gen.Graph, t *gen.Type) bool { return !isForeign(t) && isForeign(typeOf(g, "User")) }

// checkLayout wants tables of one layout, and those that are authent's own everywhere to be
// so.
func checkLayout(g *gen.Graph, t *gen.Type) []error {
	user := typeOf(g, "User")
	switch {
	case optional[t.Name].own && isForeign(t):
		return []error{fmt.Errorf("%s is of the layout %s: its table is authent's own everywhere: leave out the annotation mixin.Foreign", t.Name, layoutName(t))}
	case t.Name == authenticator && !isForeign(t): // authent's own is possible beside any layout
		return nil
	case !optional[t.Name].own && user != nil && layoutOf(t).Layout != layoutOf(user).Layout:
		return []error{fmt.Errorf("%s is of the layout %s and User of %s: give all four mixins the same Layout", t.Name, layoutName(t), layoutName(user))}
	}
	return nil
}
