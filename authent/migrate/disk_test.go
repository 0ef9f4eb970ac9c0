package migrate

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/internal/dbserver"
	"github.com/authent/authent/internal/testdb"
)

// TestApply_FullDisk: the error is clear and the database stays usable; once there is
// room, apply continues.
func TestApply_FullDisk(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		kind := testdb.SQLite
		address := kind.URL(t)
		name := folder(t, "1_a.sql", "CREATE TABLE a (x text);\n", "2_big.sql", "INSERT INTO a WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000) SELECT hex(zeroblob(500)) FROM c;\n")
		full := kind.Connect(t, address+"?_pragma=max_page_count(40)")
		report, err := migrator(t, kind, full, name, nil).Apply(t.Context(), 0)
		if err == nil || !strings.Contains(err.Error(), "the disk is full") || report.Files != 1 {
			t.Fatalf("%+v, %v", report, err)
		}
		db := kind.Connect(t, address)
		if n := testdb.Number(t, db, "SELECT COUNT(*) FROM a"); n != 0 {
			t.Errorf("%d rows were left", n)
		}
		if report := apply(t, kind, db, name); report.Files != 1 {
			t.Errorf("%+v", report)
		}
	})
	t.Run("postgres", func(t *testing.T) {
		fillDisk(t, "180m", dbserver.Postgres, dialect.Postgres, "CREATE UNLOGGED TABLE big AS SELECT repeat(md5(n::text), 60) AS x FROM generate_series(1, 200000) n;\n")
	})
	t.Run("mariadb", func(t *testing.T) {
		fillDisk(t, "300m", func(ctx context.Context, options ...string) (*dbserver.Server, error) {
			return dbserver.MariaDB(ctx, append(options, "--innodb-log-file-size=8M")...)
		}, dialect.MySQL, "CREATE TABLE big AS SELECT repeat(md5(seq), 60) AS x FROM seq_1_to_200000;\n")
	})
}

// fillDisk runs a server on a small disk of its own, in memory, and applies a file
// that fills it.
func fillDisk(t *testing.T, size string, serve func(context.Context, ...string) (*dbserver.Server, error), name, fill string) {
	t.Helper()
	if os.Getuid() != 0 && os.Getenv("CI") != "true" {
		t.Skip("only root can mount a small disk")
	}
	disk, err := os.MkdirTemp("", "authent-disk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(disk) })
	if err := os.Chmod(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("authent-test", disk, "tmpfs", 0, "mode=0777,size="+size); err != nil {
		t.Fatalf("mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	t.Setenv("TMPDIR", disk)
	server, err := serve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	_, db, err := database.Open(server.Dev)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	kind := testdb.Kind{Name: name, Dialect: name}
	files := filepath.Join(disk, "files")
	if err := os.Mkdir(files, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, files, "1_a.sql", "CREATE TABLE a (x int);\n", "2_big.sql", fill)
	report, err := migrator(t, kind, db, files, nil).Apply(t.Context(), 0)
	if err == nil || !strings.Contains(err.Error(), "the disk is full") || report.Files != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	if st, err := migrator(t, kind, db, files, nil).Status(t.Context()); err != nil || st.Current != "1" && st.Current != "2" || st.Pending != 1 {
		t.Errorf("status: %+v, %v", st, err)
	}
	write(t, files, "2_big.sql", strings.Replace(fill, "200000", "10", 1))
	apply(t, kind, db, files)
	if testdb.Number(t, db, "SELECT COUNT(*) FROM big") != 10 {
		t.Error("the next run did not go on")
	}
}
