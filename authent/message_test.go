package authent

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/authent/authent/authent/internal/page"
)

// TestMessages: every code that the engine gives a page has a text of its own.
func TestMessages(t *testing.T) {
	general := []string{"", page.Message("Nonsense", ""), page.Message("Register", "nonsense")}
	for _, f := range append(slices.Clone(failures), serverFault) {
		switch {
		case f.page == "error" && !page.Explained(f.kind):
			t.Errorf("the error page has no text for %s", f.kind)
		case f.page != "error" && slices.Contains(general, page.Message(f.kind, f.code)):
			t.Errorf("the %s page has no text for %s", f.page, f.kind)
		}
	}
	for _, code := range []string{CodeEmailInvalid, CodeEmailTaken, CodePasswordShort, CodePasswordLong, CodePasswordCommon, CodePasswordBreached, CodeNameInvalid} {
		if slices.Contains(general, page.Message("Register", code)) {
			t.Errorf("the register page has no text for %s", code)
		}
	}
}

// TestNoticesOfHandlers: every notice that a handler gives has a text.
func TestNoticesOfHandlers(t *testing.T) {
	found := 0
	for _, file := range []string{"handler_session.go", "handler_account.go", "handler_oauth.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`toAccount\("([a-z_]+)"\)`).FindAllSubmatch(text, -1) {
			found++
			if page.Notice(string(m[1])) == "" {
				t.Errorf("%s: no text for %s", file, m[1])
			}
		}
	}
	if found == 0 {
		t.Error("no handler gives a notice: this test looks at nothing")
	}
}
