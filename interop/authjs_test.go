package interop

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
)

// TestAuthJSSession: a session that one side made is accepted by the other, and
// sign-out on either side ends both.
func TestAuthJSSession(t *testing.T) {
	each(t, func(p *pair) {
		for _, sides := range [][2]string{{p.nodeURL, p.golang.URL}, {p.golang.URL, p.nodeURL}} {
			for _, out := range sides {
				b := p.browser()
				p.signIn(b, sides[0])
				for _, side := range sides {
					if email, _ := p.session(b, side); email != p.who.Email {
						p.Errorf("made at %s, at %s: signed in as %q", sides[0], side, email)
					}
				}
				p.post(b, out+"/api/auth/signout")
				for _, side := range sides {
					if email, _ := p.session(b, side); email != "" {
						p.Errorf("made at %s, signed out at %s: still signed in at %s", sides[0], out, side)
					}
				}
			}
		}
		if n := p.count("SELECT count(*) FROM " + p.table("user")); n != 1 {
			p.Errorf("%d users after signing in on either side", n)
		}
	})
}

// table is what the cell's layout calls a table.
func (p *pair) table(name string) string {
	if strings.HasPrefix(p.cell.ddl, "prisma") {
		return strings.ToLower(name) + "s"
	}
	if p.cell.kind == "mariadb" {
		return "`" + name + "`"
	}
	return `"` + name + `"`
}

func (p *pair) count(query string) (n int) {
	p.Helper()
	if err := p.db.QueryRow(query).Scan(&n); err != nil {
		p.Fatal(err)
	}
	return n
}

// stored is the session token as the database has it.
func (p *pair) stored(token string, hashed bool) authent.Secret {
	if !hashed {
		return authent.Secret(token)
	}
	sum := sha256.Sum256([]byte(token))
	return authent.Secret(hex.EncodeToString(sum[:]))
}

type nodeSession struct {
	SessionToken string    `json:"sessionToken"`
	Expires      time.Time `json:"expires"`
}

// TestAuthJSExpiry: what one side writes is the same moment to the other, whatever
// zones they are in; rolling by either is honoured, and so is the end.
func TestAuthJSExpiry(t *testing.T) {
	each(t, func(p *pair) {
		hashed := strings.HasSuffix(p.Name(), ".hashed")
		b := p.browser()
		p.signIn(b, p.nodeURL)
		token := p.token(b)
		at := time.Now().Add(3 * 24 * time.Hour).UTC().Truncate(p.cell.precision)

		// Go writes, Node reads and rolls; then the other way round.
		if err := p.store.UpdateSession(p.Context(), p.stored(token, hashed), authent.SessionUpdate{Expires: &at}); err != nil {
			p.Fatal(err)
		}
		if got := p.expiryAtNode(token); !got.Equal(at) {
			p.Errorf("Go wrote %v, Node reads %v", at, got)
		}
		from := time.Now()
		p.session(b, p.nodeURL)
		p.wantRolled(token, hashed, "Node", from)
		p.call(nil, "updateSession", nodeSession{SessionToken: token, Expires: at})
		s, err := p.store.SessionAndUser(p.Context(), p.stored(token, hashed))
		if err != nil || !s.Expires.Equal(at) {
			p.Errorf("Node wrote %v, Go reads %v: %v", at, s, err)
		}
		from = time.Now()
		p.session(b, p.golang.URL)
		p.wantRolled(token, hashed, "Go", from)

		past := time.Now().Add(-2 * time.Second).Truncate(p.cell.precision)
		p.call(nil, "updateSession", nodeSession{SessionToken: token, Expires: past})
		if email, _ := p.session(b, p.golang.URL); email != "" {
			p.Error("Go accepts a session that Node has let end")
		}
		p.signIn(b, p.golang.URL)
		token = p.token(b)
		if err := p.store.UpdateSession(p.Context(), p.stored(token, hashed), authent.SessionUpdate{Expires: &past}); err != nil {
			p.Fatal(err)
		}
		if email, _ := p.session(b, p.nodeURL); email != "" {
			p.Error("Node accepts a session that Go has let end")
		}
	})
}

