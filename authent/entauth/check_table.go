package entauth

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/entc/gen"
	"entgo.io/ent/schema/field"
)

// taken are the names of Go that the adapter has in the graph's package; a type of
// the graph that is called Authent would have the adapter's file.
var taken = []string{"Authent", "AuthAdapter", "AuthForeignTables", "AuthUser", "AuthUserFrom", "NewAuthAdapter"}

// checkNames refuses types of the graph whose code would clash with the adapter's.
func checkNames(g *gen.Graph) []error {
	var faults []error
	for _, t := range g.Nodes {
		if slices.Contains(taken, t.Name) {
			faults = append(faults, fmt.Errorf("the schema %s has a name that the adapter needs in package %s: call it otherwise, and keep its table by entsql.Table(%q)", t.Name, g.Config.Package[strings.LastIndex(g.Config.Package, "/")+1:], t.Table()))
		}
	}
	return faults
}

// checkTable refuses tables that the adapter would not find.
func checkTable(t *gen.Type) []error {
	if a := t.EntSQL(); a != nil && a.Schema != "" {
		return []error{fmt.Errorf("%s is in the database schema %s: leave out entsql.Schema, and let the connection find it (search_path=%s)", t.Name, a.Schema, a.Schema)}
	}
	return nil
}

// unique is a key that keeps two rows from being taken for one.
type unique struct {
	roles []string
	// narrower are the roles of which a key alone will do too.
	narrower []string
	line     string
}

var uniques = map[string]unique{
	"Account":           {roles: []string{"provider", "provider_account_id"}, line: `index.Fields("provider", "provider_account_id").Unique()`},
	"Session":           {roles: []string{"session_token"}, line: `index.Fields("session_token").Unique()`},
	"VerificationToken": {roles: []string{"identifier", "token"}, narrower: []string{"token"}, line: `index.Fields("identifier", "token").Unique()`},
}

// checkUnique wants the unique keys of the contract: of two who store the same at
// once, the database alone can refuse the second.
func checkUnique(t *gen.Type) []error {
	if t.Name == "User" {
		if uniqueAlone(t, "email") {
			return nil
		}
		return []error{errors.New(`the e-mail of User is not unique by itself: e-mails are globally unique: add index.Fields("email").Unique() and drop wider unique indexes on it`)}
	}
	want := uniques[t.Name]
	columns, there := columnsOf(t, want.roles)
	alone, _ := columnsOf(t, want.narrower)
	if !there {
		return nil // reported as missing
	}
	for _, k := range keys(t) {
		got := strings.Split(k.Columns, ", ")
		slices.Sort(got)
		if slices.Equal(got, columns) || slices.Equal(got, alone) {
			return nil
		}
	}
	return []error{fmt.Errorf("%s has no unique key of %s: add %s", t.Name, strings.Join(want.roles, " and "), want.line)}
}

// columnsOf are the columns that play roles, as keys has them, in order; false if
// one is missing.
func columnsOf(t *gen.Type, roles []string) (columns []string, there bool) {
	for _, name := range roles {
		r := roleOf(t, name)
		if r == nil {
			return nil, false
		}
		columns = append(columns, t.Table()+"."+r.StorageKey())
	}
	slices.Sort(columns)
	return columns, true
}

// changed are the fields that the adapter writes in rows that are there.
var changed = map[string][]string{
	"User":    {"name", "email", "email_verified", "image", "password", "role", "disabled_at"},
	"Account": {"refresh_token", "access_token", "id_token", "expires_at", "token_type", "scope", "session_state"},
	"Session": {"expires", "created_at", "last_used_at"},
}

// checkWrites refuses fields that the adapter could not write, or would not fill.
func checkWrites(t *gen.Type) []error {
	var faults []error
	for _, w := range graph[t.Name] {
		f := fieldOf(t, w.name)
		if f == nil {
			continue
		}
		if f.Immutable && slices.Contains(changed[t.Name], w.name) {
			faults = append(faults, fmt.Errorf("%s.%s is immutable, and authent changes it: leave out .Immutable()", t.Name, w.name))
		}
		if !w.optional || w.null || f.Optional || f.Default {
			continue
		}
		switch {
		case !f.IsTime():
			faults = append(faults, fmt.Errorf("%s.%s is required and nothing fills it: add .Default(\"user\") or .Optional()", t.Name, w.name))
		case t.NumHooks() <= builtinHooks[t.Name]:
			faults = append(faults, fmt.Errorf("%s.%s is required and nothing fills it: add .Default(time.Now), or a hook that sets it on create", t.Name, w.name))
		}
	}
	return faults
}

// uuidPackage is the one whose UUIDs the adapter converts.
const uuidPackage = "github.com/google/uuid"

// checkUUID refuses UUIDs of another package than the adapter converts to.
func checkUUID(t *gen.Type, f *gen.Field) error {
	if f == nil || f.Type.Type != field.TypeUUID || f.Type.PkgPath == uuidPackage {
		return nil
	}
	return fmt.Errorf("%s.%s is of type %s: make it field.UUID(%q, uuid.UUID{}), of %s", t.Name, f.Name, f.Type, f.Name, uuidPackage)
}
