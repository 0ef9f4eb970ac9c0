package recognize

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
)

// Sample looks at stored times whose type does not tell how they are written, and adds to
// the faults what it finds.
func (d *Database) Sample(ctx context.Context, db *sql.DB) error {
	for _, noun := range Entities {
		t := d.Tables[noun]
		for _, n := range needs[noun] {
			c := t.Columns[n.field]
			if c == nil || !slices.Equal(n.kinds, times) {
				continue
			}
			if err := d.sampleColumn(ctx, db, t, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// sampleColumn looks at the times of a column.
func (d *Database) sampleColumn(ctx context.Context, db *sql.DB, t *Table, c *schema.Column) error {
	if d.Dialect == dialect.SQLite {
		if err := d.sampleTypes(ctx, db, t, c); err != nil || len(d.Faults) > 0 {
			return err
		}
	}
	if KindOf(c) == Int {
		return d.sampleNumbers(ctx, db, t, c)
	}
	return nil
}

// sampleNumbers wants Unix milliseconds.
func (d *Database) sampleNumbers(ctx context.Context, db *sql.DB, t *Table, c *schema.Column) error {
	var most sql.NullInt64
	query := fmt.Sprintf("SELECT max(%s) FROM %s", d.Quote(c.Name), d.Quote(t.Live.Name))
	if err := db.QueryRowContext(ctx, query).Scan(&most); err != nil {
		return err
	}
	const year1973 = 100_000_000_000 // in milliseconds; in seconds it is the year 5138
	if most.Valid && most.Int64 < year1973 {
		d.fault("%s.%s holds Unix seconds, and authent writes milliseconds, as the other program must then", t.Live.Name, c.Name)
		m, column := d.mend(t), d.Quote(c.Name)
		m.first = append(m.first, fmt.Sprintf("UPDATE %s SET %s = %s * 1000", d.Quote(t.Live.Name), column, column))
	}
	return nil
}

// sampleTypes wants times that are all written alike. SQLite keeps what it is given,
// whatever the column's type says. Prisma's engine wrote integers into columns of times
// before version 7.
func (d *Database) sampleTypes(ctx context.Context, db *sql.DB, t *Table, c *schema.Column) error {
	all, err := typesOf(ctx, db, d.Quote(t.Live.Name), d.Quote(c.Name))
	if err != nil {
		return err
	}
	wanted := "text"
	if KindOf(c) == Int {
		wanted = "integer"
	}
	if len(all) == 0 || slices.Equal(all, []string{wanted}) {
		return nil
	}
	d.fault("%s.%s holds times as %s, and authent writes %s: the other program must do so too (Prisma does from version 7 on)", t.Live.Name, c.Name, strings.Join(all, " and as "), wanted)
	if wanted == "text" && slices.Contains(all, "integer") {
		m, column := d.mend(t), d.Quote(c.Name)
		m.first = append(m.first, fmt.Sprintf("UPDATE %s SET %s = strftime('%%Y-%%m-%%dT%%H:%%M:%%f+00:00', %s / 1000.0, 'unixepoch') WHERE typeof(%s) = 'integer'",
			d.Quote(t.Live.Name), column, column, column))
	}
	return nil
}

// typesOf lists what a column of SQLite's holds.
func typesOf(ctx context.Context, db *sql.DB, table, column string) (all []string, err error) {
	rows, err := db.QueryContext(ctx, fmt.Sprintf("SELECT DISTINCT typeof(%s) FROM %s WHERE %s IS NOT NULL ORDER BY 1", column, table, column))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var kind string
		if err := rows.Scan(&kind); err != nil {
			return nil, err
		}
		all = append(all, kind)
	}
	return all, rows.Err()
}
