package adopt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
)

// On PostgreSQL a new table belongs to whoever creates it, and only roles named by
// ALTER DEFAULT PRIVILEGES may read it. The application often uses another role than
// the one that migrates; without its rights it would find no session. And a role with
// default rights on new tables may not have had rights on the old ones.

// granteeSQL is the SQL that writes a role from aclexplode as GRANT takes it.
const granteeSQL = "CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END"

// newTable is a table that is created, and the native name of the one whose rights it
// gets.
type newTable struct{ name, like string }

// newTables lists the tables that are created.
func (a *adopter) newTables() (all []newTable) {
	for _, native := range nativeTables[1:] {
		all = append(all, newTable{native, native})
	}
	lacking := a.lacking()
	for _, added := range addedTables {
		if slices.ContainsFunc(lacking, func(t *schema.Table) bool { return t.Name == added.name }) {
			all = append(all, added)
		}
	}
	return all
}

// grants plans the rights on the new tables: their owner, and what others were granted.
// MySQL needs none of this, because it grants rights by the name of a table.
func (a *adopter) grants(ctx context.Context) error {
	if a.Dialect != dialect.Postgres {
		return nil
	}
	a.rights = map[string][]string{}
	for _, t := range a.newTables() {
		native, live := t.name, literal(a.from(t.like))
		for _, query := range []string{
			`SELECT DISTINCT format('REVOKE ALL ON %I FROM %s', '` + native + `', ` + granteeSQL + `)
			FROM pg_default_acl, aclexplode(defaclacl) WHERE defaclobjtype = 'r' AND defaclnamespace IN (0, (SELECT oid FROM pg_namespace WHERE nspname = current_schema()))
			AND defaclrole = (SELECT oid FROM pg_roles WHERE rolname = current_user) AND grantee NOT IN (defaclrole, (SELECT relowner FROM pg_class WHERE oid = to_regclass(` + live + `))) ORDER BY 1`,
			`SELECT format('ALTER TABLE %I OWNER TO %I', '` + native + `', pg_get_userbyid(relowner)) FROM pg_class
			WHERE oid = to_regclass(` + live + `) AND pg_get_userbyid(relowner) <> current_user`,
			`SELECT format('GRANT %s ON %I TO %s%s', privilege_type, '` + native + `', ` + granteeSQL + `, CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
			FROM pg_class, aclexplode(relacl) WHERE oid = to_regclass(` + live + `) AND grantee <> relowner ORDER BY 1`,
		} {
			statements, err := a.readColumn(ctx, query)
			if err != nil {
				return fmt.Errorf("adopt: read the rights on %s: %w", a.layout.tables[t.like], err)
			}
			a.execs(statements...)
		}
		var err error
		if a.rights[native], err = a.rightsOn(ctx, live); err != nil {
			return err
		}
	}
	return nil
}

// rightsOn returns a table's owner and what others may do with it. The table is a literal of SQL.
func (a *adopter) rightsOn(ctx context.Context, table string) ([]string, error) {
	all, err := a.readColumn(ctx, `SELECT 'owner ' || quote_ident(pg_get_userbyid(relowner)) FROM pg_class WHERE oid = to_regclass(`+table+`)
		UNION ALL SELECT format('%s for %s%s', privilege_type, `+granteeSQL+`, CASE WHEN is_grantable THEN ' with grant option' ELSE '' END)
		FROM pg_class, aclexplode(relacl) WHERE oid = to_regclass(`+table+`) AND grantee <> relowner`)
	if err != nil {
		return nil, fmt.Errorf("adopt: read the rights on %s: %w", table, err)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// compareRights compares the rights with those from before.
func (a *adopter) compareRights(ctx context.Context) error {
	if a.Dialect != dialect.Postgres {
		return nil
	}
	var differ []string
	for _, t := range a.newTables() {
		now, err := a.rightsOn(ctx, literal(a.q(t.name)))
		if err != nil {
			return err
		}
		if before := a.rights[t.name]; !slices.Equal(before, now) {
			differ = append(differ, fmt.Sprintf("  %s: %s; on %s: %s", t.name, strings.Join(now, ", "), a.layout.tables[t.like], strings.Join(before, ", ")))
		}
	}
	if len(differ) == 0 {
		return nil
	}
	return errors.New("adopt: the rights on the new tables would differ:\n" + strings.Join(differ, "\n") + "\n  adopt as the owner of the tables, and see ALTER DEFAULT PRIVILEGES; nothing was changed")
}
