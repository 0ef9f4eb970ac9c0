package entadapter_test

import (
	"database/sql"
	"errors"
	"reflect"
	"testing"

	"github.com/authent/authent/authent/entadapter"
)

// badge is a type of the application's own.
type badge struct{ scanned bool }

// scanValues makes what columns are scanned into, as ent's method of that name does.
func scanValues(names []string) ([]any, error) {
	values := make([]any, len(names))
	for i, name := range names {
		switch name {
		case "name", "email":
			values[i] = new(sql.NullString)
		case "expires", "created_at":
			values[i] = new(sql.NullTime)
		case "tries":
			values[i] = new(sql.NullInt64)
		case "active":
			values[i] = new(sql.NullBool)
		case "badge":
			values[i] = &badge{}
		case "raw":
			values[i] = new([]byte)
		default:
			return nil, errors.New("no column " + name)
		}
	}
	return values, nil
}

// TestTargets: a row's targets are of the types that scanValues makes, and no two of them,
// nor those of two rows, are one.
func TestTargets(t *testing.T) {
	first, second := []string{"badge", "name", "expires", "active", "email"}, []string{"tries", "raw", "created_at", "name", "badge", "tries"}
	want, err := scanValues(append(first[:len(first):len(first)], second...))
	if err != nil {
		t.Fatal(err)
	}
	targets := entadapter.NewTargets(entadapter.Columns{Names: first, ScanValues: scanValues}, entadapter.Columns{Names: second, ScanValues: scanValues})
	seen := map[any]bool{}
	for range 2 {
		values, err := targets.Make()
		if err != nil || len(values) != len(want) {
			t.Fatalf("Make() = %v, %v, want %d values", values, err, len(want))
		}
		for i, v := range values {
			if !reflect.DeepEqual(v, want[i]) {
				t.Errorf("target %d is %T %v, want a new %T", i, v, v, want[i])
			}
			if seen[v] {
				t.Errorf("target %d, a %T, is another one too", i, v)
			}
			seen[v] = true
			fill(v)
		}
	}
}

// fill has v hold something.
func fill(v any) {
	switch v := v.(type) {
	case *sql.NullString:
		*v = sql.NullString{String: "Ada", Valid: true}
	case *sql.NullTime:
		v.Valid = true
	case *sql.NullInt64:
		v.Int64 = 7
	case *sql.NullBool:
		v.Bool = true
	case *badge:
		v.scanned = true
	case *[]byte:
		*v = []byte("Ada")
	}
}

// TestTargets_Error: an error of scanValues is not swallowed.
func TestTargets_Error(t *testing.T) {
	targets := entadapter.NewTargets(entadapter.Columns{Names: []string{"name", "unknown"}, ScanValues: scanValues})
	if values, err := targets.Make(); err == nil {
		t.Errorf("Make() = %v, want an error", values)
	}
}
