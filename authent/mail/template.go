package mail

import (
	"embed"
	"errors"
	"fmt"
	"html"
	htmltemplate "html/template"
	"io/fs"
	"slices"
	"strings"
	"sync"
	texttemplate "text/template"
	"time"

	"github.com/authent/authent/authent"
)

//go:embed templates
var embedded embed.FS

// kinds are those that have templates: kind.txt and kind.html.
var kinds = []authent.MailKind{
	authent.MailSignIn, authent.MailReset, authent.MailVerify, authent.MailChange, authent.MailInvitation, authent.MailExists,
	authent.MailPasswordChanged, authent.MailAddressChanged, authent.MailAccountLinked, authent.MailAccountUnlinked, authent.MailNewBrowser,
	authent.MailFactorAdded, authent.MailFactorRemoved, authent.MailRecoveryCodesMade, authent.MailRecoveryCodeUsed,
	authent.MailPasskeyAdded, authent.MailPasskeyRemoved, authent.MailPasskeyBlocked,
}

// Templates turn mails into text and HTML. NewTemplates makes them; they are safe for
// concurrent use.
type Templates struct {
	// Now is the clock by which a mail says how long its link works. Set it before the
	// first use. If nil, time.Now.
	Now func() time.Time

	text map[authent.MailKind]*texttemplate.Template
	html map[authent.MailKind]*htmltemplate.Template
}

// NewTemplates returns the built-in templates with those files of the folder in place of
// the built-in ones of the same name: layout.txt and layout.html, and for each MailKind
// one for the text and one for the HTML, such as sign-in.txt and sign-in.html. If folder
// is nil, they are all built in. The files are Go templates of Data:
//
//	sign-in.txt    {{define "subject"}}…{{end}} and {{define "body"}}…{{end}}, for text/template
//	sign-in.html   {{define "button"}}…{{end}} and {{define "body"}}…{{end}}, for html/template
//	layout.txt     is around each body, and has {{define "action"}}: link, code, how long they work
//	layout.html    likewise
//
// A body takes its link and code by {{template "action" .}}, or writes {{.URL}} and
// {{.Code}} itself; a mail needs one of the two. Files with other endings than .txt and
// .html are left alone. The error lists every fault: a name that no mail has, a template
// that does not parse or run, a mail without link and code.
func NewTemplates(folder fs.FS) (*Templates, error) {
	t := &Templates{text: map[authent.MailKind]*texttemplate.Template{}, html: map[authent.MailKind]*htmltemplate.Template{}}
	src := source{folder}
	faults := []error{src.checkNames()}
	for _, kind := range kinds {
		faults = append(faults, t.parse(src, kind))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("authent/mail: templates: %w", err)
	}
	for _, kind := range kinds {
		for _, m := range samples(kind) {
			if _, err := t.message(m); err != nil {
				faults = append(faults, err)
				break
			}
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("authent/mail: templates: %w", err)
	}
	return t, nil
}

// builtIn are the templates that stand for nil.
var builtIn = sync.OnceValues(func() (*Templates, error) { return NewTemplates(nil) })

func (t *Templates) parse(src source, kind authent.MailKind) error {
	layout, err1 := src.read("layout.txt")
	body, err2 := src.read(string(kind) + ".txt")
	htmlLayout, err3 := src.read("layout.html")
	htmlBody, err4 := src.read(string(kind) + ".html")
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	text, err := texttemplate.New("layout.txt").Parse(layout)
	if err == nil {
		_, err = text.New(string(kind) + ".txt").Parse(body)
	}
	if err != nil {
		return err
	}
	page, err := htmltemplate.New("layout.html").Parse(htmlLayout)
	if err == nil {
		_, err = page.New(string(kind) + ".html").Parse(htmlBody)
	}
	if err != nil {
		return err
	}
	t.text[kind], t.html[kind] = text, page
	return nil
}

// samples are mails of a kind as the engine sends them, with and without what may lack.
func samples(kind authent.MailKind) []authent.Mail {
	m := authent.Mail{Kind: kind, AppName: "Shop", Home: "https://shop.example.com", URL: "https://shop.example.com/auth/x?token=a&user=b", Provider: "GitHub"}
	full := m
	full.Code, full.Expires, full.At = "BCDF-GHJK", time.Now().Add(time.Hour), time.Now()
	return []authent.Mail{m, full}
}

// source reads templates: those of the application, else those built in.
type source struct{ folder fs.FS }

func (s source) read(name string) (string, error) {
	if s.folder != nil {
		text, err := fs.ReadFile(s.folder, name)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return string(text), err
		}
	}
	text, err := embedded.ReadFile("templates/" + name)
	return string(text), err
}

