package testdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"

	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/authent/database/sqlite"
	"github.com/authent/authent/ent"
	"github.com/authent/authent/ent/migrate"
)

// sqliteTemplate is an empty database with all tables. It is made once and
// copied: that is quicker, and ent's Schema.Create cannot run twice at once.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "authent")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "template.db")
	db, err := sqlite.Open("file:" + file)
	if err != nil {
		return nil, err
	}
	client := ent.NewClient(ent.Driver(entsql.OpenDB(dialect.SQLite, db)))
	if err := client.Schema.Create(context.Background()); err != nil {
		return nil, fmt.Errorf("create the tables: %w", err)
	}
	if err := client.Close(); err != nil { // folds the write-ahead log in
		return nil, err
	}
	return os.ReadFile(file)
})

// statements are the DDL of the default graph.
var statements = sync.OnceValues(func() (map[string][]string, error) {
	all := map[string][]string{}
	for name, version := range map[string]string{dialect.Postgres: "15", dialect.MySQL: "8.0.16"} {
		ddl, err := schema.DDL(context.Background(), schema.DDLArgs{Dialect: name, Version: version, Tables: migrate.Tables})
		if err != nil {
			return nil, err
		}
		for _, s := range strings.Split(ddl, ";\n") {
			if strings.TrimSpace(s) != "" {
				all[name] = append(all[name], s)
			}
		}
	}
	return all, nil
})

// Filled makes a database that has the default graph's tables, and returns its
// DATABASE_URL. It is dropped when t ends.
func (k Kind) Filled(t testing.TB) string {
	t.Helper()
	url := k.URL(t)
	if err := k.fill(url); err != nil {
		t.Fatal(err)
	}
	return url
}

func (k Kind) fill(url string) error {
	if k.Dialect == dialect.SQLite {
		content, err := sqliteTemplate()
		if err != nil {
			return err
		}
		return os.WriteFile(strings.TrimPrefix(url, "file:"), content, 0o600)
	}
	all, err := statements()
	if err != nil {
		return err
	}
	return k.run(url, all[k.Dialect])
}

func (k Kind) run(url string, statements []string) (err error) {
	_, db, err := database.Open(url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}
