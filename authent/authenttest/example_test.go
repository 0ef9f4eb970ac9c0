package authenttest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
)

func ExampleNewMemoryAdapter() {
	ctx := context.Background()
	adapter := authenttest.NewMemoryAdapter()
	ada, err := adapter.CreateUser(ctx, authent.User{Name: "Ada", Email: "ada@example.com"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ada.Name, ada.Role)

	_, err = adapter.CreateUser(ctx, authent.User{Email: "ada@example.com"})
	fmt.Println(err, errors.Is(err, authent.ErrConflict))
	// Output:
	// Ada user
	// User.email: already exists true
}

// The test of an adapter is one call to Run.
func ExampleRun() {
	_ = func(t *testing.T) { // func TestAdapter(t *testing.T)
		authenttest.Run(t, func(t testing.TB) authenttest.Subject {
			return authenttest.Subject{Adapter: authenttest.NewMemoryAdapter()}
		})
	}
}
