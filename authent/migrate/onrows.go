package migrate

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlcheck"
	"entgo.io/ent/dialect"
)

// Codes of what Atlas's analyzers do not cover.
const (
	codeNarrow     = "AU101" // A type that holds less.
	codeForeignKey = "AU102" // A foreign key on existing rows.
	codeCheck      = "AU103" // A check on existing rows.
	codeImplicit   = "MY101" // Atlas's own, for types that its analyzer leaves out.
)

// notValid matches constraints that PostgreSQL does not check on existing rows.
var notValid = regexp.MustCompile(`(?i)\bNOT\s+VALID\b`)

// onRows analyzes changes that existing rows may not fit.
func (a analysis) onRows(_ context.Context, p *sqlcheck.Pass) error {
	var all []sqlcheck.Diagnostic
	for _, sc := range p.File.Changes {
		for _, c := range sc.Changes {
			m, ok := c.(*schema.ModifyTable)
			if !ok || p.File.TableSpan(m.T)&sqlcheck.SpanAdded != 0 {
				continue
			}
			for _, sub := range m.Changes {
				if code, text := a.misfit(p, m, sub); code != "" && (code == codeNarrow || !notValid.MatchString(sc.Stmt.Text)) {
					all = append(all, sqlcheck.Diagnostic{Pos: sc.Stmt.Pos, Code: code, Text: text})
				}
			}
		}
	}
	if len(all) > 0 {
		p.Reporter.WriteReport(sqlcheck.Report{Text: "changes that rows may not fit detected", Diagnostics: all})
	}
	return nil
}

// misfit says which rows may not fit a change of a table, nothing if all do.
func (a analysis) misfit(p *sqlcheck.Pass, m *schema.ModifyTable, change schema.Change) (code, text string) {
	isNew := func(c *schema.Column) bool { return p.File.ColumnSpan(m.T, c)&sqlcheck.SpanAdded != 0 }
	switch c := change.(type) {
	case *schema.ModifyColumn:
		if narrows(a.dialect, c) && !isNew(c.From) {
			return codeNarrow, fmt.Sprintf("Changing column %q on table %q from %s to %s loses or refuses values that do not fit", c.To.Name, m.T.Name, a.typeName(c.From), a.typeName(c.To))
		}
	case *schema.AddForeignKey:
		empty := func(c *schema.Column) bool { return isNew(c) && c.Type.Null && c.Default == nil }
		if !slices.ContainsFunc(c.F.Columns, func(col *schema.Column) bool { return !empty(col) }) {
			return "", ""
		}
		return codeForeignKey, fmt.Sprintf("Adding foreign key %q to table %q will fail in case rows refer to rows of %q that do not exist", c.F.Symbol, m.T.Name, c.F.RefTable.Name)
	case *schema.AddColumn:
		value, ok := a.silently(c.C)
		if !ok || c.C.Type.Null || c.C.Default != nil || a.filledAfter(p, m.T, c.C) {
			return "", ""
		}
		return codeImplicit, fmt.Sprintf("Adding a non-nullable %q column %q on table %q without a default value implicitly sets existing rows with %s", a.typeName(c.C), c.C.Name, m.T.Name, value)
	case *schema.AddCheck:
		return codeCheck, fmt.Sprintf("Adding check %q to table %q will fail in case rows violate it", c.C.Name, m.T.Name)
	}
	return "", ""
}

// silently returns the value with which MySQL and MariaDB fill a new column that has no
// default, for the types that Atlas's analyzer leaves out.
func (a analysis) silently(c *schema.Column) (value string, ok bool) {
	if a.dialect != dialect.MySQL {
		return "", false
	}
	switch t := c.Type.Type.(type) {
	case *schema.StringType:
		return `""`, !a.maria() && strings.HasSuffix(t.T, "text")
	case *schema.JSONType:
		return "null", !a.maria()
	case *schema.UUIDType, *mysql.NetworkType:
		return "zeros", true
	}
	return "", false
}

// filledAfter reports whether a later statement of the file fills the column.
func (a analysis) filledAfter(p *sqlcheck.Pass, t *schema.Table, c *schema.Column) bool {
	return slices.ContainsFunc(p.File.Changes, func(sc *sqlcheck.Change) bool { return fills(a.dialect, sc.Stmt.Text, t.Name, c.Name) })
}

// typeName returns a column's type as its database writes it. It leaves out the display
// width of MySQL's numbers.
func (a analysis) typeName(c *schema.Column) string {
	text := formatType(a.dialect, c.Type.Type)
	if _, ok := c.Type.Type.(*schema.IntegerType); ok {
		return width.ReplaceAllString(text, "")
	}
	return text
}

var width = regexp.MustCompile(`\(\d+\)`)

// fillByItself gives a default to columns that PostgreSQL fills by itself, so that no
// analyzer thinks that they cannot be filled.
func fillByItself(changes schema.Changes) {
	for _, c := range changes {
		m, ok := c.(*schema.ModifyTable)
		if !ok {
			continue
		}
		for i, sub := range m.Changes {
			add, ok := sub.(*schema.AddColumn)
			if !ok || add.C.Default != nil || !fillsItself(add.C) {
				continue
			}
			filled := *add.C
			filled.Default = &schema.RawExpr{X: "its own"}
			m.Changes[i] = &schema.AddColumn{C: &filled}
		}
	}
}

func fillsItself(c *schema.Column) bool {
	if _, ok := c.Type.Type.(*postgres.SerialType); ok {
		return true
	}
	return slices.ContainsFunc(c.Attrs, func(a schema.Attr) bool {
		switch a.(type) {
		case *postgres.Identity, *schema.GeneratedExpr:
			return true
		}
		return false
	})
}
