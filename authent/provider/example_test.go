package provider_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/provider"
)

// providersOf returns what the built-in pages and Auth.js's client learn of providers.
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
	github := provider.GitHub(provider.Client{ID: "the client id", Secret: "the client secret"})
	github.OAuth.Scopes = append(github.OAuth.Scopes, "repo")
	fmt.Println(github.OAuth.Scopes)
	fmt.Println(providersOf(github))
	// Output:
	// [read:user user:email repo]
	// {"github":{"id":"github","name":"GitHub","type":"oauth","signinUrl":"https://example.com/auth/signin/github","callbackUrl":"https://example.com/auth/callback/github"}}
}

// A Client may be printed, and the zero Client reads the environment.
func ExampleClient() {
	fmt.Println(provider.Client{ID: "the client id", Secret: "the client secret"})

	for name, value := range map[string]string{"AUTH_GITLAB_ID": "the client id", "AUTH_GITLAB_SECRET": "the client secret"} {
		os.Setenv(name, value)
		defer os.Unsetenv(name)
	}
	fmt.Println(providersOf(provider.GitLab("https://gitlab.example.com", provider.Client{})))
	// Output:
	// {the client id [redacted]}
	// {"gitlab":{"id":"gitlab","name":"GitLab","type":"oauth","signinUrl":"https://example.com/auth/signin/gitlab","callbackUrl":"https://example.com/auth/callback/gitlab"}}
}

// An application checks the form itself, and says who it is.
func ExampleCredentials() {
	badge := provider.Credentials("badge", "Company badge", func(_ context.Context, form url.Values) (userID string, err error) {
		if form.Get("number") == "" {
			return "", &authent.CredentialsError{Code: "number_missing"}
		}
		return "the id of the user with that badge", nil
	}, authent.Input{Name: "number", Label: "Badge number"})
	fmt.Println(providersOf(badge))
	// Output:
	// {"badge":{"id":"badge","name":"Company badge","type":"credentials","signinUrl":"https://example.com/auth/signin/badge","callbackUrl":"https://example.com/auth/callback/badge"}}
}

func ExampleOIDC() {
	company := provider.OIDC("https://login.example.com", provider.Client{ID: "the client id", Secret: "the client secret"})
	company.ID, company.Name = "company", "Our company"
	fmt.Println(providersOf(company))
	// Output:
	// {"company":{"id":"company","name":"Our company","type":"oidc","signinUrl":"https://example.com/auth/signin/company","callbackUrl":"https://example.com/auth/callback/company"}}
}
