package entauth

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"entgo.io/ent/dialect"
	"entgo.io/ent/entc/gen"
	"entgo.io/ent/schema/field"

	"github.com/authent/authent/authent/mixin"
)

// role is a field in the part that it plays for authent. Its methods return the Go
// expressions that the adapter uses for it.
type role struct {
	*gen.Field
	owner *gen.Type
}

// mapped lists the roles that the id itself may play, where the type has no field of
// that name.
var mapped = map[string]string{
	"Session":           "session_token",
	"Account":           "provider_account_id",
	"VerificationToken": "token",
	authenticator:       "credential_id",
}

// roleOf returns the field of a type that plays the part called name, or nil.
func roleOf(t *gen.Type, name string) *role {
	switch f := fieldOf(t, name); {
	case f != nil:
		return &role{f, t}
	case name == "id" || mapped[t.Name] == name && t.ID != nil:
		return &role{t.ID, t}
	}
	return nil
}

// IsID reports whether the role is played by the id.
func (r role) IsID() bool { return r.Field == r.owner.ID }

// Const returns the column's constant, such as session.FieldExpires.
func (r role) Const() string { return r.owner.Package() + "." + r.Constant() }

// convertible names the conversions in entadapter for ids that are not strings.
var convertible = map[field.Type]string{field.TypeInt64: "Int64", field.TypeUUID: "UUID"}

// Converted names the conversion from a string to the id's type, or "" for none.
func (r role) Converted() string { return convertible[r.Type.Type] }

// Is returns the predicate that the column holds value, a string.
func (r role) Is(value string) string {
	if r.Type.Type == field.TypeString && strings.EqualFold(r.Column().SchemaType[dialect.Postgres], "uuid") {
		return fmt.Sprintf("entadapter.IsUUIDString(%s, %s)", r.Const(), value)
	}
	return fmt.Sprintf("entadapter.Is%s(%s, %s)", r.Converted(), r.Const(), value)
}

// Below returns the predicate that the column holds less than value, a string.
func (r role) Below(value string) string {
	return fmt.Sprintf("entadapter.Below%s(%s, %s)", r.Converted(), r.Const(), value)
}

// Above returns the predicate that the column holds more than value, a string.
func (r role) Above(value string) string {
	return fmt.Sprintf("entadapter.Above%s(%s, %s)", r.Converted(), r.Const(), value)
}

// IsNot returns the opposite of Is, for strings only.
func (r role) IsNot(value string) string {
	return fmt.Sprintf("entadapter.IsNot(%s, %s)", r.Const(), value)
}

// Text returns an entity's field as the string that the Adapter passes on.
func (r role) Text(entity string) string {
	value := entity + "." + r.StructField()
	switch r.Type.Type {
	case field.TypeInt64:
		return "strconv.FormatInt(" + value + ", 10)"
	case field.TypeUUID:
		return value + ".String()"
	}
	return value
}

// Out returns an entity's field as a time in UTC.
func (r role) Out(entity string) string {
	value := entity + "." + r.StructField()
	switch {
	case r.Type.Type == field.TypeInt64 && r.Nillable:
		return "entadapter.FromNullMillis(" + value + ")"
	case r.Type.Type == field.TypeInt64:
		return "entadapter.FromMillis(" + value + ")"
	case r.Nillable:
		return "entadapter.FromNull(" + value + ")"
	}
	return value + ".UTC()"
}

// In returns a time in the form that the column holds.
func (r role) In(value string) string {
	switch {
	case r.Type.Type == field.TypeInt64:
		return "entadapter.Millis(" + value + ")"
	case len(layoutOf(r.owner).Seconds) > 0:
		return fmt.Sprintf("entadapter.SecondsOn(a.client.driver, %s, %s)", value, quoted(layoutOf(r.owner).Seconds))
	}
	return "entadapter.Time(" + value + ")"
}

// InOrNull returns a time in the form that the column holds, and nil for the zero time.
func (r role) InOrNull(value string) string {
	convert := "entadapter.Time"
	switch {
	case r.Type.Type == field.TypeInt64:
		convert = "entadapter.Millis"
	case len(layoutOf(r.owner).Seconds) > 0:
		convert = "func(t time.Time) time.Time { return " + r.In("t") + " }"
	}
	return fmt.Sprintf("entadapter.OrNullTime(%s, %s)", value, convert)
}

// quoted lists names as arguments.
func quoted(names []string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = strconv.Quote(name)
	}
	return strings.Join(all, ", ")
}

