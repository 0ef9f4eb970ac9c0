// Package authenttest tests adapters and helps to test applications.
//
// # An adapter of your own
//
// Run is the conformance suite of authent.Adapter: what the comments there
// promise, a case here proves. The test of an adapter is one call, with a
// function that opens an empty store:
//
//	func TestAdapter(t *testing.T) {
//		authenttest.Run(t, func(t testing.TB) authenttest.Subject {
//			db := openEmptyDatabase(t)
//			return authenttest.Subject{Adapter: shop.NewAdapter(db), DB: db, Dialect: "sqlite"}
//		})
//	}
//
// With Subject.DB the suite also counts rows and deletes by SQL, past the
// adapter; the log names the cases that need it and do not run without. Run one
// case alone by its name:
//
//	go test -run 'TestAdapter/InTx/Rollback$'
//
// # An application
//
// New returns an engine for the tests of an application: in memory, or on the client of
// its graph. SignIn signs a person in and returns the cookie for the test's requests:
//
//	func TestAccount(t *testing.T) {
//		client := newClient(t) // ent.NewClient, on sqlite.OpenDriver(":memory:") say
//		auth := authenttest.New(t, authent.Config{Adapter: ent.NewAuthAdapter(client)})
//		ada := client.User.Create().SetEmail("ada@example.com").SaveX(t.Context())
//
//		r := httptest.NewRequest("GET", "/account", nil)
//		r.AddCookie(authenttest.SignIn(t, auth, ada.ID))
//		w := httptest.NewRecorder()
//		newApp(auth).ServeHTTP(w, r)
//		// w.Code is 200, and ent.AuthUserFrom gave the handler ada's row
//	}
//
// NewMemoryAdapter is the adapter that New uses if it is given none: it passes Run, so an
// engine on it behaves as on a database. It needs no driver, which this package leaves to
// the application, and it has no entities: ent.AuthUserFrom finds nobody there.
// docs/testing.md is the guide. Mailbox is a Mailer that keeps what was sent, links and codes
// as data:
//
//	link := box.Next(t).URL
//
// The package imports testing: import it from tests only.
package authenttest
