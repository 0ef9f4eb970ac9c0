package boltstore_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/examples/customadapter/boltstore"
)

// wantOpenError wants Open to fail with an error that names the file and says
// why.
func wantOpenError(t *testing.T, path, why string) error {
	t.Helper()
	s, err := boltstore.Open(path)
	if err == nil {
		s.Close()
		t.Fatalf("Open succeeded, want an error that says %q", why)
	}
	text := err.Error()
	if !strings.HasPrefix(text, "boltstore: open: ") || !strings.Contains(text, path) || !strings.Contains(text, why) {
		t.Errorf("Open: %v, want the file and %q", err, why)
	}
	return err
}

func TestOpenMakesFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new.bolt")
	s, err := boltstore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode(); mode != 0o600 {
		t.Errorf("the file's mode is %v, want -rw-------", mode)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	wantOpenError(t, dir, "is a directory")
	err := wantOpenError(t, filepath.Join(dir, "missing", "x.bolt"), "no such file")
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open: %v does not wrap %v", err, os.ErrNotExist)
	}

	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, bytes.Repeat([]byte("no database\n"), 2000), 0o600); err != nil {
		t.Fatal(err)
	}
	wantOpenError(t, text, "invalid database")
	short := filepath.Join(dir, "short")
	if err := os.WriteFile(short, []byte("no database\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantOpenError(t, short, "invalid database")
}

func TestOpenTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.bolt")
	s, err := boltstore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = wantOpenError(t, path, "another process has")
	if !errors.Is(err, bolterrors.ErrTimeout) {
		t.Errorf("Open: %v does not wrap %v", err, bolterrors.ErrTimeout)
	}
}

// TestOpenCutShort opens a file that ends after each of its pages.
func TestOpenCutShort(t *testing.T) {
	whole := manyUsers(t)
	for at := os.Getpagesize(); at < len(whole); at += os.Getpagesize() {
		// bbolt leaves room at the end, in pages that it has not used yet.
		unused := len(bytes.Trim(whole[at:], "\x00")) == 0
		if err := openBytes(t, whole[:at]); err == nil && !unused {
			t.Errorf("a file cut to %d of %d bytes was opened", at, len(whole))
		}
	}
}

// TestOpenDamaged opens a file with each of its pages overwritten. None ends the
// program; Open does not look at every page.
func TestOpenDamaged(t *testing.T) {
	whole, page, refused := manyUsers(t), os.Getpagesize(), 0
	for at := 0; at < len(whole); at += page {
		bad := bytes.Clone(whole)
		copy(bad[at:at+page], bytes.Repeat([]byte{0xff}, page))
		if err := openBytes(t, bad); err != nil {
			refused++
		}
	}
	if refused == 0 {
		t.Error("every file with a page overwritten was opened")
	}
}

// manyUsers is a file of many pages.
func manyUsers(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.bolt")
	s, err := boltstore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	err = s.InTx(t.Context(), func(tx authent.Adapter) error {
		for i := range 200 {
			if _, err := tx.CreateUser(t.Context(), authent.User{Email: fmt.Sprintf("%d@example.com", i)}); err != nil {
				return err
			}
		}
		return nil
	})
	signUp(t, s) // bbolt's own pages move from the file's end to what was freed
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return whole
}

// openBytes opens and closes a file with the content.
func openBytes(t *testing.T, content []byte) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bad.bolt")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := boltstore.Open(path)
	if err != nil {
		if !strings.HasPrefix(err.Error(), "boltstore: open: "+path) {
			t.Errorf("Open: %v", err)
		}
		return err
	}
	return s.Close()
}

// signUp stores a user with an account, a session and a verification token.
func signUp(t *testing.T, s *boltstore.Store) *authent.User {
	t.Helper()
	expires := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	u, err := s.CreateUser(t.Context(), authent.User{Email: "ada@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	_, sessionErr := s.CreateSession(t.Context(), authent.Session{Token: "session", UserID: u.ID, Expires: expires})
	err = errors.Join(sessionErr,
		s.LinkAccount(t.Context(), authent.Account{UserID: u.ID, Provider: "github", ProviderAccountID: "1"}),
		s.CreateVerificationToken(t.Context(), authent.VerificationToken{Identifier: "ada@example.com", Token: "token", Expires: expires}))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// wantSignedUp wants all that signUp stored.
func wantSignedUp(t *testing.T, s *boltstore.Store) {
	t.Helper()
	session, err := s.SessionAndUser(t.Context(), "session")
	if err != nil || session.User.Email != "ada@example.com" {
		t.Errorf("SessionAndUser: %v, %v", session, err)
	}
	_, accountErr := s.UserByAccount(t.Context(), "github", "1")
	_, tokenErr := s.VerificationToken(t.Context(), "ada@example.com", "token")
	if err := errors.Join(accountErr, tokenErr); err != nil {
		t.Error(err)
	}
}

func TestReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.bolt")
	s, err := boltstore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	signUp(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SessionAndUser(t.Context(), "session"); !errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		t.Errorf("SessionAndUser after Close: %v", err)
	}
	if s, err = boltstore.Open(path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	wantSignedUp(t, s)
}

// killedFile names the file in a process that TestKill started.
const killedFile = "BOLTSTORE_KILLED_FILE"

// TestKill kills a process in the middle of a transaction: what it stored before
// is there, and nothing of the transaction.
func TestKill(t *testing.T) {
	if path := os.Getenv(killedFile); path != "" {
		writeUntilKilled(t, path)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "test.bolt")
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestKill$")
	cmd.Env = append(os.Environ(), killedFile+"="+path)
	if out, err := cmd.CombinedOutput(); err == nil || cmd.ProcessState.ExitCode() != -1 {
		t.Fatalf("the process was not killed: %v\n%s", err, out)
	}
	s, err := boltstore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	wantSignedUp(t, s)
	users, err := s.UsersByEmail(t.Context(), "lost@example.com")
	if err != nil || len(users) > 0 {
		t.Errorf("the transaction that was killed left %v, %v", users, err)
	}
}

func writeUntilKilled(t *testing.T, path string) {
	s, err := boltstore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	signUp(t, s)
	err = s.InTx(t.Context(), func(tx authent.Adapter) error {
		if _, err := tx.CreateUser(t.Context(), authent.User{Email: "lost@example.com"}); err != nil {
			return err
		}
		self, err := os.FindProcess(os.Getpid())
		if err != nil {
			return err
		}
		return errors.Join(self.Kill(), errors.New("still alive"))
	})
	// A kill takes effect a moment later.
	t.Log(err)
	select {}
}