// checkNames refuses files that would never be used, since their names are mistyped.
func (s source) checkNames() error {
	if s.folder == nil {
		return nil
	}
	files, err := fs.ReadDir(s.folder, ".")
	if err != nil {
		return err
	}
	var faults []error
	for _, file := range files {
		name, ok := strings.CutSuffix(file.Name(), ".txt")
		if !ok {
			name, ok = strings.CutSuffix(file.Name(), ".html")
		}
		if ok && name != "layout" && !slices.Contains(kinds, authent.MailKind(name)) {
			faults = append(faults, fmt.Errorf("no mail is called %s: use layout, or one of %v", file.Name(), kinds))
		}
	}
	return errors.Join(faults...)
}

// Data is what a template is given. Nobody but the operator and the engine has written
// any of it (P23): the address is not among it, nor a person's name.
type Data struct {
	// Kind says what the mail is about.
	Kind authent.MailKind
	// AppName is the application's name, Home its URL or "".
	AppName, Home string
	// URL is the link.
	URL string
	// Code is what people can type in place of the link, "" if there is none.
	Code string
	// Within is how long link and code work, such as "10 minutes"; "" for notices.
	Within string
	// At is when it happened that a notice tells of, such as "2 January 2026 at 15:04 UTC";
	// else "".
	At string
	// Provider is the name of the provider that was linked or unlinked, else "".
	Provider string
	// Subject is the mail's; "" while the subject itself is made.
	Subject string
}

// Message is a mail in words, for Mailers that send it in another way than SMTP.
type Message struct {
	// Subject is one line.
	Subject string
	// Text and HTML say the same.
	Text, HTML string
}

// Render puts a mail into words, with the built-in templates if t is nil. It refuses a
// mail whose kind it does not know, or whose link is not a plain http or https URL; the
// same mail is refused each time. The error holds neither link nor code.
func Render(t *Templates, m authent.Mail) (Message, error) {
	if t == nil || t.text == nil {
		b, err := builtIn()
		if err != nil {
			return Message{}, err
		}
		if t != nil {
			b = &Templates{Now: t.Now, text: b.text, html: b.html}
		}
		t = b
	}
	out, err := t.message(m)
	if err != nil {
		return Message{}, fmt.Errorf("authent/mail: %w", err)
	}
	return out, nil
}

func (t *Templates) message(m authent.Mail) (Message, error) {
	out, err := t.render(m)
	if err != nil {
		return Message{}, fmt.Errorf("render mail %.40q: %w", m.Kind, err)
	}
	return out, nil
}

func (t *Templates) render(m authent.Mail) (Message, error) {
	text, page := t.text[m.Kind], t.html[m.Kind]
	if text == nil || page == nil {
		return Message{}, errors.New("there is no template for this kind of mail")
	}
	if err := check(m); err != nil {
		return Message{}, err
	}
	data := t.data(m)
	var out strings.Builder
	if err := text.ExecuteTemplate(&out, "subject", data); err != nil {
		return Message{}, withoutSecrets(err, m)
	}
	data.Subject = strings.Join(strings.Fields(out.String()), " ")
	if data.Subject == "" || len(data.Subject) > maxSubject || strings.ContainsFunc(data.Subject, unprintable) {
		return Message{}, fmt.Errorf("the subject is not one line of 1 to %d bytes", maxSubject)
	}
	msg := Message{Subject: data.Subject}
	out.Reset()
	if err := text.Execute(&out, data); err != nil {
		return Message{}, withoutSecrets(err, m)
	}
	msg.Text = strings.TrimRight(strings.ReplaceAll(out.String(), "\r\n", "\n"), "\n") + "\n"
	out.Reset()
	if err := page.Execute(&out, data); err != nil {
		return Message{}, withoutSecrets(err, m)
	}
	msg.HTML = out.String()
	if !holdsOne(msg.Text, m) || !holdsOne(html.UnescapeString(msg.HTML), m) {
		return Message{}, errors.New("the template has neither link nor code")
	}
	return msg, nil
}

// holdsOne reports whether people can do what the mail is for.
func holdsOne(text string, m authent.Mail) bool {
	return strings.Contains(text, string(m.URL)) || m.Code != "" && strings.Contains(text, string(m.Code))
}

func (t *Templates) data(m authent.Mail) Data {
	now := time.Now
	if t.Now != nil {
		now = t.Now
	}
	d := Data{Kind: m.Kind, AppName: m.AppName, Home: m.Home, URL: string(m.URL), Code: string(m.Code), Provider: m.Provider}
	if !m.Expires.IsZero() {
		d.Within = within(m.Expires.Sub(now()))
	}
	if !m.At.IsZero() {
		d.At = m.At.UTC().Format("2 January 2006 at 15:04 MST")
	}
	return d
}

// within says how long d is, in the unit that people would use. A mail is on its way for
// a moment, so d is rounded.
func within(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < 90*time.Second:
		return "1 minute"
	case d < 2*time.Hour-30*time.Second:
		return fmt.Sprintf("%d minutes", d.Round(time.Minute)/time.Minute)
	case d < 2*day-30*time.Minute:
		return fmt.Sprintf("%d hours", d.Round(time.Hour)/time.Hour)
	}
	return fmt.Sprintf("%d days", d.Round(day)/day)
}
