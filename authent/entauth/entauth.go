// Package entauth is an ent extension. Beside the client of an application's graph it
// generates the adapter through which authent stores users, accounts, sessions and
// verification tokens. It runs in entc.go and is never linked into an application:
//
//	err := entc.Generate("./schema", &gen.Config{}, entc.Extensions(entauth.Extension{}))
//
// It writes <graph>/authent.go, with NewAuthAdapter and AuthUserFrom. A graph that lacks
// something is refused with one error, which lists everything that is missing and the lines
// to add.
package entauth

import (
	"embed"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"text/template"

	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"
)

//go:embed *.tmpl
var templates embed.FS

// Extension is the ent extension; its zero value is ready.
type Extension struct{ entc.DefaultExtension }

// Options turns on the feature of ent that the generated adapter needs: row locks.
func (Extension) Options() []entc.Option {
	return []entc.Option{entc.FeatureNames(gen.FeatureLock.Name)}
}

// Hooks checks the graph before anything is generated, and makes ent format one file at
// a time. To find a file's imports, ent reads the files beside it. When it formats
// several at once, it sometimes reads a half-written one and imports another package of
// the same name, such as authent's own graph.
func (Extension) Hooks() []gen.Hook {
	return []gen.Hook{func(next gen.Generator) gen.Generator {
		return gen.GenerateFunc(func(g *gen.Graph) error {
			if err := check(g); err != nil {
				return err
			}
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // how many ent formats together
			return next.Generate(g)
		})
	}}
}

// Templates returns the templates of authent.go.
func (Extension) Templates() []*gen.Template {
	t := gen.NewTemplate("authent").Funcs(funcs)
	return []*gen.Template{gen.MustParse(t.ParseFS(templates, "*.tmpl"))}
}

var funcs = template.FuncMap{
	"authentType":    typeOf,
	"authentRole":    roleOf,
	"authentForeign": foreignTables,
	"authentJoin":    joins,
	"authentDialect": func(t *gen.Type) bool { return len(layoutOf(t).Seconds) > 0 },
	"authentKeys":    keys,
	"authentWatched": watchedTypes,
	"authentVar":     variable,
	"authentLoose":   isLoose,
	// The nouns that a graph may do without.
	"authentOptional": func() []string {
		return slices.DeleteFunc(slices.Clone(nouns), func(name string) bool { _, may := optional[name]; return !may })
	},
}

// variable returns the name of a variable for a type.
func variable(t *gen.Type, suffix string) string {
	if t.Name == totp {
		return "totp" + suffix
	}
	return strings.ToLower(t.Name[:1]) + t.Name[1:] + suffix
}

// typeOf returns the graph's type with the name, or nil.
func typeOf(g *gen.Graph, name string) *gen.Type {
	for _, n := range g.Nodes {
		if n.Name == name {
			return n
		}
	}
	return nil
}

// fieldOf returns the type's field with the name, or nil.
func fieldOf(t *gen.Type, name string) *gen.Field {
	for _, f := range t.Fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// joins reports whether SessionAndUser may be a JOIN of its own. It may not where
// interceptors or a policy of the graph must see the query.
func joins(g *gen.Graph) bool {
	for _, name := range []string{"Session", "User"} {
		t := typeOf(g, name)
		if t.NumInterceptors() > 0 || t.NumPolicy() > 0 {
			return false
		}
	}
	return true
}

// key is a unique key; see entadapter.Key.
type key struct{ Name, Index, Columns string }

// known maps keys, by entity and roles, to the names that the engine has for them.
var known = map[string]string{
	"User.email":                           "authent.KeyUserEmail",
	"Account.provider_account_id":          "authent.KeyAccount",
	"Account.provider,provider_account_id": "authent.KeyAccount",
	"Session.session_token":                "authent.KeySessionToken",
	"VerificationToken.token":              "authent.KeyVerificationToken",
	"VerificationToken.identifier,token":   "authent.KeyVerificationToken",
	"TOTP.user_id":                         "authent.KeyTOTP",
	"Authenticator.credential_id":          "authent.KeyAuthenticator",
	"Authenticator.user_id,credential_id":  "authent.KeyAuthenticator",
}

// keys returns the unique keys of a type, the primary key first.
func keys(t *gen.Type) []key {
	all := []key{newKey(t, "", t.ID)}
	for _, f := range t.Fields {
		if f.Unique {
			all = append(all, newKey(t, t.Table()+"_"+f.StorageKey()+"_key", f))
		}
	}
	for _, index := range t.Indexes {
		if !index.Unique {
			continue
		}
		var fields []*gen.Field
		for _, column := range index.Columns {
			for _, f := range append([]*gen.Field{t.ID}, t.Fields...) {
				if f.StorageKey() == column {
					fields = append(fields, f)
				}
			}
		}
		all = append(all, newKey(t, index.Name, fields...))
	}
	return all
}

// newKey describes the key over fields.
func newKey(t *gen.Type, index string, fields ...*gen.Field) key {
	var names, columns []string
	for _, f := range fields {
		name := f.Name
		if r := mapped[t.Name]; r != "" && f == t.ID && fieldOf(t, r) == nil {
			name = r
		}
		names = append(names, name)
		columns = append(columns, t.Table()+"."+f.StorageKey())
	}
	name := t.Name + "." + strings.Join(names, ",")
	k := key{Name: fmt.Sprintf("%q", name), Index: index, Columns: strings.Join(columns, ", ")}
	if constant, ok := known[name]; ok {
		k.Name = constant
	}
	return k
}
