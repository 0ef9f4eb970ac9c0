package authent_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

// badLinkKinds are the mails with links, and how people ask for them.
var badLinkKinds = map[string]struct {
	ask  func(w *world, b *browser)
	kind authent.MailKind
}{
	"sign in": {func(_ *world, b *browser) { b.askForLink(ada) }, authent.MailSignIn},
	"reset":   {func(_ *world, b *browser) { b.post("/auth/forgot-password", "email", ada) }, authent.MailReset},
	"verify":  {func(_ *world, b *browser) { b.post("/auth/verify-email/send") }, authent.MailVerify},
	"change":  {func(_ *world, b *browser) { b.post("/auth/email", "email", newAddress) }, authent.MailChange},
	"undo": {func(w *world, b *browser) {
		b.post("/auth/email", "email", newAddress)
		b.press(w.next(authent.MailChange))
	}, authent.MailAddressChanged},
}

// TestBadLinks: links that were cut, changed or come too late are told as such, and
// change nothing.
func TestBadLinks(t *testing.T) {
	spoil := map[string]func(w *world, m authent.Mail) authent.Mail{
		"cut":              func(_ *world, m authent.Mail) authent.Mail { m.URL = m.URL[:len(m.URL)-9]; return m },
		"without token":    func(_ *world, m authent.Mail) authent.Mail { return with(m, "token", "") },
		"quoted-printable": func(_ *world, m authent.Mail) authent.Mail { return with(m, "token", "3D"+linkField(m, "token")) },
		"another token":    func(_ *world, m authent.Mail) authent.Mail { return with(m, "token", strings.Repeat("A", 43)) },
		"odd token":        func(_ *world, m authent.Mail) authent.Mail { return with(m, "token", "\x00\xff<script>") },
		"huge token":       func(_ *world, m authent.Mail) authent.Mail { return with(m, "token", strings.Repeat("A", 9000)) },
		"disabled": func(w *world, m authent.Mail) authent.Mail {
			if err := w.auth.DisableUser(w.t.Context(), queryStrings(w.t, w.db, "SELECT id FROM users")[0]); err != nil {
				w.t.Fatal(err)
			}
			return m
		},
		"deleted": func(w *world, m authent.Mail) authent.Mail {
			if err := w.auth.DeleteUser(w.t.Context(), queryStrings(w.t, w.db, "SELECT id FROM users")[0]); err != nil {
				w.t.Fatal(err)
			}
			return m
		},
	}
	testdb.Each(t, func(t *testing.T, database testdb.Kind) {
		for name, k := range badLinkKinds {
			for fault, change := range spoil {
				if name == "undo" && fault == "disabled" {
					continue // the owner may have the address back, and stays locked out
				}
				t.Run(name+" "+fault, func(t *testing.T) {
					w := newMailWorld(t, database, nil)
					b := w.registered()
					k.ask(w, b)
					m := change(w, w.next(k.kind))
					before := w.sortedDump()
					for _, a := range []answer{w.browser().open(m), w.browser().submit(m, "password", newWord)} {
						told := a.errorCode() == "Verification" || a.status == http.StatusOK && strings.Contains(a.body, "<form")
						if !told || a.status >= 400 {
							t.Errorf("%d to %s", a.status, a.target())
						}
					}
					if w.sortedDump() != before {
						t.Error("it changed something")
					}
				})
			}
		}
	})
}

// with returns a mail whose link has another value for a parameter.
func with(m authent.Mail, name, value string) authent.Mail {
	old := linkField(m, name)
	m.URL = authent.Secret(strings.Replace(string(m.URL), name+"="+old, name+"="+strings.NewReplacer("\x00", "%00", "\xff", "%ff", "<", "%3C", ">", "%3E").Replace(value), 1))
	return m
}

// TestBadAddresses: what is not one plain address is sent nothing, and told at the form.
func TestBadAddresses(t *testing.T) {
	w := newMailWorld(t, testdb.SQLite, nil)
	b := w.registered()
	long := strings.Repeat("a", 64) + "@" + strings.Repeat("b", 185) + ".com"
	for _, address := range []string{
		"", "ada", "@example.com", "ada@", `"ada"@example.com`, "ada@example.com,eve@example.com", "Ada <ada@example.com>",
		"ada@example.com\r\nBcc: eve@example.com", "ada@example.com\x00", "a@b@example.com", "ada＠evil.com@example.com", long + "x",
		"ada@example.com; eve@example.com", "ada @example.com", "\xffada@example.com",
	} {
		for path, page := range map[string]string{"/auth/signin/email": "/auth/signin", "/auth/forgot-password": "/auth/forgot-password", "/auth/email": "/auth/account"} {
			a := b.post(path, "email", address)
			if a.errorCode() != "EmailSignin:email_invalid" || !strings.Contains(a.target(), page+"?") {
				t.Errorf("%s, %q: %d to %s", path, address, a.status, a.target())
			}
		}
	}
	if n := w.sent(); n != 0 {
		t.Errorf("%d mails were sent", n)
	}
}
