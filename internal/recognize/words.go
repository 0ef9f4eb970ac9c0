package recognize

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
)

// worded is a time in a column of words.
type worded struct {
	table  *Table
	column *schema.Column
}

var (
	digits = regexp.MustCompile(`^\d{12,14}$`)
	iso    = regexp.MustCompile(`^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d`)
)

// mendWords changes columns of words that hold times: into numbers where there are
// milliseconds as digits, which TypeORM's adapter writes and reads in such a column too, and
// into times where they look like ISO 8601. An empty column is taken for one of TypeORM's.
func (d *Database) mendWords(ctx context.Context, db *sql.DB) error {
	for _, w := range d.worded {
		table, column := d.Quote(w.table.Live.Name), d.Quote(w.column.Name)
		var least, most sql.NullString
		if err := db.QueryRowContext(ctx, fmt.Sprintf("SELECT min(%s), max(%s) FROM %s", column, column, table)).Scan(&least, &most); err != nil {
			return fmt.Errorf("read the times: %w", err)
		}
		switch {
		case !most.Valid, digits.MatchString(least.String) && digits.MatchString(most.String):
			d.wordsTo(w, "bigint", &schema.IntegerType{T: "bigint"})
		case iso.MatchString(least.String) && iso.MatchString(most.String):
			d.isoTo(w)
		}
	}
	return nil
}

// isoTo makes times of words in the form of ISO 8601.
func (d *Database) isoTo(w worded) {
	switch d.Dialect {
	case dialect.Postgres:
		d.wordsTo(w, "timestamptz", nil)
	case dialect.SQLite:
		d.wordsTo(w, "datetime", &schema.TimeType{T: "datetime"})
	}
}

// wordsTo changes a column's type. PostgreSQL wants to be told how.
func (d *Database) wordsTo(w worded, name string, kind schema.Type) {
	m := d.mend(w.table)
	if d.Dialect == dialect.Postgres {
		table, column := d.Quote(w.table.Live.Name), d.Quote(w.column.Name)
		m.first = append(m.first, fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s TYPE %s USING %s::%s", table, column, name, column, name))
		return
	}
	m.column(w.column.Name, schema.ChangeType, func(c *schema.Column) {
		c.Type.Type, c.Type.Raw = kind, name
		c.Attrs = nil // the encoding of its words
	})
}
