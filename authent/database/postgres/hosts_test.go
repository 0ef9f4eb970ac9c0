package postgres_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/authent/authent/authent/database/postgres"
	"github.com/authent/authent/internal/testdb"
)

// listed returns rawURL with other hosts. PORT stands for its own port in them and in
// the query that is added.
func listed(t *testing.T, rawURL, hosts, query string) string {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(fmt.Sprintf("postgresql://%s@%s%s?%s", u.User, hosts, u.Path, query), "PORT", u.Port())
}

// TestHosts: a list of hosts leads to the first that answers, however it is
// written. The server has no TLS, so it is reached only where every host is local.
func TestHosts(t *testing.T) {
	base := testdb.Server(t, "postgres").URL(t)
	for _, tc := range []struct{ hosts, query, want string }{
		{"127.0.0.1:1,127.0.0.1:PORT", "", ""},
		{"127.0.0.1:1,localhost:PORT", "target_session_attrs=read-write", ""},
		{"[::1]:1,127.0.0.1:PORT", "", ""},
		{"127.0.0.1:PORT,[::1]", "", ""},
		{"[::1]:1,[::1]:2,127.0.0.1:PORT", "", ""},
		{"127.0.0.1:PORT,127.0.0.1:1", "load_balance_hosts=random", ""},
		{"127.0.0.1,localhost", "port=PORT", ""},
		{"127.0.0.1,127.0.0.1", "port=1,PORT", ""},
		{"", "host=127.0.0.1,127.0.0.1&port=1,PORT", ""},
		{"", "host=127.0.0.1,localhost&port=PORT", ""},
		{":1,:PORT", "", ""},
		{"example.invalid:PORT", "host=127.0.0.1", ""}, // the query wins
		{"zzz.invalid", "host=127.0.0.1&port=PORT", ""},
		{"127.0.0.1:1,127.0.0.1:PORT", "sslmode=disable", ""},
		{"127.0.0.1:1,127.0.0.1:PORT", "sslmode=require", "SSL is not enabled"},
		{"127.0.0.1:PORT,0.0.0.0:PORT", "", "SSL is not enabled"},
		{"0.0.0.0:PORT,127.0.0.1:PORT", "", "SSL is not enabled"},
		{"localhost:PORT", "hostaddr=0.0.0.0", "SSL is not enabled"},
		{"localhost:PORT,localhost:PORT", "hostaddr=127.0.0.1,0.0.0.0", "SSL is not enabled"},
		{"localhost:PORT", "hostaddr=127.0.0.1", ""},
		{"127.0.0.1:1,127.0.0.1:2", "", "refused"},
		{"127.0.0.1:1,127.0.0.1:2", "sslmode=require", "refused"},
		{"127.0.0.1:PORT,127.0.0.1:PORT", "target_session_attrs=standby", "not in hot standby"},
		{"127.0.0.1:PORT,127.0.0.1:PORT", "target_session_attrs=prefer-standby", ""},
	} {
		rawURL := listed(t, base, tc.hosts, tc.query)
		err := open(t, rawURL).PingContext(t.Context())
		if (err == nil) != (tc.want == "") || err != nil && (!strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s ?%s: %v, want %q", tc.hosts, tc.query, err, tc.want)
		}
	}
	t.Setenv("PGHOST", "127.0.0.1,localhost")
	t.Setenv("PGPORT", portOf(t, base))
	if err := open(t, listed(t, base, "", "")).PingContext(t.Context()); err != nil {
		t.Errorf("PGHOST: %v", err)
	}
	if _, err := postgres.Open("postgresql:///app?host=/run/postgresql,db.example.com"); err == nil || !strings.Contains(err.Error(), "beside other hosts") {
		t.Errorf("a socket among hosts: %v", err)
	}
}

func portOf(t *testing.T, rawURL string) string {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}

