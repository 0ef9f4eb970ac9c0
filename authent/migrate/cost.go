package migrate

import (
	"regexp"

	"entgo.io/ent/dialect"
)

// Lock is the strongest lock that a statement of its kind takes on a table that others
// use, according to the database's manual.
type Lock struct {
	// Name is the database's own name for it, such as "ACCESS EXCLUSIVE". It is empty
	// if the statement locks nothing that others use.
	Name string
	// Waits says whose statements wait while it runs.
	Waits string
}

// The locks of PostgreSQL (manual, 13.3), of the online DDL of InnoDB in MySQL and
// MariaDB, and the single lock of SQLite.
var (
	accessExclusive      = Lock{"ACCESS EXCLUSIVE", "reads and writes to the table wait"}
	shareRowExclusive    = Lock{"SHARE ROW EXCLUSIVE", "writes to both tables wait"}
	share                = Lock{"SHARE", "writes to the table wait"}
	shareUpdateExclusive = Lock{"SHARE UPDATE EXCLUSIVE", "reads and writes continue"}
	rowExclusive         = Lock{"ROW EXCLUSIVE", "writes to the same rows wait"}
	metadata             = Lock{"exclusive metadata lock", "reads and writes wait briefly at its beginning and end"}
	copying              = Lock{"shared lock, table copied", "writes to the table wait"}
	rows                 = Lock{"row locks", "writes to the same rows wait"}
	wholeDatabase        = Lock{"RESERVED", "writes to the database wait, reads continue"}
)

// kinds is searched in order.
var kinds = map[string][]struct {
	re   *regexp.Regexp
	lock Lock
}{
	dialect.Postgres: {
		{regexp.MustCompile(`(?is)^CREATE\s+TABLE\b.*\bREFERENCES\b`), shareRowExclusive},
		{regexp.MustCompile(`(?is)^CREATE\s+(UNIQUE\s+)?INDEX\s+CONCURRENTLY\b|^DROP\s+INDEX\s+CONCURRENTLY\b`), shareUpdateExclusive},
		{regexp.MustCompile(`(?is)^ALTER\s+TABLE\b.*\bVALIDATE\s+CONSTRAINT\b`), shareUpdateExclusive},
		{regexp.MustCompile(`(?is)^ALTER\s+TABLE\s+\S+\s+ADD\s+CONSTRAINT\s+\S+\s+FOREIGN\s+KEY\b`), shareRowExclusive},
		{regexp.MustCompile(`(?is)^CREATE\s+(UNIQUE\s+)?INDEX\b`), share},
		{regexp.MustCompile(`(?is)^(ALTER\s+TABLE|ALTER\s+INDEX|DROP\s+(TABLE|INDEX|VIEW)|TRUNCATE|LOCK)\b`), accessExclusive},
		{regexp.MustCompile(`(?is)^(INSERT|UPDATE|DELETE|MERGE)\b`), rowExclusive},
	},
	dialect.MySQL: {
		{regexp.MustCompile(`(?is)^ALTER\s+TABLE\b.*\b(MODIFY|CHANGE|CONVERT\s+TO|ADD\s+(CONSTRAINT\s+\S+\s+)?FOREIGN\s+KEY|DROP\s+PRIMARY\s+KEY)\b`), copying},
		{regexp.MustCompile(`(?is)^(ALTER\s+TABLE|CREATE\s+(UNIQUE\s+)?INDEX|DROP\s+(TABLE|INDEX)|RENAME\s+TABLE|TRUNCATE)\b`), metadata},
		{regexp.MustCompile(`(?is)^(INSERT|UPDATE|DELETE|REPLACE)\b`), rows},
	},
	dialect.SQLite: {
		{regexp.MustCompile(`(?is)^(CREATE|ALTER|DROP|INSERT|UPDATE|DELETE|REPLACE)\b`), wholeDatabase},
	},
}

// targets find the table that a statement changes.
var targets = regexp.MustCompile(`(?is)^(?:CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?|ALTER\s+TABLE\s+|CREATE\s+(?:UNIQUE\s+)?INDEX\s+\S+\s+ON\s+|INSERT\s+INTO\s+|UPDATE\s+)` + ident)

// newTables holds the tables that a file has created. Nobody waits for these yet.
type newTables map[string]bool

// lockOf returns the lock that the next statement of the file takes.
func (n newTables) lockOf(name, sql string) Lock {
	lock := lockOf(name, sql)
	found := targets.FindStringSubmatch(withoutComments(sql))
	if found == nil {
		return lock
	}
	table := unquote(found[1])
	switch {
	case keyword(sql) == "CREATE" && !n[table] && !onIndex.MatchString(withoutComments(sql)):
		n[table] = true
		for _, refers := range references.FindAllStringSubmatch(sql, -1) {
			if !n[unquote(refers[1])] {
				return lock
			}
		}
		return Lock{}
	case n[table]:
		return Lock{}
	}
	return lock
}

var (
	onIndex    = regexp.MustCompile(`(?is)^CREATE\s+(UNIQUE\s+)?INDEX\b`)
	references = regexp.MustCompile(`(?is)\bREFERENCES\s+` + ident)
)

// lockOf returns the lock that a statement takes on tables that are in use.
func lockOf(name, sql string) Lock {
	sql = withoutComments(sql)
	for _, k := range kinds[name] {
		if k.re.MatchString(sql) {
			return k.lock
		}
	}
	return Lock{}
}
