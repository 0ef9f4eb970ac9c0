package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// report says how a run of go test ended.
type report struct {
	code    int
	skipped []string
}

// goTest runs go test and prints its output: only the last line of packages that
// pass, everything of those that fail.
func goTest(ctx context.Context, args, env []string, out io.Writer) (report, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test"}, args...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Env = env
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return report{}, err
	}
	if err := cmd.Start(); err != nil {
		return report{}, err
	}
	var r report
	lines := map[string][]string{}
	scanner := bufio.NewScanner(stdout)
	scanner.Buffer(nil, 16<<20)
	for scanner.Scan() {
		r.line(scanner.Bytes(), lines, out)
	}
	if err := scanner.Err(); err != nil {
		return r, err
	}
	err = cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		r.code = max(exit.ExitCode(), 1)
		err = nil
	}
	return r, err
}

// event is a line of go test -json.
type event struct {
	Action, Package, ImportPath, Test, Output string
}

// line handles one event; lines holds the output of packages that still run.
func (r *report) line(b []byte, lines map[string][]string, out io.Writer) {
	var e event
	if json.Unmarshal(b, &e) != nil {
		fmt.Fprintf(out, "%s\n", b)
		return
	}
	switch {
	case e.Action == "build-output":
		fmt.Fprint(out, e.Output)
	case e.Action == "output":
		lines[e.Package] = append(lines[e.Package], e.Output)
	case e.Action == "skip" && e.Test != "":
		r.skipped = append(r.skipped, e.Package+"."+e.Test)
	case e.Test == "" && (e.Action == "pass" || e.Action == "fail" || e.Action == "skip"):
		print(lines[e.Package], e.Action, out)
		delete(lines, e.Package)
	}
}

// print writes what go test would print for a package that has ended.
func print(all []string, action string, out io.Writer) {
	for _, l := range all {
		verdict := strings.HasPrefix(l, "ok  \t") || strings.HasPrefix(l, "?   \t") || strings.HasPrefix(l, "FAIL\t")
		if action == "fail" && !strings.HasPrefix(l, "=== ") || verdict {
			fmt.Fprint(out, l)
		}
	}
}
