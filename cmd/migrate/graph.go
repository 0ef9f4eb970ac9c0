package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"entgo.io/ent/dialect"
	entschema "entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"

	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/authent/entauth"
	"github.com/authent/authent/authent/migrate"
	"github.com/authent/authent/authent/mixin"
	entmigrate "github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/migrations"
)

// graph is the ent graph that a command compares with.
type graph struct {
	Schema string `placeholder:"FOLDER" help:"The ent schema, or 'default' for the one that comes with authent. If absent, ./ent/schema."`
}

// ofAuthent is the value of --schema that names the schema that comes with authent.
const ofAuthent = "default"

// ownSchema is where the application's schema is.
var ownSchema = filepath.Join("ent", "schema")

// tables loads the graph's tables. It also returns patterns of those that belong to
// another program, which are left out of comparisons. It compiles the schema, so a
// schema that does not compile is an error here too.
func (g graph) tables() (tables []*entschema.Table, foreign []string, err error) {
	folder, advice := g.Schema, "name that of the ent schema with --schema"
	switch folder {
	case ofAuthent:
		return entmigrate.Tables, nil, nil
	case "":
		folder = ownSchema
		advice = "run this where the application's go.mod is, start a schema with go tool scaffold, or name its folder with --schema (--schema " + ofAuthent + " is the one that comes with authent)"
	}
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return nil, nil, fmt.Errorf("migrate: there is no folder %s: %s", folder, advice)
	}
	loaded, err := entc.LoadGraph(relative(folder), &gen.Config{})
	if err != nil {
		return nil, nil, fmt.Errorf("migrate: load the schema in %s: %w", folder, entauth.Explain(relative(folder), err))
	}
	if tables, err = loaded.Tables(); err != nil {
		return nil, nil, fmt.Errorf("migrate: load the schema in %s: %w", folder, err)
	}
	for _, t := range loaded.Nodes {
		if _, ok := t.Annotations[mixin.ForeignName]; ok {
			foreign = append(foreign, migrate.Exactly(t.Table()))
		}
	}
	return tables, foreign, nil
}

// relative returns a path that the go command does not mistake for a package of the
// standard library.
func relative(folder string) string {
	if filepath.IsAbs(folder) {
		return folder
	}
	return "./" + filepath.ToSlash(filepath.Clean(folder))
}

type diffCommand struct {
	graph
	format
	replay
	Name string `arg:"" name:"NAME" help:"What changes, as a word, such as add_avatar."`
}

// replay says which folder of migrations to replay, and in which database.
type replay struct {
	Dir    string `placeholder:"file://FOLDER" help:"The migrations. If absent, the dialect's folder in ./migrations."`
	DevURL string `name:"dev-url" env:"DEV_DATABASE_URL" placeholder:"URL" help:"An empty database of the dialect, to replay migrations in. For SQLite one in memory will do, and is the default."`
	URL    string `short:"u" env:"DATABASE_URL" placeholder:"URL" help:"The database; only its dialect matters here."`
}

// dev opens the database to replay migrations in. It must be of the same kind as the
// database, if one is named; otherwise migrations for another kind would go into its
// folder.
func (c *replay) dev() (name string, db *sql.DB, err error) {
	at, live := c.DevURL, ""
	if c.URL != "" {
		if live, err = database.Dialect(c.URL); err != nil {
			return "", nil, err
		}
	}
	if at == "" {
		at = "sqlite::memory:"
		if live != "" && live != dialect.SQLite {
			return "", nil, errNoDev
		}
	}
	if name, err = database.Dialect(at); err != nil {
		return "", nil, fmt.Errorf("migrate: --dev-url: %w", err)
	}
	if live != "" && name != live {
		return "", nil, fmt.Errorf("migrate: --dev-url (DEV_DATABASE_URL) is %s, and --url (DATABASE_URL) is %s: name an empty database of that kind, or another --url", kinds[name], kinds[live])
	}
	if _, db, err = database.Open(at); err != nil {
		return "", nil, fmt.Errorf("migrate: --dev-url: %w", err)
	}
	return name, db, nil
}

