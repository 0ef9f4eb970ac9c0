package migrate

import (
	"context"
	"slices"

	"ariga.io/atlas/sql/schema"
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
	return s.compare(ctx, desired, exclude, nil)
}

// compare returns the differences from the desired schema, but for tables that match
// a pattern and for changes that ignore reports, if it is not nil.
func (s *session) compare(ctx context.Context, desired *schema.Schema, exclude []string, ignore func(table string, c schema.Change) bool) (all []Difference, err error) {
	changes, err := s.differences(ctx, desired, exclude)
	if err != nil {
		return nil, err
	}
	for _, c := range withoutIgnored(changes, ignore) {
		all = append(all, describe(s.config.Dialect, c)...)
	}
	collations, err := s.collations(ctx, desired)
	collations = slices.DeleteFunc(collations, func(d Difference) bool { return excluded(d.Table, exclude) })
	return append(all, collations...), err
}

// withoutIgnored returns changes of tables without those that ignore reports.
func withoutIgnored(changes []schema.Change, ignore func(table string, c schema.Change) bool) []schema.Change {
	if ignore == nil {
		return changes
	}
	var left []schema.Change
	for _, c := range changes {
		switch c := c.(type) {
		case *schema.AddTable:
			if ignore(c.T.Name, c) {
				continue
			}
		case *schema.DropTable:
			if ignore(c.T.Name, c) {
				continue
			}
		case *schema.ModifyTable:
			c.Changes = slices.DeleteFunc(c.Changes, func(sub schema.Change) bool { return ignore(c.T.Name, sub) })
		}
		left = append(left, c)
	}
	return left
}
