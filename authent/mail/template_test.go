package mail_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/mail"
)

const testLink = "https://shop.example.com/auth/callback/email?token=x9-_Zk3&email=ada%40example.com"

// now is the moment of these tests.
var now = time.Date(2026, 11, 27, 9, 28, 0, 0, time.UTC)

// kinds returns the mails that the engine sends, from its source: a kind without templates
// must not stay unnoticed.
func kinds(t testing.TB) []authent.MailKind {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../mailer.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []authent.MailKind
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "MailKind" {
			kind, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, authent.MailKind(kind))
		}
		return true
	})
	if len(all) < 11 || !slices.Contains(all, authent.MailSignIn) {
		t.Fatalf("only these kinds are found: %v", all)
	}
	return all
}

// ofKind returns a mail as the engine makes it.
func ofKind(kind authent.MailKind) authent.Mail {
	m := authent.Mail{Kind: kind, To: "ada@example.com", AppName: "Ada & Co <Shop>", Home: "https://shop.example.com", URL: testLink}
	switch kind {
	case authent.MailPasswordChanged, authent.MailAddressChanged, authent.MailAccountLinked, authent.MailAccountUnlinked, authent.MailNewBrowser,
		authent.MailFactorAdded, authent.MailFactorRemoved, authent.MailRecoveryCodesMade, authent.MailRecoveryCodeUsed,
		authent.MailPasskeyAdded, authent.MailPasskeyRemoved, authent.MailPasskeyBlocked:
		m.At = now.Add(-time.Minute).In(time.FixedZone("", 5*3600))
		m.Provider = "GitHub"
	case authent.MailInvitation:
		m.Expires = now.Add(7 * 24 * time.Hour)
	default:
		m.Expires, m.Code = now.Add(10*time.Minute-3*time.Second), "BCDF-GHJK"
	}
	return m
}

func newTemplates(t testing.TB, folder fs.FS) *mail.Templates {
	t.Helper()
	templates, err := mail.NewTemplates(folder)
	if err != nil {
		t.Fatal(err)
	}
	templates.Now = func() time.Time { return now }
	return templates
}

// TestEachKind: each mail says what it is about, has its link and code in both parts, says
// how long they work, and what to do if one did not ask.
func TestEachKind(t *testing.T) {
	templates := newTemplates(t, nil)
	subjects := map[string]authent.MailKind{}
	for _, kind := range kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			m := ofKind(kind)
			got, err := mail.Render(templates, m)
			if err != nil {
				t.Fatal(err)
			}
			if other, ok := subjects[got.Subject]; ok {
				t.Errorf("the subject is that of %s: %s", other, got.Subject)
			}
			subjects[got.Subject] = kind
			if !strings.Contains(got.Subject, m.AppName) {
				t.Errorf("the subject %q does not name the application", got.Subject)
			}
			if !strings.Contains(got.Text, "\n"+testLink+"\n") {
				t.Errorf("the link has no line of its own in\n%s", got.Text)
			}
			if m.Code != "" && !strings.Contains(got.Text, "\n    BCDF-GHJK\n") {
				t.Errorf("the code has no line of its own in\n%s", got.Text)
			}
			for part, text := range map[string]string{"text": got.Text, "HTML": readable(got.HTML)} {
				for _, want := range wanted(m) {
					if !strings.Contains(text, want) {
						t.Errorf("%s does not have %q:\n%s", part, want, text)
					}
				}
				if strings.Contains(text, m.To) || strings.Contains(text, "<no value>") || strings.Contains(text, "{{") {
					t.Errorf("%s has what is not for it:\n%s", part, text)
				}
			}
			if n := strings.Count(got.HTML, `class="button" href="https://shop.example.com/auth/callback/email?token=x9-_Zk3&amp;email=ada%40example.com"`); n != 1 {
				t.Errorf("%d buttons with the link in\n%s", n, got.HTML)
			}
		})
	}
}

