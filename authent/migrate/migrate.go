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

// Config says what is migrated, and how.
type Config struct {
	// DB is the database. One connection of it is held while migrations run.
	DB *sql.DB
	// Dialect is ent's name of its dialect: "sqlite3", "postgres" or "mysql".
	Dialect string
	// Dir holds the migrations. Drift and Push need none.
	Dir Dir

	// AllowDirty lets the first migration run on a database that has tables of
	// its own, as Atlas's --allow-dirty. Those of the connected schema count that
	// could be a graph's: no views, foreign tables or sequences, nothing that
	// belongs to an extension of PostgreSQL, and on SQLite no virtual tables and none
	// that Litestream, libSQL or Cloudflare keep there.
	AllowDirty bool
	// Baseline is the version that a database without a history is at, as
	// Atlas's --baseline: files up to it are taken as applied. If empty, none.
	Baseline string
	// ExecOrder says what becomes of files that were added with a version below
	// the last applied one, as Atlas's --exec-order. If empty, Linear.
	ExecOrder ExecOrder
	// Interrupted says what is done about a statement that may or may not have
	// taken effect when an earlier run was killed, where the database cannot
	// tell. If empty, Apply stops and says what to choose.
	Interrupted Interrupted
	// LockTimeout is how long to wait for a migration that somebody else runs.
	// If zero, for as long as the context allows.
	LockTimeout time.Duration
	// RevisionsSchema is the PostgreSQL schema of atlas_schema_revisions, as
	// Atlas's --revisions-schema. If empty, the connection's own.
	RevisionsSchema string
	// Operator is kept with each migration applied. If empty, "authent".
	Operator string
	// DryRun makes Apply and Push tell what they would do, and do nothing.
	DryRun bool
	// Log is told of progress, from one goroutine at a time. If nil, nobody is.
	Log func(Event)
}

// ExecOrder is what becomes of files that were added out of order.
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

// Interrupted is what is done about a statement of an earlier run that was
// killed while the statement ran.
type Interrupted string

// What can be done about it.
const (
	// Done takes the statement as executed, and goes on after it.
	Done Interrupted = "done"
	// Again executes it again.
	Again Interrupted = "again"
)

// Migrator migrates one database.
type Migrator struct {
	config Config
	// at is called between the steps of a migration; tests kill there.
	at func(step string)
}

// New checks a configuration. It does not touch the database.
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
		faults = append(faults, errors.New("Baseline and AllowDirty exclude each other"))
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
