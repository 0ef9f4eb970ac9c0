package main

import (
	"context"
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect"
)

// machine is on what a table was measured.
type machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Memory string `json:"memory"`
	Kernel string `json:"kernel"`
	// Load is the load average when the table was begun.
	Load string `json:"load"`
	Day  string `json:"day"`
	// Database is the server's version, with the settings on which most depends.
	Database string `json:"database,omitempty"`
	// Go is its release, Modules those that the rows link.
	Go      string   `json:"go"`
	Modules []string `json:"modules"`
}

// linked are the modules whose versions the document names.
var linked = []string{"entgo.io/ent", "github.com/lib/pq", "github.com/jackc/pgx/v5", "github.com/go-sql-driver/mysql", "modernc.org/sqlite",
	"github.com/alexedwards/scs/v2", "github.com/alexedwards/scs/postgresstore"}

// thisMachine describes it. What it does not tell stays empty.
func thisMachine() machine {
	m := machine{CPU: field("/proc/cpuinfo", "model name"), Memory: field("/proc/meminfo", "MemTotal"), Cores: runtime.NumCPU(), Go: strings.TrimPrefix(runtime.Version(), "go"), Day: time.Now().UTC().Format(time.DateOnly)}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load = strings.Join(strings.Fields(string(text))[:3], " ")
	}
	if text, err := exec.Command("uname", "-sr").Output(); err == nil {
		m.Kernel = strings.TrimSpace(string(text))
	}
	info, ok := debug.ReadBuildInfo()
	for i := 0; ok && i < len(info.Deps); i++ {
		if slices.Contains(linked, info.Deps[i].Path) {
			m.Modules = append(m.Modules, info.Deps[i].Path+" "+info.Deps[i].Version)
		}
	}
	return m
}

// field returns the value of a line "name: value" of a file, "" if there is none.
func field(file, name string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// serverOf describes a database server: its version, and the settings on which most of
// what is measured depends.
func serverOf(ctx context.Context, name string, db *sql.DB) (string, error) {
	query := map[string]string{
		dialect.Postgres: `SELECT 'PostgreSQL ' || current_setting('server_version') || ' with ' || string_agg(name || '=' || current_setting(name), ', ' ORDER BY name)
			FROM pg_settings WHERE name IN ('shared_buffers', 'fsync', 'synchronous_commit', 'full_page_writes')`,
		dialect.MySQL:  `SELECT CONCAT('MariaDB ', VERSION(), ' with innodb_buffer_pool_size=', @@innodb_buffer_pool_size DIV 1048576, 'M, innodb_flush_log_at_trx_commit=', @@innodb_flush_log_at_trx_commit)`,
		dialect.SQLite: `SELECT 'SQLite ' || sqlite_version() || ' with journal_mode=' || (SELECT journal_mode FROM pragma_journal_mode) || ', synchronous=' || (SELECT synchronous FROM pragma_synchronous)`,
	}[name]
	var text string
	err := db.QueryRowContext(ctx, query).Scan(&text)
	return text, err
}

// root returns the folder of the module, in or under which bench runs.
func root() string {
	dir, err := os.Getwd()
	for err == nil {
		if _, e := os.Stat(filepath.Join(dir, "go.mod")); e == nil {
			return dir
		}
		if filepath.Dir(dir) == dir {
			break
		}
		dir = filepath.Dir(dir)
	}
	return "."
}
