package migrate

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
)

// Atlas compares collations only on MySQL. Elsewhere a collation that was changed by
// hand would go unnoticed, although it decides which keys are equal.

// collated is a column of a live table that has a collation of its own.
type collated struct{ table, column, collation string }

// collations returns the columns whose collations differ from the schema's.
func (s *session) collations(ctx context.Context, desired *schema.Schema) ([]Difference, error) {
	var live []collated
	var err error
	switch s.config.Dialect {
	case dialect.Postgres:
		live, err = s.postgresCollations(ctx)
	case dialect.SQLite:
		live, err = s.sqliteCollations(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("migrate: read collations: %w", err)
	}
	var all []Difference
	for _, c := range live {
		table, ok := desired.Table(c.table)
		if !ok {
			continue
		}
		if column, ok := table.Column(c.column); ok && collation(column) != c.collation {
			text := fmt.Sprintf("column %s is COLLATE %s, the schema says COLLATE %s", c.column, c.collation, collation(column))
			all = append(all, Difference{Table: c.table, Text: text})
		}
	}
	return all, nil
}

func (s *session) postgresCollations(ctx context.Context) (all []collated, err error) {
	rows, err := s.QueryContext(ctx, `SELECT table_name, column_name, collation_name FROM information_schema.columns
		WHERE table_schema = current_schema() AND collation_name IS NOT NULL ORDER BY table_name, ordinal_position`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c collated
		if err := rows.Scan(&c.table, &c.column, &c.collation); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, rows.Err()
}

var (
	tableBody   = regexp.MustCompile(`(?s)\((.*)\)`)
	collateWord = regexp.MustCompile("(?is)^(" + bareName + ")\\s.*\\bCOLLATE\\s+[`\"]?(\\w+)")
)

// sqliteCollations reads collations from the tables' DDL, since no pragma reports them.
func (s *session) sqliteCollations(ctx context.Context) (all []collated, err error) {
	rows, err := s.QueryContext(ctx, `SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL ORDER BY name`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var table, ddl string
		if err := rows.Scan(&table, &ddl); err != nil {
			return nil, err
		}
		body := tableBody.FindStringSubmatch(ddl)
		if body == nil {
			continue
		}
		for _, part := range splitTop(body[1]) {
			found := collateWord.FindStringSubmatch(part)
			if found != nil && !strings.EqualFold(found[2], "BINARY") {
				all = append(all, collated{table, unquote(found[1]), strings.ToUpper(found[2])})
			}
		}
	}
	return all, rows.Err()
}
