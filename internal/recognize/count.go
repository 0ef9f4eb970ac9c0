package recognize

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"ariga.io/atlas/sql/schema"
)

// count adds the rows to the faults over which the mending statements would fail.
func (d *Database) count(ctx context.Context, db *sql.DB) error {
	for _, m := range d.mendings {
		for _, change := range m.changes {
			var err error
			switch c := change.(type) {
			case *schema.AddIndex:
				err = d.countDoubles(ctx, db, m.to, c.I)
			case *schema.ModifyColumn:
				err = d.countNull(ctx, db, m.to, c)
			case *schema.AddForeignKey:
				err = d.countOrphans(ctx, db, m.to, c.F)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// countDoubles tells of values that are there twice where they are to be unique.
func (d *Database) countDoubles(ctx context.Context, db *sql.DB, t *schema.Table, i *schema.Index) error {
	if !i.Unique {
		return nil
	}
	var names, there []string
	for _, p := range i.Parts {
		names = append(names, d.Quote(p.C.Name))
		there = append(there, d.Quote(p.C.Name)+" IS NOT NULL")
	}
	columns := strings.Join(names, ", ")
	query := fmt.Sprintf("SELECT %s FROM %s WHERE %s GROUP BY %s HAVING COUNT(*) > 1", columns, d.Quote(t.Name), strings.Join(there, " AND "), columns)
	n, err := countRows(ctx, db, query)
	if n > 0 {
		d.fault("%s (%s): %d values are there more than once: keep one row of each; this lists them: %s", t.Name, columns, n, query)
	}
	return err
}

// countNull tells of rows without a value that is to be there.
func (d *Database) countNull(ctx context.Context, db *sql.DB, t *schema.Table, c *schema.ModifyColumn) error {
	if !c.From.Type.Null || c.To.Type.Null {
		return nil
	}
	query := fmt.Sprintf("SELECT * FROM %s WHERE %s IS NULL", d.Quote(t.Name), d.Quote(c.To.Name))
	n, err := countRows(ctx, db, query)
	if n > 0 {
		d.fault("%s.%s is NULL in %d rows: delete them, or fill it in; this lists them: %s", t.Name, c.To.Name, n, query)
	}
	return err
}

// countOrphans tells of rows that refer to nobody.
func (d *Database) countOrphans(ctx context.Context, db *sql.DB, t *schema.Table, fk *schema.ForeignKey) error {
	column := d.Quote(t.Name) + "." + d.Quote(fk.Columns[0].Name)
	query := fmt.Sprintf("SELECT * FROM %s WHERE %s IS NOT NULL AND NOT EXISTS (SELECT 1 FROM %s AS u WHERE u.%s = %s)",
		d.Quote(t.Name), column, d.Quote(fk.RefTable.Name), d.Quote(fk.RefColumns[0].Name), column)
	n, err := countRows(ctx, db, query)
	if n > 0 {
		d.fault("%s.%s refers to nobody in %d rows: delete them; this lists them: %s", t.Name, fk.Columns[0].Name, n, query)
	}
	return err
}

// countRows returns how many rows a query has.
func countRows(ctx context.Context, db *sql.DB, query string) (n int, err error) {
	err = db.QueryRowContext(ctx, "SELECT COUNT(*) FROM ("+query+") AS r").Scan(&n)
	return n, err
}
