package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/authent/authent/authent"
)

// SMTPConfig says how mails are sent.
type SMTPConfig struct {
	// URL is the server: smtp://user:password@host:port, which encrypts by STARTTLS, or
	// smtps://…, which does from the first byte. Characters that mean something in a URL
	// are escaped in user and password. Without user there is no authentication; without
	// port it is 587, for smtps 465. It is never printed. If "", the environment's
	// EMAIL_SERVER, as Auth.js names it.
	URL authent.Secret
	// From is the sender: an address, or a name and an address, such as
	// "Shop <shop@example.com>". If "", the environment's EMAIL_FROM.
	From string
	// Templates put the mails into words. If nil, the built-in ones.
	Templates *Templates
	// Timeout limits how long one mail takes, from the connection to the last answer; the
	// context of Send may be shorter. If zero, 30 seconds.
	Timeout time.Duration
	// RootCAs are the authorities that may have signed the server's certificate. If nil,
	// the system's; and then a server on this machine may use STARTTLS with any
	// certificate.
	RootCAs *x509.CertPool
	// Dial opens the connections, through a proxy say. It is asked for network tcp and the
	// host and port of URL. If nil, a net.Dialer does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

const (
	defaultTimeout = 30 * time.Second
	// partingTime is how long a server has to answer QUIT, when the mail is its own already.
	partingTime = time.Second
)

// SMTP returns a Mailer that sends each mail over a connection of its own, with TLS. Only
// where the host of the URL is localhost or a loopback address, and has no STARTTLS, it
// does without. SMTP connects to nothing yet; its error lists what is wrong with c.
//
// Of the Mailer's errors, those wrap authent.ErrMailRefused that would come again: the
// server said 5xx to the recipient or to the message (but for 530, which wants a password),
// the address is not one plain address or needs SMTPUTF8, which the server does not have,
// or the mail cannot be rendered. They hold what the server said, in a line without
// address, link and code.
func SMTP(c SMTPConfig) (authent.Mailer, error) {
	if c.URL == "" {
		c.URL = authent.Secret(os.Getenv("EMAIL_SERVER"))
	}
	if c.From == "" {
		c.From = os.Getenv("EMAIL_FROM")
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.Dial == nil {
		c.Dial = new(net.Dialer).DialContext
	}
	s := &smtpMailer{templates: c.Templates, timeout: c.Timeout, dial: c.Dial}
	var faults []error
	var err error
	if c.URL == "" {
		faults = append(faults, errors.New("URL is not set: set it, or EMAIL_SERVER, to smtp://user:password@host:587"))
	} else if s.server, err = parseServer(c.URL); err != nil {
		faults = append(faults, err)
	}
	if c.From == "" {
		faults = append(faults, errors.New(`there is no sender: set From, or EMAIL_FROM, to an address such as "Shop <shop@example.com>"`))
	} else if s.from, err = parseSender(c.From); err != nil {
		faults = append(faults, err)
	}
	if c.Timeout < 0 {
		faults = append(faults, errors.New("the Timeout is negative"))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("authent/mail: SMTP: %w", err)
	}
	s.tls = &tls.Config{ServerName: s.server.host, RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12}
	// A server on this machine may as well not encrypt at all.
	s.tls.InsecureSkipVerify = s.server.local() && !s.server.implicit && c.RootCAs == nil
	return s, nil
}

// smtpMailer sends mails by SMTP.
type smtpMailer struct {
	server    server
	from      sender
	templates *Templates
	timeout   time.Duration
	tls       *tls.Config
	dial      func(ctx context.Context, network, address string) (net.Conn, error)
}

// Format prints the server without its password, for every verb.
func (s *smtpMailer) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "mail.SMTP("+s.server.address()+")")
}

// Send implements authent.Mailer.
func (s *smtpMailer) Send(ctx context.Context, m authent.Mail) error {
	l, err := compose(s.from, s.templates, m)
	if err != nil {
		return fmt.Errorf("authent/mail: %w: %w", authent.ErrMailRefused, err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if err := s.deliver(ctx, l); err != nil {
		return s.failure(ctx, err, m)
	}
	return nil
}
