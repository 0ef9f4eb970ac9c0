// Testserver runs a command with what the tests need around it: throw-away
// PostgreSQL and MariaDB servers on loopback, which it stops and removes however
// the command ends. After go test it says what the tests ran against:
//
//	go run ./internal/testserver -- go test ./...
//
// It starts no server whose URL is given in AUTHENT_TEST_POSTGRES_URL or
// AUTHENT_TEST_MYSQL_URL; the command finds the servers in these variables. It
// adds -json to go test, prints what go test prints, and counts what was skipped.
// With CI=true a missing browser or server is an error.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	code, err := run(ctx, os.Args[1:], os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testserver:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(ctx context.Context, args []string, out io.Writer) (code int, err error) {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return 0, errors.New("usage: go run ./internal/testserver -- command with its arguments")
	}
	browser := findBrowser()
	if browser == "" && os.Getenv("CI") == "true" {
		return 0, errors.New("CI=true and no Chromium: make deps installs it on Debian")
	}
	servers, err := startServers(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, servers.close()) }()
	if len(args) < 2 || args[0] != "go" || args[1] != "test" {
		return plain(ctx, args, servers.env())
	}
	report, err := goTest(ctx, slices.Insert(args[2:], 0, "-json"), servers.env(), out)
	if err != nil {
		return 0, err
	}
	if browser == "" {
		browser = "none"
	}
	for _, name := range report.skipped {
		fmt.Fprintln(out, "skipped:", name)
	}
	fmt.Fprintf(out, "databases: %s; browser: %s; skipped: %d\n", strings.Join(servers.names, " "), browser, len(report.skipped))
	return report.code, nil
}

// plain runs any other command as it is.
func plain(ctx context.Context, args, env []string) (int, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Env = env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return max(exit.ExitCode(), 1), nil
	}
	return 0, err
}

// findBrowser returns the name of the browser that the tests will find.
func findBrowser() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if _, err := exec.LookPath(name); err == nil {
			return name
		}
	}
	return ""
}
