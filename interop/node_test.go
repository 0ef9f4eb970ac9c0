package interop

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// node starts a program of this folder and returns when it says that it is ready.
// It ends with the test, and with this process however that ends.
func node(t testing.TB, script string, args ...string) { nodeWith(t, nil, script, args...) }

func nodeWith(t testing.TB, env []string, script string, args ...string) {
	t.Helper()
	path, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(script)
	}
	if err == nil {
		_, err = os.Stat(filepath.Join("node_modules", ".generated"))
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v: make deps installs it", err)
		}
		t.Skipf("%v: make deps installs it", err)
	}
	cmd := exec.CommandContext(context.Background(), path, append([]string{script}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if _, err := cmd.StdinPipe(); err != nil { // open until the process ends
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var faults strings.Builder
	cmd.Stderr = &faults
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s: %s", script, faults.String())
		}
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if lines.Text() == "ready" {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return
		}
	}
	_ = cmd.Wait()
	t.Fatalf("%s ended before it was ready: %s", script, faults.String())
}

// TestTypes: what the examples hand out for the Node side passes TypeScript's own
// strict check. The bundler takes types out unread.
func TestTypes(t *testing.T) {
	if _, err := os.Stat("node_modules/.generated"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v: make deps makes it", err)
		}
		t.Skipf("%v: make deps makes it", err)
	}
	out, err := exec.CommandContext(t.Context(), "node", "node_modules/typescript/lib/tsc.js", "-p", ".").CombinedOutput()
	if err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}
