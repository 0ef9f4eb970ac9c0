package adopt

import (
	"context"

	"ariga.io/atlas/sql/schema"
)

// addedTables are the tables of the graph that no application on Auth.js has, unless
// authent uses them there already. Each has the native table whose rights it gets.
var addedTables = []newTable{
	{"ratelimits", tokensTable},
	{"auditevents", tokensTable},
}

// lacking returns those of the added tables that the graph has and the database has not.
func (a *adopter) lacking() (all []*schema.Table) {
	for _, added := range addedTables {
		want, wanted := a.desired.Table(added.name)
		if _, there := a.live.Table(added.name); wanted && !there {
			all = append(all, want)
		}
	}
	return all
}

// addTables plans the tables that are lacking: the database is recorded as being at the
// newest version, so no migration will create them. They are empty, and nothing refers to
// them. A run that ends after this leaves them there, and the next one finds them.
func (a *adopter) addTables(ctx context.Context) error {
	for _, table := range a.lacking() {
		statements, err := a.ddl(ctx, &schema.AddTable{T: table})
		if err != nil {
			return err
		}
		a.execs(statements...)
	}
	return nil
}
