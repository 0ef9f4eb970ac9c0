package main

import (
	"bytes"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authent/authent/internal/testdb"
)

// TestFromDDL: a file of statements is taken for what the database would be that it makes,
// and nothing of it stays on the server.
func TestFromDDL(t *testing.T) {
	for base, want := range map[string]string{"prismav5ids.sqlite": "PrismaV5IDs", "prismav5.postgres": "PrismaV5", "drizzle.mysql": "DrizzleDefault"} {
		_, on, _ := strings.Cut(base, ".")
		t.Run(on, func(t *testing.T) {
			c := command{FromDDL: filepath.Join("../../internal/layout/testdata", base+".sql"), Folder: filepath.Join(t.TempDir(), "ent")}
			kind := testdb.Server(t, strings.Replace(on, "mysql", "mariadb", 1))
			list := ""
			if on != "sqlite" {
				c.DevURL = kind.URL(t)
				list = map[string]string{"postgres": "SELECT datname FROM pg_database WHERE datname LIKE 'authent\\_scaffold%'", "mysql": "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'authent\\_scaffold%'"}[on]
			}
			var out bytes.Buffer
			if err := c.fromDDL(t.Context(), &out); err != nil || !strings.Contains(out.String(), "They are those of mixin."+want+".") {
				t.Fatalf("%v\n%s", err, &out)
			}
			if list != "" {
				var left string
				if err := kind.Connect(t, c.DevURL).QueryRowContext(t.Context(), list).Scan(&left); err == nil {
					t.Errorf("the database %s is left", left)
				}
			}
		})
	}
}

// TestFromDDL_Refuses: what would leave the database that was made for the statements, or
// cannot be run, is told.
func TestFromDDL_Refuses(t *testing.T) {
	for want, script := range map[string]string{
		"is no statement of a schema":                          "CREATE TABLE x (id INTEGER); USE other; DROP TABLE users",
		`"DROP DATABASE app"`:                                  "DROP DATABASE app",
		"for PostgreSQL or MySQL give --dev-url":               "CREATE TABLE x (id uuid DEFAULT gen_random_uuid() PRIMARY KEY, y JSONB[])",
		"no table that this role sees has the columns of User": "CREATE TABLE x (id INTEGER)",
		"--dev-url is for PostgreSQL and MySQL: leave it out":  "--",
	} {
		file := filepath.Join(t.TempDir(), "schema.sql")
		if err := os.WriteFile(file, []byte(script), 0o644); err != nil {
			t.Fatal(err)
		}
		c := command{FromDDL: file, Folder: filepath.Join(t.TempDir(), "ent")}
		if script == "--" {
			c.DevURL = "file:" + filepath.Join(t.TempDir(), "dev.db")
		}
		if err := c.fromDDL(t.Context(), new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", script, err, want)
		}
	}
	if err := (command{FromDDL: "missing.sql"}).fromDDL(t.Context(), new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), "missing.sql") {
		t.Errorf("no file: %v", err)
	}
}

// TestFromDDL_StaysInside: no statement and no parameter reaches another database of the
// server.
func TestFromDDL_StaysInside(t *testing.T) {
	for on, tc := range map[string]struct{ parameter, statement string }{
		"postgres": {"dbname", `DROP TABLE "kept"`}, "mariadb": {"", "DROP TABLE `%s`.`kept`"},
	} {
		kind := testdb.Server(t, on)
		address := kind.PoolOf(t, []string{"CREATE TABLE kept (id INTEGER)"}, nil).URL(t)
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		other := strings.TrimPrefix(u.Path, "/")
		c := command{FromDDL: filepath.Join(t.TempDir(), "x.sql"), Folder: filepath.Join(t.TempDir(), "ent"), DevURL: address}
		statements := []string{strings.ReplaceAll(tc.statement, "%s", other)}
		if tc.parameter != "" {
			query := u.Query()
			query.Set(tc.parameter, other)
			u.RawQuery = query.Encode()
			c.DevURL = u.String()
		} else {
			statements = append(statements, "DROP SCHEMA `"+other+"`", "/*!40101 USE `"+other+"` */; DROP TABLE kept",
				"DROP TABLE /*! `"+other+"`.kept */", "DROP TABLE /*M! "+other+".kept */", "DROP TABLE "+other+"/* x */.kept", "DROP TABLE "+other+" . kept", "DROP TABLE "+other+".`kept`", "INSERT INTO `"+other+"`.kept VALUES (1)")
		}
		for _, statement := range statements {
			if err := os.WriteFile(c.FromDDL, []byte(statement+";\n/*!40101 SET NAMES utf8mb4 */;"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := c.fromDDL(t.Context(), t.Output()); err == nil {
				t.Errorf("%s: accepted", statement)
			}
			var n int
			if err := kind.Connect(t, address).QueryRowContext(t.Context(), "SELECT COUNT(*) FROM kept").Scan(&n); err != nil || n != 0 {
				t.Fatalf("%s reached the other database: %d rows, %v", statement, n, err)
			}
		}
	}
}

// TestFromDDL_Dump: what dumps have besides tables is passed over, and triggers are whole.
func TestFromDDL_Dump(t *testing.T) {
	script := "/*!40101 SET NAMES utf8mb4 */;\n-- a comment\n" + good + ";\nCREATE TRIGGER t AFTER DELETE ON \"User\" BEGIN DELETE FROM \"Session\"; DELETE FROM \"Account\"; END;\n"
	c := command{FromDDL: filepath.Join(t.TempDir(), "x.sql"), Folder: filepath.Join(t.TempDir(), "ent")}
	if err := os.WriteFile(c.FromDDL, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.fromDDL(t.Context(), t.Output()); err != nil {
		t.Error(err)
	}
}
