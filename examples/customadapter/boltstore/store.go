// Package boltstore is an authent.Adapter over one bbolt file: an example of
// writing your own adapter, over a store that knows neither SQL nor foreign keys
// nor unique indexes. Each file is about one noun; docs/custom-adapter.md is the
// guide.
//
// bbolt has one writer at a time, and each write waits for the disk. That suits an
// application with one process. The process that has a file open locks it.
package boltstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/authent/authent/authent"
)

// Store is an authent.Adapter, an authent.RateLimitStore and an
// authent.SessionWatcher. It has every optional column and keeps milliseconds. Make
// one with Open. It is safe for concurrent use.
//
// If a function passed to InTx writes through the Store instead of its tx, it
// waits for itself until its context ends.
type Store struct {
	db *bolt.DB
	// writer holds a value while somebody writes. bbolt has a lock of its own for
	// that, on which nobody can stop waiting when their context ends.
	writer chan struct{}
	// watches are told of what becomes of sessions and users.
	watches *watches
	// tx is the transaction that this Store is bound to, nil outside InTx.
	tx *transaction
}

var (
	_ authent.Adapter        = (*Store)(nil)
	_ authent.RateLimitStore = (*Store)(nil)
	_ authent.SessionWatcher = (*Store)(nil)
)

// patience is how long Open waits for another process that has the file open,
// such as a predecessor that is just ending.
const patience = time.Second

// Open opens the file at path, or makes it, with mode 0600. It fails if the folder
// is missing, the file may not be written, another process still has it open after a
// second, or it is not a bbolt file, cut short or damaged. Close the Store when
// done.
func Open(path string) (s *Store, err error) {
	var file *os.File
	// bbolt trusts a file's pages and panics on a bad one; if the file is cut
	// short, reading its memory map is a fault. Neither should end the program.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if damage := recover(); damage != nil {
			_ = file.Close()
			s, err = nil, fmt.Errorf("boltstore: open: %s is damaged or cut short: %v", path, damage)
		}
	}()
	db, err := bolt.Open(path, 0o600, &bolt.Options{
		Timeout: patience,
		OpenFile: func(path string, flag int, mode fs.FileMode) (_ *os.File, err error) {
			file, err = os.OpenFile(path, flag, mode)
			return file, err
		},
	})
	if err != nil {
		return nil, openError(path, err)
	}
	if err := prepare(db, file); err != nil {
		_ = db.Close()
		return nil, openError(path, err)
	}
	return &Store{db: db, writer: make(chan struct{}, 1), watches: &watches{}}, nil
}

// openError adds the file's name to err, unless it is there already.
func openError(path string, err error) error {
	if _, says := errors.AsType[*fs.PathError](err); says {
		return fmt.Errorf("boltstore: open: %w", err)
	}
	if errors.Is(err, bolterrors.ErrTimeout) {
		return fmt.Errorf("boltstore: open: another process has %s open: %w", path, err)
	}
	return fmt.Errorf("boltstore: open: %s: %w", path, err)
}

// prepare makes the buckets that are missing.
func prepare(db *bolt.DB, file *os.File) error {
	return db.Update(func(tx *bolt.Tx) error {
		info, err := file.Stat()
		if err != nil {
			return err
		}
		if info.Size() < tx.Size() {
			return fmt.Errorf("cut short: the file has %d bytes of %d", info.Size(), tx.Size())
		}
		for _, name := range buckets {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return fmt.Errorf("bucket %s: %w", name, err)
			}
		}
		return nil
	})
}

// Close waits for the open transactions, then closes the file. Every call
// afterwards fails.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("boltstore: close: %w", err)
	}
	return nil
}

// Columns implements authent.Adapter.
func (s *Store) Columns() authent.Columns {
	return authent.Columns{
		UserPassword: true, UserRole: true, UserDisabledAt: true, UserCreatedAt: true, UserUpdatedAt: true,
		SessionCreatedAt: true, SessionLastUsedAt: true, SessionIPAddress: true, SessionUserAgent: true,
	}
}