// narrow matches PostgreSQL's and MySQL's types of 32-bit integers.
var narrow = regexp.MustCompile(`(?i)^int(eger|4)?\b`)

// Unix returns a time in Unix seconds, limited to what the column holds, and nil for the
// zero time.
func (r role) Unix(value string) string {
	if r.Narrow() {
		return "entadapter.Unix32(" + value + ")"
	}
	return "entadapter.Unix(" + value + ")"
}

// Narrow reports whether the column holds 32 bits on a dialect.
func (r role) Narrow() bool {
	return narrow.MatchString(r.Column().SchemaType[dialect.Postgres]) || narrow.MatchString(r.Column().SchemaType[dialect.MySQL])
}

// Before returns the predicate that the column's time is before a time.
func (r role) Before(value string) string {
	switch {
	case r.Type.Type == field.TypeInt64:
		return fmt.Sprintf("%s.%sLT(entadapter.Millis(%s))", r.owner.Package(), r.StructField(), value)
	case isForeign(r.owner):
		return fmt.Sprintf("entadapter.Before(%s, %s)", r.Const(), value)
	}
	return fmt.Sprintf("%s.%sLT(%s)", r.owner.Package(), r.StructField(), value)
}

// cut lists the values that are shortened to fit their column. Other optional values are
// left out instead: a part of them is of no use.
var cut = map[string]bool{"User.name": true, "Authenticator.name": true}

// maxText is how many bytes MySQL's type TEXT holds.
const maxText = 1<<16 - 1

// Value returns a string as the column holds it. Columns of MySQL's limit the number of
// characters or bytes, and those of another program's on PostgreSQL may.
func (r role) Value(value string) string {
	column := strconv.Quote(r.owner.Table() + "." + r.StorageKey())
	if r.drops() && r.Column().SchemaType[dialect.MySQL] == "text" {
		value = fmt.Sprintf("entadapter.DropBytes(ctx, a.client.driver, %s, %d, %s)", column, maxText, value)
	}
	if !r.Optional || r.Name == "email" || r.Name == "password" || r.Name == "role" {
		return value
	}
	verb := "Drop"
	if cut[r.owner.Name+"."+r.Name] {
		verb = "Cut"
	}
	if n := r.limit(dialect.MySQL); n > 0 {
		value = fmt.Sprintf("entadapter.%s(ctx, a.client.driver, %s, %d, %s)", verb, column, n, value)
	}
	if n := r.limit(dialect.Postgres); n > 0 {
		value = fmt.Sprintf("entadapter.%sOn(ctx, a.client.driver, %q, %s, %d, %s)", verb, dialect.Postgres, column, n, value)
	}
	return value
}

// drops reports whether the value is something that a provider or a browser said about
// itself, of any length.
func (r role) drops() bool {
	return (r.owner.Name == "Account" || r.owner.Name == auditEvent) && r.Optional
}

// ValueOrNull does what Value does, and returns nil for "".
func (r role) ValueOrNull(value string) string { return "entadapter.OrNull(" + r.Value(value) + ")" }

// varchar matches the types of columns that hold so many characters.
var varchar = regexp.MustCompile(`(?i)^(?:varchar|character varying)\((\d+)\)`)

// limit returns how many characters the column holds on a dialect, or 0 for any number.
func (r role) limit(name string) int {
	found := varchar.FindStringSubmatch(r.Column().SchemaType[name])
	if found == nil {
		return 0
	}
	n, _ := strconv.Atoi(found[1])
	return n
}

// layoutOf returns what the annotation of another program's table says, and the zero value
// for a table of authent's own.
func layoutOf(t *gen.Type) (foreign mixin.Foreign) {
	found, ok := t.Annotations[mixin.ForeignName]
	if !ok {
		return mixin.Foreign{}
	}
	text, err := json.Marshal(found)
	if err == nil {
		err = json.Unmarshal(text, &foreign)
	}
	if err != nil {
		return mixin.Foreign{}
	}
	return foreign
}

// isForeign reports whether a type's table belongs to another program.
func isForeign(t *gen.Type) bool {
	_, ok := t.Annotations[mixin.ForeignName]
	return ok
}

// foreignTables returns the tables of the graph that belong to another program.
func foreignTables(g *gen.Graph) []string {
	var names []string
	for _, t := range g.Nodes {
		if isForeign(t) {
			names = append(names, t.Table())
		}
	}
	return names
}
