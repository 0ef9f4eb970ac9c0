package provider_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/provider"
)

// providersOf is what the built-in pages and Auth.js's client learn.
func providersOf(ps ...authent.Provider) string {
	auth, err := authent.New(authent.Config{
		URL:       "https://example.com/auth",
		Secrets:   []string{"thirty-two random bytes or more, from AUTH_SECRET"},
		Adapter:   authenttest.NewMemoryAdapter(), // an application passes ent.NewAuthAdapter(client)
		Providers: ps,
	})
	if err != nil {
		return err.Error()
	}
	w := httptest.NewRecorder()
	auth.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "https://example.com/auth/providers", nil))
	return w.Body.String()
}

func ExampleGitHub() {
	github := provider.GitHub(provider.Client{ID: "the client id", Secret: "the client secret"}) // "" and "": from the environment
	github.OAuth.Scopes = append(github.OAuth.Scopes, "repo")
	fmt.Println(github.OAuth.Scopes)
	fmt.Println(providersOf(github))
	// Output:
	// [read:user user:email repo]
	// {"github":{"id":"github","name":"GitHub","type":"oauth","signinUrl":"https://example.com/auth/signin/github","callbackUrl":"https://example.com/auth/callback/github"}}
}

func ExampleOIDC() {
	company := provider.OIDC("https://login.example.com", provider.Client{ID: "the client id", Secret: "the client secret"})
	company.ID, company.Name = "company", "Our company"
	fmt.Println(providersOf(company))
	// Output:
	// {"company":{"id":"company","name":"Our company","type":"oidc","signinUrl":"https://example.com/auth/signin/company","callbackUrl":"https://example.com/auth/callback/company"}}
}
