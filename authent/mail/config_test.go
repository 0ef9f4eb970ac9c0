package mail_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	authentmail "github.com/authent/authent/authent/mail"
)

// TestConfigFaults: each is one clear line, and none shows a part of the password.
func TestConfigFaults(t *testing.T) {
	const form = "smtp://user:password@host:port"
	for name, tc := range map[string]struct{ url, from, want string }{
		"nothing":                {"", "", "EMAIL_SERVER"},
		"no sender":              {"smtp://mail.example.com", "", "EMAIL_FROM"},
		"two senders":            {"smtp://mail.example.com", "a@example.com, b@example.com", "EMAIL_FROM"},
		"sender is a name":       {"smtp://mail.example.com", "Shop", "EMAIL_FROM"},
		"sender of two lines":    {"smtp://mail.example.com", "Shop\r\nBcc: x@example.com <a@example.com>", "EMAIL_FROM"},
		"sender quoted":          {"smtp://mail.example.com", `"a b"@example.com`, "EMAIL_FROM"},
		"sender in letters":      {"smtp://mail.example.com", "jürgen@example.com", "EMAIL_FROM"},
		"sender hidden":          {"smtp://mail.example.com", "=?utf-8?q?a=0d=0ab?= <a@example.com>", "EMAIL_FROM"},
		"scheme":                 {"http://ada:hunter22@mail.example.com", "a@example.com", form},
		"no scheme":              {"mail.example.com:587", "a@example.com", form},
		"host alone":             {"mail.example.com", "a@example.com", form},
		"no host":                {"smtp://ada:hunter22@", "a@example.com", form},
		"port":                   {"smtp://ada:hunter22@mail.example.com:99999", "a@example.com", form},
		"port 0":                 {"smtp://ada:hunter22@mail.example.com:0", "a@example.com", form},
		"# in the password":      {"smtp://ada:hunter22#x@mail.example.com", "a@example.com", "%23"},
		"# after digits":         {"smtp://ada:22#hunter22@mail.example.com", "a@example.com", "%23"},
		"/ in the password":      {"smtp://ada:hunter22/x@mail.example.com", "a@example.com", "%2F"},
		"/ after digits":         {"smtp://ada:22/hunter22@mail.example.com", "a@example.com", "%2F"},
		"? in the password":      {"smtp://ada:hunter22?x@mail.example.com", "a@example.com", "%3F"},
		"? after digits":         {"smtp://ada:22?hunter22@mail.example.com", "a@example.com", "%3F"},
		"% in the password":      {"smtp://ada:hunter22%zz@mail.example.com", "a@example.com", "%25"},
		"space in the password":  {"smtp://ada:hunter22 x@mail.example.com", "a@example.com", "%20"},
		"user alone":             {"smtp://ada@mail.example.com", "a@example.com", "user:password@"},
		"password alone":         {"smtp://:hunter22@mail.example.com", "a@example.com", "user:password@"},
		"path":                   {"smtp://ada:hunter22@mail.example.com/inbox", "a@example.com", form},
		"smtp on 465":            {"smtp://ada:hunter22@mail.example.com:465", "a@example.com", "write smtps://"},
		"tls.rejectUnauthorized": {"smtp://ada:hunter22@mail.example.com/?tls.rejectUnauthorized=false", "a@example.com", "tls.rejectUnauthorized (leave it out: certificates are checked; for one of your own authority, set SMTPConfig.RootCAs)"},
		"secure":                 {"smtp://ada:hunter22@mail.example.com?secure=true", "a@example.com", "smtps://"},
		"two options":            {"smtp://ada:hunter22@mail.example.com?pool=true&requireTLS=true", "a@example.com", "pool (leave it out: each mail has a connection of its own); requireTLS (leave it out"},
		"unknown option":         {"smtp://mail.example.com?colour=blue", "a@example.com", "an option that is not known"},
		"no option":              {"smtp://mail.example.com?", "a@example.com", form},
		"options that are none":  {"smtp://mail.example.com?%zz", "a@example.com", form},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("EMAIL_SERVER", "")
			t.Setenv("EMAIL_FROM", "")
			_, err := authentmail.SMTP(authentmail.SMTPConfig{URL: authent.Secret(tc.url), From: tc.from})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v, want %s", err, tc.want)
			}
			if strings.Contains(err.Error(), "hunter22") || strings.Contains(err.Error(), "\n") && name != "nothing" {
				t.Errorf("the error is %v", err)
			}
		})
	}
	_, err := authentmail.SMTP(authentmail.SMTPConfig{URL: "smtp://mail.example.com", From: "a@example.com", Timeout: -1})
	if err == nil || !strings.Contains(err.Error(), "Timeout") {
		t.Errorf("a negative time-out: %v", err)
	}
}

// TestMailerPrintsNoPassword: a Config that holds the Mailer can be logged.
func TestMailerPrintsNoPassword(t *testing.T) {
	mailer, err := authentmail.SMTP(authentmail.SMTPConfig{URL: "smtp://ada:hunter22@[2001:db8::1]:2525", From: "a@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
		for _, v := range []any{mailer, struct{ M authent.Mailer }{mailer}} {
			if got := fmt.Sprintf(format, v); strings.Contains(got, "hunter22") || !strings.Contains(got, "mail.SMTP([2001:db8::1]:2525)") {
				t.Errorf("%s prints %s", format, got)
			}
		}
	}
	if got, err := json.Marshal(mailer); err != nil || strings.Contains(string(got), "hunter22") {
		t.Errorf("JSON is %s, %v", got, err)
	}
}
