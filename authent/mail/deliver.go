package mail

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/authent/authent/authent"
)

// errNoUTF8 is final for this server, and another one would be another configuration.
var errNoUTF8 = errors.New("the address has letters outside ASCII before the @, and the mail server does not have SMTPUTF8")

// deliver has one conversation with the server, which ends with ctx at the latest. go-mail
// bounds each step by a time of its own, and only the dialling by a context.
func (s *smtpMailer) deliver(ctx context.Context, l letter) error {
	conn, err := s.dial(ctx, "tcp", s.server.address())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	client, err := gomail.NewClient(s.server.host, s.options(conn, l)...)
	if err != nil {
		return err
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return err
	}
	if ok, _ := session.Extension("SMTPUTF8"); l.utf8 && !ok {
		err = errNoUTF8
	} else {
		err = client.SendWithSMTPClient(session, l.Msg)
	}
	// To leave without a word is held against some clients. Whatever the server says to
	// it, what it has taken is sent, and would else arrive twice.
	parting := time.AfterFunc(partingTime, func() { _ = conn.Close() })
	defer parting.Stop()
	_ = session.Quit()
	return err
}

// options are those of a client for one letter. A client is changed by its use, so that
// each letter has its own.
func (s *smtpMailer) options(conn net.Conn, l letter) []gomail.Option {
	o := []gomail.Option{
		gomail.WithPort(s.server.port), gomail.WithTLSConfig(s.tls),
		gomail.WithTimeout(s.timeout + time.Minute), // the context ends it before
		gomail.WithHELO(s.from.domain),              // go-mail's own would tell the name of this machine
		gomail.WithoutNoop(),
		gomail.WithoutRset(), // its failure would be that of a mail that is sent
		gomail.WithDialContextFunc(func(ctx context.Context, _, _ string) (net.Conn, error) {
			if !s.server.implicit {
				return conn, nil
			}
			encrypted := tls.Client(conn, s.tls)
			return encrypted, encrypted.HandshakeContext(ctx)
		}),
	}
	plain, login := gomail.SMTPAuthPlain, gomail.SMTPAuthLogin
	switch {
	case s.server.implicit:
		o = append(o, gomail.WithSSL())
	case s.server.local():
		o = append(o, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
		plain, login = gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc
	default:
		o = append(o, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.server.user != "" {
		o = append(o, gomail.WithUsername(s.server.user), gomail.WithPassword(s.server.password),
			gomail.WithOpportunisticSMTPAuth(plain, login, gomail.SMTPAuthCramMD5, gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1))
	}
	if !l.utf8 {
		// Asked for without need, it could keep the mail from servers further on.
		o = append(o, gomail.WithoutSMTPUTF8())
	}
	return o
}

// failure says what went wrong, in one line without secrets, and for good or not.
func (s *smtpMailer) failure(ctx context.Context, err error, m authent.Mail) error {
	prefix := "authent/mail: send through " + s.server.address()
	// go-mail ends with addresses and the message's id.
	text, _, _ := strings.Cut(err.Error(), ", affected ")
	text = redact(s.withoutPassword(text), m)
	gone := ctx.Err()
	if timeout, ok := errors.AsType[net.Error](err); gone == nil && ok && timeout.Timeout() {
		gone = context.DeadlineExceeded // that of ctx, which the connection has noticed first
	}
	if gone != nil {
		return fmt.Errorf("%s: %w (%s)", prefix, gone, text)
	}
	var certificate *tls.CertificateVerificationError
	switch {
	case refused(err):
		return fmt.Errorf("%s: %w: %s", prefix, authent.ErrMailRefused, text)
	case errors.As(err, &certificate):
		return fmt.Errorf("%s: %s: the host must be a name in the certificate, and SMTPConfig.RootCAs have its authority", prefix, text)
	}
	return fmt.Errorf("%s: %s", prefix, text)
}

// refused reports whether the server would say the same to the same mail the next time.
// What it says against the sender is a matter of the configuration, which can be mended.
func refused(err error) bool {
	const wantsPassword = 530 // RFC 4954 §6
	var answer *gomail.SendError
	if !errors.As(err, &answer) {
		return errors.Is(err, errNoUTF8)
	}
	switch answer.Reason {
	case gomail.ErrSMTPRcptTo, gomail.ErrSMTPData, gomail.ErrSMTPDataClose, gomail.ErrWriteContent:
		code := answer.ErrorCode()
		return code >= 500 && code < 600 && code != wantsPassword
	}
	return false
}

// withoutPassword removes the password, as it is and as SMTP carries it, from what a server
// said.
func (s *smtpMailer) withoutPassword(text string) string {
	if s.server.password == "" {
		return text
	}
	b64 := base64.StdEncoding.EncodeToString
	return strings.NewReplacer(
		b64([]byte("\x00"+s.server.user+"\x00"+s.server.password)), removed,
		b64([]byte(s.server.password)), removed,
		s.server.password, removed,
	).Replace(text)
}
