package sqlite_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authent/authent/authent/database/sqlite"
)

// TestFilesOfURLs: which file each form names.
func TestFilesOfURLs(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for url, want := range map[string]string{
		"file://" + dir + "/My%20App.db":                   "My App.db",
		"file://localhost" + dir + "/a%23b.db":             "a#b.db",
		"file:" + dir + "/plain b.db":                      "plain b.db",
		"file:./50%25.db":                                  "50%.db",
		"file:./100%.db":                                   "100%.db",
		"file:what%3f.db?connection_limit=1":               "what?.db",
		"sqlite://" + dir + "/three.db":                    "three.db",
		"sqlite:///" + dir + "/four.db":                    "four.db",
		"sqlite3:rails.db?pool=5&timeout=5000":             "rails.db",
		"file:./dev.db?connection_limit=1&pool_timeout=10": "dev.db",
		"file:%E2%82%AC.db":                                "€.db",
		"file:a'b`c\"d[e].db":                              "a'b`c\"d[e].db",
	} {
		if _, err := open(t, url).ExecContext(t.Context(), "CREATE TABLE t (a int)"); err != nil {
			t.Errorf("%s: %v", url, err)
		}
		if info, err := os.Stat(filepath.Join(dir, want)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", url, err)
		}
	}
	if n := open(t, "file:./dev.db?connection_limit=2").Stats().MaxOpenConnections; n != 2 {
		t.Errorf("at most %d connections, want 2", n)
	}
}

// TestParamsOfURLs: what is set, by the driver's names and by those of others.
func TestParamsOfURLs(t *testing.T) {
	file := "file:" + filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(strings.TrimPrefix(file, "file:"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string][2]string{
		"_busy_timeout=7000": {"busy_timeout", "7000"}, "timeout=7000": {"busy_timeout", "7000"}, "_journal=DELETE": {"journal_mode", "delete"},
		"_fk=0": {"foreign_keys", "0"}, "_sync=FULL": {"synchronous", "2"}, "mode=ro": {"foreign_keys", "1"}, "_pragma=cache_size(-7)&_pragma=synchronous(2)": {"cache_size", "-7"},
		"_journal_mode=WAL&_synchronous=2": {"synchronous", "2"},
	} {
		var got string
		db := open(t, file+"?"+query)
		if err := db.QueryRowContext(t.Context(), "PRAGMA "+want[0]).Scan(&got); err != nil || got != want[1] {
			t.Errorf("%s: %s is %q, want %q: %v", query, want[0], got, want[1], err)
		}
		_ = db.Close() // or the next could not change the journal
	}
	for query, want := range map[string]string{
		"authToken=x": "write file:./app.db", "key=x": "leave it out", "_jurnal_mode=WAL": "is not known: write _journal_mode", "jounal_mode=WAL": "_pragma=name(value)",
		"connection_limit=0": "at least 1", "_busy_timeout=1)": "write _pragma=busy_timeout(value)", "a%zz": "cannot be decoded",
	} {
		db, err := sqlite.Open(file + "?" + query)
		if err == nil {
			_ = db.Close()
			t.Errorf("%s: opened", query)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", query, err, want)
		}
	}
}
