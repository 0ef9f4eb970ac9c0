package migrate

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	atlas "ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"
)

// Config says which database to migrate, and how.
type Config struct {
	// DB is the database. One of its connections is held while migrations run.
	DB *sql.DB
	// Dialect is ent's name for its dialect: "sqlite3", "postgres" or "mysql".
	Dialect string
	// Dir holds the migrations. Drift and Push do not need it.
	Dir Dir

	// AllowDirty lets the first migration run on a database that already has tables,
	// like Atlas's --allow-dirty. Only tables of the connected schema count that a
	// graph could have: no views, foreign tables or sequences, nothing that belongs to
	// an extension of PostgreSQL, and on SQLite no virtual tables and none that
	// Litestream, libSQL or Cloudflare keep there.
	AllowDirty bool
	// Baseline is the version that a database without a history is at, like Atlas's
	// --baseline: files up to it count as applied. If empty, none do.
	Baseline string
	// ExecOrder says what to do with files that were added with a version below the
	// last applied one, like Atlas's --exec-order. If empty, Linear.
	ExecOrder ExecOrder
	// Interrupted says what to do about a statement that may or may not have taken
	// effect when an earlier run was killed, if the database cannot tell. If empty,
	// Apply stops and asks.
	Interrupted Interrupted
	// LockTimeout is how long to wait for another migration. If zero, as long as the
	// context allows.
	LockTimeout time.Duration
	// RevisionsSchema is the PostgreSQL schema of atlas_schema_revisions, like Atlas's
	// --revisions-schema. If empty, the connection's own.
	RevisionsSchema string
	// Operator is stored with each applied migration. If empty, "authent".
	Operator string
	// DryRun makes Apply and Push report what they would do, without doing it.
	DryRun bool
	// Log receives progress, from one goroutine at a time. If nil, nobody does.
	Log func(Event)
}

// ExecOrder says what to do with files that were added out of order.
type ExecOrder string

// The orders of Atlas.
const (
	Linear     ExecOrder = "linear"      // They are an error.
	LinearSkip ExecOrder = "linear-skip" // They are never applied.
	NonLinear  ExecOrder = "non-linear"  // They are applied first.
)

var execOrders = map[ExecOrder]atlas.ExecOrder{
	Linear: atlas.ExecOrderLinear, LinearSkip: atlas.ExecOrderLinearSkip, NonLinear: atlas.ExecOrderNonLinear,
}

// Interrupted says what to do about the statement at which an earlier run was killed.
type Interrupted string

// What can be done about it.
const (
	// Done counts the statement as executed, and continues after it.
	Done Interrupted = "done"
	// Again executes it again.
	Again Interrupted = "again"
)

// Migrator migrates one database.
type Migrator struct {
	config Config
	// at is called between the steps of a migration, so that tests can kill it there.
	at func(step string)
}

// New checks a configuration. It does not connect to the database.
func New(c Config) (*Migrator, error) {
	var faults []error
	if c.DB == nil {
		faults = append(faults, errors.New("the DB is nil"))
	}
	if !slices.Contains([]string{dialect.SQLite, dialect.Postgres, dialect.MySQL}, c.Dialect) {
		faults = append(faults, fmt.Errorf("the Dialect is %q: use sqlite3, postgres or mysql", c.Dialect))
	}
	if c.ExecOrder == "" {
		c.ExecOrder = Linear
	}
	if _, ok := execOrders[c.ExecOrder]; !ok {
		faults = append(faults, fmt.Errorf("the ExecOrder is %q: use linear, linear-skip or non-linear", c.ExecOrder))
	}
	if c.Interrupted != "" && c.Interrupted != Done && c.Interrupted != Again {
		faults = append(faults, fmt.Errorf("the value of Interrupted is %q: use done or again", c.Interrupted))
	}
	if c.Baseline != "" && c.AllowDirty {
		faults = append(faults, errors.New("set either Baseline or AllowDirty, not both"))
	}
	if c.RevisionsSchema != "" && c.Dialect != dialect.Postgres {
		faults = append(faults, errors.New("only PostgreSQL has a RevisionsSchema"))
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("migrate: %w", errors.Join(faults...))
	}
	if c.Operator == "" {
		c.Operator = "authent"
	}
	if c.Log == nil {
		c.Log = func(Event) {}
	}
	return &Migrator{config: c, at: func(string) {}}, nil
}
