// Package smtpserver is an SMTP server for tests, on loopback. It keeps the mails that it
// is sent, parsed, and misbehaves on demand:
//
//	server := smtpserver.Start(t, smtpserver.Config{})
//	mailer, err := mail.SMTP(mail.SMTPConfig{URL: authent.Secret(server.URL()), From: "Shop <shop@example.com>"})
//	…
//	link := server.Next(t).Link()
//
// Neither it nor its parser is what authent sends mail with, so that a fault there is not
// hidden by the same fault here: the protocol is github.com/emersion/go-smtp's, messages
// are read by the standard library.
package smtpserver

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/authent/authent/internal/await"
)

// Config says what a Server is like. The zero Config takes mail from anybody, and has
// STARTTLS.
type Config struct {
	// User and Password are what a client must authenticate with. If "", nobody need.
	User, Password string
	// Mechanisms are those of AUTH. If nil, PLAIN and LOGIN.
	Mechanisms []string
	// Implicit says that TLS begins with the first byte (smtps).
	Implicit bool
	// NoTLS says that there is no STARTTLS, and AUTH without it.
	NoTLS bool
	// Host is the name, or address, in the certificate. If "", the certificate is for
	// 127.0.0.1 and localhost.
	Host string
	// SMTPUTF8 says that addresses may have letters outside ASCII (RFC 6531).
	SMTPUTF8 bool
	// No8BITMIME leaves 8BITMIME out of the extensions; it wants NoTLS.
	No8BITMIME bool
	// At says how the server misbehaves, and where. Set changes it later.
	At map[Stage]Behaviour
	// Pause is how long it waits before each byte that it sends. If zero, not at all.
	Pause time.Duration
}

// Server is a running server. Its methods are safe for concurrent use.
type Server struct {
	config Config
	addr   string
	tls    *tls.Config
	roots  *x509.CertPool
	closed chan struct{}

	mu      sync.Mutex
	at      map[Stage]Behaviour
	reached map[Stage]int
	mails   []Message
	taken   int
}

// Start starts a server, which stops at the end of the test.
func Start(t testing.TB, c Config) *Server {
	t.Helper()
	if c.Mechanisms == nil {
		c.Mechanisms = []string{"PLAIN", "LOGIN"}
	}
	s := &Server{config: c, closed: make(chan struct{}), at: map[Stage]Behaviour{}, reached: map[Stage]int{}}
	for stage, b := range c.At {
		s.at[stage] = b
	}
	if err := s.certify(); err != nil {
		t.Fatal(err)
	}
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = tcp.Addr().String()
	server := smtp.NewServer(smtp.BackendFunc(s.newSession))
	server.Domain = "mail.test"
	server.EnableSMTPUTF8 = c.SMTPUTF8
	server.AllowInsecureAuth = c.NoTLS
	// What clients do wrong is theirs to tell.
	server.ErrorLog = log.New(io.Discard, "", 0)
	var l net.Listener = listener{tcp, s}
	switch {
	case c.Implicit:
		l = tls.NewListener(l, s.tls)
	case !c.NoTLS:
		server.TLSConfig = s.tls
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = server.Serve(l)
	}()
	t.Cleanup(func() {
		close(s.closed)
		_ = server.Close()
		_ = l.Close() // Serve may not have come to know it yet
		<-stopped
	})
	return s
}

// certify makes the certificate, which is its own authority.
func (s *Server) certify() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if ip := net.ParseIP(s.config.Host); ip != nil {
		template.DNSNames, template.IPAddresses = nil, []net.IP{ip}
	} else if s.config.Host != "" {
		template.DNSNames, template.IPAddresses = []string{s.config.Host}, nil
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	s.roots = x509.NewCertPool()
	s.roots.AddCert(leaf)
	s.tls = &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			return nil, s.act(Handshake, hello.Conn)
		},
	}
	return nil
}

// URL returns the server's address as EMAIL_SERVER has it, with user and password if the
// server wants them.
func (s *Server) URL() string { return s.URLOf(s.config.User, s.config.Password) }

// URLOf returns the server's address with the given user and password, "" for none.
func (s *Server) URLOf(user, password string) string {
	u := url.URL{Scheme: "smtp", Host: s.addr}
	if s.config.Implicit {
		u.Scheme = "smtps"
	}
	if user != "" {
		u.User = url.UserPassword(user, password)
	}
	return u.String()
}

// RootCAs returns what a client must trust to find the certificate good.
func (s *Server) RootCAs() *x509.CertPool { return s.roots }

// Dial connects to the server, whatever address it is asked for: so a client can be given
// a host that is not this machine.
func (s *Server) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", s.addr)
}

// Set changes how the server behaves at a stage; the zero Behaviour is to behave well.
func (s *Server) Set(stage Stage, b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at[stage] = b
}

// Reached returns how often clients have come to a stage.
func (s *Server) Reached(stage Stage) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reached[stage]
}

// Mails returns the mails that the server has accepted, in their order.
func (s *Server) Mails() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.mails...)
}

// Next waits for the next mail that Next, or NextTo, has not returned yet. A message that
// cannot be parsed fails the test.
func (s *Server) Next(t testing.TB) Message {
	t.Helper()
	return s.next(t, "another mail", func(Message) bool { return true })
}

// NextTo waits for the next mail to an address, and passes over those to others.
func (s *Server) NextTo(t testing.TB, address string) Message {
	t.Helper()
	return s.next(t, "another mail to "+address, func(m Message) bool {
		return len(m.To) == 1 && strings.EqualFold(m.To[0], address)
	})
}

func (s *Server) next(t testing.TB, what string, wanted func(Message) bool) Message {
	t.Helper()
	var found Message
	await.True(t, what, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		for s.taken < len(s.mails) {
			m := s.mails[s.taken]
			s.taken++
			if wanted(m) {
				found = m
				return true
			}
		}
		return false
	})
	if found.Err != nil {
		t.Fatalf("a mail cannot be parsed: %v\n%s", found.Err, found.Raw)
	}
	return found
}

// Wait waits until the server has accepted n mails in all, and returns them.
func (s *Server) Wait(t testing.TB, n int) []Message {
	t.Helper()
	await.True(t, "enough mails", func() bool { return len(s.Mails()) >= n })
	return s.Mails()
}