func wanted(m authent.Mail) []string {
	w := []string{m.AppName, m.Home}
	if m.At.IsZero() {
		w = append(w, "you can ignore this mail")
	} else {
		w = append(w, "27 November 2026 at 09:27 UTC", "If it was not you")
	}
	switch {
	case m.Kind == authent.MailInvitation:
		w = append(w, "The link works once, within 7 days.")
	case m.Code != "":
		w = append(w, string(m.Code), "Link and code work once, within 10 minutes.")
	}
	return w
}

var tags = regexp.MustCompile(`(?s)<style>.*?</style>|<(?:h1|p|br|div|head|html|body|title|meta|/)[^>]*>`)

// readable returns what a page says, and its addresses.
func readable(page string) string {
	return strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">", "&#43;", "+").Replace(tags.ReplaceAllString(page, ""))
}

// TestHTMLNeedsNothing: a mail loads nothing, tracks nobody and runs nothing.
func TestHTMLNeedsNothing(t *testing.T) {
	for _, kind := range kinds(t) {
		got, err := mail.Render(nil, ofKind(kind))
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"<img", "<script", "<link", "src=", "url(", "@import", "<form", "<iframe", "javascript:"} {
			if strings.Contains(strings.ToLower(got.HTML), bad) {
				t.Errorf("%s has %s", kind, bad)
			}
		}
	}
}

func TestWithin(t *testing.T) {
	templates := newTemplates(t, nil)
	for d, want := range map[time.Duration]string{
		-time.Hour: "1 minute", 20 * time.Second: "1 minute", 89 * time.Second: "1 minute", 90 * time.Second: "2 minutes",
		9*time.Minute + 59*time.Second: "10 minutes", 9*time.Minute + 10*time.Second: "9 minutes", time.Hour: "60 minutes",
		2*time.Hour - time.Second: "2 hours", 24*time.Hour - time.Second: "24 hours", 47*time.Hour + 59*time.Minute: "2 days", 7*24*time.Hour - time.Second: "7 days",
	} {
		m := ofKind(authent.MailReset)
		m.Expires = now.Add(d)
		got, err := mail.Render(templates, m)
		if err != nil || !strings.Contains(got.Text, "within "+want+".") {
			t.Errorf("%v: want %s in\n%s%v", d, want, got.Text, err)
		}
	}
}

// TestRenderRefuses: what would not arrive as it was meant to is not sent, and the error
// tells no secret.
func TestRenderRefuses(t *testing.T) {
	for name, change := range map[string]func(*authent.Mail){
		"unknown kind":       func(m *authent.Mail) { m.Kind = "advertising" },
		"no kind":            func(m *authent.Mail) { m.Kind = "" },
		"no link":            func(m *authent.Mail) { m.URL = "" },
		"script":             func(m *authent.Mail) { m.URL = "javascript:alert(1)" },
		"path":               func(m *authent.Mail) { m.URL = "/auth/reset?token=x9-_Zk3" },
		"two lines":          func(m *authent.Mail) { m.URL += "\nhttps://evil.example" },
		"space":              func(m *authent.Mail) { m.URL += " x" },
		"quote":              func(m *authent.Mail) { m.URL += `"` },
		"letters":            func(m *authent.Mail) { m.URL += "é" },
		"no host":            func(m *authent.Mail) { m.URL = "https:///x?token=x9-_Zk3" },
		"home is a script":   func(m *authent.Mail) { m.Home = "javascript:alert(1)" },
		"code of two lines":  func(m *authent.Mail) { m.Code += "\r\nX" },
		"long code":          func(m *authent.Mail) { m.Code = authent.Secret(strings.Repeat("B", 65)) },
		"no name":            func(m *authent.Mail) { m.AppName = "" },
		"name of two lines":  func(m *authent.Mail) { m.AppName += "\r\nBcc: eve@example.com" },
		"name turned around": func(m *authent.Mail) { m.AppName += "\u202e" },
		"name not UTF-8":     func(m *authent.Mail) { m.AppName += "\xff" },
		"long name":          func(m *authent.Mail) { m.AppName = strings.Repeat("a", 201) },
		"provider":           func(m *authent.Mail) { m.Provider = "a\x00b" },
	} {
		t.Run(name, func(t *testing.T) {
			m := ofKind(authent.MailSignIn)
			change(&m)
			got, err := mail.Render(nil, m)
			if err == nil {
				t.Fatalf("it was rendered: %+v", got)
			}
			for _, secret := range []string{"x9-_Zk3", "BCDF", "GHJK"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error tells %s: %v", secret, err)
				}
			}
		})
	}
}

