package authent_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

// TestHEADKeepsTheForm: to look whether a page is there shows nobody what they typed.
func TestHEADKeepsTheForm(t *testing.T) {
	for page, w := range map[string]*world{"/auth/signin": newWorld(t, testdb.SQLite, setup{}), "/login": newOwnWorld(t, testdb.SQLite, setup{})} {
		b := w.browser()
		b.signIn("grace@example.com", "wrong password")
		b.send(b.request(http.MethodHead, page, nil))
		if a := b.get(page); !strings.Contains(a.body, `value="grace@example.com"`) {
			t.Errorf("%s: %q", page, fieldOf.FindAllString(a.body, -1))
		}
		if a := b.get(page); strings.Contains(a.body, "grace@example.com") {
			t.Errorf("%s: kept for more than one page", page)
		}
	}
}

// TestP24_FormData: what prints or logs it says nothing of its token.
func TestP24_FormData(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{})
	d, _ := formDataOf(t, w.auth, httptest.NewRequest(http.MethodGet, w.server.URL, nil))
	w.log.secret(d.CSRFToken)
	page := struct{ Form authent.FormData }{d}
	w.log.logger().Info("a page", "data", d, "pointer", &d, "inside", page, "pointer inside", &page, "several", []authent.FormData{d})
	if !strings.Contains(w.log.text(), "[form data]") {
		t.Errorf("the log says %s", w.log.text())
	}
	for _, v := range []any{d, &d, page, &page, []authent.FormData{d}, map[string]authent.FormData{"a": d}} {
		printed := fmt.Sprint(v)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%t"} {
			printed += fmt.Sprintf(verb, v)
		}
		encoded, err := json.Marshal(v)
		if printed += string(encoded); err != nil || strings.Contains(printed, d.CSRFToken) || strings.Contains(printed, fmt.Sprintf("%x", d.CSRFToken)) || !strings.Contains(string(encoded), "[form data]") {
			t.Errorf("%T: %v, %s", v, err, printed)
		}
	}
}
