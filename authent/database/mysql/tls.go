package mysql

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"

	"github.com/go-sql-driver/mysql"
)

// encryption is how the URL wants connections to be encrypted.
type encryption struct{ mode, ca, cert, key string }

// takeEncryption takes the parameters that the driver does not know out of a query.
func takeEncryption(q url.Values) (e encryption, err error) {
	e = encryption{strongest(q["mode"]), q.Get("ssl_ca"), q.Get("ssl_cert"), q.Get("ssl_key")}
	for _, name := range []string{"mode", "ssl_ca", "ssl_cert", "ssl_key"} {
		q.Del(name)
	}
	if e.cert != "" && e.key == "" && e.ca == "" {
		e.ca, e.cert = e.cert, "" // Prisma's sslcert is the authority's
	}
	switch {
	case (e.cert == "") != (e.key == ""):
		return e, errors.New("mysql: the URL names a certificate without its key, or a key without its certificate: write ssl-cert and ssl-key")
	case q.Has("tls") && e != encryption{}:
		return e, errors.New("mysql: the URL has tls, which is the driver's, beside ssl-mode and the like, which are those of clients: write one or the other")
	case e.ca != "" && (e.mode == "" || e.mode == preferred || e.mode == required):
		e.mode = verifyCA // as MySQL's own client takes it
	case e.cert != "" && e.mode == "":
		e.mode = required
	}
	return e, nil
}

// strongest returns the mode that counts where a URL asks for several.
func strongest(modes []string) string {
	strength := []string{"", disabled, preferred, required, verifyCA, verified}
	return slices.MaxFunc(append(modes, ""), func(a, b string) int { return slices.Index(strength, a) - slices.Index(strength, b) })
}

// apply configures the driver.
func (e encryption) apply(c *mysql.Config) error {
	switch e.mode {
	case "", disabled:
		return nil
	case preferred:
		c.TLSConfig = "preferred"
		return nil
	}
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if e.ca != "" {
		text, err := read(e.ca, "ssl-ca")
		if err != nil {
			return err
		}
		if t.RootCAs = x509.NewCertPool(); !t.RootCAs.AppendCertsFromPEM(text) {
			return errors.New("mysql: the file of ssl-ca in the URL has no certificate in PEM form")
		}
	}
	if e.cert != "" {
		if err := e.show(t); err != nil {
			return err
		}
	}
	switch e.mode {
	case required:
		t.InsecureSkipVerify = true
	case verifyCA:
		t.InsecureSkipVerify, t.VerifyConnection = true, chained(t.RootCAs)
	}
	c.TLS = t
	return nil
}

// show adds the client certificate.
func (e encryption) show(t *tls.Config) error {
	cert, err := read(e.cert, "ssl-cert")
	if err != nil {
		return err
	}
	key, err := read(e.key, "ssl-key")
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return errors.New("mysql: the files of ssl-cert and ssl-key in the URL are not a certificate and its key in PEM form")
	}
	t.Certificates = []tls.Certificate{pair}
	return nil
}

// read reads a file. The file name may be part of a password, so no error shows it.
func read(file, name string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	if err != nil {
		return nil, fmt.Errorf("mysql: the file of %s in the URL cannot be read: %w", name, err)
	}
	return text, nil
}

// chained returns a check of a certificate's authority, which does not look at its name.
func chained(roots *x509.CertPool) func(tls.ConnectionState) error {
	return func(s tls.ConnectionState) error {
		between := x509.NewCertPool()
		for _, c := range s.PeerCertificates[1:] {
			between.AddCert(c)
		}
		_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
		return err
	}
}
