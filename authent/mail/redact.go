package mail

import (
	"errors"
	"net/url"
	"strings"

	"github.com/authent/authent/authent"
)

const (
	removed = "[…]"
	// A word of an error is removed if it has this many bytes in a row from a secret.
	// Servers quote parts of the mail that they refuse, cut and broken as they like.
	tellsOfLink = 6
	tellsOfCode = 4
	maxReason   = 300
)

// withoutSecrets returns err's text without what it has of the mail's link and code.
func withoutSecrets(err error, m authent.Mail) error {
	return errors.New(redact(err.Error(), m))
}

// redact returns a text of somebody else's, a server's say, in one line that holds
// neither the mail's link or code nor its address.
func redact(text string, m authent.Mail) string {
	secrets := map[string]int{strings.ToLower(strings.ReplaceAll(string(m.Code), "-", "")): tellsOfCode}
	if u, err := url.Parse(string(m.URL)); err == nil {
		// Scheme and host are no secret, and in many a text.
		secrets[strings.ToLower(u.RequestURI())] = tellsOfLink
		secrets[strings.ToLower(u.Fragment)] = tellsOfLink
	} else {
		secrets[strings.ToLower(string(m.URL))] = tellsOfLink
	}
	words := strings.Fields(strings.Map(func(c rune) rune {
		if unprintable(c) {
			return ' '
		}
		return c
	}, text))
	for i, word := range words {
		if m.To != "" && strings.Contains(strings.ToLower(word), strings.ToLower(m.To)) {
			words[i] = removed
		}
		for secret, n := range secrets {
			if shareRun(strings.ToLower(words[i]), secret, n) || n == tellsOfCode && shareRun(strings.ReplaceAll(strings.ToLower(words[i]), "-", ""), secret, n) {
				words[i] = removed
			}
		}
	}
	return strings.ToValidUTF8(cut(strings.Join(words, " "), maxReason), "")
}

// shareRun reports whether a and b have n bytes in a row in common.
func shareRun(a, b string, n int) bool {
	for i := 0; i+n <= len(b); i++ {
		if strings.Contains(a, b[i:i+n]) {
			return true
		}
	}
	return false
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + "…"
}
