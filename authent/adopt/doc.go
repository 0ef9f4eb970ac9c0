// Package adopt moves the database of an application on Auth.js to authent's own
// tables, in place. There is no way back.
//
// It does what the command "migrate adopt" does, for programs that want to do it
// themselves. Stop the Node application and make a backup. Then open the database and
// the migrations, make a [migrate.Migrator], and name the secret under which providers'
// tokens will be sealed. It must be the secret that the new application will use.
//
//	dialect, db, err := database.Open(os.Getenv("DATABASE_URL"))
//	dir, err := migrations.Dir(dialect) // or migrate.FromFS, for an ent schema of your own
//	m, err := migrate.New(migrate.Config{DB: db, Dialect: dialect, Dir: dir})
//	sealer, err := authent.NewTokenSealer() // from AUTH_SECRET
//	report, err := adopt.AuthJS(ctx, m, entmigrate.Tables, adopt.Config{Tokens: sealer})
//
// Look first. With DryRun in the migrator's Config, AuthJS changes nothing, and its
// [Report] lists which tables and columns it takes for which, the statements that it would
// execute, how many users, accounts and sessions there are, and notes for the operator.
// Where names do not tell, Tables and Columns of [Config] do. A database that cannot be adopted is
// [ErrRefused], which lists every reason with what to do about it. The guide
// docs/leaving-authjs.md describes the steps before and after.
package adopt
