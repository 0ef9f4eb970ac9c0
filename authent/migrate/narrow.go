package migrate

import (
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
)

// narrows reports whether a change of type may lose what a column holds. It does unless
// the new type is of the same kind and holds at least as much, or a number becomes a
// text without limit.
func narrows(name string, c *schema.ModifyColumn) bool {
	if !c.Change.Is(schema.ChangeType) || c.Change == schema.NoChange {
		return false
	}
	switch to := c.To.Type.Type.(type) {
	case *schema.StringType:
		switch from := c.From.Type.Type.(type) {
		case *schema.StringType:
			return narrowsText(name, from, to)
		case *schema.IntegerType:
			return to.Size > 0
		}
	case *schema.IntegerType:
		if from, ok := c.From.Type.Type.(*schema.IntegerType); ok {
			return narrowsInteger(from, to)
		}
	case *schema.DecimalType:
		if from, ok := c.From.Type.Type.(*schema.DecimalType); ok {
			return from.Unsigned != to.Unsigned || to.Scale < from.Scale || to.Precision-to.Scale < from.Precision-from.Scale
		}
	case *schema.BinaryType:
		if from, ok := c.From.Type.Type.(*schema.BinaryType); ok && from.T == to.T {
			return to.Size != nil && (from.Size == nil || *to.Size < *from.Size)
		}
	case *schema.TimeType:
		if from, ok := c.From.Type.Type.(*schema.TimeType); ok && from.T == to.T {
			return precision(name, to) < precision(name, from)
		}
	case *schema.EnumType:
		if from, ok := c.From.Type.Type.(*schema.EnumType); ok {
			return slices.ContainsFunc(from.Values, func(v string) bool { return !slices.Contains(to.Values, v) })
		}
	}
	return true
}

// textLimits are MySQL's, in bytes. Other texts without a size have no limit.
var textLimits = map[string]int{"tinytext": 255, "text": 65_535, "mediumtext": 16_777_215}

const unlimited = 1 << 32

// textLimit returns how much a text holds, and whether that is counted in bytes rather
// than characters.
func textLimit(name string, t *schema.StringType) (n int, bytes bool) {
	if n, ok := textLimits[strings.ToLower(t.T)]; ok && name == dialect.MySQL {
		return n, true
	}
	if t.Size > 0 {
		return t.Size, false
	}
	return unlimited, false
}

func narrowsText(name string, from, to *schema.StringType) bool {
	before, inBytes := textLimit(name, from)
	after, alsoInBytes := textLimit(name, to)
	if alsoInBytes && !inBytes {
		before *= 4 // A character has up to four bytes.
	}
	return after < before
}

// precision returns how many fractional digits of a second a time keeps. If the type
// does not say, it is the database's default.
func precision(name string, t *schema.TimeType) int {
	switch {
	case t.Precision != nil:
		return *t.Precision
	case name == dialect.MySQL:
		return 0
	}
	return 6
}

// sizes holds the names of integer types by their size in bytes.
var sizes = map[string]int{"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "integer": 4, "bigint": 8}

func narrowsInteger(from, to *schema.IntegerType) bool {
	before, known := sizes[strings.ToLower(from.T)]
	after, also := sizes[strings.ToLower(to.T)]
	switch {
	case !known || !also:
		return true
	case from.Unsigned == to.Unsigned:
		return after < before
	case from.Unsigned:
		return after <= before
	}
	return true // An unsigned type cannot hold negative numbers.
}
