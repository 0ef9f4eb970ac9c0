package recognize

import (
	"slices"
	"strings"

	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"
)

// need is a column that a field must have.
type need struct {
	field string
	kinds []Kind
	// null and notNull say that the column must, or must not, be able to hold NULL.
	null, notNull bool
	// missing says that the table may lack it.
	missing bool
}

var (
	words = []Kind{Text}
	times = []Kind{Time, Int}
	ids   = []Kind{Text, UUID, Int}
	names = []Kind{Text, UUID}
)

// needs lists the columns of the Entities, in the order in which faults are told.
var needs = map[string][]need{
	"User": {
		{field: "id", kinds: ids, notNull: true}, {field: "name", kinds: words, null: true}, {field: "email", kinds: words},
		{field: "email_verified", kinds: times, null: true}, {field: "image", kinds: words, null: true},
		{field: "password", kinds: words, null: true, missing: true}, {field: "role", kinds: []Kind{Text, Enum}, missing: true},
		{field: "disabled_at", kinds: times, null: true, missing: true},
		{field: "created_at", kinds: times, missing: true}, {field: "updated_at", kinds: times, missing: true},
	},
	"Account": {
		{field: "id", kinds: names, notNull: true, missing: true}, {field: "user_id", kinds: ids, notNull: true},
		{field: "type", kinds: words, notNull: true}, {field: "provider", kinds: words, notNull: true},
		{field: "provider_account_id", kinds: words, notNull: true},
		{field: "refresh_token", kinds: words, null: true}, {field: "access_token", kinds: words, null: true},
		{field: "expires_at", kinds: []Kind{Int}, null: true}, {field: "token_type", kinds: words, null: true},
		{field: "scope", kinds: words, null: true}, {field: "id_token", kinds: words, null: true},
		{field: "session_state", kinds: words, null: true},
		{field: "created_at", kinds: times, missing: true}, {field: "updated_at", kinds: times, missing: true},
	},
	"Session": {
		{field: "id", kinds: names, notNull: true, missing: true}, {field: "session_token", kinds: words, notNull: true},
		{field: "user_id", kinds: ids, notNull: true}, {field: "expires", kinds: times, notNull: true},
		{field: "inserted_at", kinds: times, missing: true}, {field: "updated_at", kinds: times, missing: true},
		{field: "last_used_at", kinds: times, null: true, missing: true},
		{field: "ip_address", kinds: words, null: true, missing: true}, {field: "user_agent", kinds: words, null: true, missing: true},
	},
	"VerificationToken": {
		{field: "identifier", kinds: words, notNull: true}, {field: "token", kinds: words, notNull: true},
		{field: "expires", kinds: times, notNull: true},
	},
}

// Fields lists the fields of an entity, in the order in which they are told.
func Fields(noun string) (all []string) {
	for _, n := range needs[noun] {
		all = append(all, n.field)
	}
	return all
}

// owned are the fields by which rows refer to users, and users are referred to.
var owned = map[string][]string{"User": {"id"}, "Account": {"user_id"}, "Session": {"user_id"}}

// check lists what authent could not work with.
func (d *Database) check() {
	for _, noun := range Entities {
		t := d.Tables[noun]
		for _, n := range needs[noun] {
			d.checkColumn(t, n)
		}
		d.checkExtra(t)
	}
	for _, noun := range Entities {
		for _, fields := range append(keyed[noun], owned[noun]) {
			for _, f := range fields {
				if d.Tables[noun].Columns[f] == nil {
					return // the keys are of these columns
				}
			}
		}
	}
	user := d.Tables["User"]
	d.checkSet(user, "email_verified")
	d.checkSet(d.Tables["Session"], "expires")
	d.checkSet(d.Tables["VerificationToken"], "expires")
	d.checkUserKey(user)
	d.checkEmail(user)
	d.checkUnique(d.Tables["Account"], "provider", "provider_account_id")
	d.checkUnique(d.Tables["Session"], "session_token")
	if v := d.Tables["VerificationToken"]; !v.unique("token") {
		d.checkUnique(v, "identifier", "token")
	}
	for _, noun := range []string{"Account", "Session"} {
		d.checkOwner(d.Tables[noun], user)
	}
	d.checkSecondAccount(d.Tables["Account"])
}

