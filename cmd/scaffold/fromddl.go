package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/internal/recognize"
)

// fromDDL does what from does with a file of statements, which it runs in a database that
// it makes for that and drops again.
func (c command) fromDDL(ctx context.Context, out io.Writer) error {
	statements, err := readDDL(c.FromDDL)
	if err != nil {
		return err
	}
	h := recognize.Hints{Tables: c.Table, Columns: c.Column}
	if err := h.Check(); err != nil {
		return err
	}
	d, err := c.onDev(ctx, statements, h)
	if err != nil {
		return err
	}
	if c.DevURL == "" {
		_, _ = fmt.Fprintln(out, "The statements ran on SQLite. For those of PostgreSQL or MySQL, give --dev-url.")
	}
	return c.accept(graph{d}, out)
}

// elsewhere matches statements that would leave the database that was made for them.
var elsewhere = regexp.MustCompile(`(?i)^\s*(?:USE|(?:CREATE|DROP|ALTER)\s+(?:DATABASE|USER|ROLE|TABLESPACE)|ATTACH|GRANT|REVOKE|COPY|SET\s+GLOBAL)\b`)

// readDDL returns the statements of a file. Lines of a client, such as psql's, are left
// out.
func readDDL(file string) ([]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, `\`) {
			lines = append(lines, line)
		}
	}
	all, err := atlas.Stmts(strings.Join(lines, ""))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var statements []string
	for _, s := range all {
		if elsewhere.MatchString(s.Text) {
			return nil, fmt.Errorf("%s: %.40q is no statement of a schema: leave it out (pg_dump --schema-only --no-owner --no-privileges, mysqldump --no-data)", file, s.Text)
		}
		statements = append(statements, s.Text)
	}
	return statements, nil
}

// onDev runs statements in a database of their own and returns its tables. Without
// --dev-url that is one of SQLite's.
func (c command) onDev(ctx context.Context, statements []string, h recognize.Hints) (d *recognize.Database, err error) {
	if c.DevURL == "" {
		dir, err := os.MkdirTemp("", "scaffold")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		d, err := runOn(ctx, "file:"+filepath.ToSlash(filepath.Join(dir, "dev.db")), statements, h)
		if err != nil {
			err = fmt.Errorf("%w (the statements ran on SQLite: for PostgreSQL or MySQL give --dev-url)", err)
		}
		return d, err
	}
	name, admin, err := database.Open(c.DevURL)
	if err != nil {
		return nil, err
	}
	defer admin.Close()
	if name == dialect.SQLite {
		return nil, errors.New("--dev-url is for PostgreSQL and MySQL: leave it out for SQLite")
	}
	u, err := url.Parse(c.DevURL)
	if err != nil {
		return nil, errors.New("--dev-url is no URL")
	}
	random := make([]byte, 8)
	_, _ = rand.Read(random) // it never fails
	own := "authent_scaffold_" + hex.EncodeToString(random)
	if _, err := admin.ExecContext(ctx, "CREATE DATABASE "+recognize.Quote(name, own)); err != nil {
		return nil, fmt.Errorf("make a database for the statements: %w", err)
	}
	defer func() {
		_, e := admin.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE "+recognize.Quote(name, own))
		err = errors.Join(err, e)
	}()
	u.Path = "/" + own
	return runOn(ctx, u.String(), statements, h)
}

// runOn runs statements on one connection and reads the tables that are there then.
func runOn(ctx context.Context, url string, statements []string, h recognize.Hints) (*recognize.Database, error) {
	_, db, err := database.Open(url)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return nil, fmt.Errorf("%.60q: %w", statement, err)
		}
	}
	// What pg_dump writes empties the search_path, so another connection looks.
	name, fresh, err := database.Open(url)
	if err != nil {
		return nil, err
	}
	defer fresh.Close()
	return recognize.Read(ctx, name, fresh, h)
}
