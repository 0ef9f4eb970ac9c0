// Scaffold writes the files that an application's own graph starts from. From then on they
// are the application's:
//
//	go get -tool github.com/authent/authent/cmd/scaffold github.com/authent/authent/cmd/migrate
//	go tool scaffold
//	go generate ./ent
//
// Both tools stay in go.mod: go generate needs the modules that migrate is made of,
// and go mod tidy keeps them for it alone.
//
// It writes ent/generate.go, ent/entc.go and the five schemas in ent/schema, and changes no
// existing file. With the --layout of an Auth.js application it leaves out RateLimit, whose
// table is not there yet.
//
// A graph that is there gets more with --add: AuditEvent keeps what happened to accounts, TOTP
// authenticator apps, Authenticator passkeys. Ids and layout are those of the graph's User.
//
// With --from it reads the tables of a live database, whatever they are called, and writes
// the schemas that map them as they are: ent/schema/layout.go says where each field of
// authent's lies, and other columns become ordinary fields. What authent could not work with
// is listed, with what mends it. It changes nothing in the database. --from-ddl does so with
// a file of statements.
package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"go/format"
	"go/token"
	gotypes "go/types"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/alecthomas/kong"

	// Whoever writes a graph signs people in with it next: so go get -tool brings what
	// package provider is made of into go.sum, and the first build needs nothing more.
	_ "github.com/authent/authent/authent/provider"
)

//go:embed template
var files embed.FS

var templates = template.Must(template.ParseFS(files, "template/*.tmpl"))

// command is the command line.
type command struct {
	Folder  string            `arg:"" optional:"" default:"ent" help:"The folder of the graph. If absent, ent."`
	IDs     string            `name:"ids" enum:"string,int64,uuid" default:"string" help:"What users' ids are: ${enum}."`
	Layout  string            `enum:"native,prisma,prisma-v4,prisma-v4-snake,prisma-v5,prisma-v5-ids,prisma-v5-snake,prisma-adapter,drizzle,drizzle-default,drizzle-sqlite" default:"native" help:"Whose tables they are: ${enum}. Other than native: those of an Auth.js application, used as they are."`
	From    string            `placeholder:"URL" help:"Read the tables of this database, which are another program's, and write the schemas that map them. It changes nothing there."`
	FromDDL string            `name:"from-ddl" placeholder:"FILE" help:"Do so with the statements of a file. Without --dev-url they are SQLite's."`
	DevURL  string            `placeholder:"URL" help:"With --from-ddl: a server of PostgreSQL or MySQL, where a database is made for the statements and dropped again."`
	Table   map[string]string `placeholder:"ENTITY=NAME" help:"With --from: which table is that of User, Account, Session or VerificationToken, where it is not clear."`
	Column  map[string]string `placeholder:"ENTITY.FIELD=NAME" help:"With --from: which column is that of a field, such as Session.session_token=token."`
	With    []string          `placeholder:"TABLE" help:"With --from: make an entity of this table too, which refers to users, with edges from and to them."`
	Add     []string          `placeholder:"ENTITY" help:"Write only these schemas, into a graph that is there, which may do without them: AuditEvent, Authenticator, RateLimit, TOTP. Ids and layout are those of its User."`
	Force   bool              `help:"With --from: write files anew that differ."`
}

func main() {
	var c command
	parsed := kong.Parse(&c, kong.Name("go tool scaffold"), kong.Description("Writes the schemas that an application's own graph starts from."))
	run := c.run
	switch name := empty(parsed); {
	case name != "":
		run = func(io.Writer) error {
			return fmt.Errorf("--%s is empty: is the variable set that it was to come from?", name)
		}
	case len(c.Add) > 0 && (c.From != "" || c.FromDDL != ""):
		run = func(io.Writer) error {
			return errors.New("--add is for a graph that is there: use it after --from, by itself")
		}
	case c.From != "":
		run = func(out io.Writer) error { return c.from(context.Background(), out) }
	case c.FromDDL != "":
		run = func(out io.Writer) error { return c.fromDDL(context.Background(), out) }
	}
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "scaffold:", err)
		os.Exit(1)
	}
}

// empty returns the name of a flag that was given without a value, as by a variable that is
// not set; "" if there is none.
func empty(parsed *kong.Context) string {
	for _, p := range parsed.Path {
		if p.Flag == nil || !slices.Contains([]string{"from", "from-ddl", "dev-url"}, p.Flag.Name) {
			continue
		}
		if value, ok := parsed.FlagValue(p.Flag).(string); ok && value == "" {
			return p.Flag.Name
		}
	}
	return ""
}

// noun is an entity, what the schema says of it, and the field of its mixin that has the type
// of a user's id, if any.
type noun struct{ Name, What, ID string }

var nouns = []noun{
	{"User", "a person", "ID"},
	{"Account", "a user's account at a provider", "UserID"},
	{"Session", "a signed-in browser", "UserID"},
	{"VerificationToken", "proof that works once", ""},
	{rateLimit, "a counter of attempts", ""},
}

