// Package migrate changes a database's schema with reviewed, versioned, checksummed
// files. It uses the file format and the history of Atlas, so that Atlas's command line
// and this package can take turns on one database.
//
// An application applies its migrations when it starts:
//
//	dir, err := migrate.FromFS(files) // an embed.FS of *.sql and atlas.sum
//	m, err := migrate.New(migrate.Config{DB: db, Dialect: dialect.Postgres, Dir: dir})
//	report, err := m.Apply(ctx, 0)
//
// Any number of processes may do this at once, but not through a pooler in transaction
// mode, where no lock holds: that is ErrPooled unless nothing is pending. Package
// migrations does all of it in one call for the graph that comes with authent. At a
// terminal, cmd/migrate does the rest: it writes migrations from a changed graph (Diff)
// or empty ones to fill in (NewFile), lists how a live database differs (Drift), and
// changes a development database without files (Push). A program that changes a schema
// in some other way, such as package adopt, does so within Exclusive.
//
// What a killed process leaves behind depends on the database. PostgreSQL and SQLite
// are as they were before the file. MySQL and MariaDB commit each statement that
// changes the schema. Each is recorded, and the next run resumes after the last
// recorded one; it looks at the schema to see whether the statement in between took
// effect.
package migrate
