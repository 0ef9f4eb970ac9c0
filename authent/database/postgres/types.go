package postgres

import (
	"context"
	"crypto/rand"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/lib/pq/oid"
)

// typesKept is how many queries' parameters a pool remembers.
const typesKept = 512

// paramTypes are the types of the parameters of queries. A driver that sends a
// query in one piece cannot ask for them, so it sends all bytes in binary: a
// jsonb, which ent writes as bytes, is another thing then.
type paramTypes struct {
	known *lru.Cache[string, []oid.Oid]
}

func newParamTypes() *paramTypes {
	known, err := lru.New[string, []oid.Oid](typesKept)
	if err != nil {
		panic(err) // only of a size below one
	}
	return &paramTypes{known}
}

// typed runs a query with its arguments in the form that their types want: bytes stay
// bytes for a bytea, and become text for everything else.
func typed[T any](ctx context.Context, c *pooledConn, query string, args []driver.NamedValue,
	run func(context.Context, string, []driver.NamedValue) (T, error),
) (T, error) {
	asked := preparable(query)
	if asked == "" || !slices.ContainsFunc(args, depends) {
		return run(ctx, query, args)
	}
	types, err := c.types.of(ctx, c.connection, asked, args)
	if err != nil && codeOf(err) == "" {
		var none T
		return none, err
	}
	result, e := run(ctx, query, convert(args, types))
	if e != nil {
		c.types.known.Remove(asked) // a type may have changed
	}
	if err != nil && codeOf(e) == "25P02" {
		e = err // why the transaction failed
	}
	return result, e
}

// depends reports whether the form of an argument depends on its type. For text it does
// only where a bytea would read a part of it as an escape.
func depends(arg driver.NamedValue) bool {
	switch v := arg.Value.(type) {
	case []byte:
		return v != nil
	case string:
		return strings.Contains(v, `\`)
	}
	return false
}

// convert turns bytes into the form that their types want. Without types they stay as
// they are.
func convert(args []driver.NamedValue, types []oid.Oid) []driver.NamedValue {
	if len(types) != len(args) {
		return args
	}
	all := slices.Clone(args)
	for i, arg := range all {
		switch v := arg.Value.(type) {
		case []byte:
			if v != nil && types[i] != oid.T_bytea {
				all[i].Value = string(v)
			}
		case string:
			if types[i] == oid.T_bytea {
				all[i].Value = []byte(v)
			}
		}
	}
	return all
}

// mistakable reports whether an argument could be stored as another value, without an
// error, if its column has become a bytea meanwhile: as text, where a backslash has a
// meaning of its own. Bytes for a column that is no longer a bytea are an error or, for
// a text, stored as they should be.
func mistakable(args []driver.NamedValue, types []oid.Oid) bool {
	for i, arg := range args {
		text, ok := arg.Value.(string)
		if bytes, is := arg.Value.([]byte); is {
			text, ok = string(bytes), true
		}
		if ok && strings.Contains(text, `\`) && (i >= len(types) || types[i] != oid.T_bytea) {
			return true
		}
	}
	return false
}

// of returns the types of a query's parameters. It asks the server once, and again where
// a wrong type would do harm. Asking prepares the query under a name that nobody else
// has, and forgets it, all in one message, during which a pooler keeps the session.
func (t *paramTypes) of(ctx context.Context, conn connection, query string, args []driver.NamedValue) ([]oid.Oid, error) {
	if types, ok := t.known.Get(query); ok && !mistakable(args, types) {
		return types, nil
	}
	name := "authent_" + strings.ToLower(rand.Text())
	rows, err := conn.QueryContext(ctx, fmt.Sprintf("PREPARE %[1]s AS %[2]s\n; SELECT pg_catalog.array_to_string(parameter_types::pg_catalog.oid[], ' ')"+
		" FROM pg_catalog.pg_prepared_statements WHERE name = '%[1]s'; DEALLOCATE %[1]s", name, query), nil)
	if err != nil {
		return nil, err
	}
	value := make([]driver.Value, 1)
	if err := errors.Join(rows.Next(value), rows.Close()); err != nil {
		return nil, err
	}
	text, _ := value[0].(string)
	var types []oid.Oid
	for _, field := range strings.Fields(text) {
		n, err := strconv.ParseUint(field, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("postgres: the types of a query's parameters: %w", err)
		}
		types = append(types, oid.Oid(n))
	}
	t.known.Add(query, types)
	return types, nil
}
