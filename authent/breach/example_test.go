package breach_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/breach"
	"github.com/authent/authent/authent/provider"
)

func ExampleNew() {
	// A server of one's own, with the range API; leave URL out for Pwned Passwords.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "E971FBEC4613C1DEF38EFED4D450DAE8C70:12\r\n")
	}))
	defer server.Close()
	known, err := breach.New(breach.Config{URL: server.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	auth, err := authent.New(authent.Config{
		URL: "https://example.com", Secrets: []string{"a secret of more than thirty-two bytes"},
		Adapter: authenttest.NewMemoryAdapter(), Providers: []authent.Provider{provider.Password()},
		Passwords: authent.Passwords{Breached: known},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = auth.Register(context.Background(), authent.Registration{Email: "ada@example.com", Password: "a sentence from a breach"})
	fmt.Println(err)
	// Output: registration refused: password_breached
}
