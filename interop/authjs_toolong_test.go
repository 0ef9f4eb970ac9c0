package interop

import (
	"slices"
	"strings"
	"testing"

	"github.com/authent/authent/internal/oauthserver"
)

// says makes the provider say more of the person than MySQL's columns hold, until the
// test ends.
func (p *pair) says(who oauthserver.Person) {
	p.idp.SetAuto(&who)
	p.idp.Misbehave(oauthserver.Misbehaviour{TokenFields: map[string]any{"scope": strings.Repeat("openid ", 100)}})
	p.Cleanup(func() {
		p.idp.SetAuto(ada())
		p.idp.Misbehave(oauthserver.Misbehaviour{})
	})
}

// narrow are the cells whose columns are MySQL's.
func narrow() []cell {
	return slices.DeleteFunc(slices.Concat(cells, cells4()), func(c cell) bool { return c.kind != "mariadb" })
}

// refusedAtNode signs in at Node and wants nobody to be.
func (p *pair) refusedAtNode() {
	p.Helper()
	b := p.browser()
	p.post(b, p.nodeURL+"/api/auth/signin/oidc", "callbackUrl", p.nodeURL+"/api/auth/session")
	at := b.url.String()
	if email, _ := p.session(b, p.nodeURL); email != "" || !strings.Contains(at, "error=") {
		p.Fatalf("Node stores what its columns do not hold: %q, %s", email, at)
	}
}

// TestAuthJSTooLong: a person of whom a provider says more than MySQL's columns hold
// cannot become a user at Node. Go makes one of her, with what they hold, and then she
// signs in at either.
func TestAuthJSTooLong(t *testing.T) {
	eachOf(t, narrow(), func(p *pair) {
		who := p.who
		who.Name, who.Picture = strings.Repeat("Ada ", 100), "https://pictures.example.com/"+strings.Repeat("a", 2000)
		p.says(who)
		p.refusedAtNode()
		if n := p.count("SELECT count(*) FROM " + p.table("user")); n != 0 {
			p.Fatalf("Node left %d users", n)
		}
		for _, side := range []string{p.golang.URL, p.nodeURL} {
			b := p.browser()
			p.signIn(b, side)
			for _, at := range []string{p.golang.URL, p.nodeURL} {
				if email, _ := p.session(b, at); email != p.who.Email {
					p.Errorf("signed in at %s, at %s: %q", side, at, email)
				}
			}
		}
		user := p.user()
		if user.Name == "" || !strings.HasPrefix(who.Name, user.Name) || user.Image != "" {
			p.Errorf("the user is called %q, with the picture %q", user.Name, user.Image)
		}
		account, err := p.store.Account(p.Context(), "oidc", p.who.Subject)
		if err != nil || account.Scope != "" {
			p.Errorf("the account: %+v, %v", account, err)
		}
		if whole := strings.HasPrefix(p.cell.ddl, "prisma"); (account.IDToken != "") != whole { // of type TEXT
			p.Errorf("of the ID token %d bytes are stored", len(account.IDToken))
		}
	})
}

// TestAuthJSHalfMade: where the account's columns alone are too short, Node leaves a user
// behind whom no provider is linked to. Neither side takes the next who has her address for
// her; a link by mail is her way in.
func TestAuthJSHalfMade(t *testing.T) {
	eachOf(t, narrow(), func(p *pair) {
		p.who.Email = newAddress()
		p.says(p.who)
		p.refusedAtNode()
		p.says(oauthserver.Person{Subject: "eve-1", Email: p.who.Email, EmailVerified: p.who.EmailVerified})
		for _, side := range []string{p.nodeURL, p.golang.URL} {
			b := p.browser()
			p.post(b, side+"/api/auth/signin/oidc", "callbackUrl", side+"/api/auth/session")
			if got := b.url.Query().Get("error"); got != "OAuthAccountNotLinked" {
				p.Errorf("%s: a stranger with her address ends at %s", side, b.url)
			}
		}
		b := p.browser()
		p.openLink(b, p.golang.URL, p.askForLink(b, p.golang.URL, p.who.Email))
		if email, _ := p.session(b, p.nodeURL); email != p.who.Email || p.user().EmailVerified.IsZero() {
			p.Errorf("after the link %q is signed in", email)
		}
	})
}
