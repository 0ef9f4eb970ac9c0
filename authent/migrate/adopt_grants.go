package migrate

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect"
)

// A table that is made anew on PostgreSQL belongs to whoever makes it, and nobody
// else may read it. Often the application is somebody else than who migrates:
// without its rights it would find no session.

// grants plans the rights on the tables that are made anew: the owner, and what
// others were granted. MySQL's go by the name of the table.
func (a *adopter) grants(ctx context.Context) error {
	if a.config.Dialect != dialect.Postgres {
		return nil
	}
	for _, native := range nativeTables[1:] {
		statements, err := a.column(ctx, fmt.Sprintf(`
			SELECT format('ALTER TABLE %%I OWNER TO %%I', '%[1]s', pg_get_userbyid(relowner)) FROM pg_class
			WHERE oid = to_regclass('%[2]s') AND pg_get_userbyid(relowner) <> current_user
			UNION ALL
			SELECT format('GRANT %%s ON %%I TO %%s%%s', privilege_type, '%[1]s',
				CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
				CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
			FROM pg_class, aclexplode(relacl) WHERE oid = to_regclass('%[2]s') AND grantee <> relowner`, native, a.from(native)))
		if err != nil {
			return fmt.Errorf("migrate: adopt: read the rights on %s: %w", a.layout.tables[native], err)
		}
		a.execs(statements...)
	}
	return nil
}
