package main

import (
	"strings"

	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"
)

// kind is what a column holds, as far as ent has fields for it.
type kind string

const (
	isText  kind = "text"
	isUUID  kind = "uuid"
	isInt   kind = "integer"
	isTime  kind = "time"
	isBool  kind = "bool"
	isFloat kind = "float"
	isBytes kind = "bytes"
	isJSON  kind = "json"
	isEnum  kind = "enum"
	isOther kind = "other"
)

// kindOf returns what a column holds.
func kindOf(c *schema.Column) kind {
	switch t := c.Type.Type.(type) {
	case *schema.StringType:
		return isText
	case *schema.UUIDType:
		return isUUID
	case *schema.IntegerType, *postgres.SerialType:
		return isInt
	case *schema.TimeType:
		return isTime
	case *schema.BoolType:
		return isBool
	case *schema.FloatType:
		return isFloat
	case *schema.BinaryType:
		return isBytes
	case *schema.JSONType:
		return isJSON
	case *schema.EnumType:
		return isEnum
	case *sqlite.UserDefinedType:
		if strings.Contains(strings.ToUpper(t.T), "DATETIME") || strings.Contains(strings.ToUpper(t.T), "TIMESTAMP") {
			return isTime
		}
	}
	return isOther
}

// typeText returns a column's type as the dialect writes it.
func typeText(name string, c *schema.Column) string {
	format := map[string]func(schema.Type) (string, error){
		dialect.SQLite: sqlite.FormatType, dialect.Postgres: postgres.FormatType, dialect.MySQL: mysql.FormatType,
	}[name]
	if text, err := format(c.Type.Type); err == nil && text != "" {
		return text
	}
	return c.Type.Raw
}

// quote returns a name as SQL of the dialect has it.
func quote(name, word string) string {
	if name == dialect.MySQL {
		return "`" + strings.ReplaceAll(word, "`", "``") + "`"
	}
	return `"` + strings.ReplaceAll(word, `"`, `""`) + `"`
}

// quoteAll quotes names and joins them.
func quoteAll(name string, columns []*schema.Column) string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = quote(name, c.Name)
	}
	return strings.Join(all, ", ")
}

// filled reports whether the database fills a column in where a statement leaves it out.
func filled(c *schema.Column) bool {
	if c.Type.Null || c.Default != nil {
		return true
	}
	if _, ok := c.Type.Type.(*postgres.SerialType); ok {
		return true
	}
	for _, attr := range c.Attrs {
		switch attr.(type) {
		case *mysql.AutoIncrement, *sqlite.AutoIncrement, *postgres.Identity, *schema.GeneratedExpr:
			return true
		}
	}
	return false
}