// TestPrimaryAmongHosts: the primary is found wherever it is in the list, past a
// standby, a frozen server and one that is away.
func TestPrimaryAmongHosts(t *testing.T) {
	t.Parallel()
	standby, frozen, primary := own(t, "wal_level=replica", "max_wal_senders=2"), own(t), own(t)
	demote(t, standby)
	if err := frozen.Freeze(); err != nil {
		t.Fatal(err)
	}
	at := func(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }
	hosts := strings.Join([]string{at(standby.Port), at(frozen.Port), at(1), at(primary.Port)}, ",")
	for _, query := range []string{"", "&load_balance_hosts=random", "&sslmode=disable"} {
		db := open(t, listed(t, primary.URL, hosts, "connect_timeout=1&target_session_attrs=read-write"+query))
		if port := value(t, db, "SHOW port"); port != strconv.Itoa(primary.Port) {
			t.Errorf("%s: port %s, want the primary's", query, port)
		}
	}
	// The primary goes, and the standby is promoted: the same pool finds it.
	db := open(t, listed(t, primary.URL, hosts, "connect_timeout=1&target_session_attrs=read-write"))
	run(t, db, "SELECT $1::int", 1)
	if err := primary.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := db.PingContext(t.Context()); err == nil {
		t.Error("a standby was taken for the primary")
	}
	if err := standby.Exec(t.Context(), "SELECT pg_promote()"); err != nil {
		t.Fatal(err)
	}
	if port := value(t, db, "SHOW port"); port != strconv.Itoa(standby.Port) {
		t.Errorf("port %s, want that of the standby that was promoted", port)
	}
}

// TestServiceNamesHosts: a service's file may name a host that is not on this
// machine, so its servers are not reached without TLS unless it says so.
func TestServiceNamesHosts(t *testing.T) {
	base := testdb.Server(t, "postgres").URL(t)
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "services")
	text := fmt.Sprintf("[silent]\nhost=127.0.0.1\nport=%[1]s\n[plain]\nhost=127.0.0.1\nport=%[1]s\nsslmode=disable\n", u.Port())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PGSERVICEFILE", file)
	for _, tc := range []struct{ query, env, want string }{
		{"service=silent", "", "SSL is not enabled"}, {"", "silent", "SSL is not enabled"}, {"service=plain", "", ""}, {"service=silent&sslmode=disable", "", ""},
	} {
		t.Setenv("PGSERVICE", tc.env)
		err := open(t, fmt.Sprintf("postgresql://%s@%s?%s", u.User, u.Path, tc.query)).PingContext(t.Context())
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("?%s, PGSERVICE=%s: %v, want %q", tc.query, tc.env, err, tc.want)
		}
	}
}

// TestServiceDoesNotWeakenTLS: the driver lets a service's file win over the URL, whose
// sslmode, and what asks for one, counts where it is stronger.
func TestServiceDoesNotWeakenTLS(t *testing.T) {
	base, err := url.Parse(testdb.Server(t, "postgres").URL(t))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "services")
	text := ""
	for _, mode := range []string{"disable", "prefer", "require", "verify-full"} {
		text += fmt.Sprintf("[%s]\nhost=127.0.0.1\nport=%s\nsslmode=%s\n", mode, base.Port(), mode)
	}
	text += fmt.Sprintf("[socket]\nhost=%s\nsslmode=disable\n", t.TempDir())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PGSERVICEFILE", file)
	const refused = "SSL is not enabled"
	for query, want := range map[string]string{
		"service=disable": "", "service=prefer": "", "service=require": refused, "service=verify-full": refused,
		"service=disable&sslmode=verify-full": refused, "service=disable&sslaccept=strict": refused, "service=disable&channel_binding=require": refused,
		"service=prefer&sslmode=require": refused, "service=prefer&ssl=true": refused, "service=disable&sslmode=prefer": "",
		"service=verify-full&sslmode=disable": refused, "service=socket&sslmode=require": "no such file",
	} {
		err := open(t, fmt.Sprintf("postgresql://%s@%s?%s", base.User, base.Path, query)).PingContext(t.Context())
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("?%s: %v, want %q", query, err, want)
		}
	}
}
