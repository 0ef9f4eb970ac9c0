package input

import (
	"iter"
	"net/http"
	"strings"
)

// maxCookies is how many cookies a request may have, as for package net/http. One with more
// has none.
const maxCookies = 3000

// Cookies yields the name and the value of each cookie of r in their order, as
// http.Request.Cookies returns them (RFC 6265 §5.4). It makes no list, since every request
// is asked for several cookies and has few of them. A name is not empty, and may have
// characters that no cookie's name has.
func Cookies(r *http.Request) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for name, value := range pairs(r) {
			if value, ok := unquote(value); ok && !yield(name, value) {
				return
			}
		}
	}
}

// CookiesNamed yields the values of the cookies of that name.
func CookiesNamed(r *http.Request, name string) iter.Seq[string] {
	return func(yield func(value string) bool) {
		for n, value := range pairs(r) {
			if n != name {
				continue
			}
			if value, ok := unquote(value); ok && !yield(value) {
				return
			}
		}
	}
}

// pairs yields the name and the value of each cookie as they stand in r.
func pairs(r *http.Request) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		lines := r.Header["Cookie"]
		n := len(lines)
		for _, line := range lines {
			n += strings.Count(line, ";")
		}
		if n > maxCookies {
			return
		}
		for _, line := range lines {
			for line != "" {
				var pair string
				pair, line, _ = strings.Cut(line, ";")
				name, value, _ := strings.Cut(trim(pair), "=")
				if name = trim(name); name != "" && !yield(name, value) {
					return
				}
			}
		}
	}
}

// unquote returns a cookie's value without the quotes around it, and false for what
// cannot be one.
func unquote(value string) (string, bool) {
	if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
		value = value[1 : len(value)-1]
	}
	for i := range len(value) {
		if c := value[i]; c < ' ' || c >= 0x7f || c == '"' || c == ';' || c == '\\' {
			return "", false
		}
	}
	return value, true
}

func trim(s string) string {
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	for s != "" && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