// TestReplacedTemplates: an application's own templates are used, and the rest stays.
func TestReplacedTemplates(t *testing.T) {
	templates := newTemplates(t, fstest.MapFS{
		"sign-in.txt":  {Data: []byte("{{define \"subject\"}}Come in\n{{end}}{{define \"body\"}}Hello:\r\n{{.URL}}\r\n{{end}}")},
		"sign-in.html": {Data: []byte(`{{define "button"}}Go{{end}}{{define "body"}}<h1>Hello {{.AppName}}</h1>{{template "action" .}}{{end}}`)},
		"layout.html":  {Data: []byte(`{{define "action"}}<a href="{{.URL}}">{{template "button" .}}</a>{{.Code}}{{end}}<body>{{template "body" .}}</body>`)},
		"README.md":    {Data: []byte("not a template")},
	})
	got, err := mail.Render(templates, ofKind(authent.MailSignIn))
	if err != nil {
		t.Fatal(err)
	}
	if want := "Hello:\n" + testLink + "\n-- \nAda & Co <Shop>\nhttps://shop.example.com\n"; got.Subject != "Come in" || !strings.HasPrefix(got.Text, "Hello:\n") || !strings.Contains(got.Text, testLink+"\n") || !strings.HasSuffix(got.Text, "-- \nAda & Co <Shop>\nhttps://shop.example.com\n") {
		t.Errorf("got %q, %q, want %q", got.Subject, got.Text, want)
	}
	if want := `<body><h1>Hello Ada &amp; Co &lt;Shop&gt;</h1><a href="https://shop.example.com/auth/callback/email?token=x9-_Zk3&amp;email=ada%40example.com">Go</a>BCDF-GHJK</body>`; got.HTML != want {
		t.Errorf("got %s, want %s", got.HTML, want)
	}
	got, err = mail.Render(templates, ofKind(authent.MailReset))
	if err != nil || got.Subject != "Set a new password for Ada & Co <Shop>" || !strings.HasPrefix(got.HTML, "<body>") {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestFaultsOfTemplates: all of them are told at once, before the first mail.
func TestFaultsOfTemplates(t *testing.T) {
	_, err := mail.NewTemplates(fstest.MapFS{
		"signin.html":       {Data: []byte("x")},
		"sign-in.txt":       {Data: []byte(`{{define "subject"}}`)},
		"reset.html":        {Data: []byte(`{{if}}`)},
		"verify-email.html": {Data: []byte(`{{define "button"}}`)},
	})
	wantFaults(t, err, "signin.html", "sign-in.txt", "reset.html", "verify-email.html")
	_, err = mail.NewTemplates(fstest.MapFS{
		"sign-in.txt":      {Data: []byte(`{{define "subject"}}x{{end}}{{define "body"}}{{.URL}}{{.User.Name}}{{end}}`)},
		"reset.html":       {Data: []byte(`{{define "button"}}x{{end}}{{define "body"}}Hello{{end}}`)},
		"change-email.txt": {Data: []byte(`{{define "subject"}}x{{end}}{{define "body"}}Hello{{end}}`)},
		"new-browser.txt":  {Data: []byte(`{{define "subject"}}{{if .At}}x{{end}}{{end}}{{define "body"}}{{.URL}}{{end}}`)},
		"invitation.html":  {Data: []byte(`{{define "button"}}x{{end}}{{define "body"}}<a href={{.URL}}{{end}}`)},
	})
	wantFaults(t, err, "User", `"reset": the template has neither link nor code`, `"change-email": the template has neither link nor code`, "subject", "invitation")
	if _, err = mail.NewTemplates(os.DirFS(filepath.Join(t.TempDir(), "missing"))); err == nil {
		t.Error("a folder that does not exist is taken")
	}
}

func wantFaults(t *testing.T, err error, want ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("the templates were taken")
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q is not told:\n%v", w, err)
		}
	}
}
