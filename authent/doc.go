// Package authent signs people in and keeps them signed in, with sessions in
// the application's own database: Auth.js's database sessions for Go.
//
// # What it is made of
//
// An Adapter stores users, accounts, sessions and verification tokens; package
// entauth generates one from the application's ent schema. Providers are the
// ways to sign in. New puts them together into an Auth, which has
//
//   - Handler, Auth.js's HTTP endpoints and pages under Pattern;
//   - FormData and CSRFToken, for the application's own pages in place of these;
//   - LoadSession, RequireUser and RequireRole, middleware for the application's
//     own pages, and SessionFrom, who is signed in;
//   - verbs: Register, SignIn, SignOut, Reauthenticate, Sessions, RevokeSession,
//     RevokeOtherSessions, RevokeAllSessions, ChangePassword, DisableUser, DeleteUser;
//     Accounts, UnlinkAccount, and TokenSource for calls to people's providers.
//
// In short:
//
//	auth, err := authent.New(authent.Config{
//		Adapter:   ent.NewAuthAdapter(client),
//		Providers: []authent.Provider{provider.Password()},
//	})
//	mux.Handle(auth.Pattern(), auth.Handler())
//	mux.Handle("/account", auth.RequireUser(account))
//
// and in a handler behind RequireUser:
//
//	user, _ := ent.AuthUserFrom(r.Context()) // *ent.User
//
// # What a session is
//
// A browser holds a random token in a cookie; the database holds its SHA-256
// and who it belongs to. Checking one takes a single SQL statement. A session is
// extended while it is used, and can be listed and revoked at any time.
//
// # Who may join whom
//
// An account at a provider is the provider's id and the person's id there, never
// an address. A sign-in whose e-mail address already belongs to another user is
// refused, unless that user links the account from a recent session, or
// OAuth.TrustEmail says that this provider may vouch for addresses.
//
// # Where to look
//
// Config holds every setting. Adapter's comments specify storage, and package
// authenttest checks an implementation against them.
package authent
