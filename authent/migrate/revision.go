package migrate

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	atlas "ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"
)

// RevisionsTable is the name of the table in which Atlas and this package keep the
// history of migrations.
const RevisionsTable = "atlas_schema_revisions"

// createRevisions creates the table exactly as Atlas's command line does.
var createRevisions = map[string]string{
	dialect.Postgres: `CREATE TABLE IF NOT EXISTS %s ("version" character varying NOT NULL, "description" character varying NOT NULL, "type" bigint NOT NULL DEFAULT 2, "applied" bigint NOT NULL DEFAULT 0, "total" bigint NOT NULL DEFAULT 0, "executed_at" timestamptz NOT NULL, "execution_time" bigint NOT NULL, "error" text NULL, "error_stmt" text NULL, "hash" character varying NOT NULL, "partial_hashes" jsonb NULL, "operator_version" character varying NOT NULL, PRIMARY KEY ("version"))`,
	dialect.MySQL:    "CREATE TABLE IF NOT EXISTS %s (`version` varchar(255) NOT NULL, `description` varchar(255) NOT NULL, `type` bigint unsigned NOT NULL DEFAULT 2, `applied` bigint NOT NULL DEFAULT 0, `total` bigint NOT NULL DEFAULT 0, `executed_at` timestamp NULL, `execution_time` bigint NOT NULL, `error` longtext NULL, `error_stmt` longtext NULL, `hash` varchar(255) NOT NULL, `partial_hashes` json NULL, `operator_version` varchar(255) NOT NULL, PRIMARY KEY (`version`)) CHARSET utf8mb4 COLLATE utf8mb4_bin",
	dialect.SQLite:   "CREATE TABLE IF NOT EXISTS %s (`version` text NOT NULL, `description` text NOT NULL, `type` integer NOT NULL DEFAULT (2), `applied` integer NOT NULL DEFAULT (0), `total` integer NOT NULL DEFAULT (0), `executed_at` datetime NOT NULL, `execution_time` integer NOT NULL, `error` text NULL, `error_stmt` text NULL, `hash` text NOT NULL, `partial_hashes` json NULL, `operator_version` text NOT NULL, PRIMARY KEY (`version`))",
}

// revisionColumns lists the table's columns in the order in which they are read and
// written.
var revisionColumns = []string{"version", "description", "type", "applied", "total", "execution_time", "error", "error_stmt", "hash", "partial_hashes", "executed_at", "operator_version"}

// revisions reads and writes the history. It implements atlas.RevisionReadWriter,
// through which Atlas's own code finds pending files.
type revisions struct{ *session }

var _ atlas.RevisionReadWriter = revisions{}

func (r revisions) quote(name string) string {
	if r.config.Dialect == dialect.Postgres {
		return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	return "`" + strings.ReplaceAll(name, "`", "``") + "`"
}

func (r revisions) table() string {
	if r.config.RevisionsSchema == "" {
		return r.quote(RevisionsTable)
	}
	return r.quote(r.config.RevisionsSchema) + "." + r.quote(RevisionsTable)
}

// create creates the table if it does not exist.
func (r revisions) create(ctx context.Context) error {
	if err := r.createSchema(ctx); err != nil {
		return err
	}
	there, err := r.exist(ctx)
	if err != nil || there {
		return err
	}
	if _, err := r.ExecContext(ctx, fmt.Sprintf(createRevisions[r.config.Dialect], r.table())); err != nil {
		return fmt.Errorf("migrate: create the table %s: %w", RevisionsTable, err)
	}
	return nil
}

// createSchema creates the table's schema if it does not exist. An existing one may
// belong to somebody else.
func (r revisions) createSchema(ctx context.Context) error {
	if r.config.RevisionsSchema == "" {
		return nil
	}
	var n int
	err := r.QueryRowContext(ctx, `SELECT COUNT(*) FROM pg_namespace WHERE nspname = $1`, r.config.RevisionsSchema).Scan(&n)
	if err == nil && n == 0 {
		_, err = r.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+r.quote(r.config.RevisionsSchema))
	}
	if err != nil {
		return fmt.Errorf("migrate: create the schema of %s: %w", RevisionsTable, err)
	}
	return nil
}

// exist reports whether the table exists.
func (r revisions) exist(ctx context.Context) (bool, error) {
	query, args := `SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = ?`, []any{RevisionsTable}
	switch r.config.Dialect {
	case dialect.Postgres:
		query = `SELECT COUNT(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE c.relname = $1 AND CASE WHEN $2::text = '' THEN pg_table_is_visible(c.oid) ELSE n.nspname = $2 END`
		args = append(args, r.config.RevisionsSchema)
	case dialect.MySQL:
		query = `SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = database() AND table_name = ?`
	}
	var n int
	if err := r.QueryRowContext(ctx, query, args...).Scan(&n); err != nil {
		return false, fmt.Errorf("migrate: look for %s: %w", RevisionsTable, err)
	}
	return n > 0, nil
}

// Ident implements atlas.RevisionReadWriter.
func (r revisions) Ident() *atlas.TableIdent {
	return &atlas.TableIdent{Name: RevisionsTable, Schema: r.config.RevisionsSchema}
}

// ReadRevisions implements atlas.RevisionReadWriter.
func (r revisions) ReadRevisions(ctx context.Context) ([]*atlas.Revision, error) {
	all, _, err := r.read(ctx)
	return all, err
}

