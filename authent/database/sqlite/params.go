package sqlite

import (
	"net/url"
	"strings"

	"github.com/authent/authent/authent/database/internal/serverurl"
)

// form knows the parameters of SQLite's URIs, of modernc.org/sqlite, of
// github.com/mattn/go-sqlite3, Prisma and Rails.
var form = serverurl.Form{
	Rules:     newRules(),
	Several:   "_pragma",
	Setting:   func(string) bool { return false },
	Otherwise: "a pragma is written _pragma=name(value)",
}

func newRules() map[string]serverurl.Rule {
	all := map[string]serverurl.Rule{}
	serverurl.AddKept(all, "mode", "cache", "vfs", "immutable", "nolock", "psow", "modeof", "_pragma", "_txlock", "_time_format", "_time_integer_format",
		"_timezone", "_inttotime", "_texttotime", "_dqs", "_defensive", "_error_rc", "connection_limit")
	for pragma, names := range map[string][]string{
		"busy_timeout": {"_busy_timeout", "_timeout", "timeout"}, "foreign_keys": {"_foreign_keys", "_fk"}, "journal_mode": {"_journal_mode", "_journal"},
		"synchronous": {"_synchronous", "_sync"}, "auto_vacuum": {"_auto_vacuum", "_vacuum"}, "cache_size": {"_cache_size"}, "query_only": {"_query_only"},
		"secure_delete": {"_secure_delete"}, "locking_mode": {"_locking_mode", "_locking"}, "recursive_triggers": {"_recursive_triggers", "_rt"},
		"case_sensitive_like": {"_case_sensitive_like", "_cslike"}, "defer_foreign_keys": {"_defer_foreign_keys", "_defer_fk"},
		"ignore_check_constraints": {"_ignore_check_constraints"}, "writable_schema": {"_writable_schema"},
	} {
		serverurl.Add(all, serverurl.Rule{To: "_pragma", Convert: func(v string) (string, bool) {
			return pragma + "(" + v + ")", !strings.ContainsAny(v, "();")
		}, Write: "write _pragma=" + pragma + "(value)"}, names...)
	}
	serverurl.Add(all, serverurl.Rule{To: "connection_limit"}, "pool", "max_connections")
	serverurl.Add(all, serverurl.Refuse("a server is not a file; write file:./app.db"), "authToken", "auth_token", "syncUrl", "tls")
	serverurl.Add(all, serverurl.Refuse("the driver encrypts no files; leave it out"), "key", "cipher", "_auth", "_auth_user", "_auth_pass", "_key", "encryptionKey")
	serverurl.Add(all, serverurl.Leave(), "_loc", "_mutex", "_stmt_cache_size", "connect_timeout", "socket_timeout", "pool_timeout", "pgbouncer", "statement_cache_size",
		"schema", "adapter", "encoding", "charset", "check_same_thread", "isolation_level", "uri")
	return all
}

// split returns the path and the translated query of a URL.
func split(rawURL string) (string, url.Values, error) {
	if path, _, _ := strings.Cut(rawURL, "?"); path == ":memory:" {
		rawURL = "file:" + rawURL
	}
	for _, scheme := range []string{"file:", "sqlite:", "sqlite3:"} {
		rest, ok := strings.CutPrefix(rawURL, scheme)
		if !ok {
			continue
		}
		path, rawQuery, _ := strings.Cut(rest, "?")
		query, err := form.Translate(rawQuery)
		if err != nil {
			return "", nil, err
		}
		if p, ok := strings.CutPrefix(path, "//"); ok {
			if path = p; strings.HasPrefix(p, "localhost/") {
				path = strings.TrimPrefix(p, "localhost")
			}
		}
		if path = decode(path); path == "" || strings.Contains(path, "\x00") {
			break
		}
		if strings.HasPrefix(path, "//") {
			// SQLAlchemy's sqlite:////srv/app.db; two slashes would begin a host's name.
			path = "/" + strings.TrimLeft(path, "/")
		}
		return path, query, nil
	}
	return "", nil, errForm
}

// decode reads escapes such as %20, and leaves everything else as it is, as SQLite does
// (https://www.sqlite.org/uri.html).
func decode(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] == '%' && i+2 < len(path) {
			if c, err := url.PathUnescape(path[i : i+3]); err == nil {
				b.WriteString(c)
				i += 2
				continue
			}
		}
		b.WriteByte(path[i])
	}
	return b.String()
}
