package entadapter

import (
	"fmt"
	"regexp"
	"strings"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql/sqlgraph"

	"github.com/authent/authent/authent"
)

// Key is a unique key of an entity, as databases name it in their errors.
type Key struct {
	// Name is what ConflictError is to call it, such as authent.KeyUserEmail.
	Name string
	// Index is the index's name, for PostgreSQL and MySQL.
	Index string
	// Columns are "table.column" joined by ", ", for SQLite.
	Columns string
}

// Error turns an error of ent's into one of authent.Adapter's: a unique key that is
// taken becomes a *authent.ConflictError that names one of keys, a foreign key without
// its row authent.ErrNotFound, a value too long for its column a *authent.InvalidError,
// and an outage authent.ErrUnavailable. Any other error is returned unchanged. Call
// Ended first.
func Error(err error, keys []Key) error {
	switch {
	case err == nil:
		return nil
	case unavailable(err):
		return outage(err)
	case mysqlTooLong.MatchString(err.Error()):
		return Invalid(mysqlTooLong.FindStringSubmatch(err.Error())[1], keys, err)
	case strings.Contains(err.Error(), "value too long for type character"): // PostgreSQL's 22001
		return Invalid("", keys, err)
	case sqlgraph.IsUniqueConstraintError(err):
		return &authent.ConflictError{Key: keyOf(err.Error(), keys)}
	case sqlgraph.IsForeignKeyConstraintError(err):
		return authent.ErrNotFound
	}
	return err
}

// unreadTime matches the message of database/sql for a time that the driver left as
// text, and the column's name in it.
var unreadTime = regexp.MustCompile(`name "([^"]+)": unsupported Scan, storing driver\.Value type (?:\[\]uint8|string) into type \*time\.Time`)

// UnreadTime adds to err what to do about a time that a driver could not read. By
// default MySQL's driver leaves every time as text; PostgreSQL's does so only for times
// that have no date. Any other error is returned unchanged. name is ent's name of the
// dialect.
func UnreadTime(name string, err error) error {
	if err == nil {
		return nil
	}
	column := unreadTime.FindStringSubmatch(err.Error())
	switch {
	case column == nil:
	case name == dialect.MySQL:
		return fmt.Errorf("%w: open the database with parseTime=true", err)
	case name == dialect.Postgres:
		return fmt.Errorf("%w: the column %s holds infinity or -infinity, which is not a time: write a date into it, such as '9999-12-31', or NULL where it may be NULL", err, column[1])
	}
	return err
}

// DeleteError does what Error does, for a row that is deleted. A row of the
// application's own may refer to it and keep it there; the error then says what to do.
func DeleteError(err error, keys []Key) error {
	if sqlgraph.IsForeignKeyConstraintError(err) {
		return fmt.Errorf("other rows refer to it: delete them first, or give their edge in ent/schema the annotation entsql.OnDelete: %w", err)
	}
	return Error(err, keys)
}

// mysqlTooLong matches MySQL's ER_DATA_TOO_LONG.
var mysqlTooLong = regexp.MustCompile(`^(?:.*: )?Error 1406 .*Data too long for column '([^']+)'`)

// Invalid returns the error for a field that refused its value. keys are those of its
// entity. field is "" where the database does not name it.
func Invalid(field string, keys []Key, err error) error {
	entity, _, _ := strings.Cut(keys[0].Name, ".")
	if field != "" {
		entity += "." + field
	}
	return &authent.InvalidError{Field: entity, Err: err}
}

// keyOf finds the key that a driver's message names. The first of keys is the primary
// key, for which MySQL and PostgreSQL have names of their own.
func keyOf(message string, keys []Key) string {
	// MySQL quotes the value before the key; somebody may have chosen it to look
	// like one.
	if i := strings.LastIndex(message, "for key "); i >= 0 {
		return mysqlKey(strings.Trim(message[i+len("for key "):], "'"), keys)
	}
	for _, k := range keys {
		if k.Columns != "" && strings.Contains(message, ": "+k.Columns+" (") ||
			k.Columns != "" && strings.HasSuffix(message, ": "+k.Columns) ||
			k.Index != "" && strings.Contains(message, `"`+k.Index+`"`) {
			return k.Name
		}
	}
	if strings.Contains(message, `_pkey"`) {
		return keys[0].Name
	}
	return ""
}

// mysqlKey finds the key with that index. MySQL writes the table before it. The index of
// a field that ent makes unique has the column's name there.
func mysqlKey(index string, keys []Key) string {
	index = index[strings.LastIndex(index, ".")+1:]
	if index == "PRIMARY" {
		return keys[0].Name
	}
	for _, k := range keys {
		if index == k.Index || k.Index != "" && strings.HasSuffix(k.Columns, "."+index) && !strings.Contains(k.Columns, ",") {
			return k.Name
		}
	}
	return ""
}
