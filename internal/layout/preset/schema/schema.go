// Package schema is a graph of mixins and nothing else, in the layout that the
// environment names: the tests generate one graph for each, and keep none.
package schema

import (
	"os"
	"slices"

	"entgo.io/ent"

	"github.com/authent/authent/authent/mixin"
)

// Variable is the environment variable with the layout's name.
const Variable = "AUTHENT_TEST_LAYOUT"

// DDL is the environment variable with the databases: kinds of package testdb and files,
// such as "sqlite=a.sql,postgres=b.sql".
const DDL = "AUTHENT_TEST_DDL"

// Precision is the environment variable with what the times are cut to, such as "1s".
const Precision = "AUTHENT_TEST_PRECISION"

// Layouts are those that have no graph of their own in this repository.
var Layouts = []*mixin.Layout{
	mixin.PrismaV4, mixin.PrismaV4Snake, mixin.PrismaV5, mixin.PrismaV5IDs, mixin.PrismaV5Snake, mixin.PrismaAdapter,
}

func layout() *mixin.Layout {
	name := os.Getenv(Variable)
	for _, l := range Layouts {
		if l.Name == name {
			return l
		}
	}
	return mixin.PrismaV5
}

// passkeys returns the layout if its DDL has a table of passkeys, which next-auth 4 had not,
// and else nil.
func passkeys() *mixin.Layout {
	if l := layout(); slices.Contains([]*mixin.Layout{mixin.PrismaV5, mixin.PrismaV5IDs, mixin.PrismaAdapter}, l) {
		return l
	}
	return nil
}

// Authenticator is a passkey.
type Authenticator struct{ ent.Schema }

// Mixin of Authenticator: its columns, as they are, or authent's own beside the others.
func (Authenticator) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Authenticator{Layout: passkeys()}}
}

// User is a person.
type User struct{ ent.Schema }

// Mixin of User: its columns, as they are.
func (User) Mixin() []ent.Mixin { return []ent.Mixin{mixin.User{Layout: layout()}} }

// Account is a user's account at a provider.
type Account struct{ ent.Schema }

// Mixin of Account: its columns, as they are.
func (Account) Mixin() []ent.Mixin { return []ent.Mixin{mixin.Account{Layout: layout()}} }

// Session is a signed-in browser.
type Session struct{ ent.Schema }

// Mixin of Session: its columns, as they are.
func (Session) Mixin() []ent.Mixin { return []ent.Mixin{mixin.Session{Layout: layout()}} }

// VerificationToken is a proof that works once.
type VerificationToken struct{ ent.Schema }

// Mixin of VerificationToken: its columns, as they are.
func (VerificationToken) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.VerificationToken{Layout: layout()}}
}
