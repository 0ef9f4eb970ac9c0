package entauth

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/entc/gen"
	"entgo.io/ent/schema/field"

	"github.com/authent/authent/authent/secret"
)

// wanted is a field that the adapter reads or writes.
type wanted struct {
	name     string
	kind     field.Type
	optional bool // the column may be missing
	null     bool // the column must be able to hold NULL
	mayNull  bool // the column may be able to hold NULL
	secret   bool // the Go type must be authent.Secret, which does not print
}

// line returns what to write in a schema to have the field.
func (w wanted) line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "field.%s(%q)", map[field.Type]string{
		field.TypeString: "String", field.TypeTime: "Time", field.TypeInt64: "Int64", field.TypeUUID: "UUID", field.TypeBool: "Bool",
	}[w.kind], w.name)
	if w.null {
		b.WriteString(".Optional()")
	}
	if w.null && w.kind != field.TypeString {
		b.WriteString(".Nillable()")
	}
	if w.secret {
		b.WriteString(".Sensitive().GoType(authent.Secret(\"\"))")
	}
	return b.String()
}

// is reports whether a field is of the type wanted. A time may be a number of Unix
// milliseconds too.
func (w wanted) is(f *gen.Field) bool {
	kind := f.Type.Type
	if kind != w.kind && !(w.kind == field.TypeTime && kind == field.TypeInt64) {
		return false
	}
	return isSecret(f) == w.secret && (!f.HasGoType() || w.secret || w.kind == field.TypeUUID)
}

// graph lists the fields that authent needs of each type.
var graph = map[string][]wanted{
	"User": {
		{name: "name", kind: field.TypeString, null: true},
		{name: "email", kind: field.TypeString, mayNull: true},
		{name: "email_verified", kind: field.TypeTime, null: true},
		{name: "image", kind: field.TypeString, null: true},
		{name: "password", kind: field.TypeString, optional: true, null: true, secret: true},
		{name: "role", kind: field.TypeString, optional: true, mayNull: true},
		{name: "disabled_at", kind: field.TypeTime, optional: true, null: true},
		{name: "created_at", kind: field.TypeTime, optional: true, mayNull: true},
		{name: "updated_at", kind: field.TypeTime, optional: true, mayNull: true},
	},
	"Account": {
		{name: "user_id", kind: field.TypeString},
		{name: "type", kind: field.TypeString},
		{name: "provider", kind: field.TypeString},
		{name: "provider_account_id", kind: field.TypeString},
		{name: "refresh_token", kind: field.TypeString, null: true, secret: true},
		{name: "access_token", kind: field.TypeString, null: true, secret: true},
		{name: "id_token", kind: field.TypeString, null: true, secret: true},
		{name: "expires_at", kind: field.TypeInt64, null: true},
		{name: "token_type", kind: field.TypeString, null: true},
		{name: "scope", kind: field.TypeString, null: true},
		{name: "session_state", kind: field.TypeString, null: true},
	},
	"Session": {
		{name: "session_token", kind: field.TypeString, secret: true},
		{name: "user_id", kind: field.TypeString},
		{name: "expires", kind: field.TypeTime},
		{name: "created_at", kind: field.TypeTime, optional: true, null: true},
		{name: "last_used_at", kind: field.TypeTime, optional: true, null: true},
		{name: "ip_address", kind: field.TypeString, optional: true, null: true},
		{name: "user_agent", kind: field.TypeString, optional: true, null: true},
		{name: "amr", kind: field.TypeString, optional: true, null: true},
		{name: "aal", kind: field.TypeInt64, optional: true, null: true},
		{name: "authenticated_at", kind: field.TypeTime, optional: true, null: true},
	},
	"VerificationToken": {
		{name: "token", kind: field.TypeString, secret: true},
		{name: "identifier", kind: field.TypeString},
		{name: "expires", kind: field.TypeTime},
	},
	rateLimit: {
		{name: "count", kind: field.TypeInt64},
		{name: "expires", kind: field.TypeTime},
	},
	auditEvent:    auditEventFields,
	totp:          totpFields,
	authenticator: authenticatorFields,
}

// nouns lists the types in the order in which faults are reported.
var nouns = []string{"User", "Account", "Session", "VerificationToken", rateLimit, auditEvent, totp, authenticator}