// kinds holds the names of dialects for people.
var kinds = map[string]string{dialect.SQLite: "SQLite", dialect.Postgres: "PostgreSQL", dialect.MySQL: "MySQL or MariaDB"}

var errNoDev = errors.New("migrate: DATABASE_URL is not SQLite, and migrations for it are replayed in an empty database of its kind: create one, such as CREATE DATABASE dev, and name it with --dev-url or DEV_DATABASE_URL")

// folder returns the folder of --dir, or the dialect's.
func (c *replay) folder(dialect string) string {
	if c.Dir != "" {
		return strings.TrimPrefix(c.Dir, "file://")
	}
	return filepath.Join("migrations", migrations.Folder(dialect))
}

// Help returns what diff --help says besides its flags.
func (c *diffCommand) Help() string {
	return "JSON has Driver, Dir, Files (with Name, Version, Description, Content, Reports as lint has them, Renamed; none if the migrations already lead to the schema), Error."
}

// Run writes a migration, and prints its risks.
func (c *diffCommand) Run(ctx context.Context, out io.Writer) error {
	if c.isJSON() {
		d := &diffDocument{Files: []writtenFile{}}
		return &document{d, c.document(ctx, d)}
	}
	var at place
	written, err := c.diff(ctx, &at)
	for _, name := range written.names {
		fmt.Fprintf(out, "%s: wrote %s. Read it before you apply it.\n", at.Dir, name)
	}
	if err != nil {
		return err
	}
	if len(written.names) == 0 {
		fmt.Fprintf(out, "%s: the migrations already lead to the schema.\n", at.Dir)
	}
	printNew(out, at.Dir, c.Dir, written.linted)
	return nil
}

// document writes a migration, and adds it to a document.
func (c *diffCommand) document(ctx context.Context, d *diffDocument) error {
	written, err := c.diff(ctx, &d.place)
	for i, name := range written.names {
		text, e := fs.ReadFile(written.dir, name)
		f := writtenFile{file: fileOf(name), Content: string(text)}
		if i < len(written.linted) {
			f.Reports, f.Renamed = reportsOf(written.linted[i]), written.linted[i].Renamed
		}
		d.Files = append(d.Files, f)
		err = errors.Join(err, e)
	}
	return err
}

// written holds the files that diff wrote, and what they may do to rows.
type written struct {
	dir    migrate.Dir
	names  []string
	linted []migrate.LintedFile
}

// diff writes a migration, and notes where.
func (c *diffCommand) diff(ctx context.Context, at *place) (w written, err error) {
	tables, foreign, err := c.tables()
	if err != nil {
		return w, err
	}
	name, dev, err := c.dev()
	if err != nil {
		return w, err
	}
	defer dev.Close()
	at.Driver, at.Dir = name, c.folder(name)
	if w.dir, err = migrate.NewDir(at.Dir); err != nil {
		return w, err
	}
	w.names, err = migrate.Diff(ctx, c.Name, migrate.DiffConfig{Dev: dev, Dialect: name, Dir: w.dir, Tables: tables, Exclude: foreign})
	if err != nil || len(w.names) == 0 {
		return w, err
	}
	w.linted, err = migrate.Lint(ctx, migrate.LintConfig{Dev: dev, Dialect: name, Dir: w.dir, Files: w.names, Tables: tables})
	return w, err
}

type schemaCommand struct {
	graph
	Dialect string `required:"" enum:"sqlite,postgres,mysql" placeholder:"DIALECT" help:"The dialect: ${enum}."`
}

