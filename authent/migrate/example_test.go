package migrate_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing/fstest"

	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/authent/migrate"
)

// notes returns a folder of migrations. An application has it in an embed.FS, with the
// atlas.sum that "go tool migrate diff" has written.
func notes() migrate.Dir {
	dir, err := migrate.FromFS(fstest.MapFS{
		"1_notes.sql":       {Data: []byte("CREATE TABLE notes (id integer PRIMARY KEY, text text NOT NULL, draft text);")},
		"2_drop_drafts.sql": {Data: []byte("ALTER TABLE notes DROP COLUMN draft;")},
	})
	check(err)
	check(migrate.Hash(dir))
	return dir
}

// newDatabase opens a new SQLite database; remove it afterwards.
func newDatabase() (dialect string, db *sql.DB, remove func()) {
	folder, err := os.MkdirTemp("", "migrate")
	check(err)
	dialect, db, err = database.Open("file:" + filepath.Join(folder, "app.db"))
	check(err)
	return dialect, db, func() {
		check(db.Close())
		check(os.RemoveAll(folder))
	}
}

func ExampleMigrator_Apply() {
	dialect, db, remove := newDatabase()
	defer remove()
	m, err := migrate.New(migrate.Config{DB: db, Dialect: dialect, Dir: notes()})
	check(err)
	for range 2 {
		report, err := m.Apply(context.Background(), 0)
		check(err)
		fmt.Println(report.Files, "files,", report.Statements, "statements")
	}
	// Output:
	// 2 files, 2 statements
	// 0 files, 0 statements
}

func ExampleMigrator_Status() {
	dialect, db, remove := newDatabase()
	defer remove()
	m, err := migrate.New(migrate.Config{DB: db, Dialect: dialect, Dir: notes()})
	check(err)
	_, err = m.Apply(context.Background(), 1)
	check(err)
	status, err := m.Status(context.Background())
	check(err)
	fmt.Println("at", status.Current, "next", status.Next, status.PendingFiles)
	// Output: at 1 next 2 [2_drop_drafts.sql]
}

// A build server lints migrations in an empty database before they are merged.
func ExampleLint() {
	dialect, dev, remove := newDatabase()
	defer remove()
	files, err := migrate.Lint(context.Background(), migrate.LintConfig{Dev: dev, Dialect: dialect, Dir: notes()})
	check(err)
	for _, file := range files {
		for _, statement := range file.Statements {
			for _, risk := range statement.Risks {
				fmt.Println(file.Name, risk.Code, risk.Text)
			}
		}
	}
	// Output: 2_drop_drafts.sql DS103 Dropping non-virtual column "draft"
}

// A program that creates the tables itself records that the database is at the newest
// migration, so that later migrations apply to it.
func ExampleMigrator_Exclusive() {
	dialect, db, remove := newDatabase()
	defer remove()
	m, err := migrate.New(migrate.Config{DB: db, Dialect: dialect, Dir: notes()})
	check(err)
	ctx := context.Background()
	check(m.Exclusive(ctx, func(s *migrate.Session) error {
		return s.InTx(ctx, func() error {
			create := s.Statement("CREATE TABLE " + s.Quote("notes") + " (id integer PRIMARY KEY, text text NOT NULL)")
			if err := s.Execute(ctx, create, nil); err != nil {
				return err
			}
			return s.Record(ctx)
		})
	}))
	status, err := m.Status(ctx)
	check(err)
	fmt.Println("at", status.Current, "pending", status.Pending)
	// Output: at 2 pending 0
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
