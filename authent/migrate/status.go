package migrate

import (
	"context"

	atlas "ariga.io/atlas/sql/migrate"
)

// Status is how far a database is migrated.
type Status struct {
	// Current is the last version that was applied or begun. Empty if none.
	Current string
	// Next is the version that Apply goes on with. Empty if nothing is left.
	Next string
	// Executed and Pending are how many files were applied or begun, and how
	// many are left to apply or finish.
	Executed, Pending int
	// PendingFiles names the files left, and Files all that there are.
	PendingFiles, Files []string
	// Revisions are the history, as the database has it.
	Revisions []Revision
	// Applied and Total are the statements of a file that was begun and not
	// finished. Both are 0 when there is none.
	Applied, Total int
	// Error and SQL are why and where it stopped. Empty when it was killed.
	Error, SQL string
	// Interrupted tells what is known of the statement at which a run was
	// killed: that it took effect, that it did not, or that this cannot be
	// seen. Empty when none was.
	Interrupted string
	// Notes tell what Apply lets pass that somebody should look at. Nil when
	// there is nothing.
	Notes []string
}

// Revision is a row of the history, of one file.
type Revision struct {
	Version     string
	Description string
	// Applied and Total are its statements. Fewer were applied than there are
	// when it was begun and not finished.
	Applied, Total int
	// OperatorVersion is who wrote the row: the command line of Atlas, or
	// Config.Operator.
	OperatorVersion string
}

// Status compares the database's history with the files. It changes nothing.
// Files that are not those applied are an error, as in Apply.
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

// describe tells of the file that was begun and not finished.
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
		present: "it took effect: apply goes on after it",
		absent:  "it had no effect: apply goes on with it",
		neutral: "apply goes on with it",
		unclear: "whether it took effect cannot be seen: apply asks for --interrupted",
	}[became]
	return nil
}

// Baseline records that the database already is as the file of that version
// makes it, and executes nothing. The database must have no history yet.
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
