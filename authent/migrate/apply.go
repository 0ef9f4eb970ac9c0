package migrate

import (
	"context"
	"errors"
	"fmt"
	"time"

	atlas "ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"
)

// Report says what Apply did.
type Report struct {
	// Files and Statements count what this run applied.
	Files, Statements int
	// Took is how long the run took, including the time that it waited for others.
	Took time.Duration
}

// Apply applies the pending files, at most n of them; if n is zero or less, all.
// PostgreSQL and SQLite apply a file as a whole or not at all, unless it says "--
// atlas:txmode none". MySQL commits each statement that changes the schema, so a file
// that failed or was killed is resumed there where it stopped.
//
// Before Apply changes anything, it checks the files against atlas.sum and against the
// database's history. Any number of processes may call it at once: one works, the
// others wait and then find nothing left to do. Having nothing to do is not an error,
// even behind a pooler, where anything to do is ErrPooled.
func (m *Migrator) Apply(ctx context.Context, n int) (*Report, error) {
	started := time.Now()
	report := &Report{}
	if err := Validate(m.config.Dir); err != nil {
		return report, err
	}
	err := m.locked(ctx, func(s *session) error { return s.apply(ctx, n, report) })
	if errors.Is(err, ErrPooled) {
		done, e := m.upToDate(ctx)
		if done || e != nil {
			err = e
		}
	}
	report.Took = time.Since(started)
	return report, advised(err)
}

func (s *session) apply(ctx context.Context, n int, report *Report) error {
	pending, err := s.prepare(ctx)
	for _, note := range pending.notes {
		s.config.Log(Noted{note})
	}
	if err != nil || len(pending.files) == 0 {
		return err
	}
	files := pending.files
	if n > 0 {
		files = files[:min(n, len(files))]
	}
	started := Started{From: pending.current, To: files[len(files)-1].Version(), Files: len(files)}
	for _, f := range files {
		started.Names = append(started.Names, f.Name())
	}
	s.config.Log(started)
	s.follows = s.live(ctx)
	for _, f := range files {
		done, err := s.applyFile(ctx, f)
		if err != nil {
			return err
		}
		if done >= 0 {
			report.Statements += done
			report.Files++
		}
	}
	return nil
}

// prepare finds the pending files, creates the history's table and records the
// baseline. On SQLite it uses a transaction of its own, because there is no lock: it
// must see what others do at the same time as a whole or not at all.
func (s *session) prepare(ctx context.Context) (pending, error) {
	if s.config.DryRun {
		return s.pending(ctx)
	}
	within := s.inNoTx
	if s.config.Dialect == dialect.SQLite {
		within = s.inTx
	}
	var p pending
	err := within(ctx, func() (err error) {
		if p, err = s.pending(ctx); err != nil {
			return err
		}
		for _, rev := range p.recounted {
			if err := (revisions{s}).writeCount(ctx, rev); err != nil {
				return err
			}
		}
		if p.baseline == nil && len(p.files) == 0 {
			return nil
		}
		if err := (revisions{s}).create(ctx); err != nil {
			return err
		}
		if b := p.baseline; b != nil {
			return (revisions{s}).WriteRevision(ctx, &atlas.Revision{Version: b.Version(), Description: b.Desc(), Type: atlas.RevisionTypeBaseline})
		}
		return nil
	})
	return p, err
}

// migration is a file that is being applied.
type migration struct {
	*session
	file       atlas.File
	statements []Statement
	declared   []*atlas.Stmt // The same, in Atlas's terms.
	sums       []string
	revision   *atlas.Revision
	// whole reports that the file is applied in one transaction.
	whole bool
	// known reports that an earlier run began the file, and finished that it reached
	// the end of the file as it was then.
	known, finished bool
}

// applyFile applies a file, or the rest of it. It returns how many statements it
// executed, or -1 if somebody else has applied the file in the meantime.
func (s *session) applyFile(ctx context.Context, f atlas.File) (int, error) {
	m, err := s.read(f)
	if err != nil {
		return 0, err
	}
	started := time.Now()
	if s.config.DryRun {
		return 0, m.show(ctx)
	}
	done := 0
	within := s.inNoTx
	if m.whole {
		within = s.inTx
	}
	err = s.withoutForeignKeys(ctx, func() error {
		return within(ctx, func() (err error) {
			done, err = m.run(ctx)
			return err
		})
	})
	if err != nil {
		return 0, err
	}
	if done >= 0 && len(m.statements) == 0 {
		s.config.Log(Noted{f.Name() + " has no statement, and counts as applied: write what it was for in a new file"})
	}
	if done >= 0 {
		s.config.Log(FileDone{Name: f.Name(), Took: time.Since(started)})
	}
	return done, nil
}

// read parses a file.
func (s *session) read(f atlas.File) (*migration, error) {
	hashes, err := s.config.Dir.Checksum()
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	hash, err := hashes.SumByName(f.Name())
	if err != nil {
		return nil, fmt.Errorf("migrate: %s: %w", f.Name(), err)
	}
	found, err := atlas.FileStmtDecls(s.driver, f)
	if err != nil {
		return nil, fmt.Errorf("migrate: %s: %w", f.Name(), err)
	}
	m := &migration{session: s, file: f, declared: found, sums: partialHashes(found)}
	m.whole = s.config.Dialect != dialect.MySQL && inOneTx(f) // MySQL has no such transaction.
	made := newTables{}
	for _, stmt := range found {
		m.statements = append(m.statements, Statement{
			File: f.Name(), Line: lineOf(f.Bytes(), stmt.Pos), SQL: stmt.Text, Pos: stmt.Pos, Lock: made.lockOf(s.config.Dialect, stmt.Text),
		})
	}
	m.revision = &atlas.Revision{Version: f.Version(), Description: f.Desc(), Type: atlas.RevisionTypeExecute, Total: len(found), Hash: hash}
	return m, nil
}

// inOneTx reports whether a file may run in a transaction: it does not say otherwise.
func inOneTx(f atlas.File) bool {
	if d, ok := f.(interface{ Directive(string) []string }); ok {
		for _, mode := range d.Directive("txmode") {
			return mode != "none"
		}
	}
	return true
}

// show reports what would be executed.
func (m *migration) show(ctx context.Context) error {
	if err := m.resume(ctx); err != nil {
		return err
	}
	m.mark(ctx)
	m.config.Log(FileStarted{Name: m.file.Name(), Version: m.revision.Version, Done: m.revision.Applied, Total: len(m.statements)})
	for _, stmt := range m.statements[m.revision.Applied:] {
		m.config.Log(StatementStarted{stmt})
	}
	return nil
}
