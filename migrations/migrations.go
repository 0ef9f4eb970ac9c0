// Package migrations holds the migrations of the graph that comes with authent,
// one folder for each dialect, and applies them:
//
//	name, db, err := database.Open(os.Getenv("DATABASE_URL"))
//	err = migrations.Apply(ctx, name, db)
//
// An application with a graph of its own has migrations of its own, which
// cmd/migrate writes, and applies them with package authent/migrate.
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

// Folder is the name of a dialect's folder: "sqlite", "postgres" or "mysql".
// The dialect is ent's name of it. It is empty for an unknown one.
func Folder(name string) string { return folders[name] }

// Dir is the migrations for a dialect, which is ent's name of it.
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
// starts, from any number of processes: one migrates, the others wait. A
// database that has tables of the application's own is fine, as long as none is
// named as one of ours. The errors are those of migrate.Migrator.Apply.
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
