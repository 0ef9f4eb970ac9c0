// Bench compares the session check of the generated adapter with a hand-written
// baseline on the same driver, on every database that it is given. Their rounds
// alternate, so that whatever else the machine does hits both alike. Bench also
// deletes users among more and more sessions, and expands a table of a million:
//
//	go run ./internal/testserver -- go run ./bench
//
// It exits with 1 if a ratio is above its limit.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/ent"
	_ "github.com/authent/authent/ent/runtime"
	"github.com/authent/authent/migrations"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// target is a database to measure on.
type target struct {
	name, dialect string
	db            *sql.DB
	adapter       *ent.AuthAdapter
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "authent-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	urls := map[string]string{"SQLite": "file:" + filepath.Join(dir, "bench.db")}
	for name, variable := range map[string]string{"PostgreSQL": "AUTHENT_TEST_POSTGRES_URL", "MariaDB": "AUTHENT_TEST_MYSQL_URL"} {
		if urls[name], err = create(ctx, os.Getenv(variable)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	var over []error
	for _, name := range []string{"SQLite", "PostgreSQL", "MariaDB"} {
		if urls[name] == "" {
			fmt.Printf("\n%s: no server: run it through go run ./internal/testserver\n", name)
			continue
		}
		if err := measure(ctx, name, urls[name]); err != nil {
			over = append(over, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(over...)
}

// create makes an empty database on a server, and returns its URL.
func create(ctx context.Context, server string) (string, error) {
	if server == "" {
		return "", nil
	}
	_, db, err := database.Open(server)
	if err != nil {
		return "", err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "CREATE DATABASE authent_bench"); err != nil {
		return "", err
	}
	u, err := url.Parse(server)
	if err != nil {
		return "", errors.New("the server's URL cannot be parsed")
	}
	u.Path = "/authent_bench"
	return u.String(), nil
}

func measure(ctx context.Context, name, address string) error {
	kind, db, err := database.Open(address)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(32)
	db.SetMaxIdleConns(32)
	if err := migrations.Apply(ctx, kind, db); err != nil {
		return err
	}
	t := &target{name, kind, db, ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(kind, db))))}
	if err := t.fill(ctx); err != nil {
		return err
	}
	return errors.Join(t.check(ctx), t.deletion(ctx), t.expansion(ctx))
}

// placeholders writes a query's parameters as the dialect does.
func (t *target) placeholders(n int) string {
	text := ""
	for i := range n {
		if i > 0 {
			text += ", "
		}
		if t.dialect == dialect.Postgres {
			text += fmt.Sprintf("$%d", i+1)
		} else {
			text += "?"
		}
	}
	return text
}
