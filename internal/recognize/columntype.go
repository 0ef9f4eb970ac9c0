package recognize

import (
	"strings"

	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"
)

// Kind is what a column holds, as far as ent has fields for it.
type Kind string

const (
	Text  Kind = "text"
	UUID  Kind = "uuid"
	Int   Kind = "integer"
	Time  Kind = "time"
	Bool  Kind = "bool"
	Float Kind = "float"
	Bytes Kind = "bytes"
	JSON  Kind = "json"
	Enum  Kind = "enum"
	Other Kind = "other"
)

// KindOf returns what a column holds.
func KindOf(c *schema.Column) Kind {
	switch t := c.Type.Type.(type) {
	case *schema.StringType:
		return Text
	case *schema.UUIDType:
		return UUID
	case *schema.IntegerType, *postgres.SerialType:
		return Int
	case *schema.TimeType:
		return Time
	case *schema.BoolType:
		return Bool
	case *schema.FloatType:
		return Float
	case *schema.BinaryType:
		return Bytes
	case *schema.JSONType:
		return JSON
	case *schema.EnumType:
		return Enum
	case *sqlite.UserDefinedType:
		if strings.Contains(strings.ToUpper(t.T), "DATETIME") || strings.Contains(strings.ToUpper(t.T), "TIMESTAMP") {
			return Time
		}
	}
	return Other
}

// TypeText returns a column's type as the dialect writes it.
func TypeText(name string, c *schema.Column) string {
	format := map[string]func(schema.Type) (string, error){
		dialect.SQLite: sqlite.FormatType, dialect.Postgres: postgres.FormatType, dialect.MySQL: mysql.FormatType,
	}[name]
	if text, err := format(c.Type.Type); err == nil && text != "" {
		return text
	}
	return c.Type.Raw
}

// Quote returns a name as SQL of the dialect has it.
func Quote(name, word string) string {
	if name == dialect.MySQL {
		return "`" + strings.ReplaceAll(word, "`", "``") + "`"
	}
	return `"` + strings.ReplaceAll(word, `"`, `""`) + `"`
}

// Filled reports whether the database fills a column in where a statement leaves it out.
func (d *Database) Filled(t *schema.Table, c *schema.Column) bool {
	return c.Type.Null || c.Default != nil || isGenerated(c) || d.counts(t, c)
}

// counts reports whether the database counts a number up. SQLite does so with a key of the
// very type INTEGER.
func (d *Database) counts(t *schema.Table, c *schema.Column) bool {
	if d.Dialect == dialect.SQLite {
		return isKey(t, c) && strings.EqualFold(c.Type.Raw, "INTEGER")
	}
	if _, ok := c.Default.(*schema.RawExpr); ok && d.Dialect == dialect.Postgres { // nextval('…')
		return true
	}
	if _, ok := c.Type.Type.(*postgres.SerialType); ok {
		return true
	}
	for _, attr := range c.Attrs {
		switch attr.(type) {
		case *mysql.AutoIncrement, *postgres.Identity:
			return true
		}
	}
	return false
}
