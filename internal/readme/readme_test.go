// Package readme proves the README: its Go blocks compile, the first one runs,
// and its shell blocks do what it says.
package readme

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const root = "../.."

// block is a fenced block of the README.
type block struct{ language, text string }

func blocks(t *testing.T) (all []block) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(text), "\n```")
	for i := 1; i < len(parts); i += 2 {
		language, body, _ := strings.Cut(parts[i], "\n")
		all = append(all, block{language, body + "\n"})
	}
	if len(all) == 0 {
		t.Fatal("the README has no blocks")
	}
	return all
}

// TestGoBlocks compiles each block as the program it is.
func TestGoBlocks(t *testing.T) {
	first := true
	for i, b := range blocks(t) {
		if b.language != "go" {
			continue
		}
		if first {
			first = false
			example, err := os.ReadFile(filepath.Join(root, "examples/readme/main.go"))
			if err != nil {
				t.Fatal(err)
			}
			if string(example) != b.text {
				t.Error("the first block is not examples/readme/main.go")
			}
		}
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			// Within the module, so that its imports are found; the name keeps it
			// out of ./... patterns.
			dir, err := os.MkdirTemp(".", "_block")
			if err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(dir)
			if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(b.text), 0o644); err != nil {
				t.Fatal(err)
			}
			build(t, "./"+filepath.Base(dir), ".")
		})
	}
}

// build builds a program and returns its file.
func build(t *testing.T, pkg, dir string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "program")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", file, pkg)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", pkg, err, out)
	}
	return file
}

// TestFirstApp: the program on the first screen starts in an empty folder, makes
// its tables and answers.
func TestFirstApp(t *testing.T) {
	if l, err := net.Listen("tcp", "localhost:3000"); err != nil {
		t.Skip("port 3000 is taken, and the program of the README listens there")
	} else {
		l.Close()
	}
	program := build(t, "./examples/readme", root)
	dir := t.TempDir()
	run(t, program, dir, "AUTH_SECRET="+strings.Repeat("s", 44), "AUTH_URL=http://localhost:3000")
	if status, target := answer(t, "http://localhost:3000/"); status != http.StatusFound || !strings.HasPrefix(target, "http://localhost:3000/auth/signin?") {
		t.Errorf("GET /: %d to %s", status, target)
	}
	if status, _ := answer(t, "http://localhost:3000/auth/register"); status != http.StatusOK {
		t.Errorf("GET /auth/register: %d", status)
	}
	if _, err := os.Stat(filepath.Join(dir, "app.db")); err != nil {
		t.Error(err)
	}
}

// TestShellBlocks runs what the README says to run.
func TestShellBlocks(t *testing.T) {
	seen := map[string]bool{}
	for _, b := range blocks(t) {
		if b.language != "sh" {
			continue
		}
		for line := range strings.Lines(b.text) {
			seen[strings.TrimSpace(line)] = true
		}
	}
	for line := range seen {
		switch line {
		case "go run ./examples/quickstart":
			quickstart(t)
		case "make test": // is how this test was started
			makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
			if err != nil || !strings.Contains(string(makefile), "\ntest: ") {
				t.Errorf("the Makefile has no target test: %v", err)
			}
		default:
			t.Errorf("nobody tried %q: add it here", line)
		}
	}
	if len(seen) != 2 {
		t.Errorf("the first screen has two commands, not %d", len(seen))
	}
}

func quickstart(t *testing.T) {
	t.Helper()
	program, dir, port := build(t, "./examples/quickstart", root), t.TempDir(), freePort(t)
	run(t, program, dir, "PORT="+port)
	if status, _ := answer(t, "http://localhost:"+port+"/"); status != http.StatusOK {
		t.Errorf("the quickstart answers %d", status)
	}
	if _, err := os.Stat(filepath.Join(dir, "quickstart.db")); err != nil {
		t.Error(err)
	}
}

// run starts a program until the test ends.
func run(t *testing.T, program, dir string, env ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program)
	cmd.Dir = dir
	cmd.Env = append([]string{"HOME=" + dir, "PATH=" + os.Getenv("PATH")}, env...)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(out.String())
		}
	})
}

// answer asks until the program answers.
func answer(t *testing.T, url string) (status int, target string) {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var last error
	for range 300 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", "text/html")
		res, err := client.Do(r)
		if err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			res.Body.Close()
			return res.StatusCode, res.Header.Get("Location")
		}
		last = err
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal(last)
	return 0, ""
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
