package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/database"
)

// from reads the tables of a live database and writes the schemas that map them.
func (c command) from(ctx context.Context, out io.Writer) error {
	url := c.From
	if strings.HasPrefix(url, "file:") && !strings.Contains(url, "mode=") {
		url += map[bool]string{true: "&", false: "?"}[strings.Contains(url, "?")] + "mode=ro" // else a mistyped name makes a file
	}
	name, db, err := database.Open(url)
	if err != nil {
		return err
	}
	defer db.Close()
	s, err := inspect(ctx, name, db)
	if err != nil {
		return fmt.Errorf("read the tables: %w", err)
	}
	if len(s.Tables) == 0 {
		return errors.New("the database has no tables that this role sees: look at the URL, its search_path, and the role's rights")
	}
	h, err := c.hints()
	if err != nil {
		return err
	}
	r := recognize(name, s, h)
	if len(r.faults) == 0 {
		if err := r.sample(ctx, db); err != nil {
			return fmt.Errorf("read the times: %w", err)
		}
	}
	return c.accept(r, out)
}

// accept writes the schemas, or refuses with what is to be mended.
func (c command) accept(r *recognized, out io.Writer) error {
	if len(r.faults) > 0 {
		return fmt.Errorf("authent cannot use this database yet; nothing was written:\n- %s", strings.Join(r.faults, "\n- "))
	}
	r.tell(out)
	return c.writeFrom(r, out)
}

// inspect returns the tables of the database's current schema.
func inspect(ctx context.Context, name string, db *sql.DB) (*schema.Schema, error) {
	open := map[string]func(schema.ExecQuerier) (atlas.Driver, error){
		dialect.SQLite: sqlite.Open, dialect.Postgres: postgres.Open, dialect.MySQL: mysql.Open,
	}
	driver, err := open[name](db)
	if err != nil {
		return nil, err
	}
	return driver.InspectSchema(ctx, "", nil)
}

// hints reads --table and --column.
func (c command) hints() (hints, error) {
	h := hints{c.Table, c.Column}
	for noun := range h.tables {
		if !slices.Contains(entities, noun) {
			return h, fmt.Errorf("--table %s: there are %s", noun, strings.Join(entities, ", "))
		}
	}
	for name := range h.columns {
		noun, field, _ := strings.Cut(name, ".")
		if _, ok := spellings[noun][field]; !ok {
			return h, fmt.Errorf("--column %s: write an entity and one of its fields, such as Session.session_token", name)
		}
	}
	return h, nil
}

// sample looks at stored times whose type does not tell how they are written.
func (r *recognized) sample(ctx context.Context, db *sql.DB) error {
	for _, noun := range entities {
		t := r.tables[noun]
		for _, n := range needs[noun] {
			c := t.columns[n.field]
			if c == nil || !slices.Equal(n.kinds, times) {
				continue
			}
			if kindOf(c) == isInt {
				if err := r.sampleNumbers(ctx, db, t, c); err != nil {
					return err
				}
			} else if r.dialect == dialect.SQLite {
				if err := r.sampleTypes(ctx, db, t, c); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// sampleNumbers wants Unix milliseconds.
func (r *recognized) sampleNumbers(ctx context.Context, db *sql.DB, t *taken, c *schema.Column) error {
	var most sql.NullInt64
	query := fmt.Sprintf("SELECT max(%s) FROM %s", r.quote(c.Name), r.quote(t.table.Name))
	if err := db.QueryRowContext(ctx, query).Scan(&most); err != nil {
		return err
	}
	const year1973 = 100_000_000_000 // in milliseconds; in seconds it is the year 5138
	if most.Valid && most.Int64 < year1973 {
		r.fault("%s.%s holds Unix seconds, and authent writes milliseconds: UPDATE %s SET %s = %s * 1000, and let the other program do so",
			t.table.Name, c.Name, r.quote(t.table.Name), r.quote(c.Name), r.quote(c.Name))
	}
	return nil
}

// sampleTypes wants times that are all written alike. SQLite keeps what it is given,
// whatever the column's type says, and sorts every number before every text.
func (r *recognized) sampleTypes(ctx context.Context, db *sql.DB, t *taken, c *schema.Column) error {
	column := r.quote(c.Name)
	rows, err := db.QueryContext(ctx, fmt.Sprintf("SELECT DISTINCT typeof(%s) FROM %s WHERE %s IS NOT NULL ORDER BY 1", column, r.quote(t.table.Name), column))
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
		r.fault("%s.%s holds times as %s: rewrite those of one kind as the other program writes them today", t.table.Name, c.Name, strings.Join(all, " and as "))
	}
	return rows.Err()
}

// tell prints what was taken for what.
func (r *recognized) tell(out io.Writer) {
	for _, noun := range entities {
		t := r.tables[noun]
		var all []string
		for _, n := range needs[noun] {
			if c := t.columns[n.field]; c != nil && c.Name != n.field {
				all = append(all, n.field+" is "+c.Name)
			}
		}
		text := "all columns by their names"
		if len(all) > 0 {
			text = strings.Join(all, ", ")
		}
		_, _ = fmt.Fprintf(out, "%s is the table %s: %s\n", noun, t.table.Name, text)
	}
	if known := presetOf(r.dialect, r.layout()); known != "" {
		_, _ = fmt.Fprintf(out, "They are those of mixin.%s.\n", known)
	}
}