// rateLimit is the entity that a graph may do without, and has nevertheless.
const rateLimit = "RateLimit"

// optional are the entities for --add.
var optional = []noun{
	{"AuditEvent", "something that happened to an account", ""},
	{"Authenticator", "a passkey", "UserID"},
	{rateLimit, "a counter of attempts", ""},
	{"TOTP", "a user's authenticator app", "UserID"},
}

var (
	types   = map[string]string{"int64": "field.TypeInt64", "uuid": "field.TypeUUID"}
	layouts = map[string]string{
		"prisma": "mixin.Prisma", "prisma-adapter": "mixin.PrismaAdapter",
		"prisma-v4": "mixin.PrismaV4", "prisma-v4-snake": "mixin.PrismaV4Snake",
		"prisma-v5": "mixin.PrismaV5", "prisma-v5-ids": "mixin.PrismaV5IDs", "prisma-v5-snake": "mixin.PrismaV5Snake",
		"drizzle":         "mixin.Drizzle",
		"drizzle-default": "mixin.DrizzleDefault", "drizzle-sqlite": "mixin.DrizzleSQLite",
	}
)

// run writes the files, or none of them.
func (c command) run(out io.Writer) error {
	if err := c.checkFolder(); err != nil {
		return err
	}
	wanted := map[string][]byte{}
	add := func(name, text string, data any) error {
		var b bytes.Buffer
		if err := templates.ExecuteTemplate(&b, text, data); err != nil {
			return err
		}
		source, err := format.Source(b.Bytes())
		wanted[filepath.Join(c.Folder, name)] = source
		return err
	}
	some, err := c.nouns()
	if err != nil {
		return err
	}
	o, err := c.own()
	errs := []error{err}
	if len(c.Add) == 0 {
		errs = append(errs, add("generate.go", "generate.go.tmpl", packageName(c.Folder)), add("entc.go", "entc.go.tmpl", nil))
	}
	for _, n := range some {
		name := filepath.Join("schema", strings.ToLower(n.Name)+".go")
		errs = append(errs, add(name, "schema.go.tmpl", struct {
			noun
			Arguments []string
			Fields    bool
		}{n, o.arguments(n), n.ID != "" && strings.HasPrefix(o.id, "field.")}))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if err := write(wanted); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, next, len(wanted), goPath(c.Folder), goPath(filepath.Join(c.Folder, "schema")))
	return err
}

// nouns returns the entities to write.
func (c command) nouns() (all []noun, err error) {
	if len(c.Add) == 0 {
		return slices.DeleteFunc(slices.Clone(nouns), func(n noun) bool { return n.Name == rateLimit && layouts[c.Layout] != "" }), nil
	}
	if info, err := os.Stat(filepath.Join(c.Folder, "schema")); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("--add: there is no graph in %s yet: run go tool scaffold without --add first, or name its folder", goPath(c.Folder))
	}
	for _, name := range c.Add {
		i := slices.IndexFunc(optional, func(n noun) bool { return strings.EqualFold(n.Name, name) })
		if i < 0 {
			return nil, fmt.Errorf("--add %s: use AuditEvent, Authenticator, RateLimit or TOTP", name)
		}
		all = append(all, optional[i])
	}
	return all, nil
}

// next says what to do with the files.
const next = `Wrote %[1]d files. They are yours. Add fields and edges in %[3]s now or later, and run
  go generate %[2]s
It needs the modules that migrate is made of. If one is missing, run
  go get -tool github.com/authent/authent/cmd/scaffold github.com/authent/authent/cmd/migrate
`

// goPath returns a folder as the go command takes it.
func goPath(folder string) string {
	if filepath.IsAbs(folder) {
		return filepath.Clean(folder)
	}
	return "./" + filepath.ToSlash(filepath.Clean(folder))
}

func packageName(folder string) string { return filepath.Base(filepath.Clean(folder)) }

// checkFolder refuses a folder whose name no package can have.
func (c command) checkFolder() error {
	if name := packageName(c.Folder); !importable(name) {
		return fmt.Errorf("the folder's name is that of its Go package, which cannot be %q: name another, as in go tool scaffold authgraph", name)
	}
	return nil
}

// importable reports whether a package of that name can be imported by it, and
// hides none of Go's types from the code that is generated into it.
func importable(name string) bool {
	return token.IsIdentifier(name) && name != "_" && name != "main" && !strings.HasSuffix(name, "_test") &&
		gotypes.Universe.Lookup(name) == nil
}

// arguments returns the fields of the entity's mixin.
func (o own) arguments(n noun) (all []string) {
	if o.layout != "" && !slices.Contains([]string{"TOTP", "AuditEvent", rateLimit}, n.Name) {
		all = append(all, "Layout: "+o.layout)
	}
	if o.id != "" && n.ID != "" {
		all = append(all, n.ID+": "+o.id)
	}
	return all
}

// write creates the files, none of which may exist.
func write(wanted map[string][]byte) error {
	for name := range wanted {
		if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s exists already: nothing was written; name another folder, as in go tool scaffold authgraph", name)
		}
	}
	return writeAll(wanted)
}
