package adopt

import (
	"context"
	"slices"

	"ariga.io/atlas/sql/schema"
)

// addedTables are the tables of the graph that no application on Auth.js has, unless
// authent uses them there already. Each has the native table whose rights it gets.
var addedTables = []newTable{
	{"ratelimits", tokensTable},
	{"auditevents", tokensTable},
	{"totps", sessionsTable},
	{"authenticators", sessionsTable},
}

// lacking returns those of the added tables that the graph has and the database has not.
func (a *adopter) lacking() (all []*schema.Table) {
	for _, added := range addedTables {
		want, wanted := a.desired.Table(added.name)
		_, there := a.live.Table(added.name)
		if wanted && (!there || slices.Contains(a.ofBeside(), added.name)) {
			all = append(all, want)
		}
	}
	return all
}

// ofBeside returns those of the added tables that refer to an empty native table of users
// which is dropped. They are empty too, are dropped with it, and made anew.
func (a *adopter) ofBeside() (names []string) {
	if !slices.Contains(a.beside, usersTable) {
		return nil
	}
	for _, added := range addedTables {
		t, there := a.live.Table(added.name)
		if there && slices.ContainsFunc(t.ForeignKeys, func(fk *schema.ForeignKey) bool { return fk.RefTable.Name == usersTable }) {
			names = append(names, added.name)
		}
	}
	return names
}

// addTables returns the statements that create the tables that are lacking: the database is
// recorded as being at the newest version, so no migration will create them. They are empty,
// and nothing refers to them; they may refer to users, which are there by then.
func (a *adopter) addTables(ctx context.Context) (all []string, err error) {
	for _, table := range a.lacking() {
		statements, err := a.ddl(ctx, &schema.AddTable{T: table})
		if err != nil {
			return nil, err
		}
		all = append(all, statements...)
	}
	return all, nil
}
