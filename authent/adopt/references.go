package adopt

import (
	"strings"

	"ariga.io/atlas/sql/schema"
)

// linkReferences points foreign keys to the tables and columns that they mean. SQLite takes
// their names in letters of either case, and an inspection links only those that are the
// same to the letter.
func linkReferences(live *schema.Schema) {
	for _, t := range live.Tables {
		for _, fk := range t.ForeignKeys {
			for _, to := range live.Tables {
				if strings.EqualFold(to.Name, fk.RefTable.Name) {
					fk.RefTable = to
				}
			}
			for i, c := range fk.RefColumns {
				for _, to := range fk.RefTable.Columns {
					if strings.EqualFold(to.Name, c.Name) {
						fk.RefColumns[i] = to
					}
				}
			}
		}
	}
}
