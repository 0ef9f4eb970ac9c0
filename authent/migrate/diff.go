package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
	entschema "entgo.io/ent/dialect/sql/schema"
)

// DiffConfig says what Diff compares.
type DiffConfig struct {
	// Dev is a database of the same kind as the real one, without tables. Diff replays
	// the migrations there, and leaves it as it was. It may hold views, what extensions
	// of PostgreSQL created, and other schemas. For SQLite, one in memory will do.
	Dev *sql.DB
	// Dialect is ent's name for the dialect.
	Dialect string
	// Dir is the folder to read from and to write to.
	Dir Dir
	// Tables are the graph's: the variable Tables in its package migrate.
	Tables []*entschema.Table
	// Exclude lists patterns of tables to leave alone, as in Drift: those that another
	// program migrates. The first migration of a folder creates these too, for the
	// graph's tables that refer to them.
	Exclude []string
}

var diffName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// Diff writes a migration that leads from what the folder's files make to what the
// graph wants. It returns the names of the files that it wrote, none if there is no
// difference. The name becomes part of the file's name. Diff does not drop a table that
// has left the graph: write that yourself, when nothing uses the table any more.
func Diff(ctx context.Context, name string, c DiffConfig) ([]string, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	if err := Validate(c.Dir); err != nil {
		return nil, err
	}
	if err := checkPatterns(c.Exclude); err != nil {
		return nil, err
	}
	before, err := c.Dir.Files()
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	plan, err := c.plan(ctx, name)
	if err != nil || len(plan.Changes) == 0 {
		return nil, err
	}
	if err := atlas.NewPlanner(nil, c.Dir, atlas.PlanFormat(formatter{c.Dir})).WritePlan(plan); err != nil {
		return nil, fmt.Errorf("migrate: diff: %w", err)
	}
	return added(c.Dir, before)
}

// others returns the changes to tables whose names match none of the patterns.
func others(changes []schema.Change, exclude []string) []schema.Change {
	return slices.DeleteFunc(changes, func(c schema.Change) bool {
		name := ""
		switch c := c.(type) {
		case *schema.AddTable:
			name = c.T.Name
		case *schema.DropTable:
			name = c.T.Name
		case *schema.ModifyTable:
			name = c.T.Name
		}
		return excluded(name, exclude)
	})
}

// excluded reports whether a table's name matches one of the patterns.
func excluded(table string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, err := path.Match(pattern, table)
		return ok && err == nil
	})
}

// added returns the names of the files that are new.
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

// NewDir creates a folder for migrations, with an atlas.sum, if there is none. The
// location is a path, or a URL such as "file://migrations/postgres".
func NewDir(location string) (Dir, error) {
	location = filepath.Clean(strings.TrimPrefix(location, "file://"))
	if err := os.MkdirAll(location, 0o755); err != nil {
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
