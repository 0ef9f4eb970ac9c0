package migrate

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/sqlite"
)

// Dir is a folder of migrations in Atlas's format: files named
// VERSION_description.sql, and their checksums in atlas.sum.
type Dir = atlas.Dir

// OpenDir opens the folder at a path, or at a URL such as "file://migrations/postgres".
// It fails if there is no such folder.
func OpenDir(location string) (Dir, error) {
	name := strings.TrimPrefix(location, "file://")
	dir, err := atlas.NewLocalDir(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("migrate: there is no folder %s: create it, or name another with --dir", name)
	}
	if err != nil {
		return nil, fmt.Errorf("migrate: open %s: %w", name, err)
	}
	return dir, nil
}

// FromFS reads the migrations at the root of a file system, such as an embed.FS
// narrowed by fs.Sub.
func FromFS(fsys fs.FS) (Dir, error) {
	dir := &atlas.MemDir{}
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("migrate: read migrations: %w", err)
	}
	for _, entry := range entries {
		if name := entry.Name(); path.Ext(name) == ".sql" || name == atlas.HashFileName {
			content, err := fs.ReadFile(fsys, name)
			if err != nil {
				return nil, fmt.Errorf("migrate: read migrations: %w", err)
			}
			if err := dir.WriteFile(name, content); err != nil {
				return nil, fmt.Errorf("migrate: read migrations: %w", err)
			}
		}
	}
	return dir, nil
}

// Hash writes atlas.sum again. Look at what was edited before you call it.
func Hash(dir Dir) error {
	sum, err := dir.Checksum()
	if err != nil {
		return fmt.Errorf("migrate: hash: %w", err)
	}
	if err := atlas.WriteSumFile(dir, sum); err != nil {
		return fmt.Errorf("migrate: hash: %w", err)
	}
	return nil
}

// Validate checks that the files are those that atlas.sum lists, and that each can be
// split into statements. Its error names the file.
func Validate(dir Dir) error {
	err := atlas.Validate(dir)
	if c, ok := errors.AsType[*atlas.ChecksumError](err); ok {
		return &ChecksumError{File: c.File, Line: c.Line, Reason: reasons[c.Reason]}
	}
	switch {
	case errors.Is(err, atlas.ErrChecksumNotFound):
		return &ChecksumError{Reason: "atlas.sum is missing"}
	case errors.Is(err, atlas.ErrChecksumFormat), errors.Is(err, atlas.ErrChecksumMismatch):
		return &ChecksumError{Reason: "atlas.sum was edited, or a merge has mixed it up"}
	case err != nil:
		return fmt.Errorf("migrate: validate: %w", err)
	}
	files, err := dir.Files()
	if err != nil {
		return fmt.Errorf("migrate: validate: %w", err)
	}
	for i, f := range files {
		if i > 0 && f.Version() == files[i-1].Version() {
			return fmt.Errorf("migrate: %s and %s have the same version: rename one, and run go tool migrate hash", files[i-1].Name(), f.Name())
		}
		if err := readable(f); err != nil {
			return fmt.Errorf("migrate: %s: %w", f.Name(), err)
		}
	}
	return nil
}

// readable checks that a file can be split into statements in some dialect. A folder
// does not say which dialect it is for, and quoting differs between them.
func readable(f atlas.File) error {
	_, err := f.StmtDecls()
	for _, s := range []atlas.StmtScanner{&mysql.Driver{}, &postgres.Driver{}, &sqlite.Driver{}} {
		if err == nil {
			return nil
		}
		if _, e := s.ScanStmts(string(f.Bytes())); e == nil {
			return nil
		}
	}
	return err
}

var reasons = map[atlas.Reason]string{
	atlas.ReasonAdded:   "was added",
	atlas.ReasonEdited:  "was edited",
	atlas.ReasonRemoved: "was removed",
}

// ChecksumError reports that the files are not those that atlas.sum lists.
type ChecksumError struct {
	File   string // Empty if atlas.sum itself is at fault.
	Line   int    // The line of atlas.sum.
	Reason string
}

// Error says what differs, and what to do about it.
func (e *ChecksumError) Error() string {
	what := e.Reason
	if e.File != "" {
		what = fmt.Sprintf("%s %s (atlas.sum, line %d)", e.File, e.Reason, e.Line)
	}
	return "migrate: checksum mismatch: " + what + ": look at what changed in the folder, then run go tool migrate hash"
}

// lineOf returns the line of a file that contains a byte.
func lineOf(content []byte, at int) int {
	at = min(max(at, 0), len(content))
	return 1 + bytes.Count(content[:at], []byte("\n"))
}
