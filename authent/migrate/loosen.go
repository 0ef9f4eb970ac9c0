package migrate

import (
	"slices"

	"ariga.io/atlas/sql/schema"
)

// besideUsers are authent's own tables that refer to users.
var besideUsers = []string{"totps", "authenticators"}

// loosen takes from authent's own tables the foreign keys to users that are left out, since
// they are another program's: that program may change its tables at will, on MySQL the
// collations differ, and no migration that makes users would stand before this one.
func loosen(desired *schema.Schema, exclude []string) *schema.Schema {
	for _, t := range desired.Tables {
		if slices.Contains(besideUsers, t.Name) {
			t.ForeignKeys = slices.DeleteFunc(t.ForeignKeys, func(fk *schema.ForeignKey) bool { return excluded(fk.RefTable.Name, exclude) })
		}
	}
	return desired
}
