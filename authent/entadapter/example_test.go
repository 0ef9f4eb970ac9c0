package entadapter_test

import (
	"errors"
	"fmt"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/entadapter"
)

// A key that some database could not hold is refused before it is stored.
func ExampleCheckKey() {
	fmt.Println(entadapter.CheckKey("User.email", "ada@example.com"))
	err := entadapter.CheckKey("User.email", "ada\x00@example.com")
	fmt.Println(err, errors.Is(err, authent.ErrInvalid))
	// Output:
	// <nil>
	// User.email: not accepted: it is not UTF-8, or has a zero byte: store its hash, in hexadecimal digits true
}

// An update of the Adapter's clears a column that gets the zero value.
func ExampleSetOrClear() {
	set := func(name string) string { fmt.Printf("name = %q\n", name); return name }
	clear := func() string { fmt.Println("name = NULL"); return "" }
	for _, name := range []string{"Ada", ""} {
		entadapter.SetOrClear(entadapter.OrNull(name), set, clear)
	}
	// Output:
	// name = "Ada"
	// name = NULL
}
