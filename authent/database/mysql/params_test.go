package mysql_test

import (
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authent/authent/authent/database/mysql"
	"github.com/authent/authent/internal/dbserver"
	"github.com/authent/authent/internal/testdb"
)

// asked returns what a connection of a URL reports, or the error.
func asked(t *testing.T, rawURL, query string) string {
	t.Helper()
	db, err := mysql.Open(rawURL)
	if err != nil {
		return err.Error()
	}
	t.Cleanup(func() { _ = db.Close() })
	var name, value sql.NullString
	if err := db.QueryRowContext(t.Context(), query).Scan(&name, &value); err != nil {
		return err.Error()
	}
	return value.String
}

// handedOut are queries as hosts, guides and other programs write them, and what a
// connection says afterwards. The test server has no TLS.
var handedOut = []struct{ query, ask, want string }{
	{"connect_timeout=10&connection_limit=3&pool_timeout=0&socket_timeout=5", "SELECT '', @@time_zone", "+00:00"},
	{"ssl-mode=DISABLED&charset=utf8", "SELECT '', @@character_set_connection", "utf8mb4"},
	{"ssl-mode=PREFERRED", "SHOW STATUS LIKE 'Ssl_cipher'", ""},
	{"sslmode=disable&sql_mode=%27ANSI_QUOTES%27", "SELECT '', @@sql_mode", "ANSI_QUOTES"},
	{"useSSL=false&serverTimezone=Europe/Berlin&characterEncoding=UTF-8&useUnicode=true&allowPublicKeyRetrieval=true", "SELECT '', @@time_zone", "+00:00"},
	{"encoding=utf8mb4&pool=5&reconnect=true&ssl_mode=disabled", "SELECT '', 'x'", "x"},
	{"max_statement_time=7&%40%40lock_wait_timeout=77", "SELECT '', @@lock_wait_timeout", "77"},
	{"time_zone=%27%2B02:00%27", "SELECT '', @@time_zone", "+02:00"},
	{"autoReconnect=true&zeroDateTimeBehavior=convertToNull&rewriteBatchedStatements=true&cachePrepStmts=true", "SELECT '', 'x'", "x"},
	{"statusColor=686B6F&env=local&name=app&tLSMode=0&driverVersion=0&lazyload=false", "SELECT '', 'x'", "x"},
	{"ssl=false&connectTimeout=5000&x-no-lock=true", "SELECT '', 'x'", "x"},
}

// TestURLsAsHandedOut: each connects, and does what it says.
func TestURLsAsHandedOut(t *testing.T) {
	t.Parallel()
	base := testdb.Server(t, "mariadb").URL(t)
	for _, tc := range handedOut {
		if got := asked(t, base+"?"+tc.query, tc.ask); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.query, got, tc.want)
		}
	}
	for _, scheme := range []string{"mysql2", "mariadb"} {
		if got := asked(t, scheme+strings.TrimPrefix(base, "mysql"), "SELECT '', 'x'"); got != "x" {
			t.Errorf("%s: %s", scheme, got)
		}
	}
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	who := url.Values{"user": {u.User.Username()}, "password": {password}}
	if got := asked(t, "mysql://"+u.Host+u.Path+"?"+who.Encode(), "SELECT '', 'x'"); got != "x" {
		t.Errorf("who signs in, in the query: %s", got)
	}
}

