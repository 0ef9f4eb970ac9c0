package main

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
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

// history says where the migrations and their history are.
type history struct {
	target
	Dir             string        `placeholder:"file://FOLDER" help:"The migrations. If absent, the dialect's folder in ./migrations, or else those that come with authent."`
	RevisionsSchema string        `placeholder:"NAME" help:"The PostgreSQL schema of atlas_schema_revisions."`
	LockTimeout     time.Duration `default:"10s" help:"How long to wait for another migration."`
}

// migrator opens the database and the migrations, and notes where they are. The caller
// closes the database.
func (h history) migrator(c migrate.Config, out io.Writer, at *place) (*migrate.Migrator, *sql.DB, error) {
	dialect, db, err := h.open()
	if err != nil {
		return nil, nil, err
	}
	c.DB, c.Dialect, c.RevisionsSchema, c.LockTimeout = db, dialect, h.RevisionsSchema, h.LockTimeout
	at.Driver = dialect
	if c.Dir, at.Dir, err = h.migrations(dialect, out); err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	m, err := migrate.New(c)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return m, db, nil
}

// migrations opens the folder of --dir, or the default one. It returns "" as the folder
// of the migrations that come with authent.
func (h history) migrations(dialect string, out io.Writer) (dir migrate.Dir, folder string, err error) {
	folder = h.Dir
	if folder == "" {
		folder = filepath.Join("migrations", migrations.Folder(dialect))
	}
	if info, err := os.Stat(folder); h.Dir != "" || err == nil && info.IsDir() {
		dir, err = openFolder(folder)
		return dir, folder, err
	}
	if others, err := foldersIn("migrations"); err != nil || len(others) > 0 {
		return nil, "", errors.Join(err, fmt.Errorf("migrate: there is no folder %s, only %s: write migrations for this kind of database with go tool migrate diff, or name their folder with --dir", folder, strings.Join(others, ", ")))
	}
	fmt.Fprintf(out, "There is no folder %s: these are the migrations that come with authent.\n", folder)
	dir, err = migrations.Dir(dialect)
	return dir, "", err
}

// openFolder opens a folder that holds migrations.
func openFolder(location string) (migrate.Dir, error) {
	dir, err := migrate.OpenDir(location)
	if err != nil {
		return nil, err
	}
	return dir, notEmpty(location)
}
