package migrate

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlcheck"
	entschema "entgo.io/ent/dialect/sql/schema"
)

// LintConfig says what Lint analyzes.
type LintConfig struct {
	// Dev is an empty database of the same kind as the real one, as in DiffConfig.
	Dev *sql.DB
	// Dialect is ent's name for the dialect.
	Dialect string
	// Dir is the folder to read.
	Dir Dir
	// Files names the files to analyze. If nil, all are.
	Files []string
	// Tables are the graph's, as in DiffConfig. A table that a file adds may be a
	// renamed one that has left the graph, which no file drops. If nil, Lint does not
	// ask about that.
	Tables []*entschema.Table
}

// LintedFile is a file that Lint has analyzed.
type LintedFile struct {
	// Name is the file's name.
	Name string
	// Statements lists all statements of the file, with their risks.
	Statements []Statement
	// Renamed asks about tables that the file adds and that may be renamed ones, each
	// with the statement to write instead.
	Renamed []string
}

// Grave reports whether a statement of the file has a grave risk.
func (f LintedFile) Grave() bool {
	return slices.ContainsFunc(f.Statements, func(s Statement) bool {
		return slices.ContainsFunc(s.Risks, func(r Risk) bool { return r.Grave })
	})
}

// Lint replays the folder's files in the development database, statement by statement.
// It reports what each statement of the chosen files may do to existing rows. If all
// files are chosen, it leaves out those that a checkpoint replaces. Atlas's analyzers
// judge, and their directives "-- atlas:nolint" are respected. Lint leaves the database
// as it was.
func Lint(ctx context.Context, c LintConfig) (linted []LintedFile, err error) {
	defer func() { err = advised(err) }()
	if err := Validate(c.Dir); err != nil {
		return nil, err
	}
	files, err := c.Dir.Files()
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	for _, name := range c.Files {
		if !slices.ContainsFunc(files, func(f atlas.File) bool { return f.Name() == name }) {
			return nil, fmt.Errorf("migrate: lint: there is no file %s in the folder", name)
		}
	}
	m, err := New(Config{DB: c.Dev, Dialect: c.Dialect, Dir: c.Dir, LockTimeout: devPatience})
	if err != nil {
		return nil, err
	}
	s, err := m.hold(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.release() }()
	l := &linter{session: s, config: c}
	err = s.alone(ctx, func() error {
		for _, way := range ways(files, c.Files) {
			if err := s.undone(ctx, way, func(ctx context.Context) error { return l.files(ctx, way) }); err != nil {
				return err
			}
		}
		return nil
	})
	return l.linted, err
}

// ways returns the sequences of files that databases execute. A new database starts at
// the last checkpoint. One with a history executes the files before it, which are
// replayed as far as the chosen files go.
func ways(files []atlas.File, asked []string) [][]atlas.File {
	last := lastCheckpoint(files)
	if last < 0 {
		return [][]atlas.File{files}
	}
	before := files[:last]
	first := slices.IndexFunc(before, func(f atlas.File) bool { return slices.Contains(asked, f.Name()) })
	if first < 0 {
		return [][]atlas.File{files[last:]}
	}
	begin := max(lastCheckpoint(before[:first+1]), 0)
	way := slices.Concat(before[begin:begin+1], atlas.SkipCheckpointFiles(before[begin+1:]))
	return [][]atlas.File{way, files[last:]}
}

// lastCheckpoint returns the index of the last checkpoint, -1 if there is none.
func lastCheckpoint(files []atlas.File) int {
	return atlas.FilesLastIndex(files, func(f atlas.File) bool {
		c, ok := f.(atlas.CheckpointFile)
		return ok && c.IsCheckpoint()
	})
}

// linter replays files in a development database.
type linter struct {
	*session
	config LintConfig
	linted []LintedFile
	left   []*schema.Table // Tables that have left the graph.
}

// files replays the files, and analyzes the chosen ones.
func (l *linter) files(ctx context.Context, files []atlas.File) error {
	for _, f := range files {
		m, err := l.read(f)
		if err != nil {
			return err
		}
		if l.config.Files != nil && !slices.Contains(l.config.Files, f.Name()) {
			for _, stmt := range m.statements {
				if err := l.execute(ctx, stmt); err != nil {
					return err
				}
			}
			continue
		}
		if err := l.file(ctx, f, m.statements); err != nil {
			return err
		}
	}
	return nil
}

func (l *linter) execute(ctx context.Context, stmt Statement) error {
	if err := l.execReplayed(ctx, stmt.SQL); err != nil {
		return fmt.Errorf("migrate: lint: %s, line %d cannot be replayed in the database of --dev-url: %w\n  in: %s", stmt.File, stmt.Line, advised(err), oneLine(stmt.SQL))
	}
	return nil
}

