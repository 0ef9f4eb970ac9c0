package postgres_test

import (
	"database/sql"
	"net/url"
	"strings"
	"testing"

	"github.com/authent/authent/authent/database/postgres"
	"github.com/authent/authent/internal/testdb"
)

// openTo opens a URL with a query added, on a server that is there.
func openTo(t *testing.T, rawURL, query string) (*sql.DB, error) {
	t.Helper()
	if query != "" {
		rawURL += "?" + query
	}
	db, err := postgres.Open(rawURL)
	if err == nil {
		t.Cleanup(func() { _ = db.Close() })
	}
	return db, err
}

// handedOut are queries as hosts, guides and other programs write them, and what a
// connection says afterwards.
var handedOut = []struct{ query, ask, want string }{
	{"pgbouncer=true&connection_limit=1&pool_timeout=0", "SELECT '1'", "1"},
	{"pgbouncer=true&connect_timeout=15&pool_timeout=15&schema=my.app", "SHOW search_path", `"my.app"`},
	{"sslmode=disable&channel_binding=prefer&gssencmode=disable", "SELECT '1'", "1"},
	{"channel_binding=disable&gssencmode=prefer&krbsrvname=postgres&gsslib=gssapi", "SELECT '1'", "1"},
	{"keepalives=1&keepalives_idle=30&keepalives_interval=10&keepalives_count=5&tcp_user_timeout=1000&sslcompression=0", "SELECT '1'", "1"},
	{"application_name=shop&statement_timeout=77s&fallback_application_name=x", "SELECT current_setting('application_name') || current_setting('statement_timeout')", "shop77s"},
	{"options=-c%20search_path%3Da%2Cb%20-c%20lock_timeout%3D7s", "SELECT current_setting('search_path') || current_setting('lock_timeout')", "a,b7s"},
	{"TimeZone=Asia/Kolkata&DateStyle=ISO,%20MDY&client_encoding=UTF8", "SHOW timezone", "Asia/Kolkata"},
	{"my.own=7&IntervalStyle=iso_8601", "SELECT current_setting('my.own') || current_setting('intervalstyle')", "7iso_8601"},
	{"target_session_attrs=read-write&load_balance_hosts=disable&min_protocol_version=3.0", "SELECT '1'", "1"},
	{"ssl=false&prepared_statements=false&pool=5&encoding=unicode&reconnect=true", "SELECT '1'", "1"},
	{"default_query_exec_mode=simple_protocol&pool_max_conns=4&pool_min_conns=1&pool_max_conn_lifetime=1h", "SELECT '1'", "1"},
	{"currentSchema=a,b&ApplicationName=shop&loginTimeout=5&prepareThreshold=0&targetServerType=primary", "SELECT current_setting('search_path') || current_setting('application_name')", "a,bshop"},
	{"sslmode=disable&supa=base-pooler.x&socket_timeout=10&statement_cache_size=0", "SELECT '1'", "1"},
	{"statusColor=686B6F&env=local&name=app&tLSMode=0&usePrivateKey=false&safeModeLevel=0&advancedSafeModeLevel=0&driverVersion=0&lazyload=false", "SELECT '1'", "1"},
	{"sslmode=disable&x-migrations-table=schema_migrations", "SELECT '1'", "1"},
	{"replication=false&sslmode=", "SELECT '1'", "1"},
	{"sslmode=allow", "SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()", "false"},
	{"statement_timeout=1s&statement_timeout=77s", "SHOW statement_timeout", "77s"},
}

// TestURLsAsHandedOut: each connects, and does what it says.
func TestURLsAsHandedOut(t *testing.T) {
	t.Parallel()
	base := testdb.Server(t, "postgres").URL(t)
	for _, tc := range handedOut {
		db, err := openTo(t, base, tc.query)
		if err != nil {
			t.Errorf("%s: %v", tc.query, err)
			continue
		}
		var got string
		if err := db.QueryRowContext(t.Context(), tc.ask).Scan(&got); err != nil || got != tc.want {
			t.Errorf("%s: %q, want %q: %v", tc.query, got, tc.want, err)
		}
		want := map[bool]int{strings.Contains(tc.query, "connection_limit=1"): 1, strings.Contains(tc.query, "pool_max_conns=4"): 4, strings.Contains(tc.query, "pool=5"): 5}[true]
		if n := db.Stats().MaxOpenConnections; n != want {
			t.Errorf("%s: at most %d connections, want %d", tc.query, n, want)
		}
	}
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	who := url.Values{"user": {"postgres"}, "password": {password}, "dbname": {strings.TrimPrefix(u.Path, "/")}, "host": {u.Hostname()}, "port": {u.Port()}}
	for _, head := range []string{"postgresql://?", "postgres://nobody:wrong@example.invalid:1/elsewhere?"} {
		db, err := openTo(t, head+who.Encode(), "")
		if err == nil {
			err = db.PingContext(t.Context())
		}
		if err != nil {
			t.Errorf("%sall in the query: %v", head, err)
		}
	}
}

