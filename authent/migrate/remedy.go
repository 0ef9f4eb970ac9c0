package migrate

import (
	"fmt"
	"strconv"
	"strings"

	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlcheck"
	"entgo.io/ent/dialect"
)

// advise adds to each risk what to do about it. If a renaming may have been meant, that
// comes first.
func (a analysis) advise(file *sqlcheck.File, found map[int][]Risk) {
	meant := a.renamings(file)
	for _, change := range file.Changes {
		all := found[change.Stmt.Pos]
		for i := range all {
			lines, renames := meant.of(change.Stmt.Pos, all[i])
			all[i].Renames = renames
			if do := a.remedy(all[i], change); do != "" {
				lines = append(lines, do)
			}
			all[i].Do = strings.Join(lines, "\n")
		}
	}
}

// subject is what a risk is about.
type subject struct {
	table  *schema.Table
	change schema.Change
	column *schema.Column // Nil if the risk is not about one.
}

// subjectOf finds the part of a statement's changes that the text names.
func subjectOf(r Risk, change *sqlcheck.Change) subject {
	for _, c := range change.Changes {
		m, ok := c.(*schema.ModifyTable)
		if !ok {
			continue
		}
		for _, sub := range m.Changes {
			name, column := nameIn(sub)
			if name != "" && strings.Contains(r.Text, strconv.Quote(name)) && concerns[r.Code] == fmt.Sprintf("%T", sub) {
				return subject{m.T, sub, column}
			}
		}
	}
	return subject{}
}

// concerns maps codes to the changes that they are about.
var concerns = map[string]string{
	"MF101": "*schema.AddIndex", "MF102": "*schema.ModifyIndex", "MF103": "*schema.AddColumn", "MY101": "*schema.AddColumn",
	"MF104": "*schema.ModifyColumn", "LT101": "*schema.ModifyColumn", codeNarrow: "*schema.ModifyColumn",
	codeForeignKey: "*schema.AddForeignKey", codeCheck: "*schema.AddCheck",
}

func nameIn(c schema.Change) (string, *schema.Column) {
	switch c := c.(type) {
	case *schema.AddColumn:
		return c.C.Name, c.C
	case *schema.ModifyColumn:
		return c.To.Name, c.To
	case *schema.AddIndex:
		return c.I.Name, nil
	case *schema.ModifyIndex:
		return c.To.Name, nil
	case *schema.AddForeignKey:
		return c.F.Symbol, nil
	case *schema.AddCheck:
		return c.C.Name, nil
	}
	return "", nil
}

// plain says what to do where no statement helps.
var plain = map[string]string{
	"DS101": "what the schema holds is lost: keep a copy of what is needed",
	"DS102": "what the table holds is lost: keep a copy of what is needed, and check that no running program uses it",
	"DS103": "what the column holds is lost: keep a copy of what is needed, and check that no running program uses it",
	"CD101": "rows may then refer to rows that are gone: check that nothing relies on it",
	"BC101": "running programs use the old name: stop them first, or leave them a view of that name",
	"BC102": "running programs use the old name: stop them first, or add a column, let programs write both, and drop the old one later",
	"MY102": "write it as a constraint of its own: FOREIGN KEY (…) REFERENCES …",
}

// remedy says what to do about a risk.
func (a analysis) remedy(r Risk, change *sqlcheck.Change) string {
	if do, ok := plain[r.Code]; ok {
		return do
	}
	s := subjectOf(r, change)
	switch c := s.change.(type) {
	case *schema.AddColumn:
		return a.inSteps(s)
	case *schema.ModifyColumn:
		if r.Code == codeNarrow {
			return a.tooWide(s, c)
		}
		return "fill it before:\n" + a.fill(s)
	case *schema.AddIndex:
		return a.duplicates(s.table, c.I)
	case *schema.ModifyIndex:
		return a.duplicates(s.table, c.To)
	case *schema.AddForeignKey:
		return a.orphans(s.table, c.F)
	case *schema.AddCheck:
		return fmt.Sprintf("first find these rows:\n  SELECT * FROM %s WHERE NOT (%s);", a.quote(s.table.Name), c.C.Expr)
	}
	return ""
}

// quote quotes a name as the dialect does.
func (a analysis) quote(name string) string {
	mark := "`"
	if a.dialect == dialect.Postgres {
		mark = `"`
	}
	return mark + strings.ReplaceAll(name, mark, mark+mark) + mark
}

// fill returns a statement that fills a column.
func (a analysis) fill(s subject) string {
	t, c := a.quote(s.table.Name), a.quote(s.column.Name)
	return fmt.Sprintf("  UPDATE %s SET %s = … WHERE %s IS NULL;", t, c, c)
}

// inSteps shows how to add a column that must not be NULL.
func (a analysis) inSteps(s subject) string {
	t, c, typ := a.quote(s.table.Name), a.quote(s.column.Name), a.typeName(s.column)
	last := fmt.Sprintf("  ALTER TABLE %s ALTER COLUMN %s SET NOT NULL;", t, c)
	switch a.dialect {
	case dialect.MySQL:
		last = fmt.Sprintf("  ALTER TABLE %s MODIFY COLUMN %s %s NOT NULL;", t, c, typ)
	case dialect.SQLite:
		last = "  and, in a later file, what go tool migrate diff writes once the field is required"
	}
	return fmt.Sprintf("give it a default, or make it nullable and fill it, in three steps:\n  ALTER TABLE %s ADD COLUMN %s %s NULL;\n%s\n%s", t, c, typ, a.fill(s), last)
}

// tooWide shows how to find the values that do not fit.
func (a analysis) tooWide(s subject, c *schema.ModifyColumn) string {
	to, ok := c.To.Type.Type.(*schema.StringType)
	if !ok || to.Size == 0 {
		return "first check whether all values fit; to keep them, add a column of the new type, fill it, and drop this one later"
	}
	length := "CHAR_LENGTH"
	if a.dialect == dialect.SQLite {
		length = "LENGTH"
	}
	return fmt.Sprintf("first find the values that are too long:\n  SELECT * FROM %s WHERE %s(%s) > %d;", a.quote(s.table.Name), length, a.quote(c.From.Name), to.Size)
}

// duplicates shows how to find the rows that a unique index refuses.
func (a analysis) duplicates(t *schema.Table, i *schema.Index) string {
	var parts []string
	for _, p := range i.Parts {
		if p.C != nil {
			parts = append(parts, a.quote(p.C.Name))
		} else if raw, ok := p.X.(*schema.RawExpr); ok {
			parts = append(parts, raw.X)
		}
	}
	columns := strings.Join(parts, ", ")
	return fmt.Sprintf("first find the values that occur twice:\n  SELECT %s, COUNT(*) FROM %s GROUP BY %s HAVING COUNT(*) > 1;", columns, a.quote(t.Name), columns)
}

// orphans shows how to find the rows that a foreign key refuses.
func (a analysis) orphans(t *schema.Table, f *schema.ForeignKey) string {
	if len(f.Columns) != 1 || len(f.RefColumns) != 1 {
		return "first find the rows that refer to none"
	}
	return fmt.Sprintf("first find these rows:\n  SELECT * FROM %s WHERE %s NOT IN (SELECT %s FROM %s);",
		a.quote(t.Name), a.quote(f.Columns[0].Name), a.quote(f.RefColumns[0].Name), a.quote(f.RefTable.Name))
}
