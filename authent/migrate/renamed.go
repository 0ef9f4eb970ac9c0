package migrate

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlcheck"
)

// If a person renames something in a graph, a diff sees a drop and an add, and the
// content would be lost.

// renaming is one that may have been meant: of something that a file drops, to one of
// the similar things that the file adds.
type renaming struct {
	pos        int
	code, from string
	table      string // The column; empty for a table.
	statements []string
	// kept reports that the file leaves the old one in place.
	kept bool
}

type renamings []renaming

// of returns a question about the renamings that may be behind a risk.
func (all renamings) of(pos int, r Risk) (lines, statements []string) {
	for _, one := range all {
		if one.pos == pos && one.code == r.Code && strings.Contains(r.Text, strconv.Quote(one.from)) {
			lines = append(lines, one.question())
			statements = append(statements, one.statements...)
		}
	}
	return lines, statements
}

// question asks whether the renaming was meant, and shows the statement to write.
func (r renaming) question() string {
	what := "table " + strconv.Quote(r.from)
	if r.table != "" {
		what = "column " + strconv.Quote(r.from)
	}
	one, instead := "this", "the drop and the add"
	if len(r.statements) > 1 {
		one = "one of these"
	}
	if r.kept {
		what, instead = what+", which the schema no longer has,", "creating the new one"
	}
	return fmt.Sprintf("renamed? If %s has another name now, write %s in place of %s:\n  %s", what, one, instead, strings.Join(r.statements, "\n  "))
}

// renamings finds the drops of a file that may be renamings.
func (a analysis) renamings(file *sqlcheck.File) (all renamings) {
	for _, sc := range file.Changes {
		for _, c := range sc.Changes {
			switch c := c.(type) {
			case *schema.DropTable:
				if to := a.likeTables(file, c.T); len(to) > 0 {
					all = append(all, renaming{pos: sc.Stmt.Pos, code: "DS102", from: c.T.Name, statements: to})
				}
			case *schema.ModifyTable:
				for _, sub := range c.Changes {
					d, ok := sub.(*schema.DropColumn)
					if !ok {
						continue
					}
					if to := a.likeColumns(file, c.T, d.C); len(to) > 0 {
						all = append(all, renaming{pos: sc.Stmt.Pos, code: "DS103", from: d.C.Name, table: c.T.Name, statements: to})
					}
				}
			}
		}
	}
	return all
}

// likeColumns returns the statements that rename a column to a similar one that the
// file adds to the table.
func (a analysis) likeColumns(file *sqlcheck.File, t *schema.Table, dropped *schema.Column) (all []string) {
	for _, sc := range file.Changes {
		for _, c := range sc.Changes {
			m, ok := c.(*schema.ModifyTable)
			if !ok || m.T.Name != t.Name {
				continue
			}
			for _, sub := range m.Changes {
				if add, ok := sub.(*schema.AddColumn); ok && add.C.Name != dropped.Name && alike(add.C, dropped) {
					all = append(all, fmt.Sprintf("ALTER TABLE %s RENAME COLUMN %s TO %s;", a.quote(t.Name), a.quote(dropped.Name), a.quote(add.C.Name)))
				}
			}
		}
	}
	return all
}

// likeTables returns the statements that rename a table to a similar one that the file
// adds.
func (a analysis) likeTables(file *sqlcheck.File, dropped *schema.Table) (all []string) {
	for _, sc := range file.Changes {
		for _, c := range sc.Changes {
			if add, ok := c.(*schema.AddTable); ok && add.T.Name != dropped.Name && alikeTables(add.T, dropped) {
				all = append(all, a.renameTable(dropped.Name, add.T.Name))
			}
		}
	}
	return all
}

func (a analysis) renameTable(from, to string) string {
	return fmt.Sprintf("ALTER TABLE %s RENAME TO %s;", a.quote(from), a.quote(to))
}

// alike reports whether a column may hold what the other holds: both are of one kind,
// whatever their sizes.
func alike(a, b *schema.Column) bool {
	if a.Type == nil || b.Type == nil || reflect.TypeOf(a.Type.Type) != reflect.TypeOf(b.Type.Type) {
		return false
	}
	if named := reflect.Indirect(reflect.ValueOf(a.Type.Type)); named.Kind() == reflect.Struct {
		_, sized := a.Type.Type.(*schema.StringType)
		_, number := a.Type.Type.(*schema.IntegerType)
		if t := named.FieldByName("T"); !sized && !number && t.IsValid() {
			return t.String() == reflect.Indirect(reflect.ValueOf(b.Type.Type)).FieldByName("T").String()
		}
	}
	return true
}

// alikeTables reports whether more than half of the columns of either table are in the
// other.
func alikeTables(a, b *schema.Table) bool {
	same := 0
	for _, c := range a.Columns {
		if slices.ContainsFunc(b.Columns, func(x *schema.Column) bool { return x.Name == c.Name && alike(x, c) }) {
			same++
		}
	}
	return 2*same > max(len(a.Columns), len(b.Columns))
}
