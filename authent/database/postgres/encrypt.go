package postgres

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"slices"
)

// unknownToDriver are variables of libpq's with which lib/pq refuses to connect.
var unknownToDriver = []struct{ name, write string }{
	{"PGCHANNELBINDING", "write channel_binding=require in the URL instead"},
	{"PGGSSENCMODE", "the driver encrypts by TLS only"},
	{"PGREQUIREAUTH", "write sslmode=verify-full in the URL instead"},
	{"PGREQUIRESSL", "write sslmode=require in the URL instead"},
	{"PGSSLCOMPRESSION", "nothing is compressed"},
	{"PGSSLCERTMODE", "a certificate is shown where sslcert names one"},
	{"PGSSLCRL", "the driver reads no lists of revoked certificates"},
	{"PGSSLCRLDIR", "the driver reads no lists of revoked certificates"},
	{"PGREQUIREPEER", "the driver does not look who owns a socket"},
	{"PGGSSLIB", "the driver knows no GSSAPI"},
	{"PGGSSDELEGATION", "the driver knows no GSSAPI"},
	{"PGREALM", "the driver knows no GSSAPI"},
}

// checkEnvironment refuses the variables that the driver refuses too, but says what to
// do.
func checkEnvironment() error {
	for _, v := range unknownToDriver {
		if _, ok := os.LookupEnv(v.name); ok {
			return fmt.Errorf("postgres: the driver refuses %s in the environment: unset it; %s", v.name, v.write)
		}
	}
	return nil
}

// weak are the modes in which a connection may be in clear.
var weak = []string{"disable", "allow", "prefer"}

// encrypt decides on sslmode.
func encrypt(q url.Values) error {
	strict, lax, bound := q.Get("sslaccept") == "strict", q.Has("sslaccept"), q.Has("channel_binding")
	q.Del("sslaccept")
	q.Del("channel_binding")
	if lax && q.Has("sslcert") && !q.Has("sslkey") {
		// Prisma means the authority's by it.
		q.Set("sslrootcert", cmp.Or(q.Get("sslrootcert"), q.Get("sslcert")))
		q.Del("sslcert")
	}
	given := cmp.Or(q.Get("sslmode"), os.Getenv("PGSSLMODE"))
	direct, system := q.Get("sslnegotiation") == "direct", q.Get("sslrootcert") == "system"
	for _, asks := range []struct {
		name string
		set  bool
	}{{"sslaccept=strict", strict}, {"channel_binding=require", bound}, {"sslnegotiation=direct", direct}, {"sslrootcert=system", system}} {
		if asks.set && slices.Contains(weak, given) {
			return fmt.Errorf("postgres: %s in the URL does not go with sslmode=%s: write sslmode=verify-full", asks.name, given)
		}
	}
	// A service's file may name hosts that are elsewhere.
	service := q.Has("service") || os.Getenv("PGSERVICE") != ""
	switch {
	case strict, system && given == "":
		q.Set("sslmode", "verify-full")
	case given != "":
		q.Set("sslmode", given)
	case bound, lax, direct:
		q.Set("sslmode", "require")
	case local(q) && !service:
		q.Set("sslmode", "prefer")
	}
	if system && q.Get("sslmode") != "verify-full" {
		return errors.New("postgres: sslrootcert=system in the URL needs sslmode=verify-full: anybody can get a certificate for some name")
	}
	if err := checkAuthority(q); err != nil {
		return err
	}
	if bound && q.Get("sslmode") != "verify-full" {
		slog.Warn("postgres: the driver does not support channel_binding=require: write sslmode=verify-full, so that the server's certificate is checked")
	}
	return nil
}

// checkAuthority refuses an authority's file that does not exist. The driver, like
// libpq, would then trust whoever answers where sslmode is require, the default. The
// file name may be part of a password, so the error does not show it.
func checkAuthority(q url.Values) error {
	file := q.Get("sslrootcert")
	if file == "" || file == "system" || q.Has("sslinline") || q.Get("sslmode") == "disable" {
		return nil
	}
	_, err := os.Stat(file)
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("postgres: the file of sslrootcert in the URL cannot be read: %w", e.Err)
	}
	return err
}
