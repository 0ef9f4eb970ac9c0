package dbserver

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Encrypt gives a server TLS: a certificate for 127.0.0.1, and one of an authority,
// whose file it returns. It restarts the server.
func (s *Server) Encrypt(ctx context.Context) (authority string, err error) {
	if err := s.Stop(); err != nil {
		return "", err
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"}, NotAfter: ca.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	signed, err := x509.CreateCertificate(rand.Reader, ca, ca, signer.Public(), signer)
	if err != nil {
		return "", err
	}
	cert, err := x509.CreateCertificate(rand.Reader, leaf, ca, key.Public(), signer)
	if err != nil {
		return "", err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	if err := errors.Join(s.writePEM("ca.pem", "CERTIFICATE", signed), s.writePEM("server.pem", "CERTIFICATE", cert), s.writePEM("server.key", "PRIVATE KEY", secret)); err != nil {
		return "", err
	}
	file := func(name string) string { return filepath.Join(s.Dir, name) }
	if strings.HasPrefix(s.URL, "mysql:") {
		s.args = append(s.args, "--ssl-cert="+file("server.pem"), "--ssl-key="+file("server.key"))
	} else {
		s.args = append(s.args, "-c", "ssl=on", "-c", "ssl_cert_file="+file("server.pem"), "-c", "ssl_key_file="+file("server.key"))
	}
	return file("ca.pem"), s.Start(ctx)
}

// writePEM writes a file that only the server may read.
func (s *Server) writePEM(name, kind string, content []byte) error {
	file := filepath.Join(s.Dir, name)
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600); err != nil || s.account == nil {
		return err
	}
	return os.Chown(file, int(s.account.Uid), int(s.account.Gid))
}
