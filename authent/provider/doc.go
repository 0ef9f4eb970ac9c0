// Package provider has the ways to sign in. Each function returns data and does nothing
// else; authent.New checks it:
//
//	authent.New(authent.Config{
//		Adapter: ent.NewAuthAdapter(client),
//		Providers: []authent.Provider{
//			provider.Password(),
//			provider.GitHub(provider.Client{}),
//			provider.OIDC("https://login.example.com", provider.Client{}),
//		},
//	})
//
// To sign in through a provider, register the application there. Its form asks for a
// callback URL: {base}/callback/{id}, such as https://example.com/auth/callback/github.
// The provider then issues a client id and a client secret. Pass them as a Client, or
// set them in the environment and pass the zero Client:
//
//	provider.GitHub(provider.Client{ID: id, Secret: authent.Secret(secret)})
//	provider.GitHub(provider.Client{})
//
// A provider with servers of its own for each customer takes their address (issuer, base
// URL or tenant) before the Client. These are the names in the environment:
//
//	function           id                  environment
//	Apple              apple               AUTH_APPLE_ID, AUTH_APPLE_SECRET
//	Auth0              auth0               AUTH_AUTH0_ID, AUTH_AUTH0_SECRET, AUTH_AUTH0_ISSUER
//	Bitbucket          bitbucket           AUTH_BITBUCKET_ID, AUTH_BITBUCKET_SECRET
//	Discord            discord             AUTH_DISCORD_ID, AUTH_DISCORD_SECRET
//	Facebook           facebook            AUTH_FACEBOOK_ID, AUTH_FACEBOOK_SECRET
//	GitHub             github              AUTH_GITHUB_ID, AUTH_GITHUB_SECRET (or GITHUB_ID, GITHUB_SECRET)
//	GitHubEnterprise   github              the same
//	GitLab             gitlab              AUTH_GITLAB_ID, AUTH_GITLAB_SECRET
//	Google             google              AUTH_GOOGLE_ID, AUTH_GOOGLE_SECRET
//	Keycloak           keycloak            AUTH_KEYCLOAK_ID, AUTH_KEYCLOAK_SECRET, AUTH_KEYCLOAK_ISSUER
//	LinkedIn           linkedin            AUTH_LINKEDIN_ID, AUTH_LINKEDIN_SECRET
//	MicrosoftEntraID   microsoft-entra-id  AUTH_MICROSOFT_ENTRA_ID_ID, _SECRET, _ISSUER
//	OIDC               oidc                AUTH_OIDC_ID, AUTH_OIDC_SECRET, AUTH_OIDC_ISSUER
//	Okta               okta                AUTH_OKTA_ID, AUTH_OKTA_SECRET, AUTH_OKTA_ISSUER
//	Slack              slack               AUTH_SLACK_ID, AUTH_SLACK_SECRET
//	Spotify            spotify             AUTH_SPOTIFY_ID, AUTH_SPOTIFY_SECRET
//	Twitch             twitch              AUTH_TWITCH_ID, AUTH_TWITCH_SECRET
//	Twitter            twitter             AUTH_TWITTER_ID, AUTH_TWITTER_SECRET
//	Zitadel            zitadel             AUTH_ZITADEL_ID, AUTH_ZITADEL_SECRET, AUTH_ZITADEL_ISSUER
//
// Ids, types and account ids are Auth.js's, so its rows keep working. An address counts
// as verified only if the provider documents what its claim means. Even then it does not
// let anybody into an existing user's account, unless OAuth.TrustEmail is set.
//
// Any field may be changed before the provider is passed on, as here for more access to
// GitHub:
//
//	p := provider.GitHub(provider.Client{})
//	p.OAuth.Scopes = append(p.OAuth.Scopes, "repo")
//
// What is special about a provider is data too: OtherIssuers for Apple, Google and
// LinkedIn, which have several names, Declined for Apple and LinkedIn, and NoPKCE and
// NoNonce for LinkedIn alone, whose comment says what that costs. Configure a provider of
// your own in the same way.
package provider
