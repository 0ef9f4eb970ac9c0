package oauth

import "strings"

// printable makes a text from outside fit for a line of a log. It cuts one longer
// than most bytes, which then ends in "...".
func printable(s string, most int) string {
	s = strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '?'
		}
		return c
	}, s)
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}

const (
	// maxQuoted is how much is printed of a name or a code that a stranger chose.
	maxQuoted = 100
	// maxCause is how much is printed of a text that says what is wrong, or
	// where: more than any text meant to be read has.
	maxCause = 1000
)

// printableError is an error of a library that quotes what a provider sent.
type printableError struct{ error }

// Error implements error.
func (e printableError) Error() string { return printable(e.error.Error(), maxCause) }

// Unwrap returns the error itself.
func (e printableError) Unwrap() error { return e.error }
