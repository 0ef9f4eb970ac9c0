package main

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authent/authent/internal/testdb"
)

// TestFrom_Rights: what a role may not read is told by name.
func TestFrom_Rights(t *testing.T) {
	kind := testdb.Server(t, "postgres")
	script := strings.ReplaceAll(good, "DATETIME", "TIMESTAMP(3)")
	for name, tc := range map[string]struct{ grant, want string }{
		"some tables": {`GRANT SELECT ON "User" TO "stranger one"`,
			`the role may not read "Account", "Session", "VerificationToken", or not all columns: GRANT SELECT, INSERT, UPDATE, DELETE ON "Account", "Session", "VerificationToken" TO "stranger one"`},
		"no information schema": {`REVOKE USAGE ON SCHEMA information_schema FROM PUBLIC`, "permission denied for schema information_schema"},
	} {
		t.Run(name, func(t *testing.T) {
			address := kind.PoolOf(t, testdb.Script(script), nil).URL(t)
			db := kind.Connect(t, address)
			_, _ = db.ExecContext(t.Context(), `CREATE ROLE "stranger one" LOGIN PASSWORD 'x'`)
			if _, err := db.ExecContext(t.Context(), tc.grant); err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			u.User = url.UserPassword("stranger one", "x")
			err = command{From: u.String(), Folder: filepath.Join(t.TempDir(), "ent")}.from(t.Context(), t.Output())
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

// TestFrom_MySQL: a time that MySQL sets at each change, and a key over the beginning of a
// column, are told and mended.
func TestFrom_MySQL(t *testing.T) {
	kind := testdb.Server(t, "mariadb")
	script := strings.NewReplacer("DATETIME", "DATETIME(3)", `"`, "`", "TEXT", "VARCHAR(191)", "DATETIME NOT NULL);", "DATETIME(3) NOT NULL);").Replace(good)
	if out, err := pull(t, kind, script, command{}); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	script = strings.Replace(script, "`expires` DATETIME(3) NOT NULL", "`expires` TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)", 1)
	script = strings.Replace(script, "UNIQUE (`provider`, `providerAccountId`)", "UNIQUE (`provider`, `providerAccountId`(20))", 1)
	_, err := pull(t, kind, script, command{})
	for _, want := range []string{"Session.expires becomes the present time whenever its row changes (ON UPDATE)", "Account (provider, providerAccountId) is not unique"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	statements, _ := mending(err)
	if _, err := pull(t, kind, script+";"+statements, command{}); err != nil {
		t.Errorf("after %s\n%v", statements, err)
	}
}
