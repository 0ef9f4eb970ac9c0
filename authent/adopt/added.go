package adopt

import (
	"context"
	"slices"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
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
		if t, there := a.live.Table(added.name); there && toUsers(t) != nil {
			names = append(names, added.name)
		}
	}
	return names
}

// toUsers returns a table's foreign key to the native table of users, nil if it has none.
func toUsers(t *schema.Table) *schema.ForeignKey {
	i := slices.IndexFunc(t.ForeignKeys, func(fk *schema.ForeignKey) bool { return fk.RefTable.Name == usersTable })
	if i < 0 {
		return nil
	}
	return t.ForeignKeys[i]
}

// loose returns those of the added tables that lack the foreign key to users, as package
// migrate makes them beside another program's users.
func (a *adopter) loose() (all []*schema.Table) {
	for _, added := range addedTables {
		want, wanted := a.desired.Table(added.name)
		live, there := a.live.Table(added.name)
		if wanted && there && toUsers(want) != nil && len(live.ForeignKeys) == 0 {
			all = append(all, want)
		}
	}
	return all
}

// tighten returns the statements that give a loose table its foreign key. Rows of users who
// are gone, which nothing deleted, go first. SQLite needs a new table for that.
func (a *adopter) tighten(ctx context.Context, t *schema.Table) ([]string, error) {
	fk := toUsers(t)
	all := []string{"DELETE FROM " + a.q(t.Name) + " WHERE " + a.q(fk.Columns[0].Name) + " NOT IN (SELECT " + a.q(fk.RefColumns[0].Name) + " FROM " + a.q(usersTable) + ")"}
	if a.Dialect != dialect.SQLite {
		statements, err := a.ddl(ctx, &schema.ModifyTable{T: t, Changes: []schema.Change{&schema.AddForeignKey{F: fk}}})
		return append(all, statements...), err
	}
	var columns []string
	for _, c := range t.Columns {
		columns = append(columns, c.Name)
	}
	fresh := *t
	fresh.Name, fresh.Indexes = newName(t.Name), nil
	made, err := a.ddl(ctx, &schema.AddTable{T: &fresh})
	if err != nil {
		return nil, err
	}
	all = append(append(all, made...),
		"INSERT INTO "+a.q(fresh.Name)+" ("+a.qs(columns)+") SELECT "+a.qs(columns)+" FROM "+a.q(t.Name),
		"DROP TABLE "+a.q(t.Name), "ALTER TABLE "+a.q(fresh.Name)+" RENAME TO "+a.q(t.Name))
	var indexes []schema.Change
	for _, i := range t.Indexes {
		indexes = append(indexes, &schema.AddIndex{I: i})
	}
	made, err = a.ddl(ctx, &schema.ModifyTable{T: t, Changes: indexes})
	return append(all, made...), err
}

// addTables returns the statements that create the tables that are lacking, and complete
// those that are loose: the database is recorded as being at the newest version, so no
// migration will do it. Nothing refers to these tables; they may refer to users, which are
// there by then.
func (a *adopter) addTables(ctx context.Context) (all []string, err error) {
	for _, table := range a.lacking() {
		statements, err := a.ddl(ctx, &schema.AddTable{T: table})
		if err != nil {
			return nil, err
		}
		all = append(all, statements...)
	}
	for _, table := range a.loose() {
		statements, err := a.tighten(ctx, table)
		if err != nil {
			return nil, err
		}
		all = append(all, statements...)
	}
	return all, nil
}
