package input

import (
	"strings"
	"unicode"
)

// maxExcerpt is how much of a stranger's text goes into a line of the log, in bytes.
const maxExcerpt = 200

// Excerpt returns a stranger's text for a log: its beginning, in one line, of
// characters that can be seen.
func Excerpt(s string) string {
	cut := len(s) > maxExcerpt
	if cut {
		s = s[:maxExcerpt]
	}
	s = strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return unicode.ReplacementChar
	}, strings.ToValidUTF8(s, ""))
	if cut {
		s += "…"
	}
	return s
}
