package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"ariga.io/atlas/schemahcl"
	atlas "ariga.io/atlas/sql/migrate"
	_ "ariga.io/atlas/sql/mysql/mysqlcheck"       // Its analyzers.
	_ "ariga.io/atlas/sql/postgres/postgrescheck" // Its analyzers.
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlcheck"
	"ariga.io/atlas/sql/sqlclient"
	_ "ariga.io/atlas/sql/sqlite/sqlitecheck" // Its analyzers.
	"entgo.io/ent/dialect"
)

// Risk is what a statement may do to rows that are there, or to programs that
// use its table. A table that the same file creates has neither.
type Risk struct {
	// Code is Atlas's, such as "DS103" (https://atlasgo.io/lint/analyzers), or
	// one of authent's own, which begin with AU.
	Code string
	// Class tells of what kind it is, in Atlas's words, such as "destructive
	// changes detected".
	Class string
	// Text tells what the statement does, in Atlas's words where it has some.
	Text string
	// Do tells what to do about it. It has one line, or more when it shows
	// statements.
	Do string
	// Renames are statements that rename what is dropped to something like it
	// that the same file adds: one of them may be what was meant. Do asks.
	Renames []string
	// Grave tells that the statement loses data, or fails wherever its table has
	// rows. What is not grave depends on the rows, or on who uses the table.
	Grave bool
}

// grave are the codes of what loses data or fails on any row.
var grave = []string{"DS101", "DS102", "DS103", "MF103", codeNarrow}

// analysis finds the risks of the statements of one file.
type analysis struct {
	driver  atlas.Driver
	dialect string
}

// risks are the risks of a file's statements, by the byte at which they stand.
// Directives "-- atlas:nolint" leave some out, as they do in Atlas.
func (a analysis) risks(ctx context.Context, file *sqlcheck.File) (map[int][]Risk, error) {
	analyzers, err := sqlcheck.AnalyzerFor(a.dialect, &schemahcl.Resource{})
	if err != nil {
		return nil, fmt.Errorf("migrate: lint: %w", err)
	}
	rules, found := rulesOf(file), map[int][]Risk{}
	original := file.Changes
	for _, c := range file.Changes {
		fillByItself(c.Changes)
	}
	file.Parser = reader{dialect: a.dialect, forgets: a.dialect == dialect.MySQL && !a.maria()}
	pass := &sqlcheck.Pass{File: file, Dev: &sqlclient.Client{Name: a.dialect, Driver: a.driver}}
	for _, one := range append(analyzers, sqlcheck.AnalyzerFunc(a.onRows)) {
		name := nameOf(one)
		var report *sqlcheck.Report
		pass.Reporter = sqlcheck.ReportWriterFunc(func(r sqlcheck.Report) { report = &r })
		// What destroys is an error to Atlas too; the report tells of it.
		if err := analyze(ctx, one, pass); err != nil && report == nil {
			return nil, fmt.Errorf("migrate: lint: %w", err)
		}
		if report == nil {
			continue
		}
		for _, d := range report.Diagnostics {
			if !rules.skip(d.Pos, d.Code, name) {
				found[d.Pos] = append(found[d.Pos], Risk{Code: d.Code, Class: report.Text, Text: d.Text, Grave: slices.Contains(grave, d.Code)})
			}
		}
	}
	a.advise(file, found)
	file.Changes = original
	return found, nil
}

// maria reports whether the server is MariaDB.
func (a analysis) maria() bool {
	d, ok := a.driver.(interface{ Maria() bool })
	return ok && d.Maria()
}

// analyze lets an analyzer judge. One that panics, over a type that it does not
// know, must not end a program that migrates when it starts.
func analyze(ctx context.Context, one sqlcheck.Analyzer, pass *sqlcheck.Pass) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("the analyzer %s failed: %v", nameOf(one), fault)
		}
	}()
	return one.Analyze(ctx, pass)
}

// nameOf is an analyzer's name, for directives.
func nameOf(one sqlcheck.Analyzer) string {
	if named, ok := one.(sqlcheck.NamedAnalyzer); ok {
		return named.Name()
	}
	return ""
}

// mark tells of the risks of the statements that are left. There is no database
// to try them in: they are read as text, beside the live schema, which follows
// them. What cannot be judged so is no reason not to migrate.
func (m *migration) mark(ctx context.Context) {
	if m.follows == nil {
		return
	}
	defer func() {
		if recover() != nil {
			m.follows = nil // What is marked already stays, and no more is.
		}
	}()
	file := &sqlcheck.File{File: m.file}
	for i, stmt := range m.declared {
		change := &sqlcheck.Change{Stmt: stmt}
		if i >= m.revision.Applied {
			change.Changes = m.follows.follow(stmt.Text)
		} else if keyword(stmt.Text) == "CREATE" {
			// The live schema has it already; that it is new is to be known.
			alone := &model{dialect: m.config.Dialect, schema: schema.New(m.follows.schema.Name)}
			change.Changes = alone.follow(stmt.Text)
		}
		file.Changes = append(file.Changes, change)
	}
	risks, err := analysis{m.driver, m.config.Dialect}.risks(ctx, file)
	if err != nil {
		return
	}
	for i := range m.statements {
		m.statements[i].Risks = risks[m.statements[i].Pos]
	}
}

// errNoAnalysis tells that the live schema could not be read.
var errNoAnalysis = errors.New("migrate: the live schema cannot be read")

// live is a model of the database's schema. Where it cannot be read, which is
// no reason not to migrate, statements are judged by their text alone.
func (s *session) live(ctx context.Context) *model {
	current, err := s.inspect(ctx)
	if err != nil {
		current = nil
	}
	return newModel(s.config.Dialect, current)
}

// inspect reads the connected schema's tables.
func (s *session) inspect(ctx context.Context) (*schema.Schema, error) {
	current, err := s.current(ctx, []string{Exactly(RevisionsTable)})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoAnalysis, err)
	}
	return current, nil
}
