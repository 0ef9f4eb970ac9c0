package recognize

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/mixin"
)

// open are the fields of whose columns the contract leaves open whether they hold NULL.
var open = []string{"email", "role", "created_at", "updated_at", "inserted_at"}

// differences lists what differs between two layouts on a dialect.
func differences(name string, a, b *mixin.Layout) (all []string) {
	for _, pair := range []struct {
		noun string
		a, b mixin.Table
	}{{"User", a.User, b.User}, {"Account", a.Account, b.Account}, {"Session", a.Session, b.Session}, {"VerificationToken", a.VerificationToken, b.VerificationToken}} {
		if pair.a.Name != pair.b.Name {
			all = append(all, fmt.Sprintf("%s: table %s, %s", pair.noun, pair.a.Name, pair.b.Name))
		}
		for _, n := range needs[pair.noun] {
			one, had := pair.a.Columns[n.field]
			two, has := pair.b.Columns[n.field]
			if had != has || had && describe(name, n.field, one) != describe(name, n.field, two) {
				all = append(all, fmt.Sprintf("%s.%s: %v %s, %v %s", pair.noun, n.field, had, describe(name, n.field, one), has, describe(name, n.field, two)))
			}
		}
		if one, two := keysOf(pair.a), keysOf(pair.b); one != two {
			all = append(all, fmt.Sprintf("%s: keys %s, %s", pair.noun, one, two))
		}
	}
	return all
}

// describe returns what matters of a column.
func describe(name, field string, c mixin.Column) string {
	return fmt.Sprint(cmp.Or(c.Name, field), " ", sameType(name, c), c.Null && slices.Contains(open, field), c.Millis, c.Touched)
}

// sameType returns a column's type in one spelling. SQLite's types are what Go reads the
// values as, whatever the column declares.
func sameType(name string, c mixin.Column) string {
	if name == dialect.SQLite {
		return ""
	}
	text := strings.ToLower(c.Types[name])
	text, _, _ = strings.Cut(text, " without time zone")
	return strings.Replace(text, "integer", "int", 1)
}

// keysOf lists the fields of a table's unique keys, with the keys' names where these are
// in the database's errors.
func keysOf(t mixin.Table) string {
	var all []string
	for _, i := range t.Indexes {
		key := strings.Join(i.Fields, ",")
		if !strings.HasSuffix(i.Name, "_pk") && !strings.HasSuffix(i.Name, "_pkey") {
			key = i.Name + " " + key
		}
		all = append(all, key)
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}
