package adopt

import (
	"context"
	"fmt"
	"strings"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
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

// foreignQuery lists the foreign keys of other databases to tables of this one on MySQL.
const foreignQuery = `SELECT DISTINCT referenced_table_name, table_schema, table_name, constraint_name FROM information_schema.key_column_usage
	WHERE referenced_table_schema = database() AND table_schema <> database() ORDER BY 2, 3, 4`

// checkForeign refuses foreign keys of other databases to the tables on MySQL. They would
// follow the old tables, which then could not be dropped.
func (a *adopter) checkForeign(ctx context.Context, f *faults) error {
	if a.Dialect != dialect.MySQL {
		return nil
	}
	rows, err := a.QueryContext(ctx, foreignQuery)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var to, database, table, key string
		if err := rows.Scan(&to, &database, &table, &key); err != nil {
			return err
		}
		if a.isOurs(to) {
			f.add("table %s.%s of another database refers to %s (foreign key %s): drop the foreign key first", database, table, to, key)
		}
	}
	return rows.Err()
}

// checkSpelling refuses references of other tables to users on MySQL that match only by the
// present collation. The users' ids get one that tells all letters apart.
func (a *adopter) checkSpelling(ctx context.Context, f *faults) error {
	if a.Dialect != dialect.MySQL {
		return nil
	}
	users, id := a.from(usersTable), a.col(usersTable, "id")
	for _, t := range a.live.Tables {
		for _, fk := range t.ForeignKeys {
			if a.isOurs(t.Name) || fk.RefTable != a.table(usersTable) || len(fk.Columns) != 1 || len(fk.RefColumns) != 1 || fk.RefColumns[0] != a.liveColumn(usersTable, "id") {
				continue // checkReferences says what is wrong with the others.
			}
			from, column := a.q(t.Name), a.q(fk.Columns[0].Name)
			join := fmt.Sprintf("%s o JOIN %s u ON u.%s = o.%s", from, users, id, column)
			if err := a.checkQuery(ctx, f, fmt.Sprintf("SELECT DISTINCT o.%s FROM %s WHERE BINARY u.%s <> BINARY o.%s", column, join, id, column),
				fmt.Sprintf("rows of %s refer to users by ids in other letters than the users have: write them alike (UPDATE %s SET o.%s = u.%s)", t.Name, join, column, id)); err != nil {
				return err
			}
		}
	}
	return nil
}