// file replays and analyzes one file.
func (l *linter) file(ctx context.Context, f atlas.File, statements []Statement) error {
	found, err := atlas.FileStmtDecls(l.driver, f)
	if err != nil {
		return fmt.Errorf("migrate: %s: %w", f.Name(), err)
	}
	analyzed := &sqlcheck.File{File: f}
	before, err := l.inspect(ctx)
	if err != nil {
		return err
	}
	l.left = l.leftGraph(before)
	for i, stmt := range statements {
		if err := l.execute(ctx, stmt); err != nil {
			return err
		}
		change := &sqlcheck.Change{Stmt: found[i]}
		if !writesRows(stmt.SQL) {
			after, err := l.inspect(ctx)
			if err != nil {
				return err
			}
			if after.Name != before.Name {
				return fmt.Errorf("migrate: lint: %s, line %d switches to another schema, %s: put that before the names there instead\n  in: %s", stmt.File, stmt.Line, after.Name, oneLine(stmt.SQL))
			}
			if change.Changes, err = l.driver.SchemaDiff(before, after); err != nil {
				return fmt.Errorf("migrate: lint: %s, line %d: %w\n  in: %s", stmt.File, stmt.Line, err, oneLine(stmt.SQL))
			}
			change.Changes = renamedBy(l.config.Dialect, stmt.SQL, change.Changes)
			before = after
		}
		analyzed.Changes = append(analyzed.Changes, change)
	}
	a := analysis{l.driver, l.config.Dialect}
	risks, err := a.risks(ctx, analyzed)
	if err != nil {
		return err
	}
	for i := range statements {
		statements[i].Risks = risks[found[i].Pos]
	}
	l.linted = append(l.linted, LintedFile{Name: f.Name(), Statements: statements, Renamed: a.renamedTables(analyzed, l.left)})
	return nil
}

// leftGraph returns the tables that the graph no longer has.
func (l *linter) leftGraph(s *schema.Schema) (left []*schema.Table) {
	for _, t := range s.Tables {
		if l.config.Tables != nil && !slices.ContainsFunc(l.config.Tables, func(x *entschema.Table) bool { return x.Name == t.Name }) {
			left = append(left, t)
		}
	}
	return left
}

// renamedTables asks about tables that a file adds, and that may be renamed ones that
// have left the graph.
func (a analysis) renamedTables(file *sqlcheck.File, left []*schema.Table) (asked []string) {
	for _, t := range left {
		if to := a.likeTables(file, t); len(to) > 0 {
			asked = append(asked, renaming{from: t.Name, statements: to, kept: true}.question())
		}
	}
	return asked
}

// renamedBy turns a drop and an add back into a renaming, if the statement's text says
// that it is one. A comparison of schemas cannot know.
func renamedBy(name, sql string, changes schema.Changes) schema.Changes {
	for _, told := range newModel(name, nil).follow(sql) {
		switch told := told.(type) {
		case *schema.RenameTable:
			from, to := changes.IndexDropTable(told.From.Name), changes.IndexAddTable(told.To.Name)
			if from >= 0 && to >= 0 {
				renamed := &schema.RenameTable{From: changes[from].(*schema.DropTable).T, To: changes[to].(*schema.AddTable).T}
				changes.RemoveIndex(from, to)
				changes = append(changes, renamed)
			}
		case *schema.ModifyTable:
			for _, c := range changes {
				if m, ok := c.(*schema.ModifyTable); ok && m.T.Name == told.T.Name {
					m.Changes = renamedIn(m.Changes, told.Changes)
				}
			}
		}
	}
	return changes
}

// renamedIn does the same within a table.
func renamedIn(changes, told schema.Changes) schema.Changes {
	for _, c := range told {
		r, ok := c.(*schema.RenameColumn)
		if !ok {
			continue
		}
		from, to := changes.IndexDropColumn(r.From.Name), changes.IndexAddColumn(r.To.Name)
		if from < 0 || to < 0 {
			continue
		}
		old, renamed := changes[from].(*schema.DropColumn).C, changes[to].(*schema.AddColumn).C
		changes.RemoveIndex(from, to)
		changes = append(changes, &schema.RenameColumn{From: old, To: renamed})
		if modified := modifiedToo(old, renamed); modified != nil {
			changes = append(changes, modified)
		}
	}
	return changes
}

// modifiedToo returns what CHANGE does besides renaming, nil if nothing.
func modifiedToo(old, renamed *schema.Column) schema.Change {
	before := *old
	before.Name = renamed.Name
	change := &schema.ModifyColumn{From: &before, To: renamed}
	if old.Type.Raw != renamed.Type.Raw {
		change.Change |= schema.ChangeType
	}
	if old.Type.Null != renamed.Type.Null {
		change.Change |= schema.ChangeNull
	}
	if change.Change == schema.NoChange {
		return nil
	}
	return change
}
