package schema

import (
	"context"
	"crypto/rand"
	"regexp"
	"strings"

	"entgo.io/ent"

	"github.com/authent/authent/authent"
)

var usernames = regexp.MustCompile(`^[a-z0-9_]{3,30}$`)

// chooseUsername fills the username of a new person: the form's field of that
// name, or else one that nobody has. A form is not to be trusted; a bad username
// is a RegisterError, which the page shows as its code.
func chooseUsername(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
		if _, given := m.Field("username"); given || !m.Op().Is(ent.OpCreate) {
			return next.Mutate(ctx, m)
		}
		signUp, _ := authent.SignUpFrom(ctx)
		name := strings.ToLower(signUp.Form.Get("username"))
		switch {
		case name == "":
			name = "person_" + strings.ToLower(rand.Text()[:12])
		case !usernames.MatchString(name):
			return nil, &authent.RegisterError{Code: "username_invalid"}
		}
		if err := m.SetField("username", name); err != nil {
			return nil, err
		}
		return next.Mutate(ctx, m)
	})
}
