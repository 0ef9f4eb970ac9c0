package interop

import (
	"slices"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
)

// inBrowser are layouts of Prisma and of Drizzle under either version, with each kind of
// database among them.
func inBrowser() []cell {
	five, four := []string{"prisma.postgres", "drizzle.sqlite"}, []string{"prisma.mysql", "drizzle.mysql"}
	return slices.DeleteFunc(slices.Concat(cells, cells4()), func(c cell) bool {
		if c.version == authent.AuthJS4 {
			return !slices.Contains(four, c.ddl)
		}
		return !slices.Contains(five, c.ddl)
	})
}

// TestAuthJSBrowser: next-auth/react, as it is on npm, in a real browser that walks between
// the two servers on tables of Prisma and Drizzle with one cookie.
func TestAuthJSBrowser(t *testing.T) {
	eachOf(t, inBrowser(), func(p *pair) {
		b := newPage(p.T)
		for _, sides := range [][2]string{{p.nodeURL, p.golang.URL}, {p.golang.URL, p.nodeURL}} {
			b.open(sides[0])
			b.wait("status", "that nobody is signed in at "+sides[0], is("unauthenticated"))
			b.click("sign-in-oauth")
			b.wait("session", "who came back from the provider to "+sides[0], has(p.who.Email))
			csrf := p.looks(b, sides[0])
			b.open(sides[1])
			if p.looks(b, sides[1]) != csrf {
				p.Errorf("%s makes a CSRF token of its own", sides[1])
			}
			p.leave(b, sides[1])
		}
		if p.cell.passwords {
			p.walkByPassword(b)
		}
		if n := p.count("SELECT count(*) FROM " + p.table("session")); n != 0 {
			p.Errorf("%d sessions are left", n)
		}
	})
}

// looks wants the person to be signed in on the page, and returns the CSRF token.
func (p *pair) looks(b *page, side string) string {
	p.Helper()
	b.wait("status", "that somebody is signed in at "+side, is("authenticated"))
	if got := b.text("session"); !strings.Contains(got, p.who.Email) {
		p.Errorf("useSession at %s: %s", side, got)
	}
	b.click("get")
	b.wait("result", "the session of getSession at "+side, has(p.who.Email))
	b.click("update")
	b.wait("result", "the session after update at "+side, has(p.who.Email))
	b.click("csrf")
	return b.wait("result", "a CSRF token of "+side, func(text string) bool { return len(text) == 66 })
}

// leave signs out at the side where the browser is, and wants nobody to be signed in at
// either.
func (p *pair) leave(b *page, out string) {
	p.Helper()
	b.click("sign-out")
	b.wait("status", "that nobody is signed in at "+out+" after sign-out", is("unauthenticated"))
	for _, side := range []string{p.nodeURL, p.golang.URL} {
		b.open(side)
		b.wait("status", "that nobody is signed in at "+side+" after sign-out at "+out, is("unauthenticated"))
	}
}

// walkByPassword signs in at Go by a password, which Auth.js has no sessions for, and is
// signed in at Node.
func (p *pair) walkByPassword(b *page) {
	p.Helper()
	const word = "correct horse battery"
	var hash string
	p.call(&hash, "bcrypt.hash", word, 10)
	stored := authent.Secret(hash)
	if _, err := p.store.UpdateUser(p.Context(), p.user().ID, authent.UserUpdate{Password: &stored}); err != nil {
		p.Fatal(err)
	}
	b.open(p.golang.URL)
	b.fill("email", p.who.Email)
	b.fill("password", "not her password")
	b.click("sign-in")
	b.wait("result", "the refusal", has(`"error":"CredentialsSignin"`))
	b.fill("password", word)
	b.click("sign-in")
	b.wait("result", "success", has(`"ok":true,`))
	p.looks(b, p.golang.URL)
	b.open(p.nodeURL)
	p.looks(b, p.nodeURL)
	b.open(p.golang.URL)
	b.wait("status", "that somebody is signed in", is("authenticated"))
	p.leave(b, p.golang.URL)
}
