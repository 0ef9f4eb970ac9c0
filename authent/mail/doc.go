// Package mail puts authent's mails into words and sends them.
//
// The engine hands each mail as data, an authent.Mail, to an authent.Mailer. Render turns
// it into a subject, a text and HTML, by templates that NewTemplates can replace one by
// one. A Mailer of an application's own, for a service's HTTP API say, calls it too:
//
//	func (s *service) Send(ctx context.Context, m authent.Mail) error {
//		msg, err := mail.Render(nil, m)
//		if err != nil {
//			return fmt.Errorf("%w: %w", authent.ErrMailRefused, err) // it would never be otherwise
//		}
//		return s.post(ctx, m.To, msg.Subject, msg.Text, msg.HTML)
//	}
package mail