// check lists everything that the graph lacks.
func check(g *gen.Graph) error {
	var faults []error
	for _, name := range nouns {
		t := typeOf(g, name)
		if _, may := optional[name]; t == nil && may {
			continue
		}
		if t == nil {
			faults = append(faults, fmt.Errorf("schema %s is missing: add type %s struct{ ent.Schema } with func (%s) Mixin() []ent.Mixin { return []ent.Mixin{mixin.%s{}} }", name, name, name, name))
			continue
		}
		faults = append(faults, checkType(g, t)...)
	}
	faults = append(faults, checkNames(g)...)
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("entauth: authent cannot use this graph:\n%w", errors.Join(faults...))
}

// checkType lists what one type lacks.
func checkType(g *gen.Graph, t *gen.Type) []error {
	if t.Name == rateLimit {
		return checkRateLimit(g, t)
	}
	faults := checkID(t)
	for _, w := range graph[t.Name] {
		if w.name == "user_id" && t.Name != auditEvent {
			w.kind = userIDKind(g)
		}
		if fault := w.check(t); fault != nil {
			faults = append(faults, fault)
		}
	}
	for _, f := range []*gen.Field{t.ID, fieldOf(t, "user_id")} {
		if fault := checkUUID(t, f); fault != nil {
			faults = append(faults, fault)
		}
	}
	for _, check := range []func(*gen.Type) []error{checkTable, checkWrites, checkEdges, checkRequired, checkUnique} {
		faults = append(faults, check(t)...)
	}
	return append(faults, checkLayout(g, t)...)
}

// layoutName returns what messages call the layout of a type's table.
func layoutName(t *gen.Type) string { return cmp.Or(layoutOf(t).Layout, "authent's own") }

// userIDKind returns the kind of a user's id, or a string's if authent cannot use that
// kind.
func userIDKind(g *gen.Graph) field.Type {
	if user := typeOf(g, "User"); user != nil && user.ID != nil && convertible[user.ID.Type.Type] != "" {
		return user.ID.Type.Type
	}
	return field.TypeString
}

// checkID wants an id that the Adapter can hold as a string and that the database or a
// default makes, unless the id is the token.
func checkID(t *gen.Type) []error {
	if t.ID == nil {
		return []error{fmt.Errorf("%s has no id of one field: add field.String(\"id\")", t.Name)}
	}
	f, kind := t.ID, t.ID.Type.Type
	r := mapped[t.Name]
	held := r != "" && fieldOf(t, r) == nil
	switch {
	case held && r != "provider_account_id" && r != "credential_id":
		if f.IsString() && !isSecret(f) {
			return []error{fmt.Errorf("%s.id holds the token, and ent prints ids: make it field.String(\"id\").StorageKey(%q).GoType(authent.Secret(\"\"))", t.Name, f.StorageKey())}
		}
		return nil
	case held:
		return nil
	case kind != field.TypeString && convertible[kind] == "" || f.HasGoType() && kind != field.TypeUUID:
		return []error{fmt.Errorf("%s.id is of type %s: make it field.String(\"id\"), field.Int64(\"id\") or field.UUID(\"id\", uuid.UUID{})", t.Name, f.Type)}
	case kind != field.TypeInt64 && !f.Default && t.NumHooks() <= builtinHooks[t.Name]:
		return []error{fmt.Errorf("%s.id has no default, and nothing makes it: add .Default(…) or .DefaultFunc(…)", t.Name)}
	}
	return nil
}

// isSecret reports whether a field has the type authent.Secret, under whatever name the
// schema imports its package.
func isSecret(f *gen.Field) bool {
	t := reflect.TypeFor[secret.Secret]()
	return f.HasGoType() && f.Type.RType != nil && f.Type.RType.PkgPath == t.PkgPath() && f.Type.RType.Name == t.Name()
}

// check returns what is wrong with the field of t that is wanted.
func (w wanted) check(t *gen.Type) error {
	r := roleOf(t, w.name)
	switch {
	case r == nil && w.optional:
		return nil
	case r == nil || r.IsID() && !r.IsString():
		return fmt.Errorf("%s.%s is missing: use mixin.%s, or add %s", t.Name, w.name, t.Name, w.line())
	case r.IsID():
		return nil // checkID has looked at it
	case !w.is(r.Field):
		return fmt.Errorf("%s.%s is of type %s: make it %s", t.Name, w.name, r.Type, w.line())
	}
	return w.checkNull(t, r)
}

