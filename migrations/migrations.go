// Package migrations holds the migrations of the graph that comes with authent,
// one folder for each dialect, and applies them:
//
//	name, db, err := database.Open(os.Getenv("DATABASE_URL"))
//	err = migrations.Apply(ctx, name, db)
//
// An application with its own graph has its own migrations, which cmd/migrate
// writes, and applies them with package authent/migrate.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/migrate"
)

//go:embed sqlite postgres mysql
var files embed.FS

// folders are named as people call the databases.
var folders = map[string]string{dialect.SQLite: "sqlite", dialect.Postgres: "postgres", dialect.MySQL: "mysql"}

// Folder returns the name of a dialect's folder: "sqlite", "postgres" or "mysql".
// The argument is ent's name for the dialect. The result is empty for an unknown
// one.
func Folder(name string) string { return folders[name] }

// Dir returns the migrations for a dialect. The argument is ent's name for it.
func Dir(name string) (migrate.Dir, error) {
	folder, ok := folders[name]
	if !ok {
		return nil, fmt.Errorf("migrations: the dialect %q is not known: use sqlite3, postgres or mysql", name)
	}
	sub, err := fs.Sub(files, folder)
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return migrate.FromFS(sub)
}

// Apply brings a database to the newest version. Call it when the application
// starts, from any number of processes: one migrates, the others wait. The
// database may have tables of the application's own, as long as none has the name
// of one of ours. The errors are those of migrate.Migrator.Apply.
func Apply(ctx context.Context, name string, db *sql.DB) error {
	dir, err := Dir(name)
	if err != nil {
		return err
	}
	m, err := migrate.New(migrate.Config{DB: db, Dialect: name, Dir: dir, AllowDirty: true})
	if err != nil {
		return err
	}
	_, err = m.Apply(ctx, 0)
	return err
}
