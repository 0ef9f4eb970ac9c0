package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"

	"github.com/authent/authent/internal/testdb"
)

// executor is what the Atlas command line does with a file: Atlas's own code, on a
// history that is read and written as the command line reads and writes it. It wraps
// no file in a transaction, so it is right where the command line wraps none: on
// MariaDB, and for files that say "-- atlas:txmode none".
type executor struct {
	testdb.Kind
	db *sql.DB
}

// pending returns what Atlas says is left to do in a folder.
func (e executor) pending(t *testing.T, dir string) (names []string) {
	t.Helper()
	files, err := e.open(t, dir).Pending(t.Context())
	if err != nil && !errors.Is(err, migrate.ErrNoPendingFiles) {
		t.Fatal(err)
	}
	for _, f := range files {
		names = append(names, f.Name())
	}
	return names
}

func (e executor) open(t *testing.T, dir string) *migrate.Executor {
	t.Helper()
	driver, err := map[string]func(schema.ExecQuerier) (migrate.Driver, error){
		dialect.SQLite: sqlite.Open, dialect.Postgres: postgres.Open, dialect.MySQL: mysql.Open,
	}[e.Dialect](e.db)
	if err != nil {
		t.Fatal(err)
	}
	local, err := migrate.NewLocalDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	// The URLs of atlas.hcl name the schema, so that only that must be clean.
	made, err := migrate.NewExecutor(driver, local, e, migrate.WithAllowDirty(true), migrate.WithOperatorVersion("Atlas CLI - development"))
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// Ident implements migrate.RevisionReadWriter.
func (e executor) Ident() *migrate.TableIdent {
	return &migrate.TableIdent{Name: "atlas_schema_revisions"}
}

const revisionColumns = "version, description, type, applied, total, execution_time, error, error_stmt, hash, partial_hashes, operator_version, executed_at"

// ReadRevisions implements migrate.RevisionReadWriter.
func (e executor) ReadRevisions(ctx context.Context) (all []*migrate.Revision, err error) {
	rows, err := e.db.QueryContext(ctx, "SELECT "+strings.TrimSuffix(revisionColumns, ", executed_at")+" FROM atlas_schema_revisions ORDER BY version")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		r, partial := &migrate.Revision{}, []byte{}
		if err := rows.Scan(&r.Version, &r.Description, &r.Type, &r.Applied, &r.Total, &r.ExecutionTime, &r.Error, &r.ErrorStmt, &r.Hash, &partial, &r.OperatorVersion); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(partial, &r.PartialHashes); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// ReadRevision implements migrate.RevisionReadWriter.
func (e executor) ReadRevision(ctx context.Context, version string) (*migrate.Revision, error) {
	all, err := e.ReadRevisions(ctx)
	for _, r := range all {
		if r.Version == version {
			return r, nil
		}
	}
	return nil, errors.Join(err, migrate.ErrRevisionNotExist)
}

// WriteRevision implements migrate.RevisionReadWriter.
func (e executor) WriteRevision(ctx context.Context, r *migrate.Revision) error {
	partial, err := json.Marshal(r.PartialHashes)
	if err != nil {
		return err
	}
	if err := e.DeleteRevision(ctx, r.Version); err != nil {
		return err
	}
	at := any(r.ExecutedAt.UTC())
	if e.Dialect == dialect.SQLite {
		at = r.ExecutedAt.UTC().Format("2006-01-02 15:04:05.999999999-07:00")
	}
	query := e.Placeholders("INSERT INTO atlas_schema_revisions (" + revisionColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
	_, err = e.db.ExecContext(ctx, query, r.Version, r.Description, int64(r.Type), r.Applied, r.Total, int64(r.ExecutionTime), r.Error, r.ErrorStmt, r.Hash, string(partial), r.OperatorVersion, at)
	return err
}

// DeleteRevision implements migrate.RevisionReadWriter.
func (e executor) DeleteRevision(ctx context.Context, version string) error {
	_, err := e.db.ExecContext(ctx, e.Placeholders("DELETE FROM atlas_schema_revisions WHERE version = ?"), version)
	return err
}
