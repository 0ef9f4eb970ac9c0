package readme

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"

	"github.com/authent/authent/internal/chromium"
	"github.com/authent/authent/internal/testdb"
)

const root, modulePath = "../..", "github.com/authent/authent"

// workspace is where all guides put their application, one after the other: in the
// same folder and module, so that what one has compiled the next need not.
var workspace string

// published is how the go command of a reader finds this module.
var published proxy

// TestMain publishes this module as it is now, and takes it back afterwards.
func TestMain(m *testing.M) { os.Exit(withProxy(m)) }

func withProxy(m *testing.M) int {
	dir, err := os.MkdirTemp("", "authent-readme")
	if err == nil {
		defer os.RemoveAll(dir)
		workspace = filepath.Join(dir, "work")
		published, err = publish(filepath.Join(dir, "proxy"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "readme:", err)
		return 1
	}
	defer published.forget()
	defer chromium.Close()
	return testdb.Alone(m)
}

// proxy is a folder that serves this module to the go command, in a version that
// nobody has seen before: what the module cache holds is never an older tree.
type proxy struct {
	dir     string
	version module.Version
	size    int               // of the module's zip, in bytes
	env     map[string]string // of the go command here
}

// publish makes one of the files that git tracks, or would track.
func publish(dir string) (p proxy, err error) {
	p.dir, p.version = dir, module.Version{Path: modulePath, Version: "v0.0.0-test.t" + strings.ToLower(rand.Text())}
	out, err := exec.Command("go", "env", "-json", "GOPROXY", "GONOSUMDB", "GOMODCACHE").Output()
	if err != nil {
		return p, fmt.Errorf("go env: %w", err)
	}
	if err := json.Unmarshal(out, &p.env); err != nil {
		return p, err
	}
	files, err := tracked()
	if err != nil {
		return p, err
	}
	var packed bytes.Buffer
	if err := zip.Create(&packed, p.version, files); err != nil {
		return p, err
	}
	p.size = packed.Len()
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return p, err
	}
	info := fmt.Sprintf("{%q: %q}\n", "Version", p.version.Version)
	folder := filepath.Join(dir, modulePath, "@v")
	err = os.MkdirAll(folder, 0o755)
	for name, content := range map[string][]byte{
		"list": []byte(p.version.Version + "\n"), p.version.Version + ".info": []byte(info),
		p.version.Version + ".mod": mod, p.version.Version + ".zip": packed.Bytes(),
	} {
		err = errors.Join(err, os.WriteFile(filepath.Join(folder, name), content, 0o644))
	}
	return p, err
}

// TestModuleSize: whoever imports this module downloads what is read, no pictures and
// no mutants.
func TestModuleSize(t *testing.T) {
	const most = 3_500_000 // of which the list of common passwords has 143,000, and generated graphs a third
	if published.size > most {
		t.Errorf("the module's zip has %d bytes, want at most %d: give what nobody reads a go.mod of its own, as docs/screenshots has", published.size, most)
	}
	t.Logf("%d bytes", published.size)
}

// tracked are the files that a commit of everything would have.
func tracked() (all []zip.File, err error) {
	cmd := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git ls-files: %w", err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if _, err := os.Lstat(filepath.Join(root, name)); errors.Is(err, fs.ErrNotExist) {
			continue // deleted, and not yet committed
		}
		all = append(all, packedFile(name))
	}
	return all, nil
}

// packedFile is the path of a file in this repository.
type packedFile string

func (f packedFile) Path() string                 { return string(f) }
func (f packedFile) Lstat() (os.FileInfo, error)  { return os.Lstat(filepath.Join(root, string(f))) }
func (f packedFile) Open() (io.ReadCloser, error) { return os.Open(filepath.Join(root, string(f))) }

// environment is what a reader's go command need not be told once this module is
// published for all: the proxy to ask first, and that no checksum database knows
// the version.
func (p proxy) environment() []string {
	return []string{
		"GOPROXY=file://" + filepath.ToSlash(p.dir) + "," + p.env["GOPROXY"],
		"GONOSUMDB=" + strings.Trim(modulePath+","+p.env["GONOSUMDB"], ","),
		"GOWORK=off",
	}
}

// forget removes the version from the module cache, whose files are read-only.
func (p proxy) forget() {
	unpacked := filepath.Join(p.env["GOMODCACHE"], p.version.String())
	_ = filepath.WalkDir(unpacked, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			err = os.Chmod(name, 0o755)
		}
		return err
	})
	_ = os.RemoveAll(unpacked)
	left, _ := filepath.Glob(filepath.Join(p.env["GOMODCACHE"], "cache/download", modulePath, "@v", p.version.Version+".*"))
	for _, name := range left {
		_ = os.Remove(name)
	}
}
