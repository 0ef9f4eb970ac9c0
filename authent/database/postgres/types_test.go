package postgres_test

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/sqlgraph"
	"entgo.io/ent/dialect/sql/sqljson"
	"entgo.io/ent/schema/field"

	"github.com/authent/authent/internal/testdb"
)

// makeThings is a table of an application's own, with what drivers send as bytes.
const makeThings = `CREATE TABLE things (id int PRIMARY KEY, doc jsonb, plain json, body bytea, note text, ip inet, n numeric, tags text[], ref uuid)`

// both opens a database with that table, without a pooler and behind one.
func both(t *testing.T) map[string]*sql.DB {
	t.Helper()
	direct := testdb.Server(t, "postgres").URL(t)
	run(t, open(t, direct), makeThings)
	return map[string]*sql.DB{"direct": open(t, direct), "behind a pooler": open(t, testdb.PgBouncer(t, direct).URL+"?pgbouncer=true")}
}

// TestP40_EntFields: JSON and Bytes fields of a graph come back as they were, as
// its generated code writes, changes and looks for them.
func TestP40_EntFields(t *testing.T) {
	t.Parallel()
	id := 0
	for name, db := range both(t) {
		drv := entsql.OpenDB(dialect.Postgres, db)
		for _, doc := range []any{map[string]any{"a": "1"}, []string{`back\slash "quoted" \u0001 é`, "\\x41"}, json.RawMessage(`{"a":"\\x41\n"}`), nil} {
			for _, body := range [][]byte{[]byte(`\x41`), {0, 1, 0xff, '\\'}, {}, []byte("é")} {
				id++
				spec := sqlgraph.NewCreateSpec("things", sqlgraph.NewFieldSpec("id", field.TypeInt))
				spec.ID.Value = id
				spec.SetField("doc", field.TypeJSON, "no\\thing")
				spec.SetField("body", field.TypeBytes, []byte("?"))
				if err := sqlgraph.CreateNode(t.Context(), drv, spec); err != nil {
					t.Fatalf("%s: create: %v", name, err)
				}
				update := sqlgraph.NewUpdateSpec("things", []string{"id", "doc", "body"}, sqlgraph.NewFieldSpec("id", field.TypeInt))
				update.Node.ID.Value = id
				update.SetField("doc", field.TypeJSON, doc)
				update.SetField("body", field.TypeBytes, body)
				update.ScanValues = func([]string) ([]any, error) { return []any{new(int), new([]byte), new([]byte)}, nil }
				update.Assign = func(_ []string, values []any) error {
					return same(doc, *values[1].(*[]byte), body, *values[2].(*[]byte))
				}
				if err := sqlgraph.UpdateNode(t.Context(), drv, update); err != nil {
					t.Errorf("%s: update: %v", name, err)
				}
			}
		}
		var n int
		query, args := entsql.Dialect(dialect.Postgres).Select(entsql.Count("*")).From(entsql.Table("things")).
			Where(entsql.And(sqljson.ValueContains("doc", "1", sqljson.Path("a")), entsql.EQ("body", []byte(`\x41`)))).Query()
		if err := db.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil || n == 0 {
			t.Errorf("%s: %s found %d: %v", name, query, n, err)
		}
	}
}

// same compares what was stored with what came back.
func same(doc any, gotDoc []byte, body, gotBody []byte) error {
	want, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	var a, b any
	if err := json.Unmarshal(want, &a); err != nil {
		return err
	}
	if err := json.Unmarshal(gotDoc, &b); err != nil || !reflect.DeepEqual(a, b) || string(body) != string(gotBody) {
		return fmt.Errorf("%s and %q came back as %s and %q: %v", want, body, gotDoc, gotBody, err)
	}
	return nil
}

