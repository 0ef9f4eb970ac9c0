package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/authent/authent/internal/testdb"
)

// good is the DDL of a database that needs no mending.
const good = `
CREATE TABLE "User" ("id" TEXT NOT NULL PRIMARY KEY, "name" TEXT, "email" TEXT UNIQUE, "emailVerified" DATETIME, "image" TEXT);
CREATE TABLE "Account" ("id" TEXT NOT NULL PRIMARY KEY, "userId" TEXT NOT NULL REFERENCES "User" ("id") ON DELETE CASCADE, "type" TEXT NOT NULL,
  "provider" TEXT NOT NULL, "providerAccountId" TEXT NOT NULL, "refresh_token" TEXT, "access_token" TEXT, "expires_at" INTEGER, "token_type" TEXT,
  "scope" TEXT, "id_token" TEXT, "session_state" TEXT, UNIQUE ("provider", "providerAccountId"));
CREATE TABLE "Session" ("sessionToken" TEXT NOT NULL PRIMARY KEY, "userId" TEXT NOT NULL REFERENCES "User" ("id") ON DELETE CASCADE, "expires" DATETIME NOT NULL);
CREATE TABLE "VerificationToken" ("identifier" TEXT NOT NULL, "token" TEXT NOT NULL, "expires" DATETIME NOT NULL, UNIQUE ("identifier", "token"));`

// pull reads a database that a script has made on a kind of server.
func pull(t *testing.T, kind testdb.Kind, script string, c command) (string, error) {
	t.Helper()
	c.From = kind.PoolOf(t, testdb.Script(script), nil).URL(t)
	if c.Folder == "" {
		c.Folder = filepath.Join(t.TempDir(), "ent")
	}
	var out bytes.Buffer
	err := c.from(t.Context(), &out)
	return out.String(), err
}

