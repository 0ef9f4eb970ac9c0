package migrate

import (
	"context"
	"slices"

	"ariga.io/atlas/sql/schema"
	entschema "entgo.io/ent/dialect/sql/schema"
)

// Difference is one difference between a database and the schema.
type Difference struct {
	// Table is the table that differs.
	Table string
	// Text says what differs, such as "column expires is timestamptz(0), the schema
	// says timestamptz(3)".
	Text string
	// Destroys reports that data would be lost if the database were changed to match.
	Destroys bool
}

// String returns the difference in one line.
func (d Difference) String() string { return "table " + d.Table + ": " + d.Text }

// Drift compares the tables of the live database with those of the schema. A graph has
// them in the variable Tables of its package migrate. Drift changes nothing. It leaves
// out tables whose names match one of exclude (as in path.Match; see Exactly), the
// history of migrations, views, foreign tables, whatever belongs to an extension of
// PostgreSQL, and virtual tables of SQLite. If nothing differs, it returns a nil slice.
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
	return s.compare(ctx, loosen(desired, exclude), exclude, nil)
}

// compare returns the differences from the desired schema. It leaves out tables that
// match a pattern, and changes for which ignore reports true, if ignore is not nil.
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

// withoutIgnored returns the changes for which ignore does not report true.
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
