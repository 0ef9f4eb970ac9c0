package entauth

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/entc/gen"
	"entgo.io/ent/schema/field"
)

// taken lists the names that the adapter declares in the graph's package. A type called
// Authent would get the adapter's file.
var taken = []string{"Authent", "AuthAdapter", "AuthForeignTables", "AuthUser", "AuthUserFrom", "NewAuthAdapter"}

// checkNames refuses types whose generated code would clash with the adapter's.
func checkNames(g *gen.Graph) []error {
	var faults []error
	for _, t := range g.Nodes {
		if slices.Contains(taken, t.Name) {
			faults = append(faults, fmt.Errorf("the schema %s has a name that the adapter needs in package %s: rename it, and keep its table by entsql.Table(%q)", t.Name, g.Config.Package[strings.LastIndex(g.Config.Package, "/")+1:], t.Table()))
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

// unique describes a key without which two rows could be mistaken for one.
type unique struct {
	roles []string
	// narrower are roles whose key alone is enough too.
	narrower []string
	line     string
}

var uniques = map[string]unique{
	"Account":           {roles: []string{"provider", "provider_account_id"}, line: `index.Fields("provider", "provider_account_id").Unique()`},
	"Session":           {roles: []string{"session_token"}, line: `index.Fields("session_token").Unique()`},
	"VerificationToken": {roles: []string{"identifier", "token"}, narrower: []string{"token"}, line: `index.Fields("identifier", "token").Unique()`},
	totp:                {roles: []string{"user_id"}, line: `index.Fields("user_id").Unique()`},
	authenticator:       {roles: []string{"credential_id"}, line: `index.Fields("credential_id").Unique()`},
}

// checkUnique wants the unique keys of the contract: only the database can refuse the
// second of two rows stored at once.
func checkUnique(t *gen.Type) []error {
	if t.Name == "User" {
		if uniqueAlone(t, "email") {
			return nil
		}
		return []error{errors.New(`the e-mail of User has no unique key of its own: add index.Fields("email").Unique() and drop wider unique indexes on it`)}
	}
	want, needed := uniques[t.Name]
	if !needed {
		return nil
	}
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

// columnsOf returns the columns of roles, in the form and order that keys has them, and
// false if one is missing.
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

// changed lists the fields that the adapter updates in existing rows.
var changed = map[string][]string{
	"User":        {"name", "email", "email_verified", "image", "password", "role", "disabled_at"},
	"Account":     {"refresh_token", "access_token", "id_token", "expires_at", "token_type", "scope", "session_state"},
	"Session":     {"expires", "created_at", "last_used_at"},
	auditEvent:    {"ip_address", "user_agent"},
	totp:          {"secret", "last_step"},
	authenticator: {"counter", "credential_backed_up", "name", "last_used_at"},
}

// checkWrites refuses fields that the adapter could not write, or would leave empty.
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

// uuidPackage is the package whose UUIDs the adapter converts.
const uuidPackage = "github.com/google/uuid"

// checkUUID refuses UUIDs of a package that the adapter does not convert.
func checkUUID(t *gen.Type, f *gen.Field) error {
	if f == nil || f.Type.Type != field.TypeUUID || f.Type.PkgPath == uuidPackage {
		return nil
	}
	return fmt.Errorf("%s.%s is of type %s: make it field.UUID(%q, uuid.UUID{}), of %s", t.Name, f.Name, f.Type, f.Name, uuidPackage)
}
