package migrate

import (
	"context"
	"slices"

	entschema "entgo.io/ent/dialect/sql/schema"
)

// Difference is one between a database and the schema.
type Difference struct {
	// Table is where it is.
	Table string
	// Text tells what differs, such as "column expires is timestamptz(0), the
	// schema says timestamptz(3)".
	Text string
	// Destroys tells that making the database as the schema says would lose
	// data.
	Destroys bool
}

// String is the difference in one line.
func (d Difference) String() string { return "table " + d.Table + ": " + d.Text }

// Drift compares the tables of the live database with those of the schema, which
// for a graph is migrate.Tables of its package migrate. It changes nothing. A
// table whose name matches one of exclude (as in path.Match; see Exactly) is left out.
// So are the history of migrations, views, foreign tables, what belongs to an extension
// of PostgreSQL, and virtual tables of SQLite. No difference is a nil slice.
func (m *Migrator) Drift(ctx context.Context, tables []*entschema.Table, exclude ...string) (all []Difference, err error) {
	defer func() { err = advised(err) }()
	if err := checkPatterns(exclude); err != nil {
		return nil, err
	}
	s, err := m.hold(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.release() }()
	desired, err := s.desired(ctx, tables)
	if err != nil {
		return nil, err
	}
	changes, err := s.differences(ctx, desired, exclude)
	if err != nil {
		return nil, err
	}
	for _, c := range changes {
		all = append(all, describe(m.config.Dialect, c)...)
	}
	collations, err := s.collations(ctx, desired)
	collations = slices.DeleteFunc(collations, func(d Difference) bool { return excluded(d.Table, exclude) })
	return append(all, collations...), err
}
