package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/authent/authent/authent/migrate"
)

// folders returns the folders of migrations for a command without a database: the one
// of --dir, or all in ./migrations.
func folders(dir string) ([]string, error) {
	if dir != "" {
		return []string{dir}, nil
	}
	found, err := foldersIn("migrations")
	if err == nil && len(found) == 0 {
		err = errors.New("migrate: there are no migrations in ./migrations: name their folder with --dir")
	}
	return found, err
}

// foldersIn returns the folders of migrations in a folder and in its direct subfolders.
func foldersIn(root string) (found []string, err error) {
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && path == root:
			return nil
		case err != nil:
			return fmt.Errorf("migrate: look for migrations: %w", err)
		case entry.IsDir() && holdsMigrations(path):
			found = append(found, path)
		}
		return nil
	})
	return found, err
}

// holdsMigrations reports whether a folder holds migrations: it has an atlas.sum, or
// SQL files with a version, or any SQL files if it is named as a dialect's folder is.
// The SQL files in migrations/schema are not migrations.
func holdsMigrations(folder string) bool {
	if _, err := os.Stat(filepath.Join(folder, "atlas.sum")); err == nil {
		return true
	}
	files, err := filepath.Glob(filepath.Join(escapeGlob(folder), "*.sql"))
	if err != nil || len(files) == 0 {
		return false
	}
	if slices.Contains([]string{"sqlite", "postgres", "mysql"}, filepath.Base(folder)) {
		return true
	}
	return slices.ContainsFunc(files, func(name string) bool {
		first := filepath.Base(name)[0]
		return '0' <= first && first <= '9'
	})
}

var globbing = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)

// escapeGlob escapes a folder's name, so that it matches only itself.
func escapeGlob(folder string) string { return globbing.Replace(folder) }

// notEmpty refuses a folder without migrations. A folder named by mistake, such as the
// parent of the right one, would pass every check.
func notEmpty(location string) error {
	folder := strings.TrimPrefix(location, "file://")
	if holdsMigrations(folder) {
		return nil
	}
	if files, err := filepath.Glob(filepath.Join(escapeGlob(folder), "*.sql")); err != nil || len(files) > 0 {
		return err
	}
	within, err := foldersIn(folder)
	if err != nil {
		return err
	}
	if len(within) > 0 {
		return fmt.Errorf("migrate: there are no migrations in %s itself: name one of %s with --dir", folder, strings.Join(within, ", "))
	}
	return fmt.Errorf("migrate: there are no migrations in %s: write the first with go tool migrate diff, or name another folder with --dir", folder)
}

type newCommand struct {
	Name string `arg:"" name:"NAME" help:"What the migration does, as a word, such as backfill_names."`
	Dir  string `placeholder:"file://FOLDER" help:"The migrations. If absent, each folder in ./migrations."`
}

// Run writes an empty migration in each folder.
func (c *newCommand) Run(out io.Writer) error {
	if c.Dir == "" {
		return eachFolder("", func(folder string, dir migrate.Dir) error { return c.write(out, folder, dir) })
	}
	dir, err := migrate.OpenDir(c.Dir) // This may be the first migration.
	if err != nil {
		return err
	}
	return c.write(out, strings.TrimPrefix(c.Dir, "file://"), dir)
}

func (c *newCommand) write(out io.Writer, folder string, dir migrate.Dir) error {
	file, err := migrate.NewFile(dir, c.Name)
	if err == nil {
		fmt.Fprintf(out, "%s: wrote %s. %s\n", folder, file, withDir(c.Dir, "Write statements in it, and run go tool migrate hash."))
	}
	return err
}

type validateCommand struct {
	Dir string `placeholder:"file://FOLDER" help:"The migrations. If absent, each folder in ./migrations."`
}

// Run validates folders.
func (c *validateCommand) Run(out io.Writer) error {
	return eachFolder(c.Dir, func(folder string, dir migrate.Dir) error {
		if err := migrate.Validate(dir); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: ok\n", folder)
		return nil
	})
}

type hashCommand struct {
	Dir string `placeholder:"file://FOLDER" help:"The migrations. If absent, each folder in ./migrations."`
}

// Run hashes folders.
func (c *hashCommand) Run(out io.Writer) error {
	return eachFolder(c.Dir, func(folder string, dir migrate.Dir) error {
		if err := migrate.Hash(dir); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: wrote atlas.sum\n", folder)
		return nil
	})
}

func eachFolder(name string, do func(folder string, dir migrate.Dir) error) error {
	all, err := folders(name)
	if err != nil {
		return err
	}
	for _, folder := range all {
		dir, err := openFolder(folder)
		if err != nil {
			return err
		}
		if err := do(folder, dir); err != nil {
			return fmt.Errorf("%s: %w", folder, err)
		}
	}
	return nil
}
