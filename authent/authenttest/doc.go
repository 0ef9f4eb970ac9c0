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
// NewMemoryAdapter is a complete adapter in memory, for tests that need
// signed-in people and no database. SignIn signs a person in and returns the
// cookie for the test's requests.
//
// The package imports testing: import it from tests only.
package authenttest
