package factor

import (
	"strings"
	"unicode"
)

// maxTyped is how many bytes of typed text are read at all: a code that stands between
// spaces and dashes is shorter.
const maxTyped = 256

// fullWidth is how far full-width digits and letters (U+FF10 to U+FF5A) are from those of
// ASCII. Input methods for Chinese, Japanese and Korean type them.
const fullWidth = '０' - '0'

// compact removes spaces and dashes, and turns full-width digits and letters into ASCII.
// It is "" for text that is too long to be a code. Anything else stays as it is: what looks
// like a digit or a letter in another script is refused later, never guessed at.
func compact(typed string) string {
	if len(typed) > maxTyped {
		return ""
	}
	return strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c) || unicode.Is(unicode.Dash, c):
			return -1
		case '０' <= c && c <= 'ｚ':
			return c - fullWidth
		}
		return c
	}, typed)
}
