package boltstore_test

import (
	"path/filepath"
	"testing"

	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/examples/customadapter/boltstore"
)

// open opens an empty store.
func open(t testing.TB) *boltstore.Store {
	t.Helper()
	s, err := boltstore.Open(filepath.Join(t.TempDir(), "test.bolt"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestAdapter(t *testing.T) {
	authenttest.Run(t, func(t testing.TB) authenttest.Subject {
		return authenttest.Subject{Adapter: open(t)}
	})
}
