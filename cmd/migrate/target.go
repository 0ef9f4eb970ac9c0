package main

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/authent/migrate"
	"github.com/authent/authent/migrations"
)

// target is the database that a command works on.
type target struct {
	URL string `short:"u" env:"DATABASE_URL" placeholder:"URL" help:"The database."`
}

var errNoDatabase = errors.New("migrate: no database: set DATABASE_URL or --url, such as postgresql://user:password@localhost:5432/app, mysql://user:password@localhost:3306/app or file:./app.db")

// open opens it.
func (t target) open() (dialect string, db *sql.DB, err error) {
	if t.URL == "" {
		return "", nil, errNoDatabase
	}
	return database.Open(t.URL)
}

// history is where the migrations and their history are.
type history struct {
	target
	Dir             string        `placeholder:"file://FOLDER" help:"The migrations. If absent, the dialect's folder in ./migrations, or else those that come with authent."`
	RevisionsSchema string        `placeholder:"NAME" help:"The PostgreSQL schema of atlas_schema_revisions."`
	LockTimeout     time.Duration `default:"10s" help:"How long to wait for a migration that somebody else runs."`
}

// migrator opens the database and the migrations. The caller closes the database.
func (h history) migrator(c migrate.Config, out io.Writer) (*migrate.Migrator, *sql.DB, error) {
	dialect, db, err := h.open()
	if err != nil {
		return nil, nil, err
	}
	c.DB, c.Dialect, c.RevisionsSchema, c.LockTimeout = db, dialect, h.RevisionsSchema, h.LockTimeout
	if c.Dir, err = h.migrations(dialect, out); err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	m, err := migrate.New(c)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return m, db, nil
}

// migrations opens the folder that --dir names, or the default one.
func (h history) migrations(dialect string, out io.Writer) (migrate.Dir, error) {
	if h.Dir != "" {
		return migrate.OpenDir(h.Dir)
	}
	folder := filepath.Join("migrations", migrations.Folder(dialect))
	if info, err := os.Stat(folder); err == nil && info.IsDir() {
		return migrate.OpenDir(folder)
	}
	fmt.Fprintf(out, "There is no folder %s: these are the migrations that come with authent.\n", folder)
	return migrations.Dir(dialect)
}

// folders are the folders of migrations that a command without a database works
// on: the one of --dir, or all in ./migrations.
func folders(dir string) ([]string, error) {
	if dir != "" {
		return []string{dir}, nil
	}
	found, err := filepath.Glob(filepath.Join("migrations", "*", "atlas.sum"))
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errors.New("migrate: there are no migrations in ./migrations: name their folder with --dir")
	}
	for i := range found {
		found[i] = filepath.Dir(found[i])
	}
	return found, nil
}
