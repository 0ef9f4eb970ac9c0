package main

import (
	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/oauthserver"
)

// providers returns the ways to sign in. If the environment has no provider, a
// development provider on loopback serves two of them, once as OpenID Connect and
// once as GitHub does it; done ends it.
func (s settings) providers() (all []authent.Provider, done func(), err error) {
	all, done = []authent.Provider{provider.Password()}, func() {}
	if s.github {
		all = append(all, provider.GitHub(provider.Client{}))
	}
	if s.google {
		all = append(all, provider.Google(provider.Client{}))
	}
	if len(all) > 1 || !isLoopback(s.home.Host) || !isLoopback(s.host) {
		return all, done, nil
	}
	server, err := oauthserver.Start(oauthserver.Config{})
	if err != nil {
		return nil, nil, err
	}
	dev := provider.OIDC(server.URL, provider.Client{ID: "client", Secret: "secret"})
	dev.ID, dev.Name = "dev", "Dev provider"
	hub := provider.GitHubEnterprise(server.URL, provider.Client{ID: "client", Secret: "secret"})
	hub.ID, hub.Name = "dev-github", "Dev GitHub"
	return append(all, dev, hub), func() { _ = server.Close() }, nil
}
