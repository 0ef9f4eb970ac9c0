package mail

import (
	"strings"
	"testing"

	"github.com/authent/authent/authent"
)

// TestRedact: a server may quote what it refuses, in any form; what helps to find the
// cause stays.
func TestRedact(t *testing.T) {
	m := authent.Mail{To: "ada@example.com", URL: "https://shop.example.com/auth/reset-password?user=7&token=Zx81_abcdEFGH", Code: "BCDF-GHJK"}
	for text, want := range map[string]string{
		"550 5.1.1 No such mailbox":                                        "550 5.1.1 No such mailbox",
		"554 5.7.1 listed: https://shop.example.com":                       "554 5.7.1 listed: https://shop.example.com",
		"554 spam: " + string(m.URL) + " found":                            "554 spam: […] found",
		"554 spam: <HTTPS://SHOP.EXAMPLE.COM/AUTH/RESET-PASSWORD?USER=7&T": "554 spam: […]",
		"554 token=3DZx81_abcd=\r\nEFGH":                                   "554 […] EFGH",
		"554 hxxps[:]//shop token_zx81_abcdefgh.":                          "554 hxxps[:]//shop […]",
		"554 code bcdfghjk":                                                "554 code […]",
		"554 code B-C-D-F and 'ghjk'":                                      "554 code […] and […]",
		"550 <Ada@example.com>: unknown\x00\x1b[31m":                       "550 […] unknown [31m",
		strings.Repeat("é", 400):                                           strings.Repeat("é", 150) + "…",
		strings.Repeat("a", 299) + "é":                                     strings.Repeat("a", 299) + "…",
		"":                                                                 "",
	} {
		if got := redact(text, m); got != want {
			t.Errorf("%q reads %q, want %q", text, got, want)
		}
	}
	if got := redact("554 nothing is secret here", authent.Mail{}); got != "554 nothing is secret here" {
		t.Errorf("without secrets it reads %q", got)
	}
}
