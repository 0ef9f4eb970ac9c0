package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"
)

// pending holds what is left to do.
type pending struct {
	files     []atlas.File
	all       []atlas.File // The folder's files.
	baseline  atlas.File   // The baseline to record; nil if none.
	current   string       // The last applied version; empty if none.
	revisions []*atlas.Revision
	// recounted lists revisions whose rows still hold another number of statements.
	recounted []*atlas.Revision
	notes     []string
}

// pending checks the history against the files and finds what is left to do. It changes
// nothing.
func (s *session) pending(ctx context.Context) (p pending, err error) {
	if p.revisions, p.recounted, err = (revisions{s}).read(ctx); err != nil {
		return p, err
	}
	files, err := s.config.Dir.Files()
	if err != nil {
		return p, fmt.Errorf("migrate: %w", err)
	}
	p.all = files
	if p.notes, err = s.checkHistory(p.revisions, files); err != nil {
		return p, err
	}
	if len(p.revisions) > 0 {
		p.current = p.revisions[len(p.revisions)-1].Version
	} else if s.config.Baseline != "" {
		return s.fromBaseline(p, files)
	} else if err := s.checkClean(ctx, files); err != nil {
		return p, err
	} else if err := s.checkDialect(files); err != nil {
		return p, err
	}
	executor, err := atlas.NewExecutor(s.driver, s.config.Dir, revisions{s}, atlas.WithAllowDirty(true), atlas.WithExecOrder(execOrders[s.config.ExecOrder]))
	if err != nil {
		return p, fmt.Errorf("migrate: %w", err)
	}
	p.files, err = executor.Pending(ctx)
	if late, ok := errors.AsType[*atlas.HistoryNonLinearError](err); ok {
		return p, fmt.Errorf("migrate: %w: %s was added out of order, below %s, which is applied: rename it to a later version and run go tool migrate hash, or run go tool migrate apply --exec-order=non-linear", ErrHistory, names(late.OutOfOrder), p.current)
	}
	if err != nil && !errors.Is(err, atlas.ErrNoPendingFiles) {
		return p, fmt.Errorf("migrate: %w", err)
	}
	return p, nil
}

// fromBaseline returns what is left to do after Config.Baseline.
func (s *session) fromBaseline(p pending, files []atlas.File) (pending, error) {
	i := slices.IndexFunc(files, func(f atlas.File) bool { return f.Version() == s.config.Baseline })
	if i < 0 {
		return p, errNoVersion(s.config.Baseline, files)
	}
	p.baseline, p.files, p.current = files[i], files[i+1:], files[i].Version()
	return p, nil
}

// checkHistory checks that the applied files are there and have not changed. Its notes
// report what it accepts although somebody should look at it.
func (s *session) checkHistory(revs []*atlas.Revision, files []atlas.File) (notes []string, err error) {
	for _, rev := range revs {
		i := slices.IndexFunc(files, func(f atlas.File) bool { return f.Version() == rev.Version })
		switch {
		case i >= 0:
		case len(files) == 0 || rev.Version > files[len(files)-1].Version():
			return nil, fmt.Errorf("migrate: %w: it is at %s, which no file here has: update the program or the folder of migrations", ErrNewer, rev.Version)
		case !replacedByCheckpoint(rev.Version, files):
			return nil, fmt.Errorf("migrate: %w: %s_%s.sql was applied and is missing: put it back from version control", ErrHistory, rev.Version, rev.Description)
		default:
			return nil, nil // The hashes of all others cover the missing file.
		}
	}
	return checkEdited(revs, files)
}

// replacedByCheckpoint reports whether a checkpoint replaces a removed file.
func replacedByCheckpoint(version string, files []atlas.File) bool {
	return slices.ContainsFunc(files, func(f atlas.File) bool {
		c, ok := f.(atlas.CheckpointFile)
		return ok && c.IsCheckpoint() && f.Version() > version
	})
}

// checkClean refuses a database with tables that no migration made, unless Config
// allows them.
func (s *session) checkClean(ctx context.Context, files []atlas.File) error {
	if s.config.AllowDirty {
		return nil
	}
	tables, err := s.tables(ctx)
	if err != nil || len(tables) == 0 {
		return err
	}
	const most = 5
	if len(tables) > most {
		tables = append(tables[:most], fmt.Sprintf("%d more", len(tables)-most))
	}
	return fmt.Errorf("migrate: %w: %s: if they are the application's own, allow that (--allow-dirty, Config.AllowDirty); if they are already what a migration makes, say which%s", ErrNotClean, strings.Join(tables, ", "), likeLast(files))
}

// likeLast suggests the command that takes the last of the files as applied.
func likeLast(files []atlas.File) string {
	if len(files) == 0 {
		return " (go tool migrate baseline)"
	}
	return ", such as the last one: go tool migrate baseline " + files[len(files)-1].Version()
}

func names(files []atlas.File) string {
	all := make([]string, len(files))
	for i, f := range files {
		all[i] = f.Name()
	}
	return strings.Join(all, ", ")
}

// errNoVersion lists the versions that exist, or the last of them if there are many.
func errNoVersion(version string, files []atlas.File) error {
	const most = 20
	all := make([]string, len(files))
	for i, f := range files {
		all[i] = f.Version()
	}
	switch {
	case len(all) == 0:
		return fmt.Errorf("migrate: there is no file of version %q, and no other either", version)
	case len(all) > most:
		all = append([]string{fmt.Sprintf("%d before these", len(all)-most)}, all[len(all)-most:]...)
	}
	return fmt.Errorf("migrate: there is no file of version %q: the baseline is one of %s", version, strings.Join(all, ", "))
}
