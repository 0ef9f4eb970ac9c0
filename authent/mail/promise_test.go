package mail_test

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/authent/authent/authent"
	authentmail "github.com/authent/authent/authent/mail"
	"github.com/authent/authent/internal/smtpserver"
)

// addressCase is an address, and as what it goes to the server: "" if nothing may be sent.
type addressCase struct{ to, smtp string }

// long is an address without its last label.
var long = strings.Repeat("a", 64) + "@" + strings.Repeat(strings.Repeat("b", 60)+".", 3)

var addressCases = map[string]addressCase{
	"plain":                {"ada@example.com", "ada@example.com"},
	"capitals":             {"Ada.Lovelace@Example.COM", "Ada.Lovelace@Example.COM"},
	"signs":                {"o'neil+a_b=c{d}~!#$%&*/?^`|@example.com", "o'neil+a_b=c{d}~!#$%&*/?^`|@example.com"},
	"leading hyphen":       {"-oq@example.com", "-oq@example.com"},
	"254 bytes":            {long + "exampl", long + "exampl"},
	"255 bytes":            {long + "example", ""},
	"one label":            {"ada@localhost", "ada@localhost"},
	"IDN":                  {"ada@bücher.example", "ada@xn--bcher-kva.example"},
	"IDN in A-labels":      {"ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"},
	"sharp s":              {"ada@straße.example", "ada@xn--strae-oqa.example"},
	"Japanese":             {"ada@日本語.example", "ada@xn--wgv71a119e.example"},
	"IDN too long as such": {"a@" + strings.Repeat("ü.", 40) + "example", ""},
	"IDN not normal":       {"ada@bu\u0308cher.example", ""},
	"IDN capitals":         {"ada@BÜCHER.example", ""},
	"lookalike domain":     {"ada@ｅxample.com", ""},
	"lookalike Kelvin":     {"ada@\u212Aelvin.com", ""},
	"full stop":            {"ada@example。com", ""},
	"lookalike local part": {"ａda@example.com", ""},
	"lookalike @":          {"eve＠example.com@example.net", ""},
	"small @":              {"eve﹫example.com@example.net", ""},
	"right to left":        {"ada\u202e@example.com", ""},
	"zero width":           {"a\u200bda@example.com", ""},
	"list":                 {"ada@example.com,eve@example.com", ""},
	"list with a space":    {"ada@example.com, eve@example.com", ""},
	"list by semicolon":    {"ada@example.com;eve@example.com", ""},
	"list by space":        {"ada@example.com eve@example.com", ""},
	"group":                {"friends: ada@example.com, eve@example.com;", ""},
	"display name":         {"Ada <ada@example.com>", ""},
	"brackets":             {"<ada@example.com>", ""},
	"bracket inside":       {"ada@example.com><eve@example.com", ""},
	"quotes":               {`"ada"@example.com`, ""},
	"quoted list":          {`"eve@example.com,"@example.com`, ""},
	"quoted @":             {`"ada@example.net"@example.com`, ""},
	"two @":                {"ada@example.com@example.net", ""},
	"backslash":            {`ada\@example.com`, ""},
	"comment":              {"ada(eve@example.com)@example.com", ""},
	"CR LF":                {"ada@example.com\r\nBcc: eve@example.com", ""},
	"CR LF RCPT":           {"ada@example.com>\r\nRCPT TO:<eve@example.com", ""},
	"LF":                   {"ada@example.com\n", ""},
	"CR":                   {"ada\r@example.com", ""},
	"NUL":                  {"ada\x00@example.com", ""},
	"tab":                  {"ada\t@example.com", ""},
	"spaces around":        {" ada@example.com ", ""},
	"parameter":            {"ada@example.com NOTIFY=SUCCESS", ""},
	"encoded word":         {"=?utf-8?q?eve=40example.com=2C?=@example.com", "=?utf-8?q?eve=40example.com=2C?=@example.com"},
	"source route":         {"@example.net:ada@example.com", ""},
	"percent":              {"ada%example.net@example.com", "ada%example.net@example.com"},
	"literal":              {"ada@[127.0.0.1]", ""},
	"two dots":             {"ada..l@example.com", ""},
	"dot first":            {".ada@example.com", ""},
	"empty domain":         {"ada@", ""},
	"empty label":          {"ada@example..com", ""},
	"no local part":        {"@example.com", ""},
	"no @":                 {"ada", ""},
	"empty":                {"", ""},
	"not UTF-8":            {"\xffda@example.com", ""},
}

