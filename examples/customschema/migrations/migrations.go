// Package migrations holds the application's own migrations, which cmd/migrate
// writes from its schema, and applies them.
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

var folders = map[string]string{dialect.SQLite: "sqlite", dialect.Postgres: "postgres", dialect.MySQL: "mysql"}

// Apply brings a database to the newest version. The name is ent's for its
// dialect. The errors are those of migrate.Migrator.Apply.
func Apply(ctx context.Context, name string, db *sql.DB) error {
	sub, err := fs.Sub(files, folders[name])
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	dir, err := migrate.FromFS(sub)
	if err != nil {
		return err
	}
	m, err := migrate.New(migrate.Config{DB: db, Dialect: name, Dir: dir})
	if err != nil {
		return err
	}
	_, err = m.Apply(ctx, 0)
	return err
}
