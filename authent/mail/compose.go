package mail

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/mail"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"github.com/authent/authent/authent"
)

// sender is From, checked.
type sender struct {
	name, address string
	// domain is that of address, in ASCII.
	domain string
}

// parseSender reads From: an address, or a name and an address in angle brackets.
func parseSender(from string) (sender, error) {
	parsed, err := mail.ParseAddress(from)
	if err != nil {
		return sender{}, errors.New(`the sender, From (EMAIL_FROM), is not an address such as "shop@example.com" or "Shop <shop@example.com>"`)
	}
	address, utf8, err := recipient(parsed.Address)
	if err != nil || utf8 {
		return sender{}, errors.New("the sender, From (EMAIL_FROM), has an address with quotes, or with letters outside ASCII before the @: use a plain one")
	}
	if strings.ContainsFunc(parsed.Name, unprintable) {
		return sender{}, errors.New("the sender, From (EMAIL_FROM), has a name with characters that cannot be printed")
	}
	_, domain, _ := strings.Cut(address, "@")
	return sender{parsed.Name, address, domain}, nil
}

// letter is a mail as SMTP takes it.
type letter struct {
	*gomail.Msg
	// utf8 says that it cannot go to a server without SMTPUTF8 (RFC 6531).
	utf8 bool
}

// compose makes the one message of a mail, to its one recipient. No header has anything of
// the mail but To and the subject. Its errors hold neither address nor link nor code.
func compose(from sender, templates *Templates, m authent.Mail) (letter, error) {
	to, utf8, err := recipient(m.To)
	if err != nil {
		return letter{}, err
	}
	words, err := Render(templates, m)
	if err != nil {
		return letter{}, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	// As values, not to be parsed once more.
	msg.FromMailAddress(&mail.Address{Name: from.name, Address: from.address})
	msg.ToMailAddress(&mail.Address{Address: to})
	msg.Subject(words.Subject)
	msg.SetDate()
	// go-mail's own would tell the name of this machine.
	msg.SetMessageIDWithValue(fmt.Sprintf("%s@%s", strings.ToLower(rand.Text()), from.domain))
	// No out-of-office replies (RFC 3834 §5, and Exchange's own).
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	msg.SetBodyString(gomail.TypeTextPlain, words.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, words.HTML)
	return letter{msg, utf8}, nil
}
