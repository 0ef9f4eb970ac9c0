package mail

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/authent/authent/authent"
)

const (
	// maxSubject is the longest subject in bytes; RFC 5322 §2.1.1 allows lines of 998.
	maxSubject = 250
	maxName    = 200
	maxCode    = 64
)

// check refuses a mail that templates and mail programs could not carry unchanged.
func check(m authent.Mail) error {
	switch {
	case !plainURL(string(m.URL)):
		return errors.New("the link is not a plain http(s) URL in ASCII")
	case m.Home != "" && !plainURL(m.Home):
		return errors.New("the application's URL is not a plain http(s) URL in ASCII")
	case len(m.Code) > maxCode || strings.ContainsFunc(string(m.Code), notInCode):
		return fmt.Errorf("the code is not of at most %d letters, digits and hyphens", maxCode)
	case m.AppName == "":
		return errors.New("the application has no name")
	}
	for _, name := range []string{m.AppName, m.Provider} {
		if len(name) > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, unprintable) {
			return fmt.Errorf("the name of the application or the provider is not of at most %d bytes of printable text", maxName)
		}
	}
	return nil
}

// unprintable reports control characters and what changes the direction of text.
func unprintable(c rune) bool { return c != ' ' && !unicode.IsPrint(c) }

func notInCode(c rune) bool {
	return c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
}

// plainURL reports whether s is a URL that every mail program shows, links and opens as it
// stands. It has no quote and no parenthesis, at which programs that look for URLs in a text
// end them.
func plainURL(s string) bool {
	const allowed = "-._~:/?#[]@!$&*+,;=%"
	for _, c := range s {
		if notInCode(c) && !strings.ContainsRune(allowed, c) {
			return false
		}
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && strings.HasPrefix(s, u.Scheme+"://")
}
