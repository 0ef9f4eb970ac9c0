package mixin

import (
	"regexp"
	"strconv"
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Layout says how another program's tables hold the four entities. User, Account, Session
// and VerificationToken of a graph must have the same layout. nil is authent's own, whose
// tables its migrations make.
//
// Prisma, Drizzle and the others of this package are layouts; PrismaSchema describes
// further ones. For a table that differs from all of them, write a Layout of your own. Do
// not change one that is in use.
type Layout struct {
	// Name is what messages call it.
	Name string
	// User, Account, Session and VerificationToken are the tables.
	User, Account, Session, VerificationToken Table
	// Authenticator is the table of passkeys. If its Name is "", there is none.
	Authenticator Table
}

// Table is a table, as far as authent uses it. Other columns may be there, as fields of the
// application's: they must be optional or have a default.
type Table struct {
	// Name is the table's name.
	Name string
	// Columns are the columns by the names that authent's fields have, such as
	// "email_verified". A table may lack: of User password, role, disabled_at, created_at
	// and updated_at; of Account id, if (provider, provider_account_id) is the primary key,
	// created_at and updated_at; of Session id, if the token identifies the row, created_at,
	// inserted_at, updated_at, last_used_at, ip_address, user_agent, amr, aal and
	// authenticated_at; of Authenticator name, created_at and last_used_at. Session.created_at is when the person signed in, and may be NULL; a
	// column that is never NULL and says when the row was made is inserted_at.
	Columns map[string]Column
	// Indexes are its indexes, by whose names the database tells which key is taken. They
	// must be those of the contract at least: see package authent/entauth.
	Indexes []Index
}

// Column is a column.
type Column struct {
	// Name is the column's name. If "", the field's.
	Name string
	// Types are its types by ent's names of the dialects. Where there is none, ent's
	// default counts.
	Types map[string]string
	// Null says that it may hold NULL. It matters for those columns alone of which the
	// contract leaves that open.
	Null bool
	// Millis says that it holds a time as a number of Unix milliseconds.
	Millis bool
	// Touched says that it is set whenever the row changes, as Prisma's @updatedAt is.
	Touched bool
}

// Index is an index over fields.
type Index struct {
	Name   string
	Fields []string
	Unique bool
}

// Foreign is the annotation of an entity whose table belongs to another program.
// Package authent/migrate leaves such tables out of everything it writes.
type Foreign struct {
	// Layout is the layout's name.
	Layout string
	// Seconds are ent's names of the dialects on which its times are whole seconds.
	Seconds []string
}

// Name implements schema.Annotation.
func (Foreign) Name() string { return ForeignName }

// ForeignName is the name of the annotation Foreign.
const ForeignName = "AuthentForeign"

// or returns l, or authent's own layout for nil.
func (l *Layout) or() *Layout {
	if l == nil {
		return native
	}
	return l
}

// Precision returns the precision to which the layout's times are cut before they are
// stored: milliseconds, or seconds if one of the columns holds no more. name is ent's name
// of the dialect; "" stands for an unknown one.
func (l *Layout) Precision(name string) time.Duration {
	l = l.or()
	for _, t := range []Table{l.User, l.Account, l.Session, l.VerificationToken, l.Authenticator} {
		for _, c := range t.Columns {
			if c.wholeSeconds(name) {
				return time.Second
			}
		}
	}
	return Precision
}

// precisions returns Precision of each dialect, and of an unknown one.
func (l *Layout) precisions() map[string]time.Duration {
	all := map[string]time.Duration{}
	for _, name := range []string{"", dialect.MySQL, dialect.Postgres, dialect.SQLite} {
		all[name] = l.Precision(name)
	}
	return all
}

// timeType matches the types of times, and how many digits of a second they keep.
var timeType = regexp.MustCompile(`(?i)^(?:timestamptz|timestamp|datetime)(?:\((\d)\))?`)

// wholeSeconds reports whether a column keeps times to the second alone.
func (c Column) wholeSeconds(name string) bool {
	if name == "" {
		return c.wholeSeconds(dialect.MySQL) || c.wholeSeconds(dialect.Postgres)
	}
	found := timeType.FindStringSubmatch(c.Types[name])
	if found == nil || c.Millis {
		return false
	}
	if found[1] == "" {
		return name == dialect.MySQL // whose default is no digit; PostgreSQL's is six
	}
	digits, err := strconv.Atoi(found[1])
	return err == nil && digits < 3
}

// annotations returns the table's name and, where the table belongs to another program,
// Foreign.
func (l *Layout) annotations(t Table) []schema.Annotation {
	if l == nil {
		return []schema.Annotation{entsql.Table(t.Name)}
	}
	foreign := Foreign{Layout: l.Name}
	for _, name := range []string{dialect.MySQL, dialect.Postgres} {
		if l.Precision(name) == time.Second {
			foreign.Seconds = append(foreign.Seconds, name)
		}
	}
	return []schema.Annotation{entsql.Table(t.Name), foreign}
}

// has reports whether the table has a column for a field.
func (t Table) has(name string) bool {
	_, ok := t.Columns[name]
	return ok
}

// column returns the name of a field's column.
func (t Table) column(name string) string {
	if c := t.Columns[name]; c.Name != "" {
		return c.Name
	}
	return name
}

// types returns the types of a field's column.
func (t Table) types(name string) map[string]string { return t.Columns[name].Types }

// indexes returns the table's indexes. Where the id stands for a field, it is named.
func (t Table) indexes(id string) (all []ent.Index) {
	for _, i := range t.Indexes {
		fields := make([]string, len(i.Fields))
		for k, name := range i.Fields {
			if fields[k] = name; name == id {
				fields[k] = "id"
			}
		}
		one := index.Fields(fields...).StorageKey(i.Name)
		if i.Unique {
			one = one.Unique()
		}
		all = append(all, one)
	}
	return all
}

// time returns a field for a time that is never NULL.
func (t Table) time(name string) ent.Field {
	if t.Columns[name].Millis {
		return field.Int64(name).StorageKey(t.column(name))
	}
	return field.Time(name).StorageKey(t.column(name)).SchemaType(t.types(name))
}

// timeOrNull returns a field for a time or NULL.
func (t Table) timeOrNull(name, comment string) ent.Field {
	if t.Columns[name].Millis {
		return field.Int64(name).Optional().Nillable().StorageKey(t.column(name)).Comment(comment)
	}
	return field.Time(name).Optional().Nillable().StorageKey(t.column(name)).SchemaType(t.types(name)).Comment(comment)
}

// created returns a field for the time at which a row was made, which is filled in.
func (t Table) created(name string) ent.Field {
	c := t.Columns[name]
	if c.Millis {
		f := field.Int64(name).DefaultFunc(nowMillis).Immutable().StorageKey(t.column(name))
		if c.Null {
			f = f.Optional().Nillable()
		}
		return f
	}
	f := field.Time(name).Default(now).Immutable().StorageKey(t.column(name)).SchemaType(c.Types)
	if c.Null {
		f = f.Optional().Nillable()
	}
	return f
}

// updated returns a field for the time at which a row was changed last.
func (t Table) updated(name string) ent.Field {
	c := t.Columns[name]
	if c.Millis {
		f := field.Int64(name).DefaultFunc(nowMillis).StorageKey(t.column(name))
		if c.Touched {
			f = f.UpdateDefault(nowMillis)
		}
		if c.Null {
			f = f.Optional().Nillable()
		}
		return f
	}
	f := field.Time(name).Default(now).StorageKey(t.column(name)).SchemaType(c.Types)
	if c.Touched {
		f = f.UpdateDefault(now)
	}
	if c.Null {
		f = f.Optional().Nillable()
	}
	return f
}

// userID returns the field by which an entity refers to its user. The zero kind is a
// string.
func (t Table) userID(kind field.Type) ent.Field {
	const name = "user_id"
	switch kind {
	case field.TypeInt64:
		return field.Int64(name).StorageKey(t.column(name))
	case field.TypeUUID:
		return field.UUID(name, uuid.UUID{}).StorageKey(t.column(name))
	}
	return field.String(name).StorageKey(t.column(name)).SchemaType(t.types(name))
}
