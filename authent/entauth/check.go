package entauth

import (
	"errors"
	"fmt"
	"strings"

	"entgo.io/ent/entc/gen"
	"entgo.io/ent/schema/field"
)

// wanted is a field that the adapter reads or writes.
type wanted struct {
	name     string
	kind     field.Type
	optional bool // the column may be missing
	null     bool // the column must be able to hold NULL
	secret   bool // the Go type must be authent.Secret, which does not print
}

// line is what to write in a schema to have the field.
func (w wanted) line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "field.%s(%q)", map[field.Type]string{
		field.TypeString: "String", field.TypeTime: "Time", field.TypeInt64: "Int64",
	}[w.kind], w.name)
	if w.null {
		b.WriteString(".Optional()")
	}
	if w.pointer() {
		b.WriteString(".Nillable()")
	}
	if w.secret {
		b.WriteString(".Sensitive().GoType(authent.Secret(\"\"))")
	}
	return b.String()
}

// pointer reports whether the entity's field is one: for NULL in what is not a
// string.
func (w wanted) pointer() bool { return w.null && w.kind != field.TypeString }

// graph is what authent needs of each type.
var graph = map[string][]wanted{
	"User": {
		{name: "name", kind: field.TypeString, null: true},
		{name: "email", kind: field.TypeString},
		{name: "email_verified", kind: field.TypeTime, null: true},
		{name: "image", kind: field.TypeString, null: true},
		{name: "password", kind: field.TypeString, optional: true, null: true, secret: true},
		{name: "role", kind: field.TypeString, optional: true},
		{name: "disabled_at", kind: field.TypeTime, optional: true, null: true},
		{name: "created_at", kind: field.TypeTime, optional: true},
		{name: "updated_at", kind: field.TypeTime, optional: true},
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
	},
	"VerificationToken": {
		{name: "identifier", kind: field.TypeString},
		{name: "expires", kind: field.TypeTime},
	},
}

// nouns are the types in the order in which faults are listed.
var nouns = []string{"User", "Account", "Session", "VerificationToken"}

// check lists everything that the graph lacks.
func check(g *gen.Graph) error {
	var faults []error
	for _, name := range nouns {
		t := typeOf(g, name)
		if t == nil {
			faults = append(faults, fmt.Errorf("schema %s is missing: add type %s struct{ ent.Schema } with func (%s) Mixin() []ent.Mixin { return []ent.Mixin{mixin.%s{}} }", name, name, name, name))
			continue
		}
		faults = append(faults, checkType(t)...)
	}
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("entauth: the graph is not one that authent can use:\n%w", errors.Join(faults...))
}

func checkType(t *gen.Type) []error {
	faults := checkID(t)
	for _, w := range graph[t.Name] {
		if fault := w.check(t); fault != nil {
			faults = append(faults, fault)
		}
	}
	faults = append(faults, checkRequired(t)...)
	if t.Name == "User" && !uniqueAlone(t, "email") {
		faults = append(faults, errors.New(`the e-mail of User is not unique by itself: e-mails are globally unique: add index.Fields("email").Unique() and drop wider unique indexes on it`))
	}
	return faults
}

// checkID wants ids that are strings, and that of a VerificationToken to be its
// token.
func checkID(t *gen.Type) []error {
	token := t.Name == "VerificationToken"
	switch {
	case t.ID == nil || !t.ID.IsString():
		return []error{fmt.Errorf("%s.id is not a string: make it field.String(\"id\")", t.Name)}
	case token && !isSecret(t.ID):
		return []error{errors.New(`VerificationToken.id holds the token, and ent prints ids: make it field.String("id").StorageKey("token").GoType(authent.Secret(""))`)}
	}
	return nil
}

func isSecret(f *gen.Field) bool { return f.Type.String() == "authent.Secret" }

func (w wanted) check(t *gen.Type) error {
	f := fieldOf(t, w.name)
	switch {
	case f == nil && w.optional:
		return nil
	case f == nil:
		return fmt.Errorf("%s.%s is missing: take mixin.%s, or add %s", t.Name, w.name, t.Name, w.line())
	case f.Type.Type != w.kind || isSecret(f) != w.secret:
		return fmt.Errorf("%s.%s is of type %s: make it %s", t.Name, w.name, f.Type, w.line())
	case w.null && !f.Optional:
		return fmt.Errorf("%s.%s cannot hold NULL: make it %s", t.Name, w.name, w.line())
	case w.pointer() != f.Nillable:
		return fmt.Errorf("%s.%s is, or is not, a pointer: make it %s", t.Name, w.name, w.line())
	}
	return nil
}

// checkRequired refuses fields that nobody would fill when authent creates a row.
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
	return faults
}

// builtinHooks are how many hooks the mixins themselves have.
var builtinHooks = map[string]int{"User": 1, "Session": 1, "VerificationToken": 1}

// uniqueAlone reports whether a unique key is over the field alone, and no other
// unique key over it and others.
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
