package recognize

import (
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
)

// isPartial reports whether an index is over some of the rows alone.
func isPartial(i *schema.Index) bool {
	for _, attr := range i.Attrs {
		switch attr.(type) {
		case *postgres.IndexPredicate, *sqlite.IndexPredicate:
			return true
		}
	}
	return false
}
