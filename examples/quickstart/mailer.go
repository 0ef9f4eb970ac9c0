package main

import (
	"fmt"
	"io"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/mail"
)

// mailer returns what sends mails: a mail server or, where only this machine is served, a
// page that shows them. It is nil elsewhere.
func (s settings) mailer(out io.Writer) (authent.Mailer, error) {
	if s.mailServer == "" {
		if !isLoopback(s.home.Host) || !isLoopback(s.host) {
			return nil, nil
		}
		return mail.Dev(mail.DevConfig{Out: out}), nil
	}
	mailer, err := mail.SMTP(mail.SMTPConfig{URL: authent.Secret(s.mailServer), From: s.mailFrom})
	if err != nil {
		return nil, fmt.Errorf("EMAIL_SERVER and EMAIL_FROM: %w", err)
	}
	return mailer, nil
}
