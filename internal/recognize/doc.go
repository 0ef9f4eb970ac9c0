// Package recognize takes the tables of another program for those of User, Account, Session
// and VerificationToken, by their columns and by what refers to what, whatever they are
// called. It changes nothing in the database, and guesses nothing: what is not clear, and
// what authent could not work with, is a fault that says what to do.
//
//	d, err := recognize.Read(ctx, dialect.Postgres, db, recognize.Hints{Tables: map[string]string{"Session": "browsers"}})
//	if err == nil && len(d.Faults) == 0 {
//		layout := d.Layout() // where each field lies
//	}
//
// Match alone is for programs that do not use the tables as they are.
package recognize
