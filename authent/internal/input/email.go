package input

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// ErrEmailInvalid says that a string is not an e-mail address that authent
// sends mail to. It does not hold the address.
var ErrEmailInvalid = errors.New("e-mail address is not valid")

// MaxEmail is the longest address in bytes that SMTP can carry (RFC 5321
// §4.5.3.1.3, less the angle brackets), as typed and as stored.
const MaxEmail = 254

// NormalizeEmail turns what a person typed into the one form that is stored,
// compared and mailed to. Its result normalises to itself.
//
// It is Auth.js's default normaliser, and stricter: no comma at all, since
// mailers split lists at it (CVE-2022-35924), and none of the characters that
// an unquoted address cannot have (RFC 5321 §4.1.2) or that cannot be seen.
func NormalizeEmail(s string) (string, error) {
	if s == "" || len(s) > MaxEmail || !utf8.ValidString(s) {
		return "", ErrEmailInvalid
	}
	s = strings.TrimSpace(foldEmail(s))
	if len(s) > MaxEmail || strings.ContainsFunc(s, notInEmail) {
		return "", ErrEmailInvalid
	}
	// Counting comes after folding: fullwidth and small @ have become @ by now.
	local, domain, _ := strings.Cut(s, "@")
	if local == "" || !validDomain(domain) {
		return "", ErrEmailInvalid
	}
	// In rare cases, lower-case letters compose again; two rows could then mean
	// the same address.
	if foldEmail(s) != s {
		return "", ErrEmailInvalid
	}
	return s, nil
}

// foldEmail applies NFKC and lower case, as JavaScript does it: there İ is the
// one letter that becomes two, and so is never taken for i.
func foldEmail(s string) string {
	s = norm.NFKC.String(s)
	return strings.ToLower(strings.ReplaceAll(s, "İ", "i\u0307"))
}

// validDomain refuses empty labels, and ASCII characters that a host name cannot
// have, a second @ among them.
func validDomain(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || strings.ContainsFunc(label, notInDomain) {
			return false
		}
	}
	return true
}

func notInDomain(c rune) bool {
	// Resolvers take this one for a dot (RFC 3490 §3.1).
	const ideographicFullStop = '。'
	if c < utf8.RuneSelf {
		return !strings.ContainsRune("-_0123456789abcdefghijklmnopqrstuvwxyz", c) // letters are lower case by now
	}
	return c == ideographicFullStop
}

// notInEmail reports whether c is invisible, not assigned, or means something to
// mailers outside a quoted string.
func notInEmail(c rune) bool {
	const brailleBlank = '\u2800'
	return strings.ContainsRune(`",;:<>()[]\`, c) ||
		unicode.IsSpace(c) || !unicode.IsGraphic(c) || c == brailleBlank ||
		unicode.Is(unicode.Other_Default_Ignorable_Code_Point, c) ||
		unicode.Is(unicode.Variation_Selector, c)
}
