// Package mixin has the entities of authent as ent mixins. A schema takes one
// and adds what is the application's own:
//
//	type User struct{ ent.Schema }
//
//	func (User) Mixin() []ent.Mixin { return []ent.Mixin{mixin.User{}} }
//
//	func (User) Fields() []ent.Field {
//		return []ent.Field{field.String("phone").Optional()}
//	}
//
// The schemas must be called User, Account, Session and VerificationToken: the
// edges between them go by these names.
package mixin

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
)

// Precision is what times are cut to before they are stored.
const Precision = time.Millisecond

// timeType is the column type of a time. The default of ent on MySQL is a
// timestamp in whole seconds that ends in 2038.
var timeType = map[string]string{
	dialect.Postgres: "timestamptz(3)",
	dialect.MySQL:    "datetime(3)",
}

// longText is for values of any length.
var longText = map[string]string{
	dialect.Postgres: "text",
	dialect.MySQL:    "text",
	dialect.SQLite:   "text",
}

// keyText is for values that MySQL must be able to index.
var keyText = map[string]string{
	dialect.Postgres: "text",
	dialect.MySQL:    "varchar(255)",
	dialect.SQLite:   "text",
}

func now() time.Time { return time.Now().UTC().Truncate(Precision) }

// cutTimes cuts every time that is written to UTC and Precision, whoever writes
// it: a driver that drops the zone would store another moment.
func cutTimes(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
		for _, name := range m.Fields() {
			v, _ := m.Field(name)
			t, ok := v.(time.Time)
			if !ok {
				continue
			}
			if err := m.SetField(name, t.UTC().Truncate(Precision)); err != nil {
				return nil, fmt.Errorf("authent: cut %s to milliseconds: %w", name, err)
			}
		}
		return next.Mutate(ctx, m)
	})
}