// TestP40_Parameters: what an argument becomes does not depend on what stands
// before the server. The error is the same too.
func TestP40_Parameters(t *testing.T) {
	t.Parallel()
	bytes := func(s string) []byte { return []byte(s) }
	dbs := both(t)
	for _, tc := range []struct {
		query string
		args  []any
	}{
		{"SELECT $1::jsonb::text", []any{bytes(`{"a": "\\"}`)}},
		{"SELECT $1::json::text", []any{bytes(`{"a": "\\"}`)}},
		{"SELECT encode($1::bytea, 'hex')", []any{bytes(`\x41`)}},
		{"SELECT encode($1::bytea, 'hex')", []any{`\x41`}},
		{"SELECT encode($1, 'hex') || $2", []any{`a\b`, `a\b`}},
		{"(SELECT $1::text) UNION SELECT $1", []any{`a\b`}},
		{"  with x as (select $1::inet as ip) select ip::text from x", []any{bytes("10.0.0.1")}},
		{"SELECT ($1::numeric + $2::int)::text", []any{bytes("1.5"), bytes("2")}},
		{"SELECT $1::uuid::text", []any{bytes("6ba7b810-9dad-11d1-80b4-00c04fd430c8")}},
		{"SELECT array_to_string($1::text[], '|')", []any{bytes(`{a,"b\\c"}`)}},
		{"SELECT coalesce($1::jsonb::text, 'null') || $2", []any{[]byte(nil), bytes("x")}},
		{"SELECT $1::timestamptz::text -- when", []any{bytes("2026-01-02 03:04:05+00")}},
		{"INSERT INTO things (id, doc, body, note) VALUES ((SELECT count(*) + 100 FROM things), $1, $2, $3) RETURNING doc::text || encode(body, 'hex') || note",
			[]any{bytes(`[1]`), bytes(""), `\`}},
		{"SELECT $1::nosuchtype", []any{bytes("a")}},
		{"SELECT $1::jsonb", []any{bytes("{")}},
		{"SELECT note FROM nowhere WHERE note = $1", []any{bytes("a")}},
		{"SELECT $1::text; SELECT 2", []any{bytes("a")}},
		{"SELECT $1::jsonb::text;", []any{bytes(`{"a": "\\"}`)}},
		{"SELECT $1::jsonb::text ;\n", []any{bytes(`{"a": "\\"}`)}},
		{"-- name: Find :one\nSELECT\n\t$1::jsonb::text", []any{bytes(`{"a": "\\"}`)}},
		{"-- a\r/* b /* c */ d */ -- e\n\f(SELECT\t$1::jsonb::text)", []any{bytes(`{"a": "\\"}`)}},
		{"/* x */ ( -- y\n( SELECT($1::jsonb)::text) )", []any{bytes(`[1]`)}},
		{"WITH\n\tx AS (SELECT encode($1, 'hex') AS h) SELECT h FROM x", []any{`a\b`}},
		{"VALUES($1::jsonb::text)", []any{bytes(`[1]`)}},
		{"/* x */ INSERT\n\tINTO things (id, body) VALUES ((SELECT count(*) + 200 FROM things), $1) RETURNING encode(body, 'hex');", []any{`a\b`}},
		{"SELECT $1::jsonb::text /* never closed", []any{bytes(`[1]`)}},
		{"-- nothing", nil},
	} {
		want, wantErr := scan(dbs["direct"], tc.query, tc.args)
		for range 2 { // the second time the types are known
			got, err := scan(dbs["behind a pooler"], tc.query, tc.args)
			if got != want || codeOf(err) != codeOf(wantErr) || (err == nil) != (wantErr == nil) {
				t.Errorf("%s %q: %q, %v; want %q, %v", tc.query, tc.args, got, err, want, wantErr)
			}
		}
	}
}

func scan(db *sql.DB, query string, args []any) (text string, err error) {
	tx, err := db.Begin()
	if err != nil {
		return "", err
	}
	defer func() { _ = tx.Rollback() }()
	err = tx.QueryRow(query, args...).Scan(&text)
	return text, err
}

// TestChangedTypes: what a column is now is what counts. No value is stored as
// another one; a query may fail once after the change.
func TestChangedTypes(t *testing.T) {
	t.Parallel()
	db := both(t)["behind a pooler"]
	for _, tc := range []struct {
		before, after, change, read string
		arg                         any
	}{
		{"text", "bytea", "convert_to(x, 'UTF8')", "encode(x, 'escape')", []byte(`a\\b`)},
		{"text", "bytea", "convert_to(x, 'UTF8')", "encode(x, 'escape')", `a\\b`},
		{"text", "bytea", "convert_to(x, 'UTF8')", "encode(x, 'escape')", []byte(`\\x41`)},
		{"bytea", "text", "convert_from(x, 'UTF8')", "replace(x, '\\', '\\\\')", []byte(`a\\b`)},
		{"bytea", "text", "convert_from(x, 'UTF8')", "replace(x, '\\', '\\\\')", `a\\b`},
		{"bytea", "jsonb", "convert_from(x, 'UTF8')::jsonb", "replace(x::text, '\\', '\\\\')", []byte(`["\\"]`)},
		{"jsonb", "bytea", "convert_to(x::text, 'UTF8')", "encode(x, 'escape')", []byte(`["\\"]`)},
	} {
		run(t, db, "DROP TABLE IF EXISTS changing; CREATE TABLE changing (n int, x "+tc.before+")")
		const insert = "INSERT INTO changing VALUES ($1, $2)"
		run(t, db, insert, 1, tc.arg)
		run(t, db, fmt.Sprintf("ALTER TABLE changing ALTER COLUMN x TYPE %s USING %s", tc.after, tc.change))
		if _, err := db.ExecContext(t.Context(), insert, 2, tc.arg); err != nil {
			run(t, db, insert, 2, tc.arg)
		}
		want := strings.ReplaceAll(fmt.Sprintf("%s", tc.arg), `\`, `\\`)
		for n := 1; n <= 2; n++ {
			if got := value(t, db, fmt.Sprintf("SELECT %s FROM changing WHERE n = %d", tc.read, n)); got != want {
				t.Errorf("%s to %s: %q is %s in row %d, want %s", tc.before, tc.after, tc.arg, got, n, want)
			}
		}
	}
}

// twoForms is a value with a text form, and a binary one that only some types take,
// as the driver's hstore has.
type twoForms struct{}

// Value implements driver.Valuer.
func (twoForms) Value() (driver.Value, error) { return []byte(`{"a": "b"}`), nil }

// BinaryValue answers the driver where it sends bytes in binary.
func (twoForms) BinaryValue() ([]byte, error) { return []byte{0, 0, 0, 1}, nil }

// TestValuesOfTwoForms: a value that a driver can send in two forms is stored alike
// behind a pooler and without.
func TestValuesOfTwoForms(t *testing.T) {
	t.Parallel()
	for name, db := range both(t) {
		for _, query := range []string{"SELECT $1::jsonb::text", "SELECT $1::text"} {
			stmt, err := db.PrepareContext(t.Context(), query)
			if err != nil {
				t.Fatal(err)
			}
			defer stmt.Close()
			var prepared string
			if err := stmt.QueryRowContext(t.Context(), twoForms{}).Scan(&prepared); err != nil || prepared != `{"a": "b"}` {
				t.Errorf("%s, %s, prepared: %q, %v", name, query, prepared, err)
			}
			if got, err := scan(db, query, []any{twoForms{}}); err != nil || got != `{"a": "b"}` {
				t.Errorf("%s, %s: %q, %v", name, query, got, err)
			}
		}
	}
}
