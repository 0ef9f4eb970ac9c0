// Package mail puts authent's mails into words and sends them.
//
// # Sending
//
// SMTP makes the authent.Mailer for a mail server. It takes the server and the sender from
// the environment, as Auth.js names them:
//
//	EMAIL_SERVER=smtp://user:password@smtp.example.com:587
//	EMAIL_FROM="Shop <no-reply@shop.example.com>"
//
//	mailer, err := mail.SMTP(mail.SMTPConfig{})
//
// With smtp:// the connection is encrypted by STARTTLS, with smtps:// (port 465) from the
// first byte. TLS is required, and certificates are checked; a server on this machine alone
// may do without. Write characters such as @ : / ? # % in user and password as in any URL:
// %40 %3A %2F %3F %23 %25. Options of nodemailer after a "?" are refused, with what to do
// in their place.
//
// SMTP keeps no connection and no queue, and tries nothing again. A mail goes to one address, exactly as it is stored, or to
// nobody: what is not one plain address, or what some program on the way could take for
// another address, is refused. For the sending domain, SPF, DKIM and DMARC are the mail
// server's matter; set them up there.
//
// # Development
//
// Dev sends nothing. It prints each link on standard error, and keeps the last mails:
//
//	mailer := mail.Dev(mail.DevConfig{})
//
// # Words
//
// Each authent.MailKind has a template for its text and one for its HTML, around which
// stand layout.txt and layout.html. An application replaces those that it likes, by files
// of the same name; the others stay:
//
//	//go:embed mails
//	var files embed.FS
//
//	folder, err := fs.Sub(files, "mails") // mails/sign-in.txt, mails/layout.html …
//	templates, err := mail.NewTemplates(folder)
//	mailer, err := mail.SMTP(mail.SMTPConfig{Templates: templates})
//
// A template is given Data, in which nothing was typed by a stranger: no address and no
// name of a person. Keep it so: a mail is read as yours.
//
// # Another service
//
// A Mailer is one method. One for a service's HTTP API takes its words from Render:
//
//	func (s *service) Send(ctx context.Context, m authent.Mail) error {
//		words, err := mail.Render(nil, m)
//		if err != nil { // the same mail would never be otherwise
//			return fmt.Errorf("%w: %w", authent.ErrMailRefused, err)
//		}
//		return s.post(ctx, m.To, words.Subject, words.Text, words.HTML)
//	}
//
// Tests of an application use authenttest.Mailbox, which keeps mails as data.
package mail
