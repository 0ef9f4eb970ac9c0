package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"ariga.io/atlas/schemahcl"
	atlas "ariga.io/atlas/sql/migrate"
	_ "ariga.io/atlas/sql/mysql/mysqlcheck"       // Registers its analyzers.
	_ "ariga.io/atlas/sql/postgres/postgrescheck" // Registers its analyzers.
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlcheck"
	"ariga.io/atlas/sql/sqlclient"
	_ "ariga.io/atlas/sql/sqlite/sqlitecheck" // Registers its analyzers.
	"entgo.io/ent/dialect"
)

// Risk is what a statement may do to existing rows, or to programs that use its table.
// A table that the same file creates has neither.
type Risk struct {
	// Code is Atlas's, such as "DS103" (https://atlasgo.io/lint/analyzers), or one of
	// authent's own, which begin with AU.
	Code string
	// Class is the kind of risk in Atlas's words, such as "destructive changes
	// detected".
	Class string
	// Text says what the statement does, in Atlas's words if it has some.
	Text string
	// Do says what to do about it. It has one line, or more if it shows statements.
	Do string
	// Renames lists statements that rename what is dropped to something similar that
	// the same file adds. One of them may be what was meant; Do asks.
	Renames []string
	// Grave reports that the statement loses data, or fails in any table with rows. Any
	// other risk depends on the rows, or on who uses the table.
	Grave bool
}

// grave lists the codes of what loses data or fails on any row.
var grave = []string{"DS101", "DS102", "DS103", "MF103", codeNarrow}

// analysis finds the risks of the statements of one file.
type analysis struct {
	driver  atlas.Driver
	dialect string
}

// risks returns the risks of a file's statements, by the byte at which each statement
// starts. It leaves out what directives "-- atlas:nolint" leave out in Atlas.
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
		// Atlas returns destructive changes as an error too; the report has them.
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

// analyze calls an analyzer. If it panics over a type that it does not know, that must
// not stop a program that migrates when it starts.
func analyze(ctx context.Context, one sqlcheck.Analyzer, pass *sqlcheck.Pass) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("the analyzer %s failed: %v", nameOf(one), fault)
		}
	}()
	return one.Analyze(ctx, pass)
}

// nameOf returns an analyzer's name, as directives use it.
func nameOf(one sqlcheck.Analyzer) string {
	if named, ok := one.(sqlcheck.NamedAnalyzer); ok {
		return named.Name()
	}
	return ""
}

// mark adds the risks of the statements that are left. There is no database to try them
// in, so they are read as text and followed in a model of the live schema. If they
// cannot be judged in that way, they are executed all the same.
func (m *migration) mark(ctx context.Context) {
	if m.follows == nil {
		return
	}
	defer func() {
		if recover() != nil {
			m.follows = nil // Statements that are marked already stay as they are, and get no more risks.
		}
	}()
	file := &sqlcheck.File{File: m.file}
	for i, stmt := range m.declared {
		change := &sqlcheck.Change{Stmt: stmt}
		if i >= m.revision.Applied {
			change.Changes = m.follows.follow(stmt.Text)
		} else if keyword(stmt.Text) == "CREATE" {
			// The live schema already has the table, but the model must know that it is
			// new.
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

// errNoAnalysis is returned if the live schema could not be read.
var errNoAnalysis = errors.New("migrate: the live schema cannot be read")

// live returns a model of the database's schema. If that cannot be read, statements are
// judged by their text alone, and the migration goes on.
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
