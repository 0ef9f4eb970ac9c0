package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	atlas "ariga.io/atlas/sql/migrate"
	entsql "entgo.io/ent/dialect/sql"
	entschema "entgo.io/ent/dialect/sql/schema"
)

// DiffConfig says what Diff compares.
type DiffConfig struct {
	// Dev is an empty database of the same kind as the real one, in which the
	// migrations are replayed; it is empty again afterwards. For SQLite one in
	// memory will do.
	Dev *sql.DB
	// Dialect is ent's name of its dialect.
	Dialect string
	// Dir is the folder to read and to write to.
	Dir Dir
	// Tables are what the graph wants: migrate.Tables of its package migrate.
	Tables []*entschema.Table
}

var diffName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// Diff writes a migration that leads from what the folder's files make to what
// the graph wants, and returns the names of the files written: none when there
// is no difference. name becomes part of the file's name. A table that is no
// longer in the graph is not dropped: write that yourself, when nothing uses it.
func Diff(ctx context.Context, name string, c DiffConfig) ([]string, error) {
	if !diffName.MatchString(name) {
		return nil, fmt.Errorf("migrate: the name %q is not a word: use letters, digits, - and _, as in add_avatar", name)
	}
	if err := Validate(c.Dir); err != nil {
		return nil, err
	}
	tables, err := entschema.CopyTables(c.Tables)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	before, err := c.Dir.Files()
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	ent, err := entschema.NewMigrate(entsql.OpenDB(c.Dialect, c.Dev),
		entschema.WithDir(c.Dir),
		entschema.WithFormatter(atlas.DefaultFormatter),
		entschema.WithMigrationMode(entschema.ModeReplay),
		entschema.WithDropColumn(true),
		entschema.WithDropIndex(true),
	)
	if err != nil {
		return nil, fmt.Errorf("migrate: diff: %w", err)
	}
	err = ent.NamedDiff(ctx, name, tables...)
	if dirty, ok := errors.AsType[*atlas.NotCleanError](err); ok {
		return nil, fmt.Errorf("migrate: diff: the database of --dev-url is not empty (%s): name an empty one, in which the migrations can be replayed", dirty.Reason)
	}
	if err != nil {
		return nil, fmt.Errorf("migrate: diff: %w", err)
	}
	return added(c.Dir, before)
}

// added are the names of the files that were not there before.
func added(dir Dir, before []atlas.File) ([]string, error) {
	after, err := dir.Files()
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	var names []string
	for _, f := range after {
		if !slices.ContainsFunc(before, func(b atlas.File) bool { return b.Name() == f.Name() }) {
			names = append(names, f.Name())
		}
	}
	return names, nil
}

// NewDir makes a folder for migrations, with an atlas.sum, if there is none.
func NewDir(location string) (Dir, error) {
	if err := os.MkdirAll(filepath.Clean(location), 0o755); err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	dir, err := OpenDir(location)
	if err != nil {
		return nil, err
	}
	files, err := dir.Files()
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	if _, err := os.Stat(filepath.Join(location, atlas.HashFileName)); errors.Is(err, os.ErrNotExist) && len(files) == 0 {
		return dir, Hash(dir)
	}
	return dir, nil
}
