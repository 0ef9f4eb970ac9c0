// Package recognize takes the tables of another program for those of User, Account, Session
// and VerificationToken, by their columns and by what refers to what, whatever they are
// called. It changes nothing in the database, and guesses nothing: what is not clear, and
// what authent could not work with, is a fault that says what to do.
//
//	s, err := recognize.Inspect(ctx, dialect.Postgres, db)
//	d := recognize.Schema(dialect.Postgres, s, recognize.Hints{Tables: map[string]string{"Session": "browsers"}})
//	if err := d.Sample(ctx, db); err == nil && len(d.Faults) == 0 {
//		layout := d.Layout() // where each field lies
//	}
package recognize
