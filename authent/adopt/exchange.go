package adopt

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// asNode runs fn with the settings that the Node application used on MySQL. Drizzle
// writes UTC to TIMESTAMP columns as if it were in the connection's default time zone,
// and reads it back the same way. fn also runs in strict mode, so that the server does
// not truncate values.
func (a *adopter) asNode(ctx context.Context, fn func() error) error {
	var zone, mode string
	if err := a.QueryRowContext(ctx, "SELECT @@SESSION.time_zone, @@SESSION.sql_mode").Scan(&zone, &mode); err != nil {
		return fmt.Errorf("adopt: %w", err)
	}
	set := func(ctx context.Context, statement string) error {
		if _, err := a.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("adopt: %w", err)
		}
		return nil
	}
	if err := set(ctx, "SET time_zone = @@GLOBAL.time_zone, sql_mode = CONCAT_WS(',', NULLIF(@@SESSION.sql_mode, ''), 'STRICT_ALL_TABLES')"); err != nil {
		return err
	}
	err := fn()
	return errors.Join(err, set(context.WithoutCancel(ctx), fmt.Sprintf("SET time_zone = '%s', sql_mode = '%s'", zone, mode)))
}

var errWritten = errors.New("adopt: somebody wrote to the tables in the meantime")

// oldTables returns the live tables' names as a quoted list.
func (a *adopter) oldTables() string {
	var names []string
	for _, native := range nativeTables {
		names = append(names, a.layout.tables[native])
	}
	return a.qs(names)
}

// checksum returns MySQL's checksums of a list of tables, to find out later whether
// they have changed.
func (a *adopter) checksum(ctx context.Context, tables string) (string, error) {
	var sums []string
	rows, err := a.QueryContext(ctx, "CHECKSUM TABLE "+tables)
	if err != nil {
		return "", fmt.Errorf("adopt: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, sum string
		if err := rows.Scan(&name, &sum); err != nil {
			return "", fmt.Errorf("adopt: %w", err)
		}
		sums = append(sums, sum)
	}
	return strings.Join(sums, " "), rows.Err()
}

const compares = "-- compare CHECKSUM TABLE "

// comparison returns the first statement after the exchange.
func (a *adopter) comparison() string {
	var names []string
	for _, native := range nativeTables {
		names = append(names, oldName(a.layout.tables[native]))
	}
	return compares + a.qs(names) + " = " + a.sums
}

func isComparison(sql string) bool { return strings.HasPrefix(sql, compares) }

// compared returns the old tables of a comparison, in the order of the native ones, and
// their checksums.
func compared(sql string) (tables []string, sums string) {
	sql = strings.TrimPrefix(sql, compares)
	end := strings.LastIndex(sql, " = ")
	list, sums := sql[:end], sql[end+len(" = "):]
	for _, name := range strings.Split(strings.Trim(list, "`"), "`, `") {
		tables = append(tables, strings.ReplaceAll(name, "``", "`"))
	}
	return tables, sums
}

// compareOld compares the old tables with their checksums from when they were read. If
// somebody has written to them, they get their names back. The new tables lack what was
// written, so the next run makes them again.
func (a *adopter) compareOld(ctx context.Context, sql string) error {
	tables, was := compared(sql)
	is, err := a.checksum(ctx, a.qs(tables))
	if err != nil || is == was {
		return err
	}
	var fresh, old []string
	for i, native := range nativeTables {
		fresh = append(fresh, a.q(native)+" TO "+a.q(newName(native)))
		old = append(old, a.q(tables[i])+" TO "+a.q(strings.TrimPrefix(tables[i], oldName(""))))
	}
	if err := a.take(ctx, step{sql: "RENAME TABLE " + strings.Join(append(fresh, old...), ", ")}); err != nil {
		return fmt.Errorf("%w, and the old tables could not be put back: %w", errWritten, err)
	}
	return fmt.Errorf("%w, so the old tables are back in place: stop the Node application, and run adopt again", errWritten)
}