// TestP23_OneRecipient: a mail goes to its one address, byte for byte, or to nobody.
func TestP23_OneRecipient(t *testing.T) {
	if n := len(addressCases["254 bytes"].to); n != 254 || len(addressCases["255 bytes"].to) != 255 {
		t.Fatal(n)
	}
	for name, tc := range addressCases {
		t.Run(name, func(t *testing.T) {
			s := smtpserver.Start(t, smtpserver.Config{SMTPUTF8: true})
			m := ofKind(authent.MailSignIn)
			m.To = tc.to
			err := mailerTo(t, s, nil).Send(t.Context(), m)
			if tc.smtp == "" {
				if !errors.Is(err, authent.ErrMailRefused) || s.Reached(smtpserver.Connect) != 0 {
					t.Errorf("got %v, want ErrMailRefused before anybody is called; %d mails", err, len(s.Mails()))
				}
				if err != nil && len(tc.to) > 4 && strings.Contains(err.Error(), tc.to) {
					t.Errorf("the error tells the address: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := s.Next(t)
			if !slices.Equal(got.To, []string{tc.smtp}) || got.SMTPUTF8 {
				t.Errorf("sent to %q, SMTPUTF8 %v, want %q", got.To, got.SMTPUTF8, tc.smtp)
			}
			if to := addresses(t, got.Header, "To"); !slices.Equal(to, []string{tc.smtp}) {
				t.Errorf("the header says %q, want %q", to, tc.smtp)
			}
		})
	}
}

// TestP23_LettersBeforeTheAt: an address that only SMTPUTF8 can carry goes so, as it is, or
// not at all.
func TestP23_LettersBeforeTheAt(t *testing.T) {
	m := ofKind(authent.MailSignIn)
	m.To = "jürgen.日本@bücher.example"
	for name, c := range map[string]smtpserver.Config{"with": {SMTPUTF8: true}, "without": {}} {
		t.Run(name, func(t *testing.T) {
			s := smtpserver.Start(t, c)
			err := mailerTo(t, s, nil).Send(t.Context(), m)
			if !c.SMTPUTF8 {
				if !errors.Is(err, authent.ErrMailRefused) || !strings.Contains(err.Error(), "SMTPUTF8") || s.Reached(smtpserver.Mail) != 0 {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			const want = "jürgen.日本@xn--bcher-kva.example"
			got := s.Next(t)
			if to := addresses(t, got.Header, "To"); !got.SMTPUTF8 || !slices.Equal(got.To, []string{want}) || !slices.Equal(to, got.To) {
				t.Errorf("SMTPUTF8 %v, to %q, the header says %q", got.SMTPUTF8, got.To, to)
			}
		})
	}
}

// TestP23_NothingTypedIsRendered: what a stranger typed, the address, is in no subject and
// in no part; and templates are given no more than what the operator and the engine wrote.
func TestP23_NothingTypedIsRendered(t *testing.T) {
	s := smtpserver.Start(t, smtpserver.Config{})
	mailer := mailerTo(t, s, nil)
	for _, kind := range kinds(t) {
		m := ofKind(kind)
		m.To = "buy-now-at-evil.example@example.com"
		if err := mailer.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		got := s.Next(t)
		for part, text := range map[string]string{"subject": got.Subject, "text": got.Text, "HTML": got.HTML} {
			if strings.Contains(text, "evil") {
				t.Errorf("%s: the %s has the address:\n%s", kind, part, text)
			}
		}
	}
	var fields []string
	for f := range reflect.TypeFor[authentmail.Data]().Fields() {
		fields = append(fields, f.Name)
	}
	slices.Sort(fields)
	if want := []string{"AppName", "At", "Code", "Home", "Kind", "Provider", "Subject", "URL", "Within"}; !slices.Equal(fields, want) {
		t.Errorf("templates are given %q: who has written what is new?", fields)
	}
}

// FuzzP23_Message: whatever a mail holds, it is refused, or becomes a message that says the
// same, to one recipient, with no header beside.
func FuzzP23_Message(f *testing.F) {
	for _, seed := range [][5]string{
		{"sign-in", "ada@example.com", "Shop", testLink, "BCDF-GHJK"},
		{"reset", "ada@example.com", "Shop\r\nBcc: eve@example.com", testLink, ""},
		{"verify-email", "ada@example.com\r\nBcc: eve@example.com", "Shop", testLink, "BCDF-GHJK"},
		{"change-email", "ada@example.com,eve@example.com", "Shop", testLink, "BCDF-GHJK"},
		{"invitation", `"ada"@example.com`, "Shop", "https://shop.example.com/" + strings.Repeat("x", 1000), ""},
		{"account-exists", "jürgen@bücher.example", "Läden <b>&amp;", testLink, "x"},
		{"password-changed", "a@b", "{{.URL}}", "http://[::1]:3000/auth/x?a[]=b", ""},
		{"address-changed", "ada＠example.com", "=?utf-8?q?x?=", testLink, ""},
		{"account-linked", "ada@example.com", "https://evil.example/", testLink, "GHJK-BCDF"},
		{"account-unlinked", "ada@example.com", " ", testLink, ""},
		{"new-browser", "=?x?q?y?=@example.com", "--b\u2028--", "https://shop.example.com/?a=%0d%0a&amp;b", ""},
		{"advertising", "ada@example.com", "Shop", testLink, ""},
		{"sign-in", "ada@example.com", strings.Repeat("ü", 100), "javascript:alert(1)", "BCDF\n"},
		{"sign-in", "ada@example.com", ".", "https://shop.example.com\n.\n", "B"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3], seed[4])
	}
	f.Fuzz(func(t *testing.T, kind, to, name, link, code string) {
		m := authent.Mail{Kind: authent.MailKind(kind), To: to, AppName: name, URL: authent.Secret(link), Code: authent.Secret(code), Provider: name}
		raw, err := authentmail.Compose(m)
		if err != nil {
			return
		}
		got, err := smtpserver.Parse(raw)
		if err != nil {
			t.Fatalf("%v:\n%s", err, raw)
		}
		headers := []string{"Auto-Submitted", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To", "X-Auto-Response-Suppress"}
		if names := slices.Sorted(maps.Keys(got.Header)); !slices.Equal(names, headers) {
			t.Errorf("the headers are %q", names)
		}
		local, domain, _ := strings.Cut(to, "@")
		recipients := addresses(t, got.Header, "To")
		if len(recipients) != 1 || !strings.HasPrefix(recipients[0], local+"@") || !strings.HasSuffix(recipients[0], "@"+domain) && !strings.Contains(recipients[0], "xn--") {
			t.Errorf("to %q, want %q", recipients, to)
		}
		if !strings.Contains(got.Text, "\n"+link+"\n") {
			t.Errorf("the link %q is not in\n%s", link, got.Text)
		}
		hrefs, texts := read(t, got.HTML)
		if !slices.Equal(hrefs, []string{link, link}) || !slices.Contains(texts, link) {
			t.Errorf("the link %q is not in\n%s", link, got.HTML)
		}
		if code != "" && (!strings.Contains(got.Text, "\n    "+code+"\n") || !slices.Contains(texts, code)) {
			t.Errorf("the code %q is not in\n%s", code, got.Text)
		}
	})
}

// read returns the addresses and the texts of a page as a browser has them.
func read(t *testing.T, page string) (hrefs, texts []string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.TextNode {
			texts = append(texts, n.Data)
		}
		for _, a := range n.Attr {
			if a.Key == "href" {
				hrefs = append(hrefs, a.Val)
			}
		}
	}
	return hrefs, texts
}
