package smtpserver

import (
	"crypto/subtle"
	"io"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// session is one client's; go-smtp calls it for each command.
type session struct {
	server *Server
	conn   *smtp.Conn
	user   string
	mail   Message
	// taken says that mail was taken, and the answer not yet given.
	taken bool
}

func (s *Server) newSession(c *smtp.Conn) (smtp.Session, error) {
	if err := s.act(Hello, c.Conn()); err != nil {
		return nil, err
	}
	return &session{server: s, conn: c}, nil
}

// AuthMechanisms implements smtp.AuthSession.
func (s *session) AuthMechanisms() []string {
	if s.server.config.User == "" {
		return nil
	}
	return s.server.config.Mechanisms
}

// Auth implements smtp.AuthSession.
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	if err := s.server.act(Auth, s.conn.Conn()); err != nil {
		return nil, err
	}
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, user, password string) error { return s.check(user, password) }), nil
	case sasl.Login:
		return &login{check: s.check}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

func (s *session) check(user, password string) error {
	c := s.server.config
	if subtle.ConstantTimeCompare([]byte(user), []byte(c.User))&subtle.ConstantTimeCompare([]byte(password), []byte(c.Password)) == 0 {
		return smtp.ErrAuthFailed
	}
	s.user = user
	return nil
}

// login is the server's side of AUTH LOGIN.
type login struct {
	check  func(user, password string) error
	user   string
	asking bool
}

// Next implements sasl.Server.
func (l *login) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case response == nil && !l.asking:
		return []byte("Username:"), false, nil
	case !l.asking:
		l.user, l.asking = string(response), true
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.user, string(response))
}

// Mail implements smtp.Session.
func (s *session) Mail(from string, options *smtp.MailOptions) error {
	if s.server.config.User != "" && s.user == "" {
		return smtp.ErrAuthRequired
	}
	if err := s.server.act(Mail, s.conn.Conn()); err != nil {
		return err
	}
	_, encrypted := s.conn.TLSConnectionState()
	s.mail = Message{From: from, Hello: s.conn.Hostname(), User: s.user, TLS: encrypted, SMTPUTF8: options.UTF8, Body: string(options.Body)}
	return nil
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := s.server.act(Rcpt, s.conn.Conn()); err != nil {
		return err
	}
	s.mail.To = append(s.mail.To, to)
	return nil
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	first := make([]byte, 64)
	n, err := io.ReadFull(r, first)
	if err == io.ErrUnexpectedEOF {
		err = nil // a short one, or half of one: what follows tells
	}
	if err != nil {
		return err
	}
	if err := s.server.act(Half, s.conn.Conn()); err != nil {
		return err
	}
	rest, err := io.ReadAll(r)
	if err != nil {
		return err // a client that left in the middle has sent no mail
	}
	if err := s.server.act(End, s.conn.Conn()); err != nil {
		return err
	}
	m := s.mail
	m.read(append(first[:n], rest...))
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.mails = append(s.server.mails, m)
	s.taken = true
	return nil
}

// Reset implements smtp.Session. go-smtp calls it after the answer to each message too.
func (s *session) Reset() {
	s.mail = Message{}
	if s.taken {
		s.taken = false
		_ = s.server.act(After, s.conn.Conn())
	}
}

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }
