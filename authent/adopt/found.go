package adopt

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/migrate"
	"github.com/authent/authent/internal/recognize"
)

// inspect finds the tables, and what they hold.
func (a *adopter) inspect(ctx context.Context) (err error) {
	if a.live, err = a.Driver.InspectSchema(ctx, "", &schema.InspectOptions{
		Mode: schema.InspectSchemas | schema.InspectTables | schema.InspectTypes, Exclude: []string{migrate.RevisionsTable},
	}); err != nil {
		return fmt.Errorf("adopt: inspect the database: %w", err)
	}
	if a.Dialect == dialect.SQLite {
		linkReferences(a.live)
	}
	others := a.others()
	d := recognize.Match(a.Dialect, others, recognize.Hints{Tables: a.Config.Tables, Columns: a.Config.Columns})
	if a.isNative(d) {
		return faults{"its tables are authent's own already, so there is nothing to do: go tool migrate drift and go tool migrate status tell how they are"}.err()
	}
	if len(d.Faults) > 0 {
		if slices.ContainsFunc(d.Faults, func(fault string) bool {
			return strings.Contains(fault, " has the columns of VerificationToken (")
		}) {
			d.Faults = append(d.Faults, "if the application has no such table, make an empty one: CREATE TABLE authjs_tokens (identifier varchar(191) NOT NULL, token varchar(191) NOT NULL, expires timestamp NOT NULL)")
		}
		return append(faults(d.Faults), "this database "+tableNames(others)+": check that the URL names the right database and schema").err()
	}
	a.layout = layoutOf(d)
	for _, native := range nativeTables {
		if live := a.layout.tables[native]; a.becomes(live) != native {
			return faults{"the table " + live + " is named for two entities: name others by --table User=NAME and so on (Config.Tables)"}.err()
		}
	}
	a.Found = d.Found()
	a.Layout = d.Preset()
	return nil
}

// others returns the tables without those that are the graph's own already, which push
// may have made, and without those of an adoption that was killed.
func (a *adopter) others() *schema.Schema {
	others := *a.live
	others.Tables = slices.DeleteFunc(slices.Clone(a.live.Tables), func(t *schema.Table) bool {
		if t.Name == journal || strings.HasPrefix(t.Name, newName("")) {
			return true
		}
		want, _ := a.desired.Table(t.Name)
		return slices.Contains(nativeTables, t.Name) && len(a.CompareTable(t, want)) == 0
	})
	return &others
}

// isNative reports whether the database is authent's own: it has all the native tables
// with authent's columns, and no others to adopt.
func (a *adopter) isNative(d *recognize.Database) bool {
	for _, native := range nativeTables {
		t, ok := a.live.Table(native)
		if !ok {
			return false
		}
		want, _ := a.desired.Table(native)
		for _, c := range want.Columns {
			if _, ok := t.Column(c.Name); !ok && slices.Contains(nativeColumns[native], c.Name) {
				return false
			}
		}
		if taken := d.Tables[nouns[native]]; len(d.Faults) == 0 && taken.Live != t {
			return false
		}
	}
	return true
}

// nativeColumns lists authent's columns, by table.
var nativeColumns = map[string][]string{
	usersTable: {"id", "name", "email", "email_verified", "image", "password", "role", "disabled_at", "created_at", "updated_at"},
	accountsTable: {"id", "user_id", "type", "provider", "provider_account_id", "refresh_token", "access_token", "expires_at",
		"token_type", "scope", "id_token", "session_state"},
	sessionsTable: {"id", "session_token", "user_id", "expires", "created_at", "last_used_at", "ip_address", "user_agent", "amr", "aal", "authenticated_at"},
	tokensTable:   {"identifier", "token", "expires"},
}

func tableNames(live *schema.Schema) string {
	var all []string
	for _, t := range live.Tables {
		all = append(all, t.Name)
	}
	slices.Sort(all)
	if len(all) == 0 {
		return "has no tables"
	}
	return "has the tables " + strings.Join(all, ", ")
}

// table returns the live table that becomes the native table of that name.
func (a *adopter) table(native string) *schema.Table { return a.layout.live[native] }

// liveColumn returns the live column that becomes one of authent's, nil if there is none.
func (a *adopter) liveColumn(native, name string) *schema.Column {
	c, ok := a.table(native).Column(a.layout.columns[native][name])
	if !ok {
		return nil
	}
	return c
}

// from quotes the live name of a table, and col that of a column.
func (a *adopter) from(native string) string { return a.q(a.layout.tables[native]) }

func (a *adopter) col(native, name string) string { return a.q(a.layout.columns[native][name]) }

// source returns the name that a live table has while the steps are taken on PostgreSQL
// and SQLite. Users take their own name first, and what has it makes room.
func (a *adopter) source(native string) string {
	live := a.layout.tables[native]
	if native != usersTable && a.same(live, usersTable) {
		return oldName(live)
	}
	return live
}

// same reports whether two names mean the same table.
func (a *adopter) same(one, two string) bool {
	return one == two || a.Dialect != dialect.Postgres && strings.EqualFold(one, two)
}

// isOurs reports whether a live table is one of the four.
func (a *adopter) isOurs(name string) bool {
	for _, live := range a.layout.tables {
		if live == name {
			return true
		}
	}
	return false
}

// becomes returns the name that a live table has afterwards.
func (a *adopter) becomes(live string) string {
	for _, native := range nativeTables {
		if a.layout.tables[native] == live {
			return native
		}
	}
	return live
}

// exact returns the SQL of a column by whose values rows are told apart to the letter, as
// the native tables do.
func (a *adopter) exact(column string) string {
	switch a.Dialect {
	case dialect.MySQL:
		return "CONVERT(" + column + " USING utf8mb4) COLLATE utf8mb4_bin"
	case dialect.SQLite:
		return column + " COLLATE BINARY"
	}
	return column
}

// asWords returns the SQL of a value as text.
func (a *adopter) asWords(value string) string {
	if a.Dialect == dialect.MySQL {
		return "CAST(" + value + " AS char)"
	}
	return "CAST(" + value + " AS text)"
}

// literal returns a text as SQL has it.
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
