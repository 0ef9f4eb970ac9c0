package postgres_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"database/sql"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/authent/authent/internal/dbserver"
	"github.com/authent/authent/internal/testdb"
)

// own starts a PostgreSQL server of the test's own.
func own(t *testing.T, settings ...string) *dbserver.Server {
	t.Helper()
	s, err := dbserver.Postgres(t.Context(), settings...)
	if errors.Is(err, dbserver.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skip("no PostgreSQL: make deps installs it on Debian")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// encrypt gives a server TLS, with a certificate of its own.
func encrypt(t *testing.T, s *dbserver.Server) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(s.Dir)
	if err != nil {
		t.Fatal(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	for name, block := range map[string]*pem.Block{"server.crt": {Type: "CERTIFICATE", Bytes: cert}, "server.key": {Type: "PRIVATE KEY", Bytes: secret}} {
		file := filepath.Join(s.Dir, "data", name)
		if err := errors.Join(os.WriteFile(file, pem.EncodeToMemory(block), 0o600), os.Chown(file, int(owner.Uid), int(owner.Gid))); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Exec(t.Context(), "ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()"); err != nil {
		t.Fatal(err)
	}
	db := open(t, s.URL+"?sslmode=require")
	for db.PingContext(t.Context()) != nil && t.Context().Err() == nil { // until it has read that
		time.Sleep(10 * time.Millisecond)
	}
}

// TestFrozenServer: whatever is called comes back, with kept statements and as
// behind a pooler, with TLS and without.
func TestFrozenServer(t *testing.T) {
	t.Parallel()
	s := own(t)
	encrypt(t, s)
	for _, query := range []string{"?sslmode=disable", "?sslmode=disable&statement_cache=off", "?sslmode=require"} {
		t.Run(query, func(t *testing.T) {
			testdb.Frozen(t, s, func() *sql.DB { return open(t, s.URL+query) }, testdb.Queries{Many: "SELECT generate_series(1, $1::int)", Kept: "SELECT $1::int", New: "SELECT $1::int + 1"})
		})
	}
}
