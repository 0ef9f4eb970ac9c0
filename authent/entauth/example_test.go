package entauth_test

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"

	"github.com/authent/authent/authent/entauth"
)

// The file ent/entc.go of an application calls entc.Generate with the extension. A graph
// that authent cannot use is refused, with the lines to add.
func ExampleExtension() {
	target, err := os.MkdirTemp("", "ent")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(target)
	config := &gen.Config{Target: target, Package: "example.com/app/ent"}
	err = entc.Generate("./testdata/missing", config, entc.Extensions(entauth.Extension{}))
	for _, line := range strings.Split(err.Error(), "\n")[:2] {
		fmt.Println(line)
	}
	// Output:
	// entauth: authent cannot use this graph:
	// User.id has no default, and nothing makes it: add .Default(…) or .DefaultFunc(…)
}

// ent's own message says what is wrong, and Explain what to do.
func ExampleExplain() {
	err := errors.New(`entc/gen: resolving edges: field "email" redeclared for type "User"`)
	fmt.Println(entauth.Explain("ent/schema", err))
	// Output: entc/gen: resolving edges: field "email" redeclared for type "User": mixin.User has a field email already: take yours out of the Fields of User, or give it another name
}