// checkSecondAccount wants that a user can have several accounts.
func (d *Database) checkSecondAccount(t *Table) {
	i := t.Key("user_id")
	if i == nil {
		return
	}
	name := t.Columns["user_id"].Name
	d.fault("%s.%s is unique, so that nobody could link a second account", t.Live.Name, name)
	if i == t.Live.PrimaryKey {
		return // that is for a person to think about
	}
	others := func(other *schema.Index) bool { return other != i && other.Parts[0].C == t.Columns["user_id"] }
	if d.Dialect == dialect.MySQL && !slices.ContainsFunc(t.Live.Indexes, others) { // its foreign key needs an index
		d.mend(t).index(schema.NewIndex(t.Live.Name+"_"+name+"_idx"), name)
	}
	d.mend(t).dropIndex(i.Name)
}

// checkColumn looks at the column of a field.
func (d *Database) checkColumn(t *Table, n need) {
	c := t.Columns[n.field]
	switch {
	case c == nil && n.missing:
	case c == nil && n.null && slices.Equal(n.kinds, words):
		d.fault("the table %s has no column for %s.%s: name it by --column %s.%s=NAME, or add one", t.Live.Name, t.Noun, n.field, t.Noun, n.field)
		d.mend(t).add(n.field, &schema.StringType{T: "text"})
	case c == nil:
		d.fault("the table %s has no column for %s.%s: name it by --column %s.%s=NAME", t.Live.Name, t.Noun, n.field, t.Noun, n.field)
	case !slices.Contains(n.kinds, KindOf(c)) && n.missing:
		delete(t.Columns, n.field) // a column of the application's own
	case !slices.Contains(n.kinds, KindOf(c)):
		d.fault("%s.%s is of type %s, and %s.%s is %s: change the column's type, or name another by --column %s.%s=NAME",
			t.Live.Name, c.Name, TypeText(d.Dialect, c), t.Noun, n.field, join(n.kinds), t.Noun, n.field)
		d.mendType(t, n, c)
	case slices.Equal(n.kinds, times) && d.isDay(c):
		d.fault("%s.%s is of type %s, which does not hold both day and time", t.Live.Name, c.Name, TypeText(d.Dialect, c))
	case n.null && !c.Type.Null && n.missing:
		delete(t.Columns, n.field)
	case n.null && !c.Type.Null:
		d.fault("%s.%s cannot hold NULL, and %s.%s may be unknown", t.Live.Name, c.Name, t.Noun, n.field)
		d.mend(t).column(c.Name, schema.ChangeNull, func(c *schema.Column) { c.Type.Null = true })
	case n.notNull && c.Type.Null && !isKey(t.Live, c): // SQLite lets keys be NULL
		d.fault("%s.%s may be NULL, and %s.%s never is", t.Live.Name, c.Name, t.Noun, n.field)
		d.mend(t).column(c.Name, schema.ChangeNull, func(c *schema.Column) { c.Type.Null = false })
	}
}

// join lists kinds as a sentence does.
func join(kinds []Kind) string {
	all := make([]string, len(kinds))
	for i, k := range kinds {
		all[i] = string(k)
	}
	return strings.Join(all, " or ")
}

// mendType makes text of citext, and of times in words numbers: TypeORM's adapter stores
// milliseconds as digits, and works on with a column of numbers. Where there are other
// words the statement fails.
func (d *Database) mendType(t *Table, n need, c *schema.Column) {
	switch kind := KindOf(c); {
	case slices.Equal(n.kinds, times) && kind == Text:
		d.textToMillis(t, c)
	case slices.Equal(n.kinds, words) && TypeText(d.Dialect, c) == "citext":
		d.mend(t).column(c.Name, schema.ChangeType, func(c *schema.Column) { c.Type.Type = &schema.StringType{T: "text"} })
	}
}

// Quote returns a name as the database's SQL has it.
func (d *Database) Quote(word string) string { return Quote(d.Dialect, word) }

// checkExtra wants that the database, or ent, fills in columns of the application's own.
func (d *Database) checkExtra(t *Table) {
	for _, c := range t.Extra() {
		if !d.Filled(t.Live, c) {
			d.fault("%s.%s is NOT NULL without a default, and nobody fills it in when Go makes a row: give it a default, or let it be NULL", t.Live.Name, c.Name)
			d.fill(t, c)
		}
	}
}

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