// refusedQueries are those that cannot be honoured, and what the error says to write.
var refusedQueries = map[string]string{
	"ssl-mode=MAYBE":                           "use DISABLED, PREFERRED, REQUIRED",
	"ssl=Amazon%20RDS":                         "ssl-ca=file.pem",
	`ssl={"ca":"correct-horse"}`:               "write ssl-mode=REQUIRED",
	"ssl-capath=/etc/ssl":                      "write ssl-ca=file.pem",
	"sslpassword=correct-horse":                "without a password",
	"sslidentity=/a.p12":                       "write ssl-cert=file.pem and ssl-key=file.pem",
	"ssl-crl=/a.pem":                           "leave it out",
	"tls-version=TLSv1.3":                      "leave it out",
	"connect_timeout=soon":                     "use a number of seconds",
	"sessionVariables=a=1":                     "a parameter of its own",
	"createDatabaseIfNotExist=true":            "CREATE DATABASE",
	"charset=latin1":                           "leave it out",
	"protocol=pipe":                            "socket=path",
	"ssl-ca=/correct-horse":                    "the file of ssl-ca in the URL cannot be read: no such file",
	"ssl-key=/a.pem":                           "write ssl-cert and ssl-key",
	"tls=true&ssl-mode=REQUIRED":               "write one or the other",
	"usessl=true":                              "write useSSL if you mean that",
	"tls=false&sql_mod=x":                      "parameter 2 of the URL's query",
	"collation=utf8mb4_bin&collation=latin1_x": "leave it out",
	"tLSMode=4&env=local":                      "write ssl-mode=REQUIRED",
	"strict=true":                              "leave it out",
}

func TestRefusedQueries(t *testing.T) {
	t.Parallel()
	for query, want := range refusedQueries {
		db, err := mysql.Open("mysql://ada:pw@db.example.com/app?" + query)
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

// TestQueriesOfTLS on a server that has it, with a certificate of an authority of its
// own: what connects, and encrypted.
func TestQueriesOfTLS(t *testing.T) {
	t.Parallel()
	s, err := dbserver.MariaDB(t.Context())
	if errors.Is(err, dbserver.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skip("no MariaDB: make deps installs it on Debian")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	authority, err := s.Encrypt(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ca := url.QueryEscape(authority)
	const encrypted, clear, wrong = "TLS_", "", "certificate"
	for _, tc := range []struct{ query, want string }{
		{"ssl-mode=REQUIRED", encrypted}, {"sslmode=require", encrypted}, {"useSSL=true", encrypted}, {"ssl=true", encrypted}, {"requireSSL=true", encrypted}, {"tls=skip-verify", encrypted},
		{"ssl-mode=PREFERRED", encrypted}, {"ssl-mode=DISABLED", clear}, {"useSSL=false", clear}, {"", clear},
		{"sslaccept=strict", wrong}, {"sslaccept=accept_invalid_certs", encrypted}, {"sslmode=require&sslaccept=strict", wrong}, {"sslaccept=strict&sslcert=" + ca, encrypted},
		{"ssl-mode=VERIFY_CA", wrong}, {"ssl-mode=VERIFY_CA&ssl-ca=" + ca, encrypted}, {"ssl-mode=VERIFY_IDENTITY", wrong}, {"ssl-mode=VERIFY_IDENTITY&ssl-ca=" + ca, encrypted},
		{"ssl-ca=" + ca, encrypted}, {"ssl_ca=" + ca + "&ssl_verify_identity=true", encrypted},
		{`ssl={"rejectUnauthorized":true}`, wrong}, {`ssl={"rejectUnauthorized":false}`, encrypted}, {`ssl=%7B%22rejectUnauthorized%22%3Atrue%7D&sslca=` + ca, encrypted},
		{"useSSL=true&requireSSL=true&verifyServerCertificate=true", wrong}, {"useSSL=true&verifyServerCertificate=false", encrypted},
	} {
		got := asked(t, s.URL+"?"+tc.query, "SHOW STATUS LIKE 'Ssl_cipher'")
		if tc.want == clear && got != "" || !strings.Contains(got, tc.want) {
			t.Errorf("?%s: %q, want %q", tc.query, got, tc.want)
		}
	}
	// The name of the certificate is 127.0.0.1 alone.
	other := strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	for query, want := range map[string]string{"ssl-mode=VERIFY_CA&ssl-ca=" + ca: encrypted, "ssl-mode=VERIFY_IDENTITY&ssl-ca=" + ca: wrong} {
		if got := asked(t, other+"?"+query, "SHOW STATUS LIKE 'Ssl_cipher'"); !strings.Contains(got, want) {
			t.Errorf("localhost?%s: %q, want %q", query, got, want)
		}
	}
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := asked(t, s.URL+"?ssl-ca="+url.QueryEscape(empty), "SELECT '', ''"); !strings.Contains(got, "no certificate in PEM form") {
		t.Errorf("an empty file: %s", got)
	}
}
