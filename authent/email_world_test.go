package authent_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/internal/testdb"
)

// newMailWorld makes a world in which people may sign in by mail too.
func newMailWorld(t testing.TB, kind testdb.Kind, change func(*authent.Config)) *world {
	return newWorld(t, kind, setup{config: func(c *authent.Config) {
		c.Providers = []authent.Provider{provider.Password(), provider.Email()}
		if change != nil {
			change(c)
		}
	}})
}

// next returns the next mail, which must be of that kind.
func (w *world) next(kind authent.MailKind) authent.Mail {
	w.t.Helper()
	m := w.box.Next(w.t)
	if m.Kind != kind {
		w.t.Fatalf("a mail of kind %s, want %s", m.Kind, kind)
	}
	return m
}

// sent waits until all mails are sent and returns how many there were. Nothing can be sent
// afterwards.
func (w *world) sent() int {
	w.t.Helper()
	if err := w.auth.Close(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return len(w.box.Mails())
}

// open opens a mail's link, as whoever reads the mail does.
func (b *browser) open(m authent.Mail) answer {
	return b.get(strings.TrimPrefix(string(m.URL), b.url().Scheme+"://"+b.url().Host))
}

// press opens a mail's link and presses the page's button, with more fields of its form.
func (b *browser) press(m authent.Mail, fields ...string) answer {
	b.w.t.Helper()
	if a := b.open(m); a.status != http.StatusOK {
		return a
	}
	return b.submit(m, fields...)
}

// submit sends the form of a mail's page.
func (b *browser) submit(m authent.Mail, fields ...string) answer {
	b.w.t.Helper()
	u, err := url.Parse(string(m.URL))
	if err != nil {
		b.w.t.Fatal(err)
	}
	return b.post(u.Path, append(fields, linkFields(m)...)...)
}

// linkFields returns the parameters of a mail's link, as fields of a form.
func linkFields(m authent.Mail) (fields []string) {
	if u, err := url.Parse(string(m.URL)); err == nil {
		for name, values := range u.Query() {
			fields = append(fields, name, values[0])
		}
	}
	return fields
}