// TestFrom_Hints: a table and a column that no name tells of are those that are named.
func TestFrom_Hints(t *testing.T) {
	script := strings.NewReplacer(`"Session"`, `"Browser"`, `"sessionToken"`, `"cookie"`, `"email" TEXT`, `"post" TEXT`).Replace(good)
	hinted := command{Table: map[string]string{"Session": "Browser"}, Column: map[string]string{"Session.session_token": "cookie", "User.email": "post"}}
	out, err := pull(t, testdb.SQLite, script, hinted)
	if err != nil || !strings.Contains(out, "Session is the table Browser, by its columns cookie, userId, expires: session_token is cookie") {
		t.Errorf("%v\n%s", err, out)
	}
	for want, c := range map[string]command{
		`there is no table "Sesion"`:                                          {Table: map[string]string{"Session": "Sesion"}},
		`--table Cookie: there are User, Account, Session, VerificationToken`: {Table: map[string]string{"Cookie": "Session"}},
		`--column Session.cookie: write an entity and one of its fields`:      {Column: map[string]string{"Session.cookie": "x"}},
		`no table that this role sees has the columns of Session`:             {Column: map[string]string{"Session.session_token": "x"}},
		`the table Session has no column "x"`:                                 {Table: map[string]string{"Session": "Session"}, Column: map[string]string{"Session.session_token": "x"}},
		`the folder's name is that of its Go package`:                         {Folder: filepath.Join(t.TempDir(), "my-graph")},
	} {
		if _, err := pull(t, testdb.SQLite, good, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestFrom_Twice: what is written twice is the same, what somebody has edited stays, unless
// it is forced.
func TestFrom_Twice(t *testing.T) {
	c := command{Folder: filepath.Join(t.TempDir(), "ent")}
	for range 2 {
		if _, err := pull(t, testdb.SQLite, good, c); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(c.Folder, "schema", "user.go")
	edited := []byte("package schema // mine\n")
	if err := os.WriteFile(file, edited, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := pull(t, testdb.SQLite, good, c); err == nil || !strings.Contains(err.Error(), "user.go differ from what would be written") {
		t.Errorf("an edited file: %v", err)
	}
	if text, _ := os.ReadFile(file); !bytes.Equal(text, edited) {
		t.Error("an edited file was written over")
	}
	c.Force = true
	if _, err := pull(t, testdb.SQLite, good, c); err != nil {
		t.Error(err)
	}
	if text, _ := os.ReadFile(file); bytes.Equal(text, edited) {
		t.Error("--force wrote nothing")
	}
}

// TestFrom_FieldNames: columns whose names no field can have, or two of them, have fields
// all the same.
func TestFrom_FieldNames(t *testing.T) {
	c := command{Folder: filepath.Join(t.TempDir(), "ent")}
	script := strings.Replace(good, `"image" TEXT)`, `"image" TEXT, "userName" TEXT, "user_name" TEXT, "2fa" TEXT, "??" TEXT, "uuid" TEXT)`, 1)
	script = strings.Replace(script, `"VerificationToken" (`, `"VerificationToken" ("id" INTEGER PRIMARY KEY, `, 1)
	if _, err := pull(t, testdb.SQLite, script, c); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(c.Folder, "schema", "user.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"user_name").`, `"user_name_field").`, `"column_2fa").`, `"column_").`, `StorageKey("userName")`, `StorageKey("2fa")`, `"uuid").`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	text, err = os.ReadFile(filepath.Join(c.Folder, "schema", "verificationtoken.go"))
	if err != nil || !strings.Contains(string(text), `"id_field")`) {
		t.Errorf("%v: the id of a table whose token is the id:\n%s", err, text)
	}
}

// TestFrom_NoDatabase: a mistyped name makes no file.
func TestFrom_NoDatabase(t *testing.T) {
	file := filepath.Join(t.TempDir(), "nothing.db")
	var out bytes.Buffer
	if err := (command{From: "file:" + file, Folder: "ent"}).from(t.Context(), &out); err == nil {
		t.Error("there is no database")
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the file was made")
	}
}

// TestFrom_Postgres: a view is no table, another schema than public is read where the URL
// names it, and an address of a type of somebody's own is refused.
func TestFrom_Postgres(t *testing.T) {
	kind := testdb.Server(t, "postgres")
	script := strings.ReplaceAll(good, "DATETIME", "TIMESTAMP(3)")
	if out, err := pull(t, kind, script+`; CREATE VIEW "Session2" AS SELECT * FROM "Session"`, command{}); err != nil {
		t.Errorf("with a view: %v\n%s", err, out)
	}
	moved := "CREATE SCHEMA auth; SET search_path = auth; " + script
	if _, err := pull(t, kind, moved, command{}); err == nil || !strings.Contains(err.Error(), "look at the URL, its search_path") {
		t.Errorf("in a schema that the URL does not name: %v", err)
	}
	c := command{From: kind.PoolOf(t, testdb.Script(moved), nil).URL(t), Folder: filepath.Join(t.TempDir(), "ent")}
	c.From += map[bool]string{true: "&", false: "?"}[strings.Contains(c.From, "?")] + "search_path=auth"
	if err := c.from(t.Context(), new(bytes.Buffer)); err != nil {
		t.Errorf("in a schema that the URL names: %v", err)
	}
	citext := strings.Replace(script, `"email" TEXT`, `"email" citext`, 1)
	_, err := pull(t, kind, "CREATE EXTENSION citext; "+citext, command{})
	statements, ok := mending(err)
	if _, err := pull(t, kind, "CREATE EXTENSION citext; "+citext+";"+statements, command{}); !ok || err != nil {
		t.Errorf("an address whose case does not count, after %q: %v", statements, err)
	}
	day := strings.Replace(script, `"expires" TIMESTAMP(3)`, `"expires" DATE`, 1)
	if _, err := pull(t, kind, day, command{}); err == nil || !strings.Contains(err.Error(), "Session.expires is of type date, which does not hold both day and time") {
		t.Errorf("a session that ends on a day: %v", err)
	}
	folds := strings.Replace(script, `"email" TEXT`, `"email" mood`, 1)
	if _, err := pull(t, kind, `CREATE DOMAIN mood AS TEXT; `+folds, command{}); err == nil || !strings.Contains(err.Error(), "User.email is of type") {
		t.Errorf("an address of a type of somebody's own: %v", err)
	}
}

// TestFrom_Empty: a variable that is not set is not taken for a wish for authent's own tables.
func TestFrom_Empty(t *testing.T) {
	for _, args := range [][]string{{"--from", ""}, {"--from="}, {"--from-ddl", ""}, {"--from-ddl", "x.sql", "--dev-url", ""}, {"--from", "file:x.db"}} {
		var c command
		parser, err := kong.New(&c)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.Parse(args)
		if err != nil {
			t.Fatal(err)
		}
		if name := empty(parsed); (name == "") != (args[len(args)-1] == "file:x.db") {
			t.Errorf("%q: the empty flag is %q", args, name)
		}
	}
}
