package migrate

import (
	"regexp"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
)

// reader answers what Atlas's analyzers ask about a file's statements. Atlas's command
// line has parsers for this, but no library has them.
type reader struct {
	dialect string
	// forgets reports that the database ignores REFERENCES in a column's own
	// definition, as MySQL does and MariaDB does not.
	forgets bool
}

// ColumnFilledBefore reports whether a statement before the byte fills the column where
// it is NULL, or everywhere.
func (r reader) ColumnFilledBefore(statements []*atlas.Stmt, t *schema.Table, c *schema.Column, pos int) (bool, error) {
	for _, s := range statements {
		if s.Pos < pos && fills(r.dialect, s.Text, t.Name, c.Name) {
			return true, nil
		}
	}
	return false, nil
}

// ColumnFilledAfter reports whether a statement after the byte fills the column where
// it has the value that the database gave it, or everywhere.
func (r reader) ColumnFilledAfter(statements []*atlas.Stmt, t *schema.Table, c *schema.Column, pos int, _ any) (bool, error) {
	for _, s := range statements {
		if s.Pos > pos && fills(r.dialect, s.Text, t.Name, c.Name) {
			return true, nil
		}
	}
	return false, nil
}

// CreateViewAfter reports whether a statement after the byte creates a view of the old
// name on the table, so that programs keep working.
func (r reader) CreateViewAfter(statements []*atlas.Stmt, old, renamed string, pos int) (bool, error) {
	for _, s := range statements {
		c := reading(r.dialect, s.Text)
		if s.Pos <= pos || !c.take("CREATE") {
			continue
		}
		c.take("OR", "REPLACE")
		if !c.take("VIEW") || c.name() != old {
			continue
		}
		for c.before(0, "FROM"); !c.done(); {
			if c.take("FROM") && c.name() == renamed {
				return true, nil
			}
			c.next()
		}
	}
	return false, nil
}

// CheckNotNullFor reports whether a check says that the column is not NULL.
func (reader) CheckNotNullFor(check *schema.Check, column string) (bool, error) {
	text := strings.Trim(check.Expr, "() ")
	return notNull.MatchString(text) && unquote(strings.TrimSpace(notNull.ReplaceAllString(text, ""))) == column, nil
}

var notNull = regexp.MustCompile(`(?i)\s+IS\s+NOT\s+NULL$`)

// ColumnHasReferences reports whether a statement defines the column with REFERENCES of
// its own that the database ignores.
func (r reader) ColumnHasReferences(s *atlas.Stmt, c *schema.Column) (bool, error) {
	if !r.forgets {
		return false, nil
	}
	text := reading(r.dialect, s.Text)
	text.before(0, "(", "ADD")
	if text.at("(") {
		text = text.group()
	}
	for _, part := range text.parts() {
		part.take("ADD")
		part.take("COLUMN")
		if part.name() == c.Name && hasWords(part.words, "REFERENCES") && !part.at("FOREIGN") {
			return true, nil
		}
	}
	return false, nil
}

// fills reports whether a statement gives the column a value in each row that has none.
func fills(name, sql, table, column string) bool {
	c := reading(name, sql)
	if !c.take("UPDATE") {
		return false
	}
	c.take("ONLY")
	if c.name() != table {
		return false
	}
	c.before(0, "SET")
	c.take("SET")
	set := false
	for _, part := range c.before(0, "WHERE", ";").parts() {
		if part.name() == column && part.take("=") && !part.at("NULL") {
			set = true
		}
	}
	if !set || !c.take("WHERE") {
		return set
	}
	// Any other condition may leave rows out.
	return c.name() == column && (c.take("IS", "NULL") || c.take("=")) && !hasWords(c.words, "AND")
}
