package interop

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/mail"
	"github.com/authent/authent/internal/smtpserver"
)

// mailsFrom is the sender of both sides.
const mailsFrom = "Shop <no-reply@shop.example.com>"

// mailerTo sends to a mail server, as an application does.
func mailerTo(t testing.TB, s *smtpserver.Server) authent.Mailer {
	t.Helper()
	m, err := mail.SMTP(mail.SMTPConfig{URL: authent.Secret(s.URL()), From: mailsFrom})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestP08_AuthJSLinks: a link that one side mailed signs in at the other, once, and then at
// neither.
func TestP08_AuthJSLinks(t *testing.T) {
	each(t, func(p *pair) {
		for name, way := range map[string]struct {
			from, to string
			age      time.Duration
		}{
			"to.go":   {p.nodeURL, p.golang.URL, 24 * time.Hour},
			"to.node": {p.golang.URL, p.nodeURL, 10 * time.Minute},
		} {
			email := newAddress()
			asked := time.Now()
			link := p.askForLink(p.browser(), way.from, email)
			p.wantLinkRow(link, email, asked.Add(way.age), time.Now().Add(way.age))

			b := p.browser()
			p.openLink(b, way.to, link)
			if got := b.url.String(); way.to == p.golang.URL && got != way.to+"/api/auth/session" {
				p.Errorf("%s: on at %s", name, got)
			}
			for _, side := range []string{p.nodeURL, p.golang.URL} {
				if who, _ := p.session(b, side); who != email {
					p.Errorf("%s: at %s: signed in as %q", name, side, who)
				}
			}
			users, err := p.store.UsersByEmail(p.Context(), email)
			if err != nil || len(users) != 1 || users[0].EmailVerified.IsZero() {
				p.Errorf("%s: users: %v, %v", name, users, err)
			}
			p.wantDead(name, email, link)
		}
	})
}

// addresses counts those of newAddress.
var addresses atomic.Int64

// newAddress returns an address for which nobody has asked for mail yet.
func newAddress() string { return fmt.Sprintf("ada.%d@example.com", addresses.Add(1)) }

// askForLink asks one side for a link in spelling that both change, and returns the link
// of the mail.
func (p *pair) askForLink(b *browser, side, email string) *url.URL {
	p.Helper()
	p.post(b, side+"/api/auth/signin/"+p.linksID(), "email", " "+strings.ToUpper(email), "callbackUrl", side+"/api/auth/session")
	if got := b.url.RequestURI(); got != "/api/auth/verify-request?provider="+p.linksID()+"&type=email" {
		p.Fatalf("asked %s for a link, and came to %s: %s", side, got, b.page)
	}
	return p.link(side+"/api/auth/callback/"+p.linksID(), email)
}

// link returns the link of the next mail to an address, which leads to target.
func (p *pair) link(target, email string) *url.URL {
	p.Helper()
	text := p.mails.NextTo(p, email).Link()
	link, err := url.Parse(text)
	if err != nil || !strings.HasPrefix(text, target+"?") {
		p.Fatalf("the link is %q, %v", text, err)
	}
	return link
}

// wantLinkRow wants the one row of an address to be as Auth.js writes it for the link, and
// to end between two moments.
func (p *pair) wantLinkRow(link *url.URL, email string, from, to time.Time) {
	p.Helper()
	rows, err := p.store.VerificationTokens(p.Context(), email)
	if err != nil || len(rows) != 1 {
		p.Fatalf("the rows of %s: %v, %v", email, rows, err)
	}
	hash := sha256.Sum256([]byte(link.Query().Get("token") + p.linkSecret()))
	if rows[0].Token != authent.Secret(hex.EncodeToString(hash[:])) {
		p.Errorf("the row of %s does not hold Auth.js's hash", email)
	}
	if at := rows[0].Expires; at.Before(from.Truncate(p.cell.precision)) || at.After(to) {
		p.Errorf("the link to %s works until %v", email, at)
	}
}

// openLink opens a mail's link at one side, as if that were where it leads, and presses
// the button that it shows in Go.
func (p *pair) openLink(b *browser, side string, link *url.URL) {
	p.Helper()
	query := link.Query()
	if next := query.Get("callbackUrl"); next != "" {
		query.Set("callbackUrl", strings.Replace(next, link.Scheme+"://"+link.Host, side, 1))
	}
	b.open(side + link.Path + "?" + query.Encode())
	if side != p.golang.URL {
		return
	}
	page := b.page
	if email, _ := p.session(b, side); email != "" || !strings.Contains(page, query.Get("email")) {
		p.Errorf("the link's page alone: signed in as %q: %s", email, page)
	}
	b.page = page
	b.submit()
}

// wantDead wants a link to sign nobody in any more, on either side.
func (p *pair) wantDead(name, email string, link *url.URL) {
	p.Helper()
	for _, side := range []string{p.nodeURL, p.golang.URL} {
		b := p.browser()
		p.openLink(b, side, link)
		if who, _ := p.session(b, side); who != "" {
			p.Errorf("%s: at %s the link signs %q in again", name, side, who)
		}
	}
	if rows, err := p.store.VerificationTokens(p.Context(), email); err != nil || len(rows) != 0 {
		p.Errorf("%s: left are %v, %v", name, rows, err)
	}
}

// TestAuthJSLinkPurposes: what Go mails for something else signs nobody in at Node,
// whichever row a stranger names there.
func TestAuthJSLinkPurposes(t *testing.T) {
	eachOf(t, withPasswords(), func(p *pair) {
		email := newAddress()
		user, err := p.store.CreateUser(p.Context(), authent.User{Email: email})
		if err != nil {
			p.Fatal(err)
		}
		p.post(p.browser(), p.golang.URL+"/api/auth/forgot-password", "email", email)
		token := p.link(p.golang.URL+"/api/auth/reset-password", email).Query().Get("token")
		identifier := "reset:" + user.ID
		if rows, err := p.store.VerificationTokens(p.Context(), identifier); err != nil || len(rows) != 1 {
			p.Fatalf("the rows of %s: %v, %v", identifier, rows, err)
		}
		for _, named := range []string{email, identifier} {
			b := p.browser()
			b.open(p.nodeURL + "/api/auth/callback/" + p.linksID() + "?" + url.Values{"token": {token}, "email": {named}}.Encode())
			if who, _ := p.session(b, p.nodeURL); who != "" {
				p.Errorf("a link to set a password signs in %q", who)
			}
		}
		if n := p.count("SELECT count(*) FROM " + p.table("user")); n != 1 {
			p.Errorf("%d users", n)
		}
	})
}

// TestAuthJSCode: a code of a mail from Go ends the link beside it at Node too, whether it
// was right or wrong five times.
func TestAuthJSCode(t *testing.T) {
	each(t, func(p *pair) {
		for _, tries := range []int{1, 5} { // the right code, the wrong one
			b, email := p.browser(), newAddress()
			p.post(b, p.golang.URL+"/api/auth/signin/"+p.linksID(), "email", email)
			m := p.mails.NextTo(p, email)
			link, err := url.Parse(m.Link())
			if err != nil {
				p.Fatal(err)
			}
			code := m.Code()
			if tries > 1 {
				code = otherCode(code)
			}
			for range tries {
				p.post(b, p.golang.URL+"/api/auth/code", "code", code)
			}
			want := ""
			if tries == 1 {
				want = email
			}
			for _, side := range []string{p.nodeURL, p.golang.URL} {
				if who, _ := p.session(b, side); who != want {
					p.Errorf("code typed %d times: at %s: signed in as %q", tries, side, who)
				}
			}
			p.wantDead("the code's link", email, link)
		}
	})
}

// otherCode returns a code that is not the given one.
func otherCode(code string) string {
	if code == "BBBB-BBBB" {
		return "CCCC-CCCC"
	}
	return "BBBB-BBBB"
}
