package schema

import (
	"context"

	"entgo.io/ent"
	"entgo.io/ent/dialect/sql"

	"github.com/authent/authent/examples/customschema/ent/intercept"
)

// hideDeleted leaves out people who are marked as deleted.
func hideDeleted() ent.Interceptor {
	return intercept.TraverseFunc(func(_ context.Context, q intercept.Query) error {
		q.WhereP(sql.FieldIsNull("deleted_at"))
		return nil
	})
}
