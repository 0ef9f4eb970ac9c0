package adopt

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"github.com/authent/authent/authent"
)

// pageSize is how many rows are read and written at a time. With twelve columns, their
// parameters stay within every database's limit.
const pageSize = 500

// pages reads a table in the order of its key. It reads each page as a whole, because a
// connection cannot write while it still reads rows.
type pages struct {
	*adopter
	table string
	// keys are the live columns of the key. columns are the SQL expressions to read;
	// the keys come first.
	keys, columns []string
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
		first := p.q(p.keys[0])
		if len(p.keys) == 1 {
			query, args = query+" WHERE "+first+" > "+p.mark(1), after
		} else {
			query += fmt.Sprintf(" WHERE %s > %s OR (%s = %s AND %s > %s)", first, p.mark(1), first, p.mark(2), p.q(p.keys[1]), p.mark(3))
			args = []any{after[0], after[0], after[1]}
		}
	}
	rows, err := p.QueryContext(ctx, query+" ORDER BY "+p.qs(p.keys)+fmt.Sprintf(" LIMIT %d", pageSize), args...)
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
			if b, ok := row[i].([]byte); ok {
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
	if len(rows) < pageSize {
		_, err = i.ExecContext(ctx, i.query(len(rows)), args...)
		return err
	}
	if i.whole == nil {
		if i.whole, err = i.PrepareContext(ctx, i.query(pageSize)); err != nil {
			return err
		}
	}
	_, err = i.whole.ExecContext(ctx, args...)
	return err
}

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
	var names, columns, keys []string
	for _, key := range a.layout.keys[native] {
		names, columns, keys = append(names, key), append(columns, a.col(key)), append(keys, a.layout.column(key))
	}
	for _, c := range a.layout.columns(native) {
		value := a.col(c.name)
		if c.kind == kindTime {
			value = a.timeOf(a.layout.column(c.name))
		}
		names, columns = append(names, c.name), append(columns, value)
	}
	to := &inserter{adopter: a, table: newName(native)}
	defer to.close()
	for _, c := range authJS[native] {
		to.columns = append(to.columns, c.name)
	}
	p := pages{adopter: a, table: a.layout.tables[native], keys: keys, columns: columns}
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
			row[name] = values[i]
		}
		if row["id"] == nil {
			// Drizzle's tables have no id. The graph makes UUIDv7 too.
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

func asText(v any) string {
	s, _ := v.(string)
	return s
}

func secret(v any) authent.Secret { return authent.Secret(asText(v)) }
