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

// sample looks at stored times whose type does not tell how they are written, and adds to
// the faults what it finds.
func (d *Database) sample(ctx context.Context, db *sql.DB) error {
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
	var least, most sql.NullInt64
	query := fmt.Sprintf("SELECT min(%s), max(%s) FROM %s", d.Quote(c.Name), d.Quote(c.Name), d.Quote(t.Live.Name))
	if err := db.QueryRowContext(ctx, query).Scan(&least, &most); err != nil {
		return err
	}
	const (
		year1970 = 10_000_000          // in seconds, in April
		year1973 = 100_000_000_000     // in milliseconds; in seconds it is the year 5138
		year5138 = 100_000_000_000_000 // in milliseconds; in microseconds it is the year 1973
	)
	switch {
	case !most.Valid, least.Int64 >= year1973 && most.Int64 < year5138:
	case least.Int64 >= year1970 && most.Int64 < year1973:
		d.fault("%s.%s holds Unix seconds, and authent writes milliseconds, as the other program must then", t.Live.Name, c.Name)
		m, column := d.mend(t), d.Quote(c.Name)
		m.first = append(m.first, fmt.Sprintf("UPDATE %s SET %s = %s * 1000", d.Quote(t.Live.Name), column, column))
	default:
		d.fault("%s.%s holds numbers from %d to %d, and authent writes Unix milliseconds: let the other program do so too, and rewrite those that are none, or name another column by --column", t.Live.Name, c.Name, least.Int64, most.Int64)
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
	if len(all) == 0 {
		return nil
	}
	if slices.Equal(all, []string{wanted}) {
		return d.sampleText(ctx, db, t, c)
	}
	d.fault("%s.%s holds times as %s, and authent writes %s: the other program must do so too (Prisma does from version 7 on)", t.Live.Name, c.Name, strings.Join(all, " and as "), wanted)
	if wanted == "text" && slices.Contains(all, "integer") {
		m, column := d.mend(t), d.Quote(c.Name)
		m.first = append(m.first, fmt.Sprintf("UPDATE %s SET %s = strftime('%%Y-%%m-%%dT%%H:%%M:%%f+00:00', %s / 1000.0, 'unixepoch') WHERE typeof(%s) = 'integer'",
			d.Quote(t.Live.Name), column, column, column))
	}
	return nil
}

// sampleText wants that SQLite can read what a column holds as times.
func (d *Database) sampleText(ctx context.Context, db *sql.DB, t *Table, c *schema.Column) error {
	if KindOf(c) == Int {
		return nil
	}
	query := fmt.Sprintf("SELECT * FROM %s WHERE %s IS NOT NULL AND strftime('%%s', %s) IS NULL", d.Quote(t.Live.Name), d.Quote(c.Name), d.Quote(c.Name))
	n, err := countRows(ctx, db, query)
	if n > 0 {
		d.fault("%s.%s is no time in %d rows: rewrite them as YYYY-MM-DD HH:MM:SS.SSS+00:00; this lists them: %s", t.Live.Name, c.Name, n, query)
	}
	return err
}

// typesOf lists what a column of SQLite's holds.
func typesOf(ctx context.Context, db *sql.DB, table, column string) ([]string, error) {
	return column1(ctx, db, fmt.Sprintf("SELECT DISTINCT typeof(%s) FROM %s WHERE %s IS NOT NULL ORDER BY 1", column, table, column))
}
