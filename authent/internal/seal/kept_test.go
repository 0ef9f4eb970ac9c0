package seal

import (
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestKeepSecret: the first call makes a secret for its owner alone, and says so; later
// ones read it.
func TestKeepSecret(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kept", "secret")
	first, made, err := KeepSecret(file, rand.Reader)
	if err != nil || !made || len(first) < MinSecret {
		t.Fatalf("%d bytes, made %v, %v", len(first), made, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if text, err := os.ReadFile(filepath.Join(filepath.Dir(file), ".gitignore")); err != nil || string(text) != "*\n" {
		t.Errorf(".gitignore is %q, %v", text, err)
	}
	if files, err := os.ReadDir(filepath.Dir(file)); err != nil || len(files) != 2 {
		t.Errorf("files: %v, %v", files, err)
	}
	if again, made, err := KeepSecret(file, rand.Reader); err != nil || made || again != first {
		t.Errorf("the second call: the same is %v, made %v, %v", again == first, made, err)
	}
	if other, _, err := KeepSecret(filepath.Join(t.TempDir(), "secret"), rand.Reader); err != nil || other == first {
		t.Errorf("another folder has the same secret, or %v", err)
	}
}

// TestKeepSecret_Others: what is there already, and is somebody else's, is neither
// written nor trusted.
func TestKeepSecret_Others(t *testing.T) {
	folder := t.TempDir()
	theirs := filepath.Join(folder, "theirs")
	if err := os.WriteFile(theirs, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(theirs, filepath.Join(folder, ".gitignore")); err != nil {
		t.Skip(err)
	}
	file := filepath.Join(folder, "secret")
	if _, made, err := KeepSecret(file, rand.Reader); err != nil || !made {
		t.Errorf("made %v, %v", made, err)
	}
	if text, err := os.ReadFile(theirs); err != nil || string(text) != "precious" {
		t.Errorf("a file of somebody else's is now %q, %v", text, err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := KeepSecret(file, rand.Reader); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a secret that everybody may read: %v", err)
	}
}

// meeting is a source of randomness that gives nothing before n have asked.
type meeting struct{ n sync.WaitGroup }

func (m *meeting) Read(b []byte) (int, error) {
	m.n.Done()
	m.n.Wait()
	return rand.Read(b)
}

// TestKeepSecret_AtOnce: of many that saw no file, one makes it, and all get the same.
func TestKeepSecret_AtOnce(t *testing.T) {
	const n = 32
	file := filepath.Join(t.TempDir(), "secret")
	var all meeting
	all.n.Add(n)
	var done sync.WaitGroup
	secrets, makers := make([]string, n), make([]bool, n)
	for i := range n {
		done.Go(func() {
			var err error
			if secrets[i], makers[i], err = KeepSecret(file, &all); err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	count := 0
	for i := range n {
		if secrets[i] != secrets[0] {
			t.Error("two callers have different secrets")
		}
		if makers[i] {
			count++
		}
	}
	if count != 1 {
		t.Errorf("%d made it", count)
	}
}

// TestKeepSecret_Refuses what is no secret, and a folder that cannot be.
func TestKeepSecret_Refuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	plain := write("plain", "")
	for name, tc := range map[string]struct {
		file, want string
		random     io.Reader
	}{
		"empty":           {write("empty", ""), "holds 0 bytes, not a secret of 32 or more: delete it", rand.Reader},
		"short":           {write("short", " too-short \n"), "holds 9 bytes", rand.Reader},
		"under a file":    {filepath.Join(plain, "secret"), "not a directory", rand.Reader},
		"a folder":        {dir, "is a directory", rand.Reader},
		"no randomness":   {filepath.Join(dir, "new", "secret"), "make a secret", strings.NewReader("short")},
		"dangling folder": {filepath.Join(write("file", "x"), "a", "secret"), "not a directory", rand.Reader},
	} {
		secret, made, err := KeepSecret(tc.file, tc.random)
		if err == nil || secret != "" || made || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "too-short") {
			t.Errorf("%s: %v, made %v, want %q", name, err, made, tc.want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "new")); err == nil {
		t.Error("without randomness a folder was left")
	}
}
