package authent_test

import (
	"strconv"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

// TestP19_Notices: whoever registered somebody else's address cannot have it sent mails
// all day by changing their own account: ten in an hour. What undoes a change of address
// is mailed all the same.
func TestP19_Notices(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := newMailWorld(t, kind, nil)
		b := w.registered()
		word := adasWord
		for i := range 12 {
			next := "an unusual new word " + strconv.Itoa(i)
			if a := b.post("/auth/password", "currentPassword", word, "password", next); a.errorCode() != "" {
				t.Fatal(a.errorCode())
			}
			word = next
		}
		b.post("/auth/email", "email", newAddress)
		b.press(w.box.NextTo(t, newAddress))
		w.sent()
		told := map[authent.MailKind]int{}
		for _, m := range w.box.Mails() {
			told[m.Kind]++
		}
		if told[authent.MailPasswordChanged] != 10 || told[authent.MailAddressChanged] != 1 {
			t.Errorf("mails: %v, want 10 and 1", told)
		}
	})
}
