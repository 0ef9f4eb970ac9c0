package migrate

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"entgo.io/ent/dialect"
)

// If a file is not one transaction, a run may be killed after a statement took effect
// and before that was recorded. The next run then looks at the database itself.

// effect is what became of a statement.
type effect string

const (
	absent  effect = "absent"  // It did nothing.
	present effect = "present" // It took effect.
	unclear effect = "unclear" // The database cannot tell.
	neutral effect = "neutral" // Executing it again changes nothing.
)

// settle finds out about the statement that an earlier run was executing, and repeats
// the settings that earlier statements made.
func (m *migration) settle(ctx context.Context) error {
	if !m.known {
		return nil
	}
	for _, stmt := range m.statements[:m.revision.Applied] {
		if keyword(stmt.SQL) == "SET" {
			if _, err := m.ExecContext(ctx, stmt.SQL); err != nil {
				return &StatementError{Statement: stmt, Applied: m.revision.Applied, Total: len(m.statements), Err: err}
			}
		}
	}
	if m.revision.Error != "" || m.revision.Applied >= len(m.statements) {
		return nil
	}
	stmt := m.statements[m.revision.Applied]
	became, err := m.effectOf(ctx, stmt.SQL)
	if err != nil {
		return fmt.Errorf("migrate: find out about %s, line %d: %w", stmt.File, stmt.Line, err)
	}
	switch {
	case became == present, became == unclear && m.config.Interrupted == Done:
		m.revision.PartialHashes = append(m.revision.PartialHashes, m.sums[m.revision.Applied])
		m.revision.Applied++
	case became == unclear && m.config.Interrupted == "":
		return &InterruptedError{stmt}
	}
	return nil
}

// effectOf finds out what became of a statement.
func (s *session) effectOf(ctx context.Context, sql string) (effect, error) {
	sql = strings.TrimSuffix(strings.TrimSpace(withoutComments(sql)), ";")
	switch {
	case writesRows(sql) && s.config.Dialect == dialect.MySQL:
		return absent, nil // It is committed together with its record.
	case keyword(sql) == "SET":
		return neutral, nil
	}
	for _, p := range patterns {
		if found := p.re.FindStringSubmatch(sql); found != nil {
			names := make([]string, len(found)-1)
			for i, name := range found[1:] {
				if names[i] = name; wholeName.MatchString(name) { // not the text in brackets
					names[i] = s.bare(name)
				}
			}
			return p.effect(ctx, s, names)
		}
	}
	return unclear, nil
}

// bareName matches a name, with or without quotes. ident matches one that may have a
// schema.
const (
	bareName = "(?:`(?:[^`]|``)+`|\"(?:[^\"]|\"\")+\"|[\\w$]+)"
	ident    = "((?:" + bareName + "\\.)?" + bareName + ")"
)

// patterns are the statements whose effect can be seen.
var patterns = []struct {
	re     *regexp.Regexp
	effect func(ctx context.Context, s *session, names []string) (effect, error)
}{
	{regexp.MustCompile(`(?is)^CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?` + ident + `\s*\((.*)\)`), effectOfCreate},
	{regexp.MustCompile(`(?is)^DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?` + ident + `$`), func(ctx context.Context, s *session, n []string) (effect, error) {
		return s.gone(ctx, thing{kind: "table", table: n[0]})
	}},
	{regexp.MustCompile(`(?is)^CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?` + ident + `\s+ON\s+` + ident), func(ctx context.Context, s *session, n []string) (effect, error) {
		return s.made(ctx, thing{kind: "index", table: n[1], name: n[0]})
	}},
	{regexp.MustCompile(`(?is)^DROP\s+INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+EXISTS\s+)?` + ident + `(?:\s+ON\s+` + ident + `)?$`), func(ctx context.Context, s *session, n []string) (effect, error) {
		return s.gone(ctx, thing{kind: "index", table: n[1], name: n[0]})
	}},
	{regexp.MustCompile(`(?is)^RENAME\s+TABLE\s+` + ident + `\s+TO\s+` + ident + `$`), func(ctx context.Context, s *session, n []string) (effect, error) {
		return s.made(ctx, thing{kind: "table", table: n[1]})
	}},
	{regexp.MustCompile(`(?is)^ALTER\s+TABLE\s+` + ident + `\s+(.*)$`), effectOfAlter},
}

var firstName = regexp.MustCompile("^" + bareName)

// effectOfCreate also compares the columns, since the table may be somebody else's of
// the same name.
func effectOfCreate(ctx context.Context, s *session, names []string) (effect, error) {
	table := names[0]
	if e, err := s.made(ctx, thing{kind: "table", table: table}); e != present || err != nil {
		return e, err
	}
	for _, part := range splitTop(names[1]) {
		word := firstName.FindString(part)
		reserved := []string{"PRIMARY", "UNIQUE", "INDEX", "KEY", "CONSTRAINT", "FOREIGN", "CHECK", "FULLTEXT", "SPATIAL"}
		if slices.Contains(reserved, strings.ToUpper(word)) {
			continue
		}
		if e, err := s.made(ctx, thing{kind: "column", table: table, name: unquote(word)}); e != present || err != nil {
			return unclear, err
		}
	}
	return present, nil
}