// read reads the history, which is empty without the table. It skips rows whose version
// begins with a dot, which are notes of Atlas's own. recounted lists the rows that
// recount has changed.
func (r revisions) read(ctx context.Context) (all, recounted []*atlas.Revision, err error) {
	there, err := r.exist(ctx)
	if err != nil || !there {
		return nil, nil, err
	}
	columns := append(r.quoted()[:10], r.quote("operator_version"))
	rows, err := r.QueryContext(ctx, "SELECT "+strings.Join(columns, ", ")+" FROM "+r.table()+" ORDER BY "+r.quote("version"))
	if err != nil {
		return nil, nil, fmt.Errorf("migrate: read %s: %w", RevisionsTable, err)
	}
	defer rows.Close()
	for rows.Next() {
		rev, err := scanRevision(rows)
		if err != nil {
			return nil, nil, fmt.Errorf("migrate: read %s: %w", RevisionsTable, err)
		}
		if strings.HasPrefix(rev.Version, ".") {
			continue
		}
		if recount(rev) {
			recounted = append(recounted, rev)
		}
		all = append(all, rev)
	}
	if err := rows.Err(); err != nil {
		return nil, nil, fmt.Errorf("migrate: read %s: %w", RevisionsTable, err)
	}
	return all, recounted, nil
}

// recount corrects the row of a file that Atlas has finished after its number of
// statements had changed. It reports whether there was anything to correct. Atlas keeps
// the old number, and the old error if nothing was left to execute. The partial hashes,
// which Atlas drops only at the end, show that it has finished.
func recount(rev *atlas.Revision) bool {
	if !byAtlas(rev) || rev.Applied == 0 || rev.Applied == rev.Total || len(rev.PartialHashes) > 0 {
		return false
	}
	rev.Total, rev.Error, rev.ErrorStmt = rev.Applied, "", ""
	return true
}

// writeCount writes the correction that recount made. Without it Atlas would begin the
// file again, and fail. The row still counts as Atlas's.
func (r revisions) writeCount(ctx context.Context, rev *atlas.Revision) error {
	query := fmt.Sprintf("UPDATE %s SET %s = %s, %s = '', %s = '' WHERE %s = %s", r.table(),
		r.quote("total"), r.quote("applied"), r.quote("error"), r.quote("error_stmt"), r.quote("version"), r.mark())
	if _, err := r.ExecContext(ctx, query, rev.Version); err != nil {
		return fmt.Errorf("migrate: correct the record of %s: %w", rev.Version, err)
	}
	return nil
}

// mark returns the placeholder of a statement's only argument.
func (r revisions) mark() string {
	if r.config.Dialect == dialect.Postgres {
		return "$1"
	}
	return "?"
}

func scanRevision(rows *sql.Rows) (*atlas.Revision, error) {
	var rev atlas.Revision
	var took int64
	var failure, statement sql.NullString
	var partial []byte
	err := rows.Scan(&rev.Version, &rev.Description, &rev.Type, &rev.Applied, &rev.Total, &took, &failure, &statement, &rev.Hash, &partial, &rev.OperatorVersion)
	if err != nil {
		return nil, err
	}
	rev.ExecutionTime, rev.Error, rev.ErrorStmt = time.Duration(took), failure.String, statement.String
	if len(partial) > 0 {
		if err := json.Unmarshal(partial, &rev.PartialHashes); err != nil {
			return nil, fmt.Errorf("partial_hashes of %s: %w", rev.Version, err)
		}
	}
	return &rev, nil
}

// ReadRevision implements atlas.RevisionReadWriter.
func (r revisions) ReadRevision(ctx context.Context, version string) (*atlas.Revision, error) {
	all, err := r.ReadRevisions(ctx)
	if err != nil {
		return nil, err
	}
	for _, rev := range all {
		if rev.Version == version {
			return rev, nil
		}
	}
	return nil, atlas.ErrRevisionNotExist
}

// WriteRevision implements atlas.RevisionReadWriter.
func (r revisions) WriteRevision(ctx context.Context, rev *atlas.Revision) error {
	partial, err := json.Marshal(rev.PartialHashes)
	if err != nil {
		return err
	}
	at := any(time.Now().UTC())
	if r.config.Dialect == dialect.SQLite {
		at = time.Now().UTC().Format("2006-01-02 15:04:05.999999999-07:00")
	}
	args := []any{rev.Version, rev.Description, int64(rev.Type), rev.Applied, rev.Total, int64(rev.ExecutionTime), rev.Error, rev.ErrorStmt, rev.Hash, string(partial), at, r.config.Operator}
	if _, err := r.ExecContext(ctx, r.upsert(), args...); err != nil {
		return fmt.Errorf("migrate: record %s: %w", rev.Version, err)
	}
	return nil
}

func (r revisions) upsert() string {
	columns := r.quoted()
	values, sets := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		values[i], sets[i] = "?", c+" = excluded."+c
		switch r.config.Dialect {
		case dialect.Postgres:
			values[i] = fmt.Sprintf("$%d", i+1)
		case dialect.MySQL:
			sets[i] = c + " = VALUES(" + c + ")"
		}
	}
	conflict := " ON CONFLICT (" + columns[0] + ") DO UPDATE SET "
	if r.config.Dialect == dialect.MySQL {
		conflict = " ON DUPLICATE KEY UPDATE "
	}
	return "INSERT INTO " + r.table() + " (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(values, ", ") + ")" + conflict + strings.Join(sets[1:], ", ")
}

func (r revisions) quoted() []string {
	all := make([]string, len(revisionColumns))
	for i, c := range revisionColumns {
		all[i] = r.quote(c)
	}
	return all
}

// DeleteRevision implements atlas.RevisionReadWriter.
func (r revisions) DeleteRevision(ctx context.Context, version string) error {
	if _, err := r.ExecContext(ctx, "DELETE FROM "+r.table()+" WHERE "+r.quote("version")+" = "+r.mark(), version); err != nil {
		return fmt.Errorf("migrate: remove the record of %s: %w", version, err)
	}
	return nil
}
