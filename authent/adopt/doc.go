// Package adopt moves the database of an application on Auth.js over to authent's own
// tables, in place and one way.
//
// It is what the command "migrate adopt" does, for programs that do it themselves. Stop
// the application on Node and make a backup. Open the database and the migrations, make
// a [migrate.Migrator] of them, and say under which secret providers' tokens are sealed:
// the one that the application on authent will have.
//
//	dialect, db, err := database.Open(os.Getenv("DATABASE_URL"))
//	dir, err := migrations.Dir(dialect) // or migrate.FromFS, for an ent schema of your own
//	m, err := migrate.New(migrate.Config{DB: db, Dialect: dialect, Dir: dir})
//	sealer, err := authent.NewTokenSealer() // from AUTH_SECRET
//	report, err := adopt.AuthJS(ctx, m, entmigrate.Tables, adopt.Config{Tokens: sealer})
//
// Look first: with DryRun in the migrator's Config, AuthJS changes nothing, and the
// [Report] has the statements that it would execute, how many users, accounts and
// sessions there are, and notes for people. What cannot be adopted is [ErrRefused],
// which lists every reason with what to do about it. The guide docs/leaving-authjs.md
// has the steps around it, and what people notice afterwards.
package adopt