func (p *pair) expiryAtNode(token string) time.Time {
	p.Helper()
	var found struct{ Session nodeSession }
	p.call(&found, "getSessionAndUser", token)
	if found.Session.SessionToken != token {
		p.Errorf("Node's adapter shows another token")
	}
	return found.Session.Expires
}

// wantRolled wants the session to live for 30 days from a moment since from, on both
// sides.
func (p *pair) wantRolled(token string, hashed bool, by string, from time.Time) {
	p.Helper()
	s, err := p.store.SessionAndUser(p.Context(), p.stored(token, hashed))
	if err != nil {
		p.Fatal(err)
	}
	const month = 30 * 24 * time.Hour
	if s.Expires.Before(from.Add(month).Truncate(p.cell.precision)) || s.Expires.After(time.Now().Add(month)) {
		p.Errorf("rolled by %s since %v until %v", by, from, s.Expires)
	}
	if got := p.expiryAtNode(token); !got.Truncate(time.Second).Equal(s.Expires.Truncate(time.Second)) {
		p.Errorf("rolled by %s: Go reads %v, Node %v", by, s.Expires, got)
	}
}

// TestP01_AuthJSHashed: with the wrapper, what either side stores is no token
// that works; without it, it is one, which is what the wrapper is for.
func TestP01_AuthJSHashed(t *testing.T) {
	each(t, func(p *pair) {
		hashed := strings.HasSuffix(p.Name(), ".hashed")
		for _, side := range []string{p.nodeURL, p.golang.URL} {
			b := p.browser()
			p.signIn(b, side)
			token := p.token(b)
			column := "sessionToken"
			if strings.HasPrefix(p.cell.ddl, "prisma") {
				column = "session_token"
			}
			if p.cell.kind != "mariadb" {
				column = `"` + column + `"`
			}
			found := p.count("SELECT count(*) FROM " + p.table("session") + " WHERE " + column + " = '" + token + "'")
			if (found == 0) != hashed {
				p.Errorf("made at %s: %d rows hold the cookie's token", side, found)
			}
			thief := p.browser()
			thief.plant(side, p.sessionCookie(), string(p.stored(token, true)))
			for _, at := range []string{p.nodeURL, p.golang.URL} {
				if email, _ := p.session(thief, at); email != "" {
					p.Errorf("%s accepts what the database holds", at)
				}
			}
		}
	})
}

// TestAuthJSRows: accounts and verification tokens written by one adapter are
// used by the other's, and deleting a user on either side ends both.
func TestAuthJSRows(t *testing.T) {
	each(t, func(p *pair) {
		for _, sides := range [][2]string{{p.nodeURL, p.golang.URL}, {p.golang.URL, p.nodeURL}} {
			b := p.browser()
			p.signIn(b, sides[0])
			p.wantAccount()
			p.signIn(p.browser(), sides[1])
			user := p.user()
			if sides[0] == p.nodeURL {
				if err := p.store.DeleteUser(p.Context(), user.ID); err != nil {
					p.Fatal(err)
				}
			} else {
				p.call(nil, "deleteUser", user.ID)
			}
			for _, side := range sides {
				if email, _ := p.session(b, side); email != "" {
					p.Errorf("at %s a deleted user is signed in", side)
				}
			}
			for _, table := range []string{"user", "account", "session"} {
				if n := p.count("SELECT count(*) FROM " + p.table(table)); n != 0 {
					p.Errorf("%d rows are left in %s", n, table)
				}
			}
		}
		p.verificationTokens()
	})
}

