package schema

import (
	"context"
	"strconv"

	"entgo.io/ent"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/privacy"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/examples/customschema/ent/intercept"
)

// allowEngine lets authent's own statements through.
func allowEngine() privacy.QueryMutationRule {
	return privacy.ContextQueryMutationRule(func(ctx context.Context) error {
		if authent.FromEngine(ctx) {
			return privacy.Allow
		}
		return privacy.Skip
	})
}

// allowSelf gives people access to their own row: in other rows the query finds
// nothing and the update changes nothing.
func allowSelf() privacy.QueryMutationRule { return selfRule{} }

type selfRule struct{}

// EvalQuery implements privacy.QueryRule.
func (selfRule) EvalQuery(ctx context.Context, q ent.Query) error {
	people, err := intercept.NewQuery(q)
	if err != nil {
		return privacy.Denyf("%v", err)
	}
	return ownRow(ctx, people)
}

// EvalMutation implements privacy.MutationRule.
func (selfRule) EvalMutation(ctx context.Context, m ent.Mutation) error {
	people, ok := m.(filtered)
	if m.Op().Is(ent.OpCreate) || !ok {
		return privacy.Skip
	}
	return ownRow(ctx, people)
}

// filtered is a query or a mutation, which can be narrowed by more predicates.
type filtered interface {
	WhereP(...func(*sql.Selector))
}

// ownRow narrows target to the row of whoever is signed in.
func ownRow(ctx context.Context, target filtered) error {
	s := authent.SessionFrom(ctx)
	if s == nil {
		return privacy.Skip
	}
	id, err := strconv.ParseInt(s.UserID, 10, 64)
	if err != nil {
		return privacy.Denyf("%v", err)
	}
	target.WhereP(sql.FieldEQ("id", id))
	return privacy.Allow
}
