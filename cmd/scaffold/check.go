package main

import (
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"
)

// need is a column that a field must have.
type need struct {
	field string
	kinds []kind
	// null and notNull say that the column must, or must not, be able to hold NULL.
	null, notNull bool
	// missing says that the table may lack it.
	missing bool
}

var (
	words = []kind{isText}
	times = []kind{isTime, isInt}
	ids   = []kind{isText, isUUID, isInt}
	names = []kind{isText, isUUID}
)

// needs lists the columns of the entities, in the order in which faults are told.
var needs = map[string][]need{
	"User": {
		{field: "id", kinds: ids, notNull: true}, {field: "name", kinds: words, null: true}, {field: "email", kinds: words},
		{field: "email_verified", kinds: times, null: true}, {field: "image", kinds: words, null: true},
		{field: "password", kinds: words, null: true, missing: true}, {field: "role", kinds: []kind{isText, isEnum}, missing: true},
		{field: "disabled_at", kinds: times, null: true, missing: true},
		{field: "created_at", kinds: times, missing: true}, {field: "updated_at", kinds: times, missing: true},
	},
	"Account": {
		{field: "id", kinds: names, notNull: true, missing: true}, {field: "user_id", kinds: ids, notNull: true},
		{field: "type", kinds: words, notNull: true}, {field: "provider", kinds: words, notNull: true},
		{field: "provider_account_id", kinds: words, notNull: true},
		{field: "refresh_token", kinds: words, null: true}, {field: "access_token", kinds: words, null: true},
		{field: "expires_at", kinds: []kind{isInt}, null: true}, {field: "token_type", kinds: words, null: true},
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

// check lists what authent could not work with.
func (r *recognized) check() {
	for _, noun := range entities {
		t := r.tables[noun]
		for _, n := range needs[noun] {
			r.checkColumn(t, n)
		}
		r.checkExtra(t)
	}
	if len(r.faults) > 0 {
		return // the keys are of these columns
	}
	user := r.tables["User"]
	r.checkUserKey(user)
	r.checkEmail(user)
	r.checkUnique(r.tables["Account"], "provider", "provider_account_id")
	r.checkUnique(r.tables["Session"], "session_token")
	if v := r.tables["VerificationToken"]; !v.unique("token") {
		r.checkUnique(v, "identifier", "token")
	}
	for _, noun := range []string{"Account", "Session"} {
		r.checkOwner(r.tables[noun], user)
	}
	if acc := r.tables["Account"]; acc.unique("user_id") {
		r.fault("%s.%s is unique, so that nobody could link a second account: drop that index", acc.table.Name, acc.columns["user_id"].Name)
	}
}

// checkColumn looks at the column of a field.
func (r *recognized) checkColumn(t *taken, n need) {
	c := t.columns[n.field]
	switch {
	case c == nil && n.missing:
	case c == nil && n.null && slices.Equal(n.kinds, words):
		r.fault("the table %s has no column for %s.%s: ALTER TABLE %s ADD COLUMN %s text", t.table.Name, t.noun, n.field, r.quote(t.table.Name), r.quote(n.field))
	case c == nil:
		r.fault("the table %s has no column for %s.%s: name it by --column %s.%s=NAME", t.table.Name, t.noun, n.field, t.noun, n.field)
	case !slices.Contains(n.kinds, kindOf(c)) && n.missing:
		delete(t.columns, n.field) // a column of the application's own
	case !slices.Contains(n.kinds, kindOf(c)):
		r.fault("%s.%s is of type %s, and %s.%s is %s: change the column's type, or name another by --column %s.%s=NAME",
			t.table.Name, c.Name, typeText(r.dialect, c), t.noun, n.field, n.kinds[0], t.noun, n.field)
	case n.null && !c.Type.Null && n.missing:
		delete(t.columns, n.field)
	case n.null && !c.Type.Null:
		r.fault("%s.%s cannot hold NULL, and %s.%s may be unknown: %s", t.table.Name, c.Name, t.noun, n.field, r.alterNull(t, c, true))
	case n.notNull && c.Type.Null && !isKey(t.table, c): // SQLite lets keys be NULL
		r.fault("%s.%s may be NULL, and %s.%s never is: %s", t.table.Name, c.Name, t.noun, n.field, r.alterNull(t, c, false))
	}
}

func (r *recognized) quote(word string) string { return quote(r.dialect, word) }

// alterNull returns the statement by which a column may hold NULL, or may not.
func (r *recognized) alterNull(t *taken, c *schema.Column, null bool) string {
	table, column, not := r.quote(t.table.Name), r.quote(c.Name), "NOT NULL"
	switch {
	case r.dialect == dialect.SQLite && null:
		return "make the table anew without its NOT NULL, since SQLite changes no column"
	case r.dialect == dialect.SQLite:
		return "make the table anew with NOT NULL, since SQLite changes no column"
	case r.dialect == dialect.Postgres && null:
		return fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL", table, column)
	case r.dialect == dialect.Postgres:
		return fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s SET NOT NULL", table, column)
	case null:
		not = "NULL"
	}
	return fmt.Sprintf("ALTER TABLE %s MODIFY %s %s %s", table, column, typeText(r.dialect, c), not)
}

// checkExtra wants that the database, or ent, fills in columns of the application's own.
func (r *recognized) checkExtra(t *taken) {
	for _, c := range t.extra() {
		if !filled(c) && !(r.dialect == dialect.SQLite && isKey(t.table, c) && kindOf(c) == isInt) {
			r.fault("%s.%s is NOT NULL without a default, and nobody fills it in when Go makes a row: give it a default, or let it be NULL: %s",
				t.table.Name, c.Name, r.alterNull(t, c, true))
		}
	}
}

// checkUserKey wants a key of one column.
func (r *recognized) checkUserKey(t *taken) {
	if c := t.columns["id"]; !isKey(t.table, c) {
		r.fault("the primary key of %s is not %s alone, and accounts and sessions refer to users by it: name the right table by --table User=NAME", t.table.Name, c.Name)
	}
}

// checkEmail wants a unique key over the address alone, which tells spellings apart.
func (r *recognized) checkEmail(t *taken) {
	c := t.columns["email"]
	if !t.unique("email") {
		r.fault("%s.%s is not unique: CREATE UNIQUE INDEX %s ON %s (%s)", t.table.Name, c.Name,
			r.quote(t.table.Name+"_"+c.Name+"_key"), r.quote(t.table.Name), r.quote(c.Name))
	}
	for _, attr := range t.table.Attrs {
		if create, ok := attr.(*sqlite.CreateStmt); ok && folds(create.S, c.Name) {
			r.fault("%s.%s is compared without case (COLLATE NOCASE): make the table anew without that, since the engine stores addresses in lower case", t.table.Name, c.Name)
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
func (t *taken) unique(fields ...string) bool { return t.key(fields...) != nil }

// key returns the index that is a key over the fields and nothing else, nil for none.
func (t *taken) key(fields ...string) *schema.Index {
	var want []string
	for _, f := range fields {
		want = append(want, t.columns[f].Name)
	}
	slices.Sort(want)
	all := t.table.Indexes
	if t.table.PrimaryKey != nil {
		all = append([]*schema.Index{t.table.PrimaryKey}, all...)
	}
	for _, i := range all {
		if !i.Unique && i != t.table.PrimaryKey || isPartial(i) {
			continue
		}
		if got := columnsOf(i); slices.Equal(got, want) {
			return i
		}
	}
	return nil
}

// columnsOf returns the names of an index's columns, sorted; nil if one is an expression.
func columnsOf(i *schema.Index) (names []string) {
	for _, p := range i.Parts {
		if p.C == nil {
			return nil
		}
		names = append(names, p.C.Name)
	}
	slices.Sort(names)
	return names
}

// checkUnique wants a key without which two rows could be mistaken for one.
func (r *recognized) checkUnique(t *taken, fields ...string) {
	if t.unique(fields...) {
		return
	}
	var columns []*schema.Column
	var names []string
	for _, f := range fields {
		columns = append(columns, t.columns[f])
		names = append(names, t.columns[f].Name)
	}
	r.fault("%s (%s) is not unique, so that one %s could be two: CREATE UNIQUE INDEX %s ON %s (%s)", t.table.Name, strings.Join(names, ", "), strings.ToLower(t.noun),
		r.quote(t.table.Name+"_"+strings.Join(names, "_")+"_key"), r.quote(t.table.Name), quoteAll(r.dialect, columns))
}

// checkOwner wants a foreign key to the user by which rows of a deleted one go too, whoever
// deletes it.
func (r *recognized) checkOwner(t, user *taken) {
	c := t.columns["user_id"]
	drop, missing := "", "refers to no user"
	for _, fk := range t.table.ForeignKeys {
		if len(fk.Columns) != 1 || fk.Columns[0] != c || fk.RefTable != user.table {
			continue
		}
		if fk.OnDelete == schema.Cascade {
			return
		}
		missing = "does not go when its user is deleted"
		drop = fmt.Sprintf("ALTER TABLE %s DROP %s %s, then ", r.quote(t.table.Name), map[bool]string{true: "FOREIGN KEY", false: "CONSTRAINT"}[r.dialect == dialect.MySQL], r.quote(fk.Symbol))
	}
	line := fmt.Sprintf("ALTER TABLE %s ADD FOREIGN KEY (%s) REFERENCES %s (%s) ON DELETE CASCADE", r.quote(t.table.Name), r.quote(c.Name), r.quote(user.table.Name), r.quote(user.columns["id"].Name))
	if r.dialect == dialect.SQLite {
		drop, line = "", fmt.Sprintf("make the table anew with REFERENCES %s (%s) ON DELETE CASCADE, since SQLite adds no constraint", r.quote(user.table.Name), r.quote(user.columns["id"].Name))
	}
	r.fault("%s.%s %s: %s%s", t.table.Name, c.Name, missing, drop, line)
}
