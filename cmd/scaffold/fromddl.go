package main

import (
	"context"
	"crypto/rand"
	"database/sql"
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

var (
	// elsewhere matches statements that would leave the database that was made for them.
	elsewhere = regexp.MustCompile(`(?i)^(?:USE|(?:CREATE|DROP|ALTER)\s+(?:DATABASE|USER|ROLE|TABLESPACE|SERVER)|ATTACH|VACUUM|GRANT|REVOKE|COPY|LOAD|ALTER\s+SYSTEM|SET\s+(?:GLOBAL|PERSIST))\b`)
	// tables matches the statements of MySQL's that make tables. No others are needed, and
	// dumps have many.
	tables = regexp.MustCompile(`(?i)^(?:CREATE\s+(?:OR\s+REPLACE\s+|TEMPORARY\s+)?TABLE|ALTER\s+TABLE|DROP\s+(?:TABLE|INDEX)|RENAME\s+TABLE|CREATE\s+(?:UNIQUE\s+|FULLTEXT\s+|SPATIAL\s+)?INDEX|SET\s+(?:SESSION\s+)?(?:FOREIGN_KEY_CHECKS|SQL_MODE|NAMES))\b`)
	// comments matches what stands before a statement.
	comments = regexp.MustCompile(`^(?:\s+|--[^\n]*\n|#[^\n]*\n|/\*(?s:.*?)\*/)*`)
	// literals matches words in quotes, and comments but those that MySQL runs: no names.
	literals = regexp.MustCompile(`'(?:[^'\\]|\\.|'')*'|--[^\n]*\n|#[^\n]*\n|/\*(?:[^!M](?s:.*?))?\*/`)
	// qualified matches a name with that of its database before it.
	qualified = regexp.MustCompile("(?:`[^`]+`|[\\p{L}\\d_$]*[\\p{L}_$][\\p{L}\\d_$]*)\\s*\\.\\s*[`\\p{L}\\d_$]")
	// schemas matches what MySQL calls a database too.
	schemas = regexp.MustCompile(`(?i)^(?:CREATE|DROP|ALTER)\s+SCHEMA\b`)
)

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
	scanner := atlas.Scanner{ScannerOptions: atlas.ScannerOptions{MatchBegin: true, MatchBeginAtomic: true, BackslashEscapes: true}}
	all, err := scanner.Scan(strings.Join(lines, ""))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var statements []string
	for _, s := range all {
		text := s.Text[len(comments.FindString(s.Text)):]
		if elsewhere.MatchString(text) {
			return nil, fmt.Errorf("%s: %.40q is no statement of a schema: leave it out (pg_dump --schema-only --no-owner --no-privileges, mysqldump --no-data)", file, text)
		}
		if strings.Trim(text, "; \t\r\n") != "" {
			statements = append(statements, text)
		}
	}
	return statements, nil
}

// onMySQL leaves of statements those that make tables, and refuses those that name another
// database: they would change that.
func onMySQL(all []string) (statements []string, err error) {
	for _, s := range all {
		if schemas.MatchString(s) {
			return nil, fmt.Errorf("%.40q is about another database: leave it out", s)
		}
		if !tables.MatchString(s) {
			continue
		}
		if name := qualified.FindString(literals.ReplaceAllString(s, " ")); name != "" {
			return nil, fmt.Errorf("%.40q names a table with its database (%s): leave out the database, so that none but the one made for this is changed", s, strings.TrimRight(name, "`"))
		}
		statements = append(statements, s)
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
		d, err := runOn(ctx, "file:"+filepath.ToSlash(filepath.Join(dir, "dev.db")), "", statements, h)
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
	if name == dialect.MySQL {
		if statements, err = onMySQL(statements); err != nil {
			return nil, err
		}
	}
	u, err := url.Parse(c.DevURL)
	if err != nil {
		return nil, errors.New("--dev-url is no URL")
	}
	query := u.Query()
	for _, name := range []string{"dbname", "database"} { // else they would win over the path
		query.Del(name)
	}
	u.RawQuery = query.Encode()
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
	return runOn(ctx, u.String(), own, statements, h)
}

// isOwn refuses another database than the one that was made for the statements.
func isOwn(ctx context.Context, name string, db *sql.DB, own string) error {
	if own == "" {
		return nil
	}
	var is string
	query := map[string]string{dialect.Postgres: "SELECT current_database()", dialect.MySQL: "SELECT DATABASE()"}[name]
	if err := db.QueryRowContext(ctx, query).Scan(&is); err != nil {
		return err
	}
	if is != own {
		return fmt.Errorf("--dev-url leads to the database %s, whatever its path says: leave out the parameter that does so", is)
	}
	return nil
}

// runOn runs statements on one connection and reads the tables that are there then.
func runOn(ctx context.Context, url, own string, statements []string, h recognize.Hints) (*recognize.Database, error) {
	name, db, err := database.Open(url)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if err := isOwn(ctx, name, db, own); err != nil {
		return nil, err
	}
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return nil, fmt.Errorf("%.60q: %w", statement, err)
		}
	}
	// What pg_dump writes empties the search_path, so another connection looks.
	_, fresh, err := database.Open(url)
	if err != nil {
		return nil, err
	}
	defer fresh.Close()
	return recognize.Read(ctx, name, fresh, h)
}
