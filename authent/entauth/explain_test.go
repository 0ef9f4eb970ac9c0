package entauth

import (
	"errors"
	"strings"
	"testing"

	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"
)

// TestExplain: what is wrong with a schema that ent itself refuses, and what to do.
func TestExplain(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"redeclared":         `redeclared for type "User": mixin.User has a field role already: take yours out of the Fields of User, or give it another name`,
		"renamed":            `edges that lead to it: user of Account, user of Session. Those of the mixins need a type that is called User`,
		"imports/ent/schema": `that package is generated from the schema itself, and is not there: bring the generated code back from version control, as in git checkout -- ent; without it`,
	} {
		path := "./testdata/" + name
		_, err := entc.LoadGraph(path, &gen.Config{})
		explained := Explain(path, err)
		if err == nil || !errors.Is(explained, err) || !strings.Contains(explained.Error(), want) || strings.Contains(explained.Error(), "\n") {
			t.Errorf("%s: %v, want %q", name, explained, want)
		}
	}
	other := errors.New(`create type Post: field "title" redeclared for type "Post"`)
	if err := Explain("./testdata/missing", other); !strings.Contains(err.Error(), "one of its mixins, or twice") {
		t.Error(err)
	}
	if err := Explain("x", nil); err != nil {
		t.Error(err)
	}
	if plain := errors.New("disk full"); Explain("x", plain) != plain {
		t.Error("an error that is known to nobody was changed")
	}
}