// wantAccount wants both adapters to find the person by her account, and the same
// in it.
func (p *pair) wantAccount() {
	p.Helper()
	user := p.user()
	account, err := p.store.Account(p.Context(), "oidc", p.who.Subject)
	if err != nil || account.UserID != user.ID || (account.Type != "oidc" && !(account.Type == "oauth" && p.cell.version == authent.AuthJS4)) || account.AccessToken == "" || account.ExpiresAt.IsZero() {
		p.Errorf("Go's account: %+v, %v", account, err)
		return
	}
	var found struct{ ID, Email, Name string }
	p.call(&found, "getUserByAccount", map[string]string{"provider": "oidc", "providerAccountId": p.who.Subject})
	if found.ID != user.ID || found.Email != p.who.Email || found.Name != p.who.Name {
		p.Errorf("Node finds %+v by the account", found)
	}
	if p.cell.version == authent.AuthJS4 { // whose adapters read no account
		return
	}
	var same struct {
		AccessToken string `json:"access_token"`
		ExpiresAt   int64  `json:"expires_at"`
	}
	p.call(&same, "getAccount", p.who.Subject, "oidc")
	if same.AccessToken != string(account.AccessToken) || same.ExpiresAt != account.ExpiresAt.Unix() {
		p.Error("the adapters read different tokens from one account")
	}
}

func (p *pair) verificationTokens() {
	p.Helper()
	type row struct {
		Identifier string    `json:"identifier"`
		Token      string    `json:"token"`
		Expires    time.Time `json:"expires"`
	}
	at := time.Now().Add(time.Hour).UTC().Truncate(p.cell.precision)
	p.call(nil, "createVerificationToken", row{"ada@example.com", "from-node", at})
	v, err := p.store.UseVerificationToken(p.Context(), "ada@example.com", "from-node")
	if err != nil || !v.Expires.Equal(at) {
		p.Errorf("Node's token in Go: %v, %v", v, err)
	}
	if err := p.store.CreateVerificationToken(p.Context(), authent.VerificationToken{Identifier: "ada@example.com", Token: "from-go", Expires: at}); err != nil {
		p.Fatal(err)
	}
	key := map[string]string{"identifier": "ada@example.com", "token": "from-go"}
	var used *row
	if p.call(&used, "useVerificationToken", key); used == nil || !used.Expires.Equal(at) {
		p.Errorf("Go's token in Node: %+v", used)
	}
	if p.call(&used, "useVerificationToken", key); used != nil {
		p.Error("Go's token works twice in Node")
	}
}

// withPasswords are the cells whose users have a column for them.
func withPasswords() []cell {
	return slices.DeleteFunc(slices.Concat(cells, cells4()), func(c cell) bool { return !c.passwords })
}

// TestAuthJSPasswords: hashes of bcryptjs verify in Go, and Go's in bcryptjs.
func TestAuthJSPasswords(t *testing.T) {
	eachOf(t, withPasswords(), func(p *pair) {
		const word = "correct horse battery"
		var hash string
		p.call(&hash, "bcrypt.hash", word, 10)
		if _, err := p.store.CreateUser(p.Context(), authent.User{Email: p.who.Email, Password: authent.Secret(hash)}); err != nil {
			p.Fatal(err)
		}
		b := p.browser()
		p.post(b, p.golang.URL+"/api/auth/callback/credentials", "email", p.who.Email, "password", word, "callbackUrl", p.golang.URL+"/api/auth/session")
		if email, _ := p.session(b, p.nodeURL); email != p.who.Email {
			p.Errorf("signed in with a hash of bcryptjs: Node sees %q", email)
		}
		p.post(p.browser(), p.golang.URL+"/api/auth/register", "email", "bob@example.com", "password", word)
		users, err := p.store.UsersByEmail(p.Context(), "bob@example.com")
		if err != nil || len(users) != 1 {
			p.Fatal(users, err)
		}
		var same bool
		if p.call(&same, "bcrypt.compare", word, string(users[0].Password)); !same {
			p.Error("bcryptjs refuses Go's hash")
		}
	})
}
