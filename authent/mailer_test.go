package authent_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
)

// TestP24_MailIsNotPrinted prints mails in every way that Go has: a Mailer of an
// application's own may log what it failed to send.
func TestP24_MailIsNotPrinted(t *testing.T) {
	m := authent.Mail{Kind: authent.MailReset, To: "ada@example.com", URL: "https://example.com/auth/reset-password?token=aSecretToken", Code: "BCDF-GHJK"}
	kept := authent.DevMail{Mail: m, Subject: "Reset", Text: authent.Secret("Open " + m.URL), HTML: authent.Secret("Type " + m.Code)}
	for _, v := range []any{m, &m, []authent.Mail{m}, kept, &kept, []authent.DevMail{kept}} {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		if err := json.NewEncoder(&out).Encode(v); err != nil {
			t.Fatal(err)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("mail", "mail", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("mail", "mail", v)
		text := out.String()
		hexed := fmt.Sprintf("%x %x", string(m.URL), string(m.Code))
		for _, secret := range append(strings.Fields(hexed), "aSecretToken", "BCDF") {
			if strings.Contains(text, secret) {
				t.Errorf("%T prints %q", v, secret)
			}
		}
	}
}
