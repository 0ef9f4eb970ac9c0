package mail

import (
	"errors"
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"github.com/authent/authent/authent/internal/input"
)

var errAddress = errors.New("the address is not one plain e-mail address")

// idn turns domains into the form that DNS knows. It may map a character to another one;
// toASCII takes what it did not have to.
var idn = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false))

// recipient returns the form in which SMTP has an address: its local part as it is, its
// domain in ASCII. It refuses all that is not one addr-spec (RFC 5322 §3.4.1) without
// quotes, comments, display name and literal, whole and unchanged: a list, a second line,
// and what a program on the way could take for another address (P23, CVE-2022-35924).
// utf8 says that the local part has letters outside ASCII.
func recipient(address string) (smtpForm string, utf8 bool, err error) {
	// The engine's rule for what is an address comes first, so that it knows the
	// characters that mean something to mailers, and those that nobody sees.
	if _, err := input.NormalizeEmail(address); err != nil || !norm.NFKC.IsNormalString(address) {
		return "", false, errAddress
	}
	// Go's parser has the last word on dots, spaces and the like.
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Name != "" || parsed.Address != address {
		return "", false, errAddress
	}
	local, domain, _ := strings.Cut(address, "@")
	ascii, err := toASCII(domain)
	if err != nil {
		return "", false, err
	}
	if smtpForm = local + "@" + ascii; len(smtpForm) > input.MaxEmail {
		return "", false, errAddress
	}
	return smtpForm, !isASCII(local), nil
}

// toASCII returns the A-labels of a domain (RFC 5890 §2.3.2.1). A domain that stands for
// another one, such as one of lookalikes, is refused.
func toASCII(domain string) (string, error) {
	if isASCII(domain) {
		return domain, nil
	}
	ascii, err := idn.ToASCII(domain)
	if err != nil {
		return "", errAddress
	}
	back, err := idn.ToUnicode(ascii)
	if err != nil || back != domain || !isASCII(ascii) {
		return "", errAddress
	}
	return ascii, nil
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c > unicode.MaxASCII })
}
