package adopt

import (
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"

	"github.com/authent/authent/internal/recognize"
)

// The native tables. Each refers only to tables before it.
const (
	usersTable    = "users"
	accountsTable = "accounts"
	sessionsTable = "sessions"
	tokensTable   = "verificationtokens"
)

var nativeTables = []string{usersTable, accountsTable, sessionsTable, tokensTable}

// nouns holds the entities by the native tables' names.
var nouns = map[string]string{usersTable: "User", accountsTable: "Account", sessionsTable: "Session", tokensTable: "VerificationToken"}

// authColumn is a column of authent's that Auth.js has too.
type authColumn struct {
	name string // The native name.
	// kinds are what the live column may hold; the first is what messages say. None
	// stands for anything.
	kinds []recognize.Kind
	// null says that the native column may be NULL, or is filled in where it is.
	null bool
	// lacks allows databases without the column.
	lacks bool
	// added says that Auth.js itself does not have the column, so that one of another
	// kind is the application's own.
	added bool
}

var (
	words = []recognize.Kind{recognize.Text}
	terms = []recognize.Kind{recognize.Text, recognize.Enum}
	times = []recognize.Kind{recognize.Time, recognize.Int}
	ids   = []recognize.Kind{recognize.Text, recognize.UUID, recognize.Int}
)

// authJS holds the columns by the native table's name. The rows of verification tokens are
// not copied, so what those columns hold does not matter.
var authJS = map[string][]authColumn{
	usersTable: {
		{name: "id", kinds: ids}, {name: "name", kinds: words, null: true, lacks: true}, {name: "email", kinds: words, null: true},
		{name: "email_verified", kinds: times, null: true}, {name: "image", kinds: words, null: true, lacks: true},
		{name: "password", kinds: words, null: true, added: true}, {name: "role", kinds: terms, null: true, added: true},
		{name: "disabled_at", kinds: times, null: true, added: true},
		{name: "created_at", kinds: times, null: true, added: true}, {name: "updated_at", kinds: times, null: true, added: true},
	},
	accountsTable: {
		{name: "id", kinds: ids, null: true, lacks: true}, {name: "user_id", kinds: ids}, {name: "type", kinds: terms},
		{name: "provider", kinds: terms}, {name: "provider_account_id", kinds: words},
		{name: "refresh_token", kinds: words, null: true, lacks: true}, {name: "access_token", kinds: words, null: true, lacks: true},
		{name: "expires_at", kinds: []recognize.Kind{recognize.Int}, null: true, lacks: true}, {name: "token_type", kinds: words, null: true, lacks: true},
		{name: "scope", kinds: words, null: true, lacks: true}, {name: "id_token", kinds: words, null: true, lacks: true},
		{name: "session_state", kinds: words, null: true, lacks: true},
	},
	sessionsTable: {
		{name: "id", kinds: ids, null: true, lacks: true}, {name: "session_token", kinds: []recognize.Kind{recognize.Text, recognize.UUID}},
		{name: "user_id", kinds: ids}, {name: "expires", kinds: times},
		{name: "last_used_at", kinds: times, null: true, added: true}, {name: "ip_address", kinds: words, null: true, added: true},
		{name: "user_agent", kinds: words, null: true, added: true},
	},
	tokensTable: {{name: "identifier"}, {name: "token"}, {name: "expires"}},
}

// isTime reports whether the column holds a time.
func (c authColumn) isTime() bool { return len(c.kinds) > 0 && c.kinds[0] == recognize.Time }

// takes reports whether a live column holds what authent's does.
func (c authColumn) takes(dialectName string, live *schema.Column) bool {
	kind := recognize.KindOf(live)
	switch {
	case len(c.kinds) == 0:
		return true
	case c.isTime() && dialectName == dialect.SQLite && kind == recognize.Text:
		return true // SQLite stores what it is given, whatever the column declares.
	case c.isTime() && kind == recognize.Time && dialectName != dialect.SQLite:
		t, ok := live.Type.Type.(*schema.TimeType)
		return ok && (strings.HasPrefix(t.T, "timestamp") || t.T == "datetime")
	}
	return slices.Contains(c.kinds, kind)
}

// layout is what a database has for authent's tables.
type layout struct {
	// tables maps native names to live ones, and live to the tables themselves.
	tables map[string]string
	live   map[string]*schema.Table
	// columns maps the native names of a table's columns to the live ones. A name is
	// absent if the database has no such column.
	columns map[string]map[string]string
	// keys holds the live columns by which the rows of a table are read in order. If
	// there are none, no index of the table is over them.
	keys map[string][]string
}

// layoutOf returns the layout of tables that were recognized.
func layoutOf(d *recognize.Database) layout {
	l := layout{tables: map[string]string{}, live: map[string]*schema.Table{}, columns: map[string]map[string]string{}, keys: map[string][]string{}}
	for _, native := range nativeTables {
		t := d.Tables[nouns[native]]
		if t.Columns["id"] == nil {
			secondID(t)
		}
		l.tables[native], l.live[native], l.columns[native] = t.Live.Name, t.Live, map[string]string{}
		for _, c := range authJS[native] {
			if live := t.Columns[c.name]; live != nil && (!c.added || c.takes(d.Dialect, live)) {
				l.columns[native][c.name] = live.Name
			}
		}
		l.keys[native] = keyOf(t)
	}
	return l
}

// secondID takes for the id of an account or session a column of that name which is not the
// primary key, but unique.
func secondID(t *recognize.Table) {
	c, ok := t.Live.Column("id")
	if !ok || t.Noun == "VerificationToken" || c.Type.Null || !slices.Contains(ids, recognize.KindOf(c)) {
		return
	}
	if t.Columns["id"] = c; t.Key("id") == nil {
		delete(t.Columns, "id")
	}
}

// unique are the columns that no two rows of a table share, which is checked.
var unique = map[string][]string{accountsTable: {"provider", "provider_account_id"}, sessionsTable: {"session_token"}}

// keyOf returns the columns of a table's primary key, or of the unique key that the
// native table has too. It returns nil if there is neither.
func keyOf(t *recognize.Table) (key []string) {
	for native, noun := range nouns {
		if noun != t.Noun {
			continue
		}
		for _, index := range []*schema.Index{t.Live.PrimaryKey, t.Key(unique[native]...)} {
			if key = orders(index); key != nil {
				return key
			}
		}
	}
	return nil
}

// orders returns the columns of an index if all rows can be read in its order.
func orders(index *schema.Index) (key []string) {
	if index == nil || len(index.Parts) > 2 {
		return nil
	}
	for _, part := range index.Parts {
		if part.C == nil || !slices.Contains(ids, recognize.KindOf(part.C)) {
			return nil
		}
		key = append(key, part.C.Name)
	}
	return key
}

// has reports whether a live table has one of authent's columns.
func (l layout) has(native, name string) bool { return l.columns[native][name] != "" }

// field returns the native name of a live column, "" if it is for none of authent's.
func (l layout) field(native, live string) string {
	for name, column := range l.columns[native] {
		if column == live {
			return name
		}
	}
	return ""
}

// zoned reports whether a live column of times knows their time zone, as timestamptz of
// PostgreSQL does. In all others Auth.js stores UTC.
func zoned(c *schema.Column) bool {
	t, ok := c.Type.Type.(*schema.TimeType)
	return ok && (t.T == "timestamptz" || strings.HasSuffix(t.T, "with time zone"))
}
