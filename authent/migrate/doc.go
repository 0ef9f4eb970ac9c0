// Package migrate moves a database's schema by reviewed, versioned, checksummed
// files, in the format and with the history of Atlas: its command line and this
// package take turns on one database.
//
// An application applies its migrations when it starts:
//
//	dir, err := migrate.FromFS(files) // an embed.FS of *.sql and atlas.sum
//	m, err := migrate.New(migrate.Config{DB: db, Dialect: dialect.Postgres, Dir: dir})
//	report, err := m.Apply(ctx, 0)
//
// Any number of processes may do so at once, but not through a pooler in
// transaction mode, where no lock holds: that is ErrPooled unless nothing is
// pending. Package migrations does it in one call for the graph that comes with
// authent. The command cmd/migrate does the rest at a terminal: it writes
// migrations from a changed graph (Diff), or empty ones for what becomes of rows
// (NewFile), tells what a live database lacks (Drift), and changes a development
// database without files (Push).
//
// What a killed process leaves depends on the database. PostgreSQL and SQLite
// are as before the file. MySQL and MariaDB commit each statement that changes
// the schema; each is recorded, and the next run goes on after the last one,
// having looked at the schema whether the one in between took effect.
package migrate