// refusedQueries are those that cannot be honoured, and what the error says to write.
var refusedQueries = map[string]string{
	"channel_binding=require&sslmode=disable":         "write sslmode=verify-full",
	"channel_binding=require&sslmode=prefer":          "write sslmode=verify-full",
	"channel_binding=perhaps":                         "use one of disable, prefer, require",
	"gssencmode=require":                              "write sslmode=require",
	"require_auth=scram-sha-256":                      "sslmode=verify-full",
	"sslcrl=/etc/crl.pem":                             "leave it out",
	"sslpassword=correct-horse":                       "without a password",
	"sslidentity=/a.p12":                              "write sslcert and sslkey",
	"sslcertmode=require":                             "leave it out",
	"requirepeer=postgres":                            "leave it out",
	"replication=database":                            "leave it out",
	"oauth_issuer=https://a.example":                  "password or a certificate",
	"scram_client_key=correct-horse":                  "write the password",
	"servicefile=/a":                                  "PGSERVICEFILE",
	"sslrootcert=system&sslmode=require":              "sslmode=verify-full",
	"sslrootcert=/correct-horse&sslmode=require":      "the file of sslrootcert in the URL cannot be read: no such file",
	"sslrootcert=/correct-horse":                      "the file of sslrootcert in the URL cannot be read: no such file",
	"sslaccept=accept_invalid_certs&sslcert=/correct": "cannot be read: no such file",
	"sslnegotiation=direct&sslmode=prefer":            "write sslmode=verify-full",
	"sslaccept=strict&sslmode=disable":                "write sslmode=verify-full",
	"sslaccept=perhaps":                               "accept_invalid_certs, strict",
	"sslmode=verify_me":                               "verify-ca or verify-full",
	"tLSMode=2":                                       "write sslmode=require or sslmode=verify-full",
	"DateStyle=German":                                "leave it out",
	"encoding=latin1":                                 "leave it out",
	"ssl_mod=require":                                 "write sslmode if you mean that",
	"SSLMODE=require":                                 "write sslmode if you mean that",
	"a=1&conect_timeout=5":                            "parameter 1 of the URL's query",
	"sslmode=disable&conect_timeout=5":                "parameter 2 of the URL's query is not known: write connect_timeout",
	"password=a&correct-horse=b":                      "options=-c%20name=value",
}

func TestRefusedQueries(t *testing.T) {
	t.Parallel()
	for query, want := range refusedQueries {
		db, err := postgres.Open("postgresql://ada:pw@db.example.com/app?" + query)
		if err == nil {
			_ = db.Close()
			t.Errorf("%s: opened", query)
			continue
		}
		if text := err.Error(); !strings.Contains(text, want) || strings.Contains(text, "correct") || strings.Contains(text, "\n") {
			t.Errorf("%s: %v, want %q", query, err, want)
		}
	}
}

// TestEnvironmentThatTheDriverRefuses: the error names the variable.
func TestEnvironmentThatTheDriverRefuses(t *testing.T) {
	t.Setenv("PGCHANNELBINDING", "require")
	if _, err := postgres.Open("postgresql://ada:pw@db.example.com/app"); err == nil || !strings.Contains(err.Error(), "PGCHANNELBINDING in the environment: unset it; write channel_binding=require") {
		t.Errorf("%v", err)
	}
}

// TestQueriesOfTLS on a server that has it, with a certificate of an authority of its
// own: what connects, and encrypted.
func TestQueriesOfTLS(t *testing.T) {
	t.Parallel()
	s := own(t)
	authority, err := s.Encrypt(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ca := url.QueryEscape(authority)
	for _, tc := range []struct{ query, want string }{
		{"sslmode=require&channel_binding=require", "true"}, {"channel_binding=require", "true"},
		{"channel_binding=require&sslmode=verify-full&sslrootcert=" + ca, "true"}, {"channel_binding=require&sslmode=verify-full", "certificate"},
		{"ssl=true", "true"}, {"ssl=no-verify", "true"}, {"sslmode=no-verify", "true"}, {"requiressl=1", "true"}, {"ssl=0", "false"}, {"ssl=verify-full", "certificate"},
		{"ssl=0&ssl_mode=verify-full", "certificate"}, {"sslmode=disable&ssl=true", "true"}, {"sslmode=require&ssl=false", "true"},
		{"sslmode=prefer", "true"}, {"sslmode=allow", "false"}, {"sslmode=disable", "false"}, {"", "true"},
		{"sslmode=verify-ca&sslrootcert=" + ca, "true"}, {"sslmode=verify-full&sslrootcert=" + ca, "true"}, {"sslmode=verify-full", "certificate"},
		{"sslrootcert=system", "certificate"}, {"sslaccept=strict", "certificate"}, {"sslaccept=strict&sslcert=" + ca, "true"}, {"sslmode=require&sslaccept=strict", "certificate"},
		{"sslaccept=accept_invalid_certs", "true"}, {"sslmode=require&ssl_min_protocol_version=TLSv1.3", "true"},
	} {
		db, err := openTo(t, s.URL, tc.query)
		got := ""
		if err == nil {
			err = db.QueryRowContext(t.Context(), "SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()").Scan(&got)
		}
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, tc.want) {
			t.Errorf("?%s: %s, want %s", tc.query, got, tc.want)
		}
	}
}

// TestAllowTurnsToTLS where the server takes no other connections.
func TestAllowTurnsToTLS(t *testing.T) {
	t.Parallel()
	s := own(t)
	if _, err := s.Encrypt(t.Context()); err != nil {
		t.Fatal(err)
	}
	onlyTLS(t, s)
	for query, want := range map[string]string{"sslmode=allow": "true", "sslmode=disable": "no encryption"} {
		db, err := openTo(t, s.URL, query)
		got := ""
		if err == nil {
			err = db.QueryRowContext(t.Context(), "SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()").Scan(&got)
		}
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("?%s: %s, want %s", query, got, want)
		}
	}
}