// Run prints the SQL that creates the tables.
func (c *schemaCommand) Run(ctx context.Context, out io.Writer) error {
	tables, _, err := c.tables()
	if err != nil {
		return err
	}
	name := map[string]string{"sqlite": dialect.SQLite, "postgres": dialect.Postgres, "mysql": dialect.MySQL}[c.Dialect]
	ddl, err := migrate.DDL(ctx, name, tables)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(out, ddl)
	return err
}

type driftCommand struct {
	target
	graph
	format
	Exclude []string `placeholder:"PATTERN" help:"Tables to leave out, such as 'blog_*'."`
}

// Help returns what drift --help says besides its flags.
func (c *driftCommand) Help() string {
	return "JSON has Driver, Synced, Differences (with Table, Text, and Destroys where data would be lost to match the schema), Error."
}

// Run compares the database with the graph.
func (c *driftCommand) Run(ctx context.Context, out io.Writer) error {
	found, name, err := c.drift(ctx)
	if err == nil && len(found) > 0 {
		err = errDiffers
	}
	switch {
	case c.isJSON():
		return &document{&driftDocument{Driver: name, Synced: err == nil, Differences: append([]migrate.Difference{}, found...)}, err}
	case err == nil:
		fmt.Fprintln(out, "The database matches the schema.")
	case errors.Is(err, errDiffers):
		fmt.Fprintln(out, "The database differs from the schema:")
		for _, d := range found {
			fmt.Fprintln(out, " ", d)
		}
	}
	return err
}

func (c *driftCommand) drift(ctx context.Context) (found []migrate.Difference, dialect string, err error) {
	o, err := open(c.target, c.graph, migrate.Config{})
	if err != nil {
		return nil, o.dialect, err
	}
	defer o.db.Close()
	found, err = o.migrator.Drift(ctx, o.tables, append(o.foreign, c.Exclude...)...)
	return found, o.dialect, err
}

type pushCommand struct {
	target
	graph
	Exclude          []string `placeholder:"PATTERN" help:"Tables to leave alone, such as 'blog_*'."`
	AllowDestructive bool     `help:"Allow a plan that drops tables and columns or narrows types."`
	Reset            string   `placeholder:"DATABASE" help:"First drop all tables and views of the database, which must have this name. For development: a database with a history of migrations needs --allow-destructive too."`
	DryRun           bool     `help:"Show the plan, and do nothing."`
}

// Run changes the database to match the graph.
func (c *pushCommand) Run(ctx context.Context, out io.Writer) error {
	o, err := open(c.target, c.graph, migrate.Config{DryRun: c.DryRun})
	if err != nil {
		return err
	}
	defer o.db.Close()
	plan, err := o.migrator.Push(ctx, o.tables, migrate.PushConfig{AllowDestructive: c.AllowDestructive, Reset: c.Reset, Exclude: append(o.foreign, c.Exclude...)})
	if len(plan.Statements) > 0 {
		fmt.Fprintln(out, "The plan:")
		for _, stmt := range plan.Statements {
			printStatement(out, stmt)
		}
	}
	switch {
	case err != nil:
		return err
	case len(plan.Statements) == 0:
		fmt.Fprintln(out, "The database matches the schema.")
	case c.DryRun:
		fmt.Fprintln(out, "Nothing was executed.")
	default:
		fmt.Fprintf(out, "Done: %s.\n", count(len(plan.Statements), "statement"))
	}
	return nil
}

// opened holds what drift and push need.
type opened struct {
	migrator *migrate.Migrator
	db       *sql.DB
	dialect  string
	tables   []*entschema.Table
	foreign  []string
}

func open(t target, g graph, c migrate.Config) (o opened, err error) {
	if c.Dialect, c.DB, err = t.open(); err != nil {
		return o, err
	}
	o.db, o.dialect = c.DB, c.Dialect
	if o.tables, o.foreign, err = g.tables(); err != nil {
		return o, errors.Join(err, c.DB.Close())
	}
	if o.migrator, err = migrate.New(c); err != nil {
		return o, errors.Join(err, c.DB.Close())
	}
	return o, nil
}
