package migrate

import (
	"context"

	atlas "ariga.io/atlas/sql/migrate"
)

// Status says how far a database is migrated.
type Status struct {
	// Current is the last version that was applied or begun; empty if none.
	Current string
	// Next is the version that Apply continues with; empty if nothing is left.
	Next string
	// Executed counts the files that were applied or begun, and Pending those that are
	// left to apply or finish.
	Executed, Pending int
	// PendingFiles names the files that are left, and Files all files.
	PendingFiles, Files []string
	// Revisions is the history, as the database has it.
	Revisions []Revision
	// Applied and Total count the statements of a file that was begun and not finished.
	// Both are 0 if there is none.
	Applied, Total int
	// Error and SQL say why and where it stopped; empty if it was killed.
	Error, SQL string
	// Interrupted says what is known of the statement at which a run was killed: that
	// it took effect, that it did not, or that nobody can tell. It is empty if no run
	// was killed.
	Interrupted string
	// Notes reports what Apply accepts although somebody should look at it. Nil if
	// there is nothing.
	Notes []string
}

// Revision is a row of the history. It describes one file.
type Revision struct {
	Version     string
	Description string
	// Applied and Total count its statements. Applied is less if the file was begun and
	// not finished.
	Applied, Total int
	// OperatorVersion says who wrote the row: Atlas's command line, or Config.Operator.
	OperatorVersion string
}

// Status compares the database's history with the files. It changes nothing. If the
// files are not those that were applied, it fails as Apply does.
func (m *Migrator) Status(ctx context.Context) (_ *Status, err error) {
	defer func() { err = advised(err) }()
	if err := Validate(m.config.Dir); err != nil {
		return nil, err
	}
	with := *m
	with.config.AllowDirty, with.config.Baseline = true, ""
	s, err := with.hold(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.release() }()
	p, err := s.pending(ctx)
	if err != nil {
		return nil, err
	}
	st := &Status{Current: p.current, Executed: len(p.revisions), Pending: len(p.files), Notes: p.notes}
	for _, f := range p.all {
		st.Files = append(st.Files, f.Name())
	}
	for _, r := range p.revisions {
		st.Revisions = append(st.Revisions, Revision{r.Version, r.Description, r.Applied, r.Total, r.OperatorVersion})
	}
	for _, f := range p.files {
		st.PendingFiles = append(st.PendingFiles, f.Name())
	}
	if len(p.files) == 0 {
		return st, nil
	}
	st.Next = p.files[0].Version()
	return st, s.describe(ctx, st, p)
}

// describe adds what is known of the file that was begun and not finished.
func (s *session) describe(ctx context.Context, st *Status, p pending) error {
	last := (*atlas.Revision)(nil)
	if n := len(p.revisions); n > 0 {
		last = p.revisions[n-1]
	}
	if last == nil || last.Version != st.Next || last.Applied >= last.Total {
		return nil
	}
	st.Applied, st.Total, st.Error, st.SQL = last.Applied, last.Total, last.Error, last.ErrorStmt
	m, err := s.read(p.files[0])
	if err != nil || last.Error != "" || last.Applied >= len(m.statements) {
		return err
	}
	stmt := m.statements[last.Applied]
	became, err := s.effectOf(ctx, stmt.SQL)
	if err != nil {
		return err
	}
	st.SQL = stmt.SQL
	st.Interrupted = map[effect]string{
		present: "it took effect: apply continues after it",
		absent:  "it had no effect: apply continues with it",
		neutral: "apply continues with it",
		unclear: "the database cannot tell whether it took effect: apply asks for --interrupted",
	}[became]
	return nil
}

// Baseline records that the database already is as the file of that version makes it,
// without executing anything. The database must not have a history yet.
func (m *Migrator) Baseline(ctx context.Context, version string) (err error) {
	defer func() { err = advised(err) }()
	if err := Validate(m.config.Dir); err != nil {
		return err
	}
	with := *m
	with.config.Baseline, with.config.AllowDirty = version, false
	return with.locked(ctx, func(s *session) error {
		p, err := s.prepare(ctx)
		if err == nil && p.baseline == nil {
			return errHasHistory(p.current)
		}
		return err
	})
}
