package boltstore_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/authent/authent/examples/customadapter/boltstore"
)

// TestOpenReadOnly opens a file that may be read and not written. For root
// every file may be written, so root's thread becomes somebody else's first.
func TestOpenReadOnly(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "test.bolt")
	s, err := boltstore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for file, mode := range map[string]os.FileMode{path: 0o444, dir: 0o755, filepath.Dir(dir): 0o755} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
	}
	if os.Geteuid() == 0 {
		const nobody = 65534
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := syscall.Setfsuid(nobody); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = syscall.Setfsuid(0) }()
	}
	if err := wantOpenError(t, path, "permission denied"); !errors.Is(err, os.ErrPermission) {
		t.Errorf("Open: %v does not wrap %v", err, os.ErrPermission)
	}
}
