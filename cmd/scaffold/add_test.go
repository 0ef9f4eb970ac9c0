package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// graphWith is a graph whose User has that mixin, in a file of any name.
func graphWith(t *testing.T, mixin string) string {
	t.Helper()
	folder := graphFolder(t)
	text := "package schema\n\nfunc (User) Mixin() []ent.Mixin {\n\treturn []ent.Mixin{\n\t\tstamps{}, " + mixin + ",\n\t}\n}\n"
	if err := os.WriteFile(filepath.Join(folder, "schema", "people.go"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// TestAdd_Own: what is added has the layout and the ids of the graph, however they are written.
func TestAdd_Own(t *testing.T) {
	for mixin, tc := range map[string]struct {
		ids, layout string // the flags
		want, not   string
	}{
		`mixin.User{}`: {want: "mixin.Authenticator{}", not: "schema/field"},
		"mixin.User{\n\t\t\tID:     field.TypeUUID,\n\t\t\tLayout: layout,\n\t\t}": {want: "mixin.Authenticator{Layout: layout, UserID: field.TypeUUID}", not: "dialect"},
		`mixin.User{Layout: mixin.Prisma, ID: idType}`:                             {want: "mixin.Authenticator{Layout: mixin.Prisma, UserID: idType}", not: "schema/field"},
		`mixin.User{Layout: mixin.DrizzleDefault}`:                                 {layout: "drizzle-default", want: "mixin.Authenticator{Layout: mixin.DrizzleDefault}", not: "UserID"},
		`people{}`: {ids: "int64", want: "mixin.Authenticator{UserID: field.TypeInt64}", not: "Layout"},
	} {
		c := command{Folder: graphWith(t, mixin), IDs: tc.ids, Layout: tc.layout, Add: []string{"Authenticator"}}
		if err := c.run(io.Discard); err != nil {
			t.Errorf("%s: %v", mixin, err)
			continue
		}
		got, err := os.ReadFile(filepath.Join(c.Folder, "schema", "authenticator.go"))
		if err != nil || !strings.Contains(string(got), tc.want) || strings.Contains(string(got), tc.not) {
			t.Errorf("%s: want %q and no %q: %v\n%s", mixin, tc.want, tc.not, err, got)
		}
	}
}

// TestAdd_OwnRefusals: a flag that contradicts the graph, and a graph that cannot be read, are
// said, and nothing is written.
func TestAdd_OwnRefusals(t *testing.T) {
	for mixin, tc := range map[string]struct{ ids, layout, want string }{
		`mixin.User{}`:                        {ids: "uuid", want: "--ids uuid: users' ids are of another type in this graph: leave --ids away"},
		`mixin.User{ID: field.TypeInt64}`:     {ids: "uuid", want: "leave --ids away"},
		`mixin.User{Layout: mixin.Prisma}`:    {layout: "drizzle", want: "--layout drizzle: this graph has another layout: leave --layout away"},
		`mixin.User{Layout: &mixin.Layout{}}`: {want: "the Layout of mixin.User in "},
		`mixin.User{Layout: tables.Prisma}`:   {want: "make it a variable or constant of package schema"},
		`mixin.User{`:                         {want: "--add: "},
	} {
		c := command{Folder: graphWith(t, mixin), IDs: tc.ids, Layout: tc.layout, Add: []string{"TOTP", "Authenticator"}}
		if err := c.run(io.Discard); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", mixin, err, tc.want)
		}
		if left, _ := os.ReadDir(filepath.Join(c.Folder, "schema")); len(left) != 1 {
			t.Errorf("%s: it wrote %v", mixin, left)
		}
	}
}