// fill lets the database fill in a column of the application's own: a key by something that
// is nobody else's, others by NULL.
func (d *Database) fill(t *Table, c *schema.Column) {
	switch {
	case !isKey(t.Live, c) && !slices.ContainsFunc(t.Live.Indexes, func(i *schema.Index) bool { return i.Unique && slices.Contains(columnsOf(i), c.Name) }):
		d.mend(t).column(c.Name, schema.ChangeNull, func(c *schema.Column) { c.Type.Null = true })
	case KindOf(c) == Text || KindOf(c) == UUID:
		d.mend(t).column(c.Name, schema.ChangeDefault, func(c *schema.Column) { c.Default = random(d.Dialect) })
	}
}

// checkUserKey wants a key of one column.
func (d *Database) checkUserKey(t *Table) {
	if c := t.Columns["id"]; !isKey(t.Live, c) {
		d.fault("the primary key of %s is not %s alone, and accounts and sessions refer to users by it: name the right table by --table User=NAME", t.Live.Name, c.Name)
	}
}

// checkEmail wants a unique key over the address alone, which tells spellings apart.
func (d *Database) checkEmail(t *Table) {
	c := t.Columns["email"]
	if !t.unique("email") {
		d.fault("%s.%s is not unique, so that one address could be two users", t.Live.Name, c.Name)
		d.mend(t).index(schema.NewUniqueIndex(t.Live.Name+"_"+c.Name+"_key"), c.Name)
	}
	for _, attr := range t.Live.Attrs {
		if create, ok := attr.(*sqlite.CreateStmt); ok && folds(create.S, c.Name) {
			d.fault("%s.%s is compared without case (COLLATE NOCASE), and addresses are stored in lower case", t.Live.Name, c.Name)
			d.mend(t).anew(c.Name) // Atlas writes no collation
		}
	}
}

// folds reports whether a CREATE TABLE of SQLite's gives a column the collation NOCASE.
func folds(create, column string) bool {
	for line := range strings.SplitSeq(create, ",") {
		if strings.Contains(line, column) && strings.Contains(strings.ToUpper(line), "COLLATE NOCASE") {
			return true
		}
	}
	return false
}

// unique reports whether the fields together are a key, without a condition.
func (t *Table) unique(fields ...string) bool { return t.Key(fields...) != nil }

// Key returns the index that is a key over the fields and nothing else, nil for none.
func (t *Table) Key(fields ...string) *schema.Index {
	var want []string
	for _, f := range fields {
		if t.Columns[f] == nil {
			return nil
		}
		want = append(want, t.Columns[f].Name)
	}
	slices.Sort(want)
	all := t.Live.Indexes
	if t.Live.PrimaryKey != nil {
		all = append([]*schema.Index{t.Live.PrimaryKey}, all...)
	}
	for _, i := range all {
		if !i.Unique && i != t.Live.PrimaryKey || isPartial(i) {
			continue
		}
		if got := columnsOf(i); slices.Equal(got, want) {
			return i
		}
	}
	return nil
}

// columnsOf returns the names of an index's columns, sorted; nil if one is an expression, or
// only the beginning of a column.
func columnsOf(i *schema.Index) (names []string) {
	for _, p := range i.Parts {
		if p.C == nil || slices.ContainsFunc(p.Attrs, func(a schema.Attr) bool { _, ok := a.(*mysql.SubPart); return ok }) {
			return nil
		}
		names = append(names, p.C.Name)
	}
	slices.Sort(names)
	return names
}

// checkUnique wants a key without which two rows could be mistaken for one.
func (d *Database) checkUnique(t *Table, fields ...string) {
	if t.unique(fields...) {
		return
	}
	var names []string
	for _, f := range fields {
		names = append(names, t.Columns[f].Name)
	}
	d.fault("%s (%s) is not unique, so that one %s could be two", t.Live.Name, strings.Join(names, ", "), strings.ToLower(t.Noun))
	d.mend(t).index(schema.NewUniqueIndex(t.Live.Name+"_"+strings.Join(names, "_")+"_key"), names...)
}

// checkOwner wants a foreign key to the user by which rows of a deleted one go too, whoever
// deletes it.
func (d *Database) checkOwner(t, user *Table) {
	c := t.Columns["user_id"]
	missing := "refers to no user"
	for _, fk := range t.Live.ForeignKeys {
		if len(fk.Columns) != 1 || fk.Columns[0] != c || fk.RefTable != user.Live {
			continue
		}
		if fk.OnDelete == schema.Cascade {
			return
		}
		missing = "does not go when its user is deleted"
	}
	d.fault("%s.%s %s", t.Live.Name, c.Name, missing)
	d.mend(t).cascade(c.Name, user)
}
