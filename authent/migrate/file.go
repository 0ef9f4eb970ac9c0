package migrate

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	atlas "ariga.io/atlas/sql/migrate"
)

// partialHashes returns Atlas's hashes of a file's first statement, first two
// statements, and so on.
func partialHashes(statements []*atlas.Stmt) []string {
	h, sums := sha256.New(), make([]string, len(statements))
	for i, s := range statements {
		h.Write([]byte(s.Text))
		sums[i] = "h1:" + base64.StdEncoding.EncodeToString(h.Sum(nil))
	}
	return sums
}

// resume finds out how far an earlier run got with the file.
func (m *migration) resume(ctx context.Context) error {
	found, err := revisions{m.session}.ReadRevision(ctx, m.file.Version())
	if errors.Is(err, atlas.ErrRevisionNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	m.known, m.finished = true, found.Applied >= found.Total
	for i := range found.Applied {
		if found.Applied != found.Total && (i >= len(m.sums) || i >= len(found.PartialHashes) || m.sums[i] != found.PartialHashes[i]) {
			return fmt.Errorf("migrate: %w: %s was applied up to its statement %d, and one of these has changed since: restore it, and change only what follows", ErrHistory, m.file.Name(), found.Applied)
		}
	}
	found.Total, found.Hash = len(m.statements), m.revision.Hash
	m.revision = found
	return nil
}

// complete reports whether nothing is left to do.
func (m *migration) complete() bool {
	return m.known && m.finished
}

// run executes and records what is left of the file. It returns how many statements it
// executed, or -1 if somebody else has applied the file in the meantime.
func (m *migration) run(ctx context.Context) (int, error) {
	if err := m.resume(ctx); err != nil {
		return 0, err
	}
	if m.complete() {
		return -1, nil
	}
	m.mark(ctx)
	rev := m.revision
	m.config.Log(FileStarted{Name: m.file.Name(), Version: rev.Version, Done: rev.Applied, Total: len(m.statements)})
	if !m.whole {
		if err := m.settle(ctx); err != nil {
			return 0, err
		}
		if err := m.record(ctx); err != nil {
			return 0, err
		}
	}
	done := 0
	for i := rev.Applied; i < len(m.statements); i++ {
		if err := m.step(ctx, i); err != nil {
			return done, err
		}
		done++
	}
	rev.PartialHashes, rev.Error, rev.ErrorStmt = nil, "", ""
	if err := m.record(ctx); err != nil {
		return done, err
	}
	m.at("recorded file")
	return done, nil
}

// step executes one statement and records it. If the file is not one transaction, a
// statement that writes rows is committed together with its record.
func (m *migration) step(ctx context.Context, i int) error {
	stmt := m.statements[i]
	within := m.inNoTx
	if !m.whole && writesRows(stmt.SQL) {
		within = m.inTx
	}
	started := time.Now()
	m.at(fmt.Sprintf("before statement %d", i+1))
	err := within(ctx, func() error {
		if err := m.execute(ctx, stmt, nil); err != nil {
			return &StatementError{Statement: stmt, Applied: m.kept(), Total: len(m.statements), Err: err}
		}
		m.at(fmt.Sprintf("after statement %d", i+1))
		m.revision.Applied++
		m.revision.PartialHashes = append(m.revision.PartialHashes, m.sums[i])
		m.revision.ExecutionTime += time.Since(started)
		m.revision.Error, m.revision.ErrorStmt = "", ""
		if m.whole {
			return nil
		}
		return m.record(ctx)
	})
	if failed, ok := errors.AsType[*StatementError](err); ok {
		m.config.Log(StatementFailed{stmt, failed.Err})
		if !m.whole {
			m.recordFailure(ctx, failed)
		}
		return err
	}
	if err == nil {
		m.at(fmt.Sprintf("recorded statement %d", i+1))
		m.config.Log(StatementDone{stmt, time.Since(started)})
	}
	return err
}

// kept returns how many statements of the file remain in effect if the next one fails.
func (m *migration) kept() int {
	if m.whole {
		return 0
	}
	return m.revision.Applied
}

func (m *migration) record(ctx context.Context) error {
	return revisions{m.session}.WriteRevision(ctx, m.revision)
}

// recordFailure records why the file stopped, for status. It may fail because the
// connection is lost; the next run then finds out by itself.
func (m *migration) recordFailure(ctx context.Context, failed *StatementError) {
	if ctx.Err() != nil {
		return
	}
	m.revision.Error, m.revision.ErrorStmt = failed.Err.Error(), failed.Statement.SQL
	_ = m.record(ctx)
}

// tick is how often a long statement is reported.
const tick = 5 * time.Second

// statement returns a statement that is in no file, with the lock that it takes.
func (s *session) statement(sql string) Statement {
	return Statement{SQL: sql, Lock: lockOf(s.config.Dialect, sql)}
}

// executeAlone executes a statement that is in no file, or calls do instead if do is
// not nil, and reports to Config.Log how that went.
func (s *session) executeAlone(ctx context.Context, stmt Statement, do func(context.Context) error) error {
	started := time.Now()
	if err := s.execute(ctx, stmt, do); err != nil {
		s.config.Log(StatementFailed{stmt, err})
		return fmt.Errorf("%w\n  in: %s", err, oneLine(stmt.SQL))
	}
	s.config.Log(StatementDone{stmt, time.Since(started)})
	return nil
}

// execute executes a statement, or calls do instead if do is not nil. It reports to
// Config.Log while that takes long.
func (s *session) execute(ctx context.Context, stmt Statement, do func(context.Context) error) error {
	if do == nil {
		do = func(ctx context.Context) error {
			_, err := s.ExecContext(ctx, stmt.SQL)
			return err
		}
	}
	s.config.Log(StatementStarted{stmt})
	result := make(chan error, 1)
	started := time.Now()
	go func() { result <- do(ctx) }()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case err := <-result:
			return err
		case <-ticker.C:
			s.config.Log(StatementRunning{stmt, time.Since(started)})
		}
	}
}

var firstWord = regexp.MustCompile(`^[A-Za-z]+`)

// keyword returns the first word of a statement, in capitals.
func keyword(sql string) string {
	return strings.ToUpper(firstWord.FindString(withoutComments(sql)))
}

// writesRows reports whether a statement only writes rows, so that MySQL can roll it
// back.
func writesRows(sql string) bool {
	return slices.Contains([]string{"INSERT", "UPDATE", "DELETE", "REPLACE"}, keyword(sql))
}

var comments = regexp.MustCompile(`(?s)^(\s+|--[^\n]*(\n|$)|#[^\n]*(\n|$)|/\*.*?\*/)+`)

// withoutComments removes the comments at the start of a statement.
func withoutComments(sql string) string { return comments.ReplaceAllString(sql, "") }
