package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/internal/input"
)

// DevConfig says what the development mailer does. Its zero value is ready.
type DevConfig struct {
	// Out is where a line goes for each mail, with its address, link and code. If nil,
	// os.Stderr.
	Out io.Writer
	// Templates put the mails into words. If nil, the built-in ones.
	Templates *Templates
	// Now is the clock. If nil, time.Now.
	Now func() time.Time
}

// maxKept is how many mails the development mailer keeps.
const maxKept = 50

// Dev returns a Mailer for development, which sends nothing: it prints each mail's link and
// keeps the last 50 mails in memory. It is the one place where authent prints links and
// codes. So it refuses, with authent.ErrMailRefused, mails whose link does not lead to this
// machine: a deployment that was left with it sends nobody's link to a log.
func Dev(c DevConfig) *DevMailer {
	if c.Out == nil {
		c.Out = os.Stderr
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &DevMailer{config: c}
}

// DevMailer is the Mailer that Dev returns. It is safe for concurrent use.
type DevMailer struct {
	config DevConfig

	mu sync.Mutex
	// kept are the last mails, the oldest first.
	kept []authent.DevMail
}

var _ authent.DevMailbox = (*DevMailer)(nil)

// Send prints the mail's link and keeps the mail. It refuses what the Mailer of SMTP would
// refuse without asking a server.
func (d *DevMailer) Send(_ context.Context, m authent.Mail) error {
	words, err := d.words(m)
	if err != nil {
		return fmt.Errorf("authent/mail: development: %w: %w", authent.ErrMailRefused, err)
	}
	line := fmt.Sprintf("mail: %s to %s: %s", m.Kind, m.To, string(m.URL))
	if m.Code != "" {
		line += " or code " + string(m.Code)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.kept) == maxKept {
		d.kept = slices.Delete(d.kept, 0, 1)
	}
	d.kept = append(d.kept, authent.DevMail{Mail: m, At: d.config.Now(), Subject: words.Subject, Text: authent.Secret(words.Text), HTML: authent.Secret(words.HTML)})
	_, _ = fmt.Fprintln(d.config.Out, line)
	return nil
}

func (d *DevMailer) words(m authent.Mail) (Message, error) {
	if _, _, err := recipient(m.To); err != nil {
		return Message{}, err
	}
	words, err := Render(d.config.Templates, m)
	if err != nil {
		return Message{}, err
	}
	if u, err := url.Parse(string(m.URL)); err != nil || !input.IsLoopbackHost(u.Host) {
		return Message{}, errors.New("this Mailer prints links, and the application is not on this machine: use mail.SMTP, or set URL (AUTH_URL) to a localhost")
	}
	return words, nil
}

// Mails returns the mails that were sent last, the newest first.
func (d *DevMailer) Mails() []authent.DevMail {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := slices.Clone(d.kept)
	slices.Reverse(all)
	return all
}
