package migrate

import (
	"testing"

	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"
)

// TestNarrows: a change of type that keeps every value is no risk.
func TestNarrows(t *testing.T) {
	parsers := map[string]func(string) (schema.Type, error){
		dialect.Postgres: postgres.ParseType, dialect.MySQL: mysql.ParseType, dialect.SQLite: sqlite.ParseType,
	}
	for _, c := range []struct {
		dialect, from, to string
		want              bool
	}{
		{dialect.Postgres, "character varying(255)", "character varying(64)", true},
		{dialect.Postgres, "character varying(64)", "character varying(255)", false},
		{dialect.Postgres, "character varying(64)", "text", false},
		{dialect.Postgres, "text", "character varying(64)", true},
		{dialect.Postgres, "bigint", "integer", true},
		{dialect.Postgres, "smallint", "integer", false},
		{dialect.Postgres, "integer", "text", false},
		{dialect.Postgres, "integer", "character varying(3)", true},
		{dialect.Postgres, "text", "integer", true},
		{dialect.Postgres, "numeric(10,2)", "numeric(12,3)", false},
		{dialect.Postgres, "numeric(10,2)", "numeric(10,3)", true},
		{dialect.Postgres, "numeric(10,2)", "numeric(10,1)", true},
		{dialect.Postgres, "timestamp(0) with time zone", "timestamp(3) with time zone", false},
		{dialect.Postgres, "timestamp(3) with time zone", "timestamp(0) with time zone", true},
		{dialect.Postgres, "timestamp with time zone", "timestamp without time zone", true},
		{dialect.Postgres, "boolean", "integer", true},
		{dialect.MySQL, "varchar(255)", "text", false},
		{dialect.MySQL, "varchar(255)", "tinytext", true},
		{dialect.MySQL, "text", "varchar(20000)", true},
		{dialect.MySQL, "longtext", "text", true},
		{dialect.MySQL, "text", "longtext", false},
		{dialect.MySQL, "int", "int unsigned", true},
		{dialect.MySQL, "int unsigned", "bigint", false},
		{dialect.MySQL, "int unsigned", "int", true},
		{dialect.MySQL, "datetime", "datetime(3)", false},
		{dialect.MySQL, "datetime(3)", "datetime", true},
		{dialect.MySQL, "varbinary(16)", "varbinary(32)", false},
		{dialect.MySQL, "varbinary(32)", "varbinary(16)", true},
		{dialect.MySQL, "enum('a','b')", "enum('b','a','c')", false},
		{dialect.MySQL, "enum('a','b')", "enum('a')", true},
		{dialect.SQLite, "text", "integer", true},
		{dialect.SQLite, "varchar(10)", "text", false},
	} {
		from, err := parsers[c.dialect](c.from)
		if err != nil {
			t.Fatal(err)
		}
		to, err := parsers[c.dialect](c.to)
		if err != nil {
			t.Fatal(err)
		}
		column := func(typ schema.Type) *schema.Column { return &schema.Column{Type: &schema.ColumnType{Type: typ}} }
		if got := narrows(c.dialect, &schema.ModifyColumn{From: column(from), To: column(to), Change: schema.ChangeType}); got != c.want {
			t.Errorf("%s: %s to %s narrows: %v", c.dialect, c.from, c.to, got)
		}
	}
}
