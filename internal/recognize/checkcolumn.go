package recognize

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
)

// isDay reports whether a column holds a day alone, or a time of day. On SQLite a type is a
// word and no more.
func (d *Database) isDay(c *schema.Column) bool {
	kind, ok := c.Type.Type.(*schema.TimeType)
	return ok && d.Dialect != dialect.SQLite && !strings.HasPrefix(kind.T, "timestamp") && kind.T != "datetime"
}

// checkSet wants that a time changes when somebody changes it: MySQL may set it anew at each
// change of the row.
func (d *Database) checkSet(t *Table, field string) {
	c := t.Columns[field]
	for _, attr := range c.Attrs {
		if _, ok := attr.(*mysql.OnUpdate); ok {
			d.fault("%s.%s becomes the present time whenever its row changes (ON UPDATE)", t.Live.Name, c.Name)
			d.mend(t).column(c.Name, schema.ChangeAttr, func(c *schema.Column) {
				c.Attrs = slices.DeleteFunc(slices.Clone(c.Attrs), func(a schema.Attr) bool { _, ok := a.(*mysql.OnUpdate); return ok })
			})
		}
	}
}

// least are how many characters authent's own values of a field have: ids of its own, tokens
// and what mails are for.
var least = map[string]int{
	"User.id": 36, "User.password": 60, "Account.id": 36, "Account.user_id": 36,
	"Session.id": 36, "Session.session_token": 64, "Session.user_id": 36,
	"VerificationToken.identifier": 100, "VerificationToken.token": 64,
}

// checkHolds wants that a column holds what is written into it.
func (d *Database) checkHolds(t *Table, n need) {
	c := t.Columns[n.field]
	if c == nil || d.Dialect == dialect.SQLite { // where a type is a word and no more
		return
	}
	switch kind := c.Type.Type.(type) {
	case *schema.StringType:
		most := least[t.Noun+"."+n.field]
		if kind.Size > 0 && kind.Size < most {
			d.fault("%s.%s holds %d characters, and authent's have up to %d", t.Live.Name, c.Name, kind.Size, most)
			d.mend(t).column(c.Name, schema.ChangeType, func(c *schema.Column) { c.Type.Type = &schema.StringType{T: "varchar", Size: 255} })
		}
		if d.Dialect == dialect.Postgres && (kind.T == "character" || kind.T == "char" || kind.T == "bpchar") {
			d.fault("%s.%s is of type %s, which fills up with blanks", t.Live.Name, c.Name, TypeText(d.Dialect, c))
			d.mend(t).column(c.Name, schema.ChangeType, func(c *schema.Column) { c.Type.Type = &schema.StringType{T: "text"} })
		}
	case *schema.IntegerType:
		if slices.Equal(n.kinds, times) && !isWide(kind) {
			d.fault("%s.%s is of type %s, which is too narrow for milliseconds", t.Live.Name, c.Name, TypeText(d.Dialect, c))
			d.mend(t).column(c.Name, schema.ChangeType, func(c *schema.Column) { c.Type.Type, c.Type.Raw = &schema.IntegerType{T: "bigint"}, "bigint" })
		}
		if n.field == "expires_at" && (kind.T == "smallint" || kind.T == "tinyint" || kind.T == "mediumint" || kind.T == "int2") {
			d.fault("%s.%s is of type %s, which is too narrow for seconds", t.Live.Name, c.Name, TypeText(d.Dialect, c))
			d.mend(t).column(c.Name, schema.ChangeType, func(c *schema.Column) { c.Type.Type, c.Type.Raw = &schema.IntegerType{T: "bigint"}, "bigint" })
		}
	}
	if slices.Equal(n.kinds, times) && KindOf(c) == Time {
		d.checkSet(t, n.field)
	}
}

func isWide(kind *schema.IntegerType) bool { return kind.T == "bigint" || kind.T == "int8" }

// isGenerated reports whether a column's value is made from others.
func isGenerated(c *schema.Column) bool {
	return slices.ContainsFunc(c.Attrs, func(a schema.Attr) bool { _, ok := a.(*schema.GeneratedExpr); return ok })
}

// user matches a default that is the word user, as dialects quote it.
var user = regexp.MustCompile(`^'user'(?:::.*)?$|^"user"$`)

// isRole reports whether a column is one that authent's roles fit: of words that are "user"
// unless somebody says otherwise.
func (d *Database) isRole(t *Table, c *schema.Column) bool {
	if KindOf(c) != Text {
		return false
	}
	for _, attr := range t.Live.Attrs {
		if check, ok := attr.(*schema.Check); ok && strings.Contains(check.Expr, c.Name) {
			return false
		}
	}
	switch x := c.Default.(type) {
	case nil:
		return true
	case *schema.Literal:
		return user.MatchString(x.V)
	case *schema.RawExpr:
		return user.MatchString(x.X)
	}
	return false
}

// checkNames wants names that can stand in statements and in comments: Atlas escapes none.
func (d *Database) checkNames(t *Table) {
	names := []string{t.Live.Name}
	for _, c := range t.Live.Columns {
		names = append(names, c.Name)
	}
	for _, name := range names {
		if !IsPlainName(name) {
			d.fault("the name %q of the table %q, or of its column, has a quote or a control character: give it another", name, t.Live.Name)
		}
	}
}

// IsPlainName reports whether a name has neither quotes nor control characters.
func IsPlainName(name string) bool {
	return !strings.ContainsFunc(name, func(c rune) bool { return unicode.IsControl(c) || strings.ContainsRune("\"'`\\", c) })
}

// checkEngine wants MySQL's tables in InnoDB: others have neither transactions nor foreign
// keys.
func (d *Database) checkEngine(t *Table) {
	for _, attr := range t.Live.Attrs {
		if engine, ok := attr.(*mysql.Engine); ok && !strings.EqualFold(engine.V, "InnoDB") {
			d.fault("the table %s is of the engine %s, which has neither transactions nor foreign keys", t.Live.Name, engine.V)
			m := d.mend(t)
			m.first = append(m.first, "ALTER TABLE "+d.Quote(t.Live.Name)+" ENGINE = InnoDB")
		}
	}
}

// checkTwice wants a column of its own for each field.
func (d *Database) checkTwice(t *Table) {
	of := map[*schema.Column]string{}
	for _, field := range Fields(t.Noun) {
		c := t.Columns[field]
		if c == nil {
			continue
		}
		if other := of[c]; other != "" {
			d.fault("%s.%s is taken for both %s.%s and %s.%s: name another by --column", t.Live.Name, c.Name, t.Noun, other, t.Noun, field)
		}
		of[c] = field
	}
}
