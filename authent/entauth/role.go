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

// role is a field in the part that it plays for authent, and writes the Go
// expressions by which the adapter uses it.
type role struct {
	*gen.Field
	owner *gen.Type
}

// mapped are the roles that the id itself may play, where the type has no field
// of that name.
var mapped = map[string]string{
	"Session":           "session_token",
	"Account":           "provider_account_id",
	"VerificationToken": "token",
}

// roleOf is the field of a type that plays the part called name, nil if there is
// none.
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

// Const is the column's constant: session.FieldExpires.
func (r role) Const() string { return r.owner.Package() + "." + r.Constant() }

// convertible are the conversions in entadapter of ids that are not strings.
var convertible = map[field.Type]string{field.TypeInt64: "Int64", field.TypeUUID: "UUID"}

// Converted is the conversion that a value needs to become an id, "" for none.
func (r role) Converted() string { return convertible[r.Type.Type] }

// Is is the predicate that the column is value, a string.
func (r role) Is(value string) string {
	return fmt.Sprintf("entadapter.Is%s(%s, %s)", r.Converted(), r.Const(), value)
}

// IsNot is its opposite; for strings only.
func (r role) IsNot(value string) string {
	return fmt.Sprintf("entadapter.IsNot(%s, %s)", r.Const(), value)
}

// Text is the field of an entity as the string that the Adapter knows.
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

// Out is the field of an entity as a time in UTC.
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

// In is a time as the column holds it.
func (r role) In(value string) string {
	switch {
	case r.Type.Type == field.TypeInt64:
		return "entadapter.Millis(" + value + ")"
	case layoutOf(r.owner) == mixin.DrizzleDefault:
		return "entadapter.SecondsOnMySQL(a.client.driver, " + value + ")"
	}
	return "entadapter.Time(" + value + ")"
}

// InOrNull is a time as the column holds it, nil for the zero time.
func (r role) InOrNull(value string) string {
	convert := "entadapter.Time"
	switch {
	case r.Type.Type == field.TypeInt64:
		convert = "entadapter.Millis"
	case layoutOf(r.owner) == mixin.DrizzleDefault:
		convert = "func(t time.Time) time.Time { return " + r.In("t") + " }"
	}
	return fmt.Sprintf("entadapter.OrNullTime(%s, %s)", value, convert)
}

// narrow are PostgreSQL's and MySQL's types of integers of 32 bits.
var narrow = regexp.MustCompile(`(?i)^int(eger|4)?\b`)

// Unix is a time as a number of seconds, no larger than the column holds; nil for
// the zero time.
func (r role) Unix(value string) string {
	for _, name := range []string{dialect.Postgres, dialect.MySQL} {
		if narrow.MatchString(r.Column().SchemaType[name]) {
			return "entadapter.Unix32(" + value + ")"
		}
	}
	return "entadapter.Unix(" + value + ")"
}

// Before is the predicate that the column's time is before a time.
func (r role) Before(value string) string {
	switch {
	case r.Type.Type == field.TypeInt64:
		return fmt.Sprintf("%s.%sLT(entadapter.Millis(%s))", r.owner.Package(), r.StructField(), value)
	case layoutOf(r.owner) == mixin.Prisma:
		return fmt.Sprintf("entadapter.Before(%s, %s)", r.Const(), value)
	}
	return fmt.Sprintf("%s.%sLT(%s)", r.owner.Package(), r.StructField(), value)
}

// cut are the values that are shortened to what their column holds; other
// optional ones are left out, since a part of them is of no use.
var cut = map[string]bool{"User.name": true}

// maxText is how many bytes MySQL's type TEXT holds.
const maxText = 1<<16 - 1

// Value is a string as the column holds it: only MySQL's hold no more than so
// many characters, or bytes.
func (r role) Value(value string) string {
	n := r.limit()
	if r.drops() && r.Column().SchemaType[dialect.MySQL] == "text" {
		return fmt.Sprintf("entadapter.DropBytes(ctx, a.client.driver, %q, %d, %s)", r.owner.Table()+"."+r.StorageKey(), maxText, value)
	}
	if n == 0 || !r.Optional || r.Name == "email" || r.Name == "password" || r.Name == "role" {
		return value
	}
	verb := "Drop"
	if cut[r.owner.Name+"."+r.Name] {
		verb = "Cut"
	}
	return fmt.Sprintf("entadapter.%s(ctx, a.client.driver, %q, %d, %s)", verb, r.owner.Table()+"."+r.StorageKey(), n, value)
}

// drops reports whether the value is what a provider said beside who it is, as much
// of it as it liked.
func (r role) drops() bool { return r.owner.Name == "Account" && r.Optional }

// ValueOrNull is Value, nil for "".
func (r role) ValueOrNull(value string) string { return "entadapter.OrNull(" + r.Value(value) + ")" }

// limit is how many characters the column holds in MySQL, 0 for any number.
func (r role) limit() int {
	digits, ok := strings.CutPrefix(r.Column().SchemaType[dialect.MySQL], "varchar(")
	if !ok {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSuffix(digits, ")"))
	return n
}

// layoutOf is the layout of a type's table.
func layoutOf(t *gen.Type) mixin.Layout {
	found, ok := t.Annotations[mixin.ForeignName]
	if !ok {
		return mixin.Native
	}
	var foreign mixin.Foreign
	text, err := json.Marshal(found)
	if err == nil {
		err = json.Unmarshal(text, &foreign)
	}
	if err != nil {
		return mixin.Native
	}
	return foreign.Layout
}

// foreignTables are the tables of the graph that belong to another program.
func foreignTables(g *gen.Graph) []string {
	var names []string
	for _, t := range g.Nodes {
		if layoutOf(t) != mixin.Native {
			names = append(names, t.Table())
		}
	}
	return names
}
