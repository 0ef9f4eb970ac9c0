package adopt

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"github.com/authent/authent/authent"
)

// pageSize is how many rows are read and written at a time, or fewer if a statement would
// have more than maxParams parameters.
const (
	pageSize  = 500
	maxParams = 30_000
)

// pages reads a table in the order of its key. It reads each page as a whole, because a
// connection cannot write while it still reads rows.
type pages struct {
	*adopter
	table string
	// keys are the SQL expressions by which the rows are ordered; no two rows have the
	// same. columns are those to read: the keys come first, and raw columns of the
	// application's own last. No more than limit rows are read at a time.
	keys, columns []string
	raw, limit    int
}

// each calls fn with each page.
func (p pages) each(ctx context.Context, fn func(rows [][]any) error) error {
	var after []any
	for {
		rows, err := p.read(ctx, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		last := rows[len(rows)-1]
		after = append([]any(nil), last[:len(p.keys)]...)
		if err := fn(rows); err != nil {
			return err
		}
	}
}

func (p pages) read(ctx context.Context, after []any) (all [][]any, err error) {
	query := "SELECT " + strings.Join(p.columns, ", ") + " FROM " + p.q(p.table)
	var args []any
	if after != nil {
		// MySQL uses no index for (a, b) > (?, ?), so the condition is written out.
		first := p.keys[0]
		if len(p.keys) == 1 {
			query, args = query+" WHERE "+first+" > "+p.mark(1), after
		} else {
			query += fmt.Sprintf(" WHERE %s > %s OR (%s = %s AND %s > %s)", first, p.mark(1), first, p.mark(2), p.keys[1], p.mark(3))
			args = []any{after[0], after[0], after[1]}
		}
	}
	rows, err := p.QueryContext(ctx, query+" ORDER BY "+strings.Join(p.keys, ", ")+fmt.Sprintf(" LIMIT %d", p.limit), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		row, into := make([]any, len(p.columns)), make([]any, len(p.columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		for i := range row {
			// In a raw column of SQLite's a text is a string, and bytes are bytes.
			own := i >= len(row)-p.raw && p.Dialect == dialect.SQLite
			if b, ok := row[i].([]byte); ok && !own {
				row[i] = string(b)
			}
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

// inserter writes rows into a table, one page in a statement.
type inserter struct {
	*adopter
	table   string
	columns []string
	// whole is the prepared statement for a full page.
	whole *sql.Stmt
}

func (i *inserter) insert(ctx context.Context, rows [][]any) (err error) {
	var args []any
	for _, row := range rows {
		args = append(args, row...)
	}
	if len(rows) < i.size() {
		_, err = i.ExecContext(ctx, i.query(len(rows)), args...)
		return err
	}
	if i.whole == nil {
		if i.whole, err = i.PrepareContext(ctx, i.query(i.size())); err != nil {
			return err
		}
	}
	_, err = i.whole.ExecContext(ctx, args...)
	return err
}

// size returns how many rows a full page has.
func (i *inserter) size() int { return min(pageSize, maxParams/len(i.columns)) }

func (i *inserter) close() {
	if i.whole != nil {
		_ = i.whole.Close()
	}
}

func (i *inserter) query(rows int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + i.q(i.table) + " (" + i.qs(i.columns) + ") VALUES ")
	for n := range rows * len(i.columns) {
		switch {
		case n == 0:
			b.WriteString("(")
		case n%len(i.columns) == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		b.WriteString(i.mark(n + 1))
	}
	return b.String() + ")"
}

// fill plans how the rows of a new table are filled in.
func (a *adopter) fill(native string) {
	tell := "-- copy the rows of " + a.layout.tables[native] + " to " + newName(native)
	switch native {
	case accountsTable:
		a.plans(step{sql: tell + ", with the providers' tokens sealed", do: func(ctx context.Context) error { return a.copyRows(ctx, native, a.account) }})
	case sessionsTable:
		if a.SessionTokens != HashedSessionTokens {
			tell += ", with the SHA-256 of their tokens"
		}
		a.plans(step{sql: tell, do: func(ctx context.Context) error { return a.copyRows(ctx, native, a.sessionRow) }})
	}
}

// copyRows copies a table to the new one. It calls convert with each row's values, by
// their native names, to change them. If convert returns errLeaveOut, the row is
// skipped.
func (a *adopter) copyRows(ctx context.Context, native string, convert func(row map[string]any) error) error {
	keys := a.keys(native)
	names, columns := make([]string, len(keys)), slices.Clone(keys)
	to := &inserter{adopter: a, table: newName(native), columns: []string{"id"}}
	defer to.close()
	for _, c := range authJS[native] {
		if !a.layout.has(native, c.name) {
			continue
		}
		value := a.col(native, c.name)
		if c.isTime() {
			value = a.timeOf(a.layout.columns[native][c.name])
		}
		names, columns = append(names, c.name), append(columns, value)
		if c.name != "id" {
			to.columns = append(to.columns, c.name)
		}
	}
	for _, c := range a.extra[native] {
		names, columns, to.columns = append(names, c.Name), append(columns, a.rawOf(c)), append(to.columns, c.Name)
	}
	p := pages{adopter: a, table: a.source(native), keys: keys, columns: columns, raw: len(a.extra[native]), limit: to.size()}
	if a.Dialect == dialect.MySQL {
		p.table = a.layout.tables[native]
	}
	copied := func() error {
		return p.each(ctx, func(rows [][]any) error { return a.copyPage(ctx, to, names, rows, convert) })
	}
	if a.Dialect == dialect.MySQL {
		return a.InTx(ctx, copied)
	}
	return copied() // in the transaction of the whole adoption
}

// copyPage converts rows and inserts them. names are the names of their values.
func (a *adopter) copyPage(ctx context.Context, to *inserter, names []string, rows [][]any, convert func(row map[string]any) error) error {
	converted := make([][]any, 0, len(rows))
	for _, values := range rows {
		row := map[string]any{}
		for i, name := range names {
			row[name] = values[i] // a key's name is ""
		}
		if row["id"] = asText(row["id"]); row["id"] == "" {
			// Not every table has an id. The graph makes UUIDv7 too.
			row["id"] = uuid.Must(uuid.NewV7()).String()
		}
		switch err := convert(row); {
		case errors.Is(err, errLeaveOut):
			continue
		case err != nil:
			return err
		}
		values := make([]any, len(to.columns))
		for i, name := range to.columns {
			values[i] = row[name]
		}
		converted = append(converted, values)
	}
	if len(converted) == 0 {
		return nil
	}
	return to.insert(ctx, converted)
}

// account seals the tokens of an account.
func (a *adopter) account(row map[string]any) error {
	acc := authent.Account{
		Provider: asText(row["provider"]), ProviderAccountID: asText(row["provider_account_id"]),
		RefreshToken: secret(row["refresh_token"]), AccessToken: secret(row["access_token"]), IDToken: secret(row["id_token"]),
	}
	if a.Tokens == nil {
		return nil // look has found none to seal.
	}
	if err := a.Tokens.Seal(&acc); err != nil {
		return err
	}
	for name, token := range map[string]authent.Secret{"refresh_token": acc.RefreshToken, "access_token": acc.AccessToken, "id_token": acc.IDToken} {
		if token != "" {
			row[name] = string(token)
		}
	}
	return nil
}

// asText returns a text or an integer as text, "" for NULL.
func asText(v any) string {
	if n, ok := v.(int64); ok {
		return strconv.FormatInt(n, 10)
	}
	s, _ := v.(string)
	return s
}

func secret(v any) authent.Secret { return authent.Secret(asText(v)) }