// clauses are the clauses of ALTER TABLE whose effect can be seen.
var clauses = []struct {
	re   *regexp.Regexp
	kind string
	gone bool
}{
	{regexp.MustCompile(`(?is)^ADD\s+(?:COLUMN\s+)?(?:IF\s+NOT\s+EXISTS\s+)?(?:(?:UNIQUE\s+)?(?:INDEX|KEY)|UNIQUE)\s+` + ident), "index", false},
	{regexp.MustCompile(`(?is)^ADD\s+CONSTRAINT\s+` + ident + `\s+FOREIGN\s+KEY`), "constraint", false},
	{regexp.MustCompile(`(?is)^ADD\s+COLUMN\s+(?:IF\s+NOT\s+EXISTS\s+)?` + ident), "column", false},
	{regexp.MustCompile(`(?is)^DROP\s+(?:INDEX|KEY)\s+(?:IF\s+EXISTS\s+)?` + ident), "index", true},
	{regexp.MustCompile(`(?is)^DROP\s+(?:FOREIGN\s+KEY|CONSTRAINT)\s+(?:IF\s+EXISTS\s+)?` + ident), "constraint", true},
	{regexp.MustCompile(`(?is)^DROP\s+COLUMN\s+(?:IF\s+EXISTS\s+)?` + ident), "column", true},
	{regexp.MustCompile(`(?is)^RENAME\s+COLUMN\s+` + ident + `\s+TO\s`), "column", true},
	{regexp.MustCompile(`(?is)^CHANGE\s+(?:COLUMN\s+)?` + ident), "", false},
	{regexp.MustCompile(`(?is)^MODIFY\s`), "neutral", false},
}

// effectOfAlter looks at each clause. The databases change all of them or none.
func effectOfAlter(ctx context.Context, s *session, names []string) (effect, error) {
	all := neutral
	for _, part := range splitTop(names[1]) {
		e, err := s.effectOfClause(ctx, names[0], part)
		switch {
		case err != nil:
			return unclear, err
		case e == neutral || e == all:
		case all == neutral:
			all = e
		default:
			return unclear, nil
		}
	}
	return all, nil
}

func (s *session) effectOfClause(ctx context.Context, table, clause string) (effect, error) {
	for _, c := range clauses {
		found := c.re.FindStringSubmatch(clause)
		switch {
		case found == nil:
			continue
		case c.kind == "neutral":
			return neutral, nil
		case c.kind == "":
			return unclear, nil
		case c.gone:
			return s.gone(ctx, thing{c.kind, table, unquote(found[1])})
		}
		return s.made(ctx, thing{c.kind, table, unquote(found[1])})
	}
	return unclear, nil
}

// thing is something that a database may hold.
type thing struct{ kind, table, name string }

// made returns what became of a statement that creates a thing.
func (s *session) made(ctx context.Context, t thing) (effect, error) {
	n, err := s.count(ctx, t)
	switch {
	case err != nil || n < 0:
		return unclear, err
	case n > 0:
		return present, nil
	}
	return absent, nil
}

// gone returns what became of a statement that removes a thing.
func (s *session) gone(ctx context.Context, t thing) (effect, error) {
	e, err := s.made(ctx, t)
	switch e {
	case present:
		return absent, err
	case absent:
		return present, err
	}
	return e, err
}

// count returns how many of a thing there are, or -1 if that cannot be seen.
func (s *session) count(ctx context.Context, t thing) (n int, err error) {
	if s.config.Dialect == dialect.Postgres && t.kind == "index" {
		// An index that CREATE INDEX CONCURRENTLY left half-built neither exists nor
		// not.
		err = s.QueryRowContext(ctx, `SELECT COALESCE(SUM(CASE WHEN indisvalid THEN 1 ELSE -1 END), 0)
			FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE c.relname = $1 AND pg_table_is_visible(c.oid)`, t.name).Scan(&n)
		return n, err
	}
	query, ok := counts[t.kind]
	if s.config.Dialect != dialect.MySQL || !ok {
		return -1, nil
	}
	args := []any{t.table, t.name}
	if t.kind == "table" {
		args = args[:1]
	}
	return n, s.QueryRowContext(ctx, query, args...).Scan(&n)
}

// counts are MySQL's queries.
var counts = map[string]string{
	"table":      `SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = database() AND table_name = ?`,
	"column":     `SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = database() AND table_name = ? AND column_name = ?`,
	"index":      `SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = database() AND table_name = ? AND index_name = ?`,
	"constraint": `SELECT COUNT(*) FROM information_schema.table_constraints WHERE table_schema = database() AND table_name = ? AND constraint_name = ?`,
}

// bare returns a name as the database knows it. PostgreSQL folds unquoted names to
// lower case.
func (s *session) bare(name string) string {
	if last := lastName.FindString(name); s.config.Dialect == dialect.Postgres && last != "" && last[0] != '"' {
		return strings.ToLower(last)
	}
	return unquote(name)
}

var wholeName = regexp.MustCompile("^" + ident + "$")

var lastName = regexp.MustCompile(bareName + "$")

// unquote returns a name without quotes and schema.
func unquote(name string) string {
	last := lastName.FindString(name)
	if last == "" {
		return name
	}
	if !strings.ContainsAny(last[:1], "`\"") {
		return last
	}
	return strings.ReplaceAll(last[1:len(last)-1], last[:1]+last[:1], last[:1])
}

// splitTop splits at the commas that are outside brackets and quotes.
func splitTop(s string) []string {
	var parts []string
	depth, start := 0, 0
	var quote rune
	for i, r := range s {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case strings.ContainsRune("'\"`", r):
			quote = r
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ',' && depth == 0:
			parts = append(parts, strings.TrimSpace(s[start:i]))
			start = i + 1
		}
	}
	return append(parts, strings.TrimSpace(s[start:]))
}
