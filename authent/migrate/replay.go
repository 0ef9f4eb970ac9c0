package migrate

import (
	"context"
	"fmt"
	"slices"
	"time"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
	entschema "entgo.io/ent/dialect/sql/schema"
)

// To learn what a folder's files make, and how a database writes down what a graph
// wants, both are done in an empty database. PostgreSQL and SQLite roll back, so that
// nothing stays. Elsewhere everything that was made is dropped. Objects that a host
// keeps in the database do no harm.

// replay returns the plan that leads from what the files make to what the graph wants.
func (s *session) replay(ctx context.Context, name string, c DiffConfig) (*atlas.Plan, error) {
	files, err := atlas.FilesFromLastCheckpoint(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("migrate: diff: %w", err)
	}
	desired, err := s.desired(ctx, c.Tables)
	if err != nil {
		return nil, err
	}
	loosen(desired, c.Exclude)
	current, err := s.outcome(ctx, files, func(ctx context.Context) error { return s.executeFiles(ctx, files) })
	if err != nil {
		return nil, err
	}
	wanted, err := s.outcome(ctx, nil, func(ctx context.Context) error { return s.create(ctx, current, desired) })
	if err != nil {
		return nil, err
	}
	to := &schema.Schema{Name: current.Name, Attrs: current.Attrs}
	for _, t := range desired.Tables { // in the graph's order
		made, ok := wanted.Table(t.Name)
		if !ok {
			return nil, fmt.Errorf("migrate: diff: the table %s was created, but does not exist", t.Name)
		}
		to.AddTables(made)
	}
	changes, err := s.driver.SchemaDiff(current, to)
	if err != nil {
		return nil, fmt.Errorf("migrate: diff: %w", err)
	}
	changes = slices.DeleteFunc(others(changes, c.Exclude), func(c schema.Change) bool {
		_, drop := c.(*schema.DropTable)
		return drop
	})
	if err := s.checkNames(changes); err != nil {
		return nil, err
	}
	plan, err := s.driver.PlanChanges(ctx, name, changes, unqualified)
	if err != nil {
		return nil, fmt.Errorf("migrate: diff: %w", err)
	}
	return plan, nil
}

// unqualified leaves the schema out of statements.
func unqualified(o *atlas.PlanOptions) { o.SchemaQualifier = new(string) }

// checkEmpty refuses a development database that holds tables.
func (s *session) checkEmpty(ctx context.Context) error {
	tables, err := s.tables(ctx)
	if err != nil {
		return err
	}
	if there, err := (revisions{s}).exist(ctx); err != nil {
		return err
	} else if there {
		tables = append(tables, RevisionsTable)
	}
	if len(tables) > 0 {
		return fmt.Errorf("migrate: the database of --dev-url is not empty (found table %q): name an empty one, in which the migrations can be replayed", tables[0])
	}
	return nil
}

// replayLock is Atlas's lock for replaying files in a development database.
const replayLock = "atlas_migrate_directory_state"

// alone runs fn on an empty development database, while nobody else replays files
// there. SQLite has no such lock; there fn runs in a transaction.
func (s *session) alone(ctx context.Context, fn func() error) error {
	if s.config.Dialect != dialect.SQLite {
		unlock, err := s.lock(ctx, replayLock)
		if err != nil {
			return err
		}
		defer func() { _ = unlock() }()
	}
	if err := s.checkEmpty(ctx); err != nil {
		return err
	}
	s.ended = ctx.Err
	return fn()
}

// execReplayed executes a statement of a replayed file, unless the replay must stop.
func (s *session) execReplayed(ctx context.Context, statement string, args ...any) error {
	if err := s.ended(); err != nil {
		return err
	}
	_, err := s.ExecContext(ctx, statement, args...)
	return err
}

// outcome returns what the database holds after make has run. All of that is then
// undone.
func (s *session) outcome(ctx context.Context, files []atlas.File, make func(context.Context) error) (found *schema.Schema, err error) {
	err = s.undone(ctx, files, func(ctx context.Context) error { return s.see(ctx, make, &found) })
	return found, err
}

// undone runs fn, which executes files, and undoes everything that it did. Where a
// broken connection would leave something behind, fn gets a context that is never
// cancelled.
func (s *session) undone(ctx context.Context, files []atlas.File, fn func(context.Context) error) error {
	whole := s.config.Dialect != dialect.MySQL && !slices.ContainsFunc(files, func(f atlas.File) bool { return !inOneTx(f) })
	return s.withoutForeignKeys(ctx, func() error {
		if !whole {
			return s.andDrop(ctx, fn)
		}
		if err := s.begin(ctx); err != nil {
			return err
		}
		defer s.rollBack(ctx)
		return fn(ctx)
	})
}

func (s *session) see(ctx context.Context, make func(context.Context) error, found **schema.Schema) (err error) {
	back, err := s.wayBack(ctx)
	if err != nil {
		return err
	}
	if err := make(ctx); err != nil {
		return err
	}
	if err := back(ctx); err != nil {
		return err
	}
	*found, err = s.current(ctx, nil)
	return err
}

func (s *session) executeFiles(ctx context.Context, files []atlas.File) error {
	for _, f := range files {
		statements, err := atlas.FileStmtDecls(s.driver, f)
		if err != nil {
			return fmt.Errorf("migrate: diff: %s: %w", f.Name(), err)
		}
		for _, stmt := range statements {
			if err := s.execReplayed(ctx, stmt.Text); err != nil {
				return fmt.Errorf("migrate: diff: %s, line %d cannot be replayed in the database of --dev-url: %w\n  in: %s", f.Name(), lineOf(f.Bytes(), stmt.Pos), advised(err), oneLine(stmt.Text))
			}
		}
	}
	return nil
}

// create creates the tables of a schema.
func (s *session) create(ctx context.Context, current, desired *schema.Schema) error {
	desired.Name, desired.Attrs = current.Name, current.Attrs
	changes, err := s.driver.SchemaDiff(&schema.Schema{Name: current.Name, Attrs: current.Attrs}, desired)
	if err != nil {
		return fmt.Errorf("migrate: diff: %w", err)
	}
	plan, err := s.driver.PlanChanges(ctx, "desired", changes, unqualified)
	if err != nil {
		return fmt.Errorf("migrate: diff: %w", err)
	}
	for _, change := range plan.Changes {
		if err := s.execReplayed(ctx, change.Cmd, change.Args...); err != nil {
			return fmt.Errorf("migrate: diff: the graph's tables cannot be created in the database of --dev-url: %w\n  in: %s", advised(err), oneLine(change.Cmd))
		}
	}
	return nil
}

// plan returns what Diff writes. It has no statement if nothing differs.
func (c DiffConfig) plan(ctx context.Context, name string) (*atlas.Plan, error) {
	tables, err := entschema.CopyTables(c.Tables)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	c.Tables = tables
	m, err := New(Config{DB: c.Dev, Dialect: c.Dialect, Dir: c.Dir, LockTimeout: devPatience})
	if err != nil {
		return nil, err
	}
	s, err := m.hold(ctx)
	if err != nil {
		return nil, advised(err)
	}
	defer func() { _ = s.release() }()
	var plan *atlas.Plan
	err = s.alone(ctx, func() (err error) {
		plan, err = s.replay(ctx, name, c)
		return err
	})
	return plan, advised(err)
}

// devPatience is how long to wait for another process that replays files.
const devPatience = 10 * time.Second
