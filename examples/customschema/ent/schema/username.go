package schema

import (
	"context"
	"crypto/rand"
	"strings"

	"entgo.io/ent"

	"github.com/authent/authent/authent"
)

// chooseUsername fills the username of a new person: the form's field of that
// name, or else one that nobody has. A form cannot be trusted: the field's
// validator checks the value.
func chooseUsername(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
		if _, given := m.Field("username"); given || !m.Op().Is(ent.OpCreate) {
			return next.Mutate(ctx, m)
		}
		signUp, _ := authent.SignUpFrom(ctx)
		name := strings.ToLower(signUp.Form.Get("username"))
		if name == "" {
			name = "person_" + strings.ToLower(rand.Text()[:12])
		}
		if err := m.SetField("username", name); err != nil {
			return nil, err
		}
		return next.Mutate(ctx, m)
	})
}
