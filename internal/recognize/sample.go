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
			if KindOf(c) == Int {
				if err := d.sampleNumbers(ctx, db, t, c); err != nil {
					return err
				}
			} else if d.Dialect == dialect.SQLite {
				if err := d.sampleTypes(ctx, db, t, c); err != nil {
					return err
				}
			}
		}
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
		d.fault("%s.%s holds Unix seconds, and authent writes milliseconds: UPDATE %s SET %s = %s * 1000, and let the other program do so",
			t.Live.Name, c.Name, d.Quote(t.Live.Name), d.Quote(c.Name), d.Quote(c.Name))
	}
	return nil
}

// sampleTypes wants times that are all written alike. SQLite keeps what it is given,
// whatever the column's type says, and sorts every number before every text.
func (d *Database) sampleTypes(ctx context.Context, db *sql.DB, t *Table, c *schema.Column) error {
	column := d.Quote(c.Name)
	rows, err := db.QueryContext(ctx, fmt.Sprintf("SELECT DISTINCT typeof(%s) FROM %s WHERE %s IS NOT NULL ORDER BY 1", column, d.Quote(t.Live.Name), column))
	if err != nil {
		return err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var kind string
		if err := rows.Scan(&kind); err != nil {
			return err
		}
		all = append(all, kind)
	}
	if len(all) > 1 {
		d.fault("%s.%s holds times as %s: rewrite those of one kind as the other program writes them today", t.Live.Name, c.Name, strings.Join(all, " and as "))
	}
	return rows.Err()
}
