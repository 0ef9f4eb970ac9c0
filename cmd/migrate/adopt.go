package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	engine "github.com/authent/authent/authent"
	"github.com/authent/authent/authent/adopt"
	"github.com/authent/authent/authent/migrate"
)

type adoptCommand struct {
	history
	graph
	DryRun bool              `help:"Show what would be executed, and change nothing."`
	Hashed bool              `help:"The Node application already stores session tokens hashed." xor:"form"`
	Plain  bool              `help:"The Node application stores session tokens as they are in cookies, even if some look hashed." xor:"form"`
	Table  map[string]string `placeholder:"ENTITY=NAME" help:"Which table is that of User, Account, Session or VerificationToken, where it is not clear."`
	Column map[string]string `placeholder:"ENTITY.FIELD=NAME" help:"Which column is that of a field, such as Session.session_token=token; none if NAME is left out."`
}

// Help returns what adopt --help says besides its flags.
func (c *adoptCommand) Help() string {
	return "Tables and columns are found by their names, and by what refers to what: look at what --dry-run takes for what.\nStop the Node application and make a backup first; docs/leaving-authjs.md is the guide.\nProviders' tokens are sealed under AUTH_SECRET, or AUTH_SECRET_3, _2 and _1, which must be the secrets that the new application will use."
}

// Run adopts the database.
func (c *adoptCommand) Run(ctx context.Context, out io.Writer) error {
	sealer, err := engine.NewTokenSealer()
	if err != nil && !errors.Is(err, engine.ErrNoSecret) {
		return err
	}
	if err := c.ofNobody(out); err != nil {
		return err
	}
	tables, foreign, err := c.tables()
	if err != nil {
		return err
	}
	if len(foreign) > 0 {
		return fmt.Errorf("migrate: adopt: the tables of the ent schema are still Auth.js's (%s): take the Layout out of the mixins of all four entities, run go generate ./ent, and write a migration that makes the tables", strings.Join(foreign, ", "))
	}
	p := &printer{out: out}
	m, db, err := c.migrator(migrate.Config{DryRun: c.DryRun, Log: p.print}, out, &place{})
	if err != nil {
		return err
	}
	defer db.Close()
	done, err := adopt.AuthJS(ctx, m, tables, adopt.Config{Tokens: sealer, SessionTokens: c.sessionTokens(), Tables: c.Table, Columns: c.Column})
	if c.DryRun && err == nil {
		for _, stmt := range done.Statements {
			printStatement(out, stmt)
		}
	}
	printAdoption(out, done)
	switch {
	case err != nil:
		return err
	case c.DryRun:
		fmt.Fprintln(out, "Nothing was executed.")
	case done.Resumed:
		fmt.Fprintf(out, "Done: the database is authent's own, at version %s.\n", done.Version)
	case done.SignedOut > 0:
		fmt.Fprintf(out, "Done: the database is authent's own, at version %s; everyone who was signed in stays so, except %d unless AuthJS.TokenFormat accepts their tokens.\n", done.Version, done.SignedOut)
	default:
		fmt.Fprintf(out, "Done: the database is authent's own, at version %s, and nobody is signed out.\n", done.Version)
	}
	return nil
}

// ofNobody chooses the schema that comes with authent if there is no application yet,
// with neither a schema nor migrations. A database may be adopted before the
// application exists.
func (c *adoptCommand) ofNobody(out io.Writer) error {
	if _, err := os.Stat(ownSchema); err == nil || c.Schema != "" || c.Dir != "" {
		return nil
	}
	found, err := foldersIn("migrations")
	if err == nil && len(found) == 0 {
		c.Schema = ofAuthent
		fmt.Fprintf(out, "There is no folder %s: this is the schema that comes with authent.\n", ownSchema)
	}
	return err
}

func (c *adoptCommand) sessionTokens() adopt.SessionTokens {
	switch {
	case c.Hashed:
		return adopt.HashedSessionTokens
	case c.Plain:
		return adopt.PlainSessionTokens
	}
	return adopt.UnknownSessionTokens
}

// printAdoption prints what was found.
func printAdoption(out io.Writer, a *adopt.Report) {
	for _, found := range a.Found {
		fmt.Fprintln(out, found)
	}
	for _, note := range a.Notes {
		fmt.Fprintln(out, "Note:", note)
	}
	if a.Resumed {
		fmt.Fprintln(out, "An earlier run had exchanged the tables; this run did the rest.")
	}
	if a.Users+a.Accounts+a.Sessions > 0 {
		tables := "The tables"
		if a.Layout != "" {
			tables = "The " + a.Layout + " layout"
		}
		fmt.Fprintf(out, "%s: %s, %s, %s (%d expired).\n", tables, count(a.Users, "user"), count(a.Accounts, "account"), count(a.Sessions, "session"), a.Expired)
	}
}