// checkNull wants a column that holds NULL where it must, and nowhere else, and a pointer
// for what has no zero value to stand for NULL.
func (w wanted) checkNull(t *gen.Type, r *role) error {
	switch {
	case w.null && !r.Optional:
		return fmt.Errorf("%s.%s cannot hold NULL: make it %s", t.Name, w.name, w.line())
	case !w.null && !w.mayNull && r.Optional:
		return fmt.Errorf("%s.%s can hold NULL: make it %s", t.Name, w.name, w.line())
	case r.Nillable != (r.Optional && !r.IsString()):
		return fmt.Errorf("%s.%s is, or is not, a pointer: make it %s", t.Name, w.name, w.pointer(r.Optional))
	}
	return nil
}

// pointer returns the line for a field that is a pointer exactly where it may be NULL.
func (w wanted) pointer(optional bool) string {
	w.null = optional
	return w.line()
}

// edgesToUser lists the types that have an edge to their user, and the line to have it.
var edgesToUser = map[string]string{
	"Account":     `edge.From("user", User.Type).Ref("accounts").Field("user_id").Unique().Required()`,
	"Session":     `edge.From("user", User.Type).Ref("sessions").Field("user_id").Unique().Required()`,
	totp:          lineToUser,
	authenticator: lineToUser,
}

// checkEdges wants an edge from an account or session to its user, and that it deletes
// the row with the user. Another program's tables stay as they are.
func checkEdges(t *gen.Type) []error {
	line := edgesToUser[t.Name]
	if line == "" {
		return nil
	}
	i := slices.IndexFunc(t.Edges, func(e *gen.Edge) bool {
		return e.Name == "user" && e.Type.Name == "User" && e.Unique && e.Field() != nil && e.Field().Name == "user_id"
	})
	if i < 0 {
		return []error{fmt.Errorf("%s has no edge to its user: add %s", t.Name, line)}
	}
	owner := t.Edges[i].Ref
	if isForeign(t) {
		return nil
	}
	if owner == nil { // The edge has no other end, so it says so itself.
		owner = t.Edges[i]
	}
	if a := owner.EntSQL(); a == nil || a.OnDelete != entsql.Cascade {
		return []error{fmt.Errorf("%s.%s does not delete its rows with the user: add .Annotations(entsql.OnDelete(entsql.Cascade)) to that edge", owner.Owner.Name, owner.Name)}
	}
	return nil
}

// checkRequired refuses required fields that nothing fills when authent creates a row.
func checkRequired(t *gen.Type) []error {
	ours := map[string]bool{}
	for _, w := range graph[t.Name] {
		ours[w.name] = true
	}
	var faults []error
	for _, f := range t.Fields {
		if ours[f.Name] || f.Optional || f.Default || t.NumHooks() > builtinHooks[t.Name] {
			continue
		}
		faults = append(faults, fmt.Errorf("%s.%s is required and nothing fills it: add .Optional(), .Default(…), or a hook that sets it on create", t.Name, f.Name))
	}
	for _, e := range t.Edges {
		if e.Optional || e.Field() != nil || e.IsInverse() && e.Name == "user" || t.NumHooks() > builtinHooks[t.Name] {
			continue
		}
		faults = append(faults, fmt.Errorf("%s.%s is a required edge and nothing fills it: leave out .Required(), or add a hook that sets it on create", t.Name, e.Name))
	}
	return faults
}

// builtinHooks counts the hooks of the mixins themselves.
var builtinHooks = map[string]int{"User": 1, "Session": 1, "VerificationToken": 1, auditEvent: 1, totp: 1, authenticator: 1}

// uniqueAlone reports whether the field has a unique key of its own, and no unique key
// shared with other fields.
func uniqueAlone(t *gen.Type, name string) bool {
	f := fieldOf(t, name)
	if f == nil {
		return true // reported as missing
	}
	alone := f.Unique
	for _, index := range t.Indexes {
		if !index.Unique || !strings.Contains(","+strings.Join(index.Columns, ",")+",", ","+f.StorageKey()+",") {
			continue
		}
		if len(index.Columns) > 1 {
			return false
		}
		alone = true
	}
	return alone
}
