package oauth

import "strings"

// printable is a text from outside, fit for a line of a log. What is longer than
// most bytes ends in "...".
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
	// maxQuoted is how much of a name or a code is printed that a stranger chose.
	maxQuoted = 100
	// maxCause is how much is printed of what says what is wrong, and where: more
	// than any of them has that is meant to be read.
	maxCause = 1000
)

// printableError is an error of a library that quotes what a provider sent.
type printableError struct{ error }

// Error implements error.
func (e printableError) Error() string { return printable(e.error.Error(), maxCause) }

// Unwrap gives the error itself.
func (e printableError) Unwrap() error { return e.error }
