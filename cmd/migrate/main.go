// Migrate changes the schema of a database with reviewed, versioned files, and writes
// these files from an ent graph:
//
//	go get -tool github.com/authent/authent/cmd/migrate
//	go tool migrate diff add_avatar
//	go tool migrate apply
//
// It understands the folders and the history of Atlas's command line, and uses its
// words and flags. --url or DATABASE_URL names the database.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// commands lists the commands.
type commands struct {
	Apply    applyCommand    `cmd:"" help:"Apply pending migrations, or the next N of them."`
	Status   statusCommand   `cmd:"" help:"Show how far the database is migrated."`
	Diff     diffCommand     `cmd:"" help:"Write a migration for what has changed in the graph."`
	New      newCommand      `cmd:"" help:"Write an empty migration, for changes to rows."`
	Drift    driftCommand    `cmd:"" help:"Compare the live database with the graph; exit with 1 if they differ."`
	Push     pushCommand     `cmd:"" help:"Make the database match the graph, without a migration (for development)."`
	Baseline baselineCommand `cmd:"" help:"Record that the database already is at VERSION."`
	Adopt    adoptCommand    `cmd:"" help:"Turn the database of an application on Auth.js or next-auth into authent's own, in place. There is no way back."`
	Lint     lintCommand     `cmd:"" help:"Show what new migrations may do to existing rows; exit with 1 if they lose data."`
	Validate validateCommand `cmd:"" help:"Check the migrations against atlas.sum."`
	Hash     hashCommand     `cmd:"" help:"Write atlas.sum again, after you have looked at what was edited."`
	Schema   schemaCommand   `cmd:"" help:"Print the SQL that creates the graph's tables."`
}

// errDiffers makes drift exit with 1, without a further message.
var errDiffers = errors.New("the database differs from the schema")

// run does all the work of main. It returns 0 if all went well, 1 if the command failed
// or found a difference, and 2 for a command line that it does not understand.
func run(ctx context.Context, args []string, out, errs io.Writer) (code int) {
	var c commands
	exited := -1
	switch {
	case len(args) == 0:
		args, out = []string{"--help"}, errs
		defer func() { code = 2 }()
	case args[0] == "help":
		args = append(slices.Clone(args[1:]), "--help")
	}
	parser, err := kong.New(&c,
		kong.Name("go tool migrate"),
		kong.Description("Changes a database's schema with versioned files, as Atlas does.\nThe database is --url or DATABASE_URL: postgresql://…, mysql://… or file:./app.db."),
		kong.Writers(out, errs),
		kong.Exit(func(code int) { exited = code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.BindTo(out, (*io.Writer)(nil)),
	)
	if err != nil {
		fmt.Fprintln(errs, "migrate:", err)
		return 2
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err != nil {
		if text := usage(parser, err); wantsJSON(args) {
			_ = (&document{answer: &outcome{}}).print(out, text)
		} else {
			fmt.Fprintln(errs, text)
		}
		return 2
	}
	return finish(parsed, parsed.Run(), out, errs)
}

// finish prints how a command ended, and returns the exit code.
func finish(parsed *kong.Context, err error, out, errs io.Writer) int {
	d, isDocument := errors.AsType[*document](err)
	if isDocument {
		err = d.err
	}
	code, text := exitCode(err), ""
	switch {
	case err == nil, errors.Is(err, errDiffers), errors.Is(err, errGrave):
	case code == 2:
		text = err.Error()
	default:
		text = inFolder(parsed, failure(err))
	}
	if isDocument {
		if err := d.print(out, text); err != nil {
			fmt.Fprintln(errs, "migrate:", err)
			return 1
		}
	} else if text != "" {
		fmt.Fprintln(errs, text)
	}
	return code
}
