package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"

	"github.com/authent/authent/internal/testdb"
)

// more are tables that refer to users: by two columns, with a key of two, and by their own.
const more = `
CREATE TABLE "orders" ("id" INTEGER PRIMARY KEY, "buyer_id" TEXT NOT NULL REFERENCES "User" ("id"), "seller" TEXT REFERENCES "User" ("id"), "total" REAL NOT NULL, "data" JSON);
CREATE TABLE "Authenticator" ("credentialID" TEXT NOT NULL UNIQUE, "userId" TEXT NOT NULL REFERENCES "User" ("id") ON DELETE CASCADE, "providerAccountId" TEXT NOT NULL,
  "credentialPublicKey" TEXT NOT NULL, "counter" INTEGER NOT NULL, "credentialDeviceType" TEXT NOT NULL, "credentialBackedUp" BOOLEAN NOT NULL, "transports" TEXT, PRIMARY KEY ("userId", "credentialID"));
CREATE TABLE "profiles" ("user_id" TEXT NOT NULL PRIMARY KEY REFERENCES "User" ("id"), "bio" TEXT);
CREATE TABLE "settings" ("id" INTEGER PRIMARY KEY, "user_id" TEXT NOT NULL UNIQUE REFERENCES "User" ("id"));
CREATE TABLE "twoFactor" ("id" TEXT NOT NULL PRIMARY KEY, "secret" TEXT NOT NULL, "backupCodes" TEXT NOT NULL, "userId" TEXT NOT NULL REFERENCES "User" ("id"));
CREATE TABLE "votes" ("user_id" TEXT NOT NULL REFERENCES "User" ("id"), "post" INTEGER NOT NULL, PRIMARY KEY ("user_id", "post"));
CREATE TABLE "Sessions" ("id" INTEGER PRIMARY KEY, "user_id" TEXT NOT NULL REFERENCES "User" ("id"));
CREATE TABLE "layouts" ("id" INTEGER PRIMARY KEY, "user_id" TEXT NOT NULL REFERENCES "User" ("id"));
CREATE TABLE "posts" ("id" INTEGER PRIMARY KEY, "title" TEXT)`

// TestWith: tables that are named become entities with edges from and to the users, and
// what other tables refer to users is told.
func TestWith(t *testing.T) {
	c := command{Folder: filepath.Join(temporary(t), "ent"), With: []string{"orders", "Authenticator", "profiles", "settings"}}
	told, err := pull(t, testdb.SQLite, good+more, command{})
	if err != nil || !strings.Contains(told, "Authenticator refers to users and looks like Auth.js's Authenticator (passkeys), which authent does not use: --with Authenticator makes an entity of it") {
		t.Errorf("%v\n%s", err, told)
	}
	out, err := pull(t, testdb.SQLite, good+more, c)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"votes refers to users: --with votes makes an entity of it",
		"twoFactor refers to users and looks like TwoFactor (one-time codes)",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "posts") || strings.Contains(out, "--with orders") {
		t.Errorf("posts refer to nobody, and orders are an entity:\n%s", out)
	}
	storage, err := gen.NewStorage("sql")
	if err != nil {
		t.Fatal(err)
	}
	g, err := entc.LoadGraph("./"+filepath.Join(c.Folder, "schema"), &gen.Config{Package: "example.com/app/ent", Storage: storage})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, node := range g.Nodes {
		for _, e := range node.Edges {
			got = append(got, edgeText(node, e))
		}
	}
	slices.Sort(got)
	want := []string{
		"Account.user to User, one", "Authenticator.user to User, one", "Order.buyer to User, one", "Order.seller_user to User, one or none",
		"Session.user to User, one", "Setting.user to User, one", "User.accounts to Account, many", "User.authenticators to Authenticator, many",
		"User.orders_by_buyer to Order, many", "User.orders_by_seller_user to Order, many", "User.sessions to Session, many", "User.setting to Setting, one or none",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the edges are\n%s", strings.Join(got, "\n"))
	}
}

// edgeText says what an edge is.
func edgeText(node *gen.Type, e *gen.Edge) string {
	many := "many"
	if e.Unique {
		many = "one"
		if e.Optional {
			many = "one or none"
		}
	}
	return node.Name + "." + e.Name + " to " + e.Type.Name + ", " + many
}

// TestWith_Refuses: a table that ent could not map is refused by name, and nothing is
// written.
func TestWith_Refuses(t *testing.T) {
	for name, want := range map[string]string{
		"order":    "--with order: there is no such table",
		"posts":    "--with posts: it does not refer to User by a foreign key",
		"votes":    "--with votes: ent needs a key of one column",
		"User":     "--with User: its entity is there anyway",
		"layouts":  "--with layouts: its entity would be called Layout, which is taken",
		"Sessions": "--with Sessions: its entity would be called Session, which is taken",
	} {
		c := command{Folder: filepath.Join(t.TempDir(), "ent"), With: []string{name}}
		if _, err := pull(t, testdb.SQLite, good+more, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if left, _ := filepath.Glob(c.Folder); len(left) > 0 {
			t.Errorf("%s: something was written", name)
		}
	}
}

// TestWith_Again: writing files anew leaves no edge without its other end.
func TestWith_Again(t *testing.T) {
	c := command{Folder: filepath.Join(t.TempDir(), "ent"), With: []string{"settings"}}
	if _, err := pull(t, testdb.SQLite, good+more, c); err != nil {
		t.Fatal(err)
	}
	c.With, c.Force = nil, true
	if _, err := pull(t, testdb.SQLite, good+more, c); err == nil || !strings.Contains(err.Error(), "setting.go has an edge from User, which user.go would no longer have") {
		t.Error(err)
	}
	c.With = []string{"settings", "orders"}
	if _, err := pull(t, testdb.SQLite, good+more, c); err != nil {
		t.Error(err)
	}
}
