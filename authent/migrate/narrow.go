package migrate

import (
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
)

// narrows reports whether a change of type may lose what a column holds. All do
// but those to a type of the same kind that holds at least as much, and those of
// a number to a text without limit.
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

// textLimits are MySQL's, in bytes. Other texts without a size have none.
var textLimits = map[string]int{"tinytext": 255, "text": 65_535, "mediumtext": 16_777_215}

const unlimited = 1 << 32

// textLimit is how much a text holds, and whether that is in bytes, not letters.
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
		before *= 4 // A letter has up to four bytes.
	}
	return after < before
}

// precision is how many digits of a second a time keeps, where it does not say
// those that its database then keeps.
func precision(name string, t *schema.TimeType) int {
	switch {
	case t.Precision != nil:
		return *t.Precision
	case name == dialect.MySQL:
		return 0
	}
	return 6
}

// sizes are the names of integers, by how many bytes they have.
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
	return true // Less than zero has no place in one that is unsigned.
}
