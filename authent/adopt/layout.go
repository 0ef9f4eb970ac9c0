package adopt

import (
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
)

// The native tables. Each refers only to tables before it.
const (
	usersTable    = "users"
	accountsTable = "accounts"
	sessionsTable = "sessions"
	tokensTable   = "verificationtokens"
)

var nativeTables = []string{usersTable, accountsTable, sessionsTable, tokensTable}

// kind is what a column holds, whatever its type is called.
type kind string

const (
	kindText   kind = "text"
	kindNumber kind = "a number"
	kindTime   kind = "a time"
)

// authColumn is a column of Auth.js.
type authColumn struct {
	name string // The native name.
	kind kind
	null bool
	// added allows databases without the column: it is then added.
	added bool
}

// authJS holds Auth.js's columns by the native table's name. Drizzle's accounts and
// sessions have no id, but other keys.
var authJS = map[string][]authColumn{
	usersTable: {
		{name: "id", kind: kindText}, {name: "name", kind: kindText, null: true}, {name: "email", kind: kindText, null: true},
		{name: "email_verified", kind: kindTime, null: true}, {name: "image", kind: kindText, null: true},
		{name: "password", kind: kindText, null: true, added: true}, {name: "role", kind: kindText, null: true, added: true},
		{name: "created_at", kind: kindTime, null: true, added: true}, {name: "updated_at", kind: kindTime, null: true, added: true},
	},
	accountsTable: {
		{name: "id", kind: kindText}, {name: "user_id", kind: kindText}, {name: "type", kind: kindText},
		{name: "provider", kind: kindText}, {name: "provider_account_id", kind: kindText},
		{name: "refresh_token", kind: kindText, null: true}, {name: "access_token", kind: kindText, null: true},
		{name: "expires_at", kind: kindNumber, null: true}, {name: "token_type", kind: kindText, null: true},
		{name: "scope", kind: kindText, null: true}, {name: "id_token", kind: kindText, null: true}, {name: "session_state", kind: kindText, null: true},
	},
	sessionsTable: {
		{name: "id", kind: kindText}, {name: "session_token", kind: kindText}, {name: "user_id", kind: kindText}, {name: "expires", kind: kindTime},
	},
	tokensTable: {
		{name: "identifier", kind: kindText}, {name: "token", kind: kindText}, {name: "expires", kind: kindTime},
	},
}

// layout is one of Auth.js's layouts, as a database has it.
type layout struct {
	name string
	// tables maps native names to live ones.
	tables map[string]string
	// keys holds the columns of the primary keys, by their native names.
	keys map[string][]string
	// camel reports that columns have Drizzle's names.
	camel bool
	// millis reports that times are stored as numbers.
	millis bool
}

var (
	prismaNames  = map[string]string{usersTable: usersTable, accountsTable: accountsTable, sessionsTable: sessionsTable, tokensTable: tokensTable}
	drizzleNames = map[string]string{usersTable: "user", accountsTable: "account", sessionsTable: "session", tokensTable: "verificationToken"}

	prismaKeys  = map[string][]string{usersTable: {"id"}, accountsTable: {"id"}, sessionsTable: {"id"}, tokensTable: nil}
	drizzleKeys = map[string][]string{usersTable: {"id"}, accountsTable: {"provider", "provider_account_id"}, sessionsTable: {"session_token"}, tokensTable: {"identifier", "token"}}
)

// layoutOf finds the layout of the live tables. It is named Native if there is nothing
// to adopt.
func layoutOf(name string, live *schema.Schema) (layout, error) {
	drizzle, prisma := liveNames(live, drizzleNames), liveNames(live, prismaNames)
	switch {
	case len(drizzle) == len(drizzleNames):
		l := layout{name: "DrizzleDefault", tables: drizzle, keys: drizzleKeys, camel: true}
		if t, _ := live.Table(drizzle[usersTable]); hasAny(t, "password", "role", "createdAt", "updatedAt") {
			l.name = "Drizzle"
		}
		if name == dialect.SQLite {
			l.name, l.millis = "DrizzleSQLite", true
		}
		return l, nil
	case len(prisma) == len(prismaNames):
		l := layout{name: "Prisma", tables: prisma, keys: prismaKeys}
		users, _ := live.Table(usersTable)
		if sessions, _ := live.Table(sessionsTable); hasAny(users, "disabled_at") && hasAny(sessions, "last_used_at") {
			l.name = "Native"
		}
		return l, nil
	}
	return layout{}, fmt.Errorf("the tables match no layout that can be adopted: the Prisma layout has users, accounts, sessions and verificationtokens, the Drizzle layout has user, account, session and verificationToken, and this database has %s: check that the URL names the right database and schema, or rename the tables and columns to one of the layouts", tableNames(live))
}

// liveNames returns the live names of the tables that exist. A MySQL server may have
// turned them to lower case.
func liveNames(live *schema.Schema, names map[string]string) map[string]string {
	found := map[string]string{}
	for native, name := range names {
		for _, t := range live.Tables {
			if t.Name == name || found[native] == "" && strings.EqualFold(t.Name, name) {
				found[native] = t.Name
			}
		}
	}
	return found
}

func hasAny(t *schema.Table, names ...string) bool {
	return t != nil && slices.ContainsFunc(t.Columns, func(c *schema.Column) bool { return slices.Contains(names, c.Name) })
}

func tableNames(live *schema.Schema) string {
	var all []string
	for _, t := range live.Tables {
		all = append(all, t.Name)
	}
	slices.Sort(all)
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}

// camelNames holds the columns that Drizzle names differently.
var camelNames = map[string]string{
	"user_id": "userId", "email_verified": "emailVerified", "created_at": "createdAt", "updated_at": "updatedAt",
	"session_token": "sessionToken", "provider_account_id": "providerAccountId",
}

// column returns the live name of a column.
func (l layout) column(native string) string {
	if c, ok := camelNames[native]; ok && l.camel {
		return c
	}
	return native
}

// columns returns the columns of a table in this layout.
func (l layout) columns(table string) []authColumn {
	if l.camel && (table == accountsTable || table == sessionsTable) {
		return authJS[table][1:]
	}
	return authJS[table]
}

// kindOf returns what a live column holds, "" if Auth.js has nothing of the kind.
func kindOf(c *schema.Column) kind {
	switch t := c.Type.Type.(type) {
	case *schema.StringType:
		return kindText
	case *schema.IntegerType:
		return kindNumber
	case *schema.TimeType:
		if strings.HasPrefix(t.T, "timestamp") || t.T == "datetime" {
			return kindTime
		}
	}
	return ""
}

// wants returns what the live column of c must hold.
func (l layout) wants(c authColumn) kind {
	if c.kind == kindTime && l.millis {
		return kindNumber
	}
	return c.kind
}

// zoned reports whether a live column of times knows their time zone, as timestamptz of
// PostgreSQL does. In all others Auth.js stores UTC.
func zoned(c *schema.Column) bool {
	t, ok := c.Type.Type.(*schema.TimeType)
	return ok && (t.T == "timestamptz" || strings.HasSuffix(t.T, "with time zone"))
}
