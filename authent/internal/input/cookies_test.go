package input

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// cookieCorpus are lines of a Cookie header, one header in each.
var cookieCorpus = []string{
	"", "a", "a=", "=b", "a=b", "a=b; a=c; b=d", "a=b;a=c", " a = b ;\ta\t=\tc\t", "a=b;; ;a=c;", "a==b=c",
	`a="b c,d"; a="b`, `a="; a=""; a=b"c; a="b"c"`, `a=b\c; a=d`, "a=\x7f; a=\x1f; a=ü; a=e", "a\n=b\na=c", "\ra=b\r; a=\rc",
	"a=b\na=c; x=y\n; a=d", "A=b; a=c", "aa=b; a=c", "x y=b; a=c", "a=b c; a=d,e", "a=%3D%; a=+",
	"a=first" + strings.Repeat("; b=c", 2999), "a=first" + strings.Repeat("; b=c", 3000), strings.Repeat("a=b\n", 3001),
}

// FuzzCookies: a request's cookies are those that package net/http reads.
func FuzzCookies(f *testing.F) {
	for _, lines := range cookieCorpus {
		f.Add(lines)
	}
	f.Fuzz(func(t *testing.T, lines string) {
		r := &http.Request{Header: http.Header{"Cookie": strings.Split(lines, "\n")}}
		for _, name := range []string{"a", "b", "__Host-authjs.session-token"} {
			var want []string
			for _, c := range r.CookiesNamed(name) {
				want = append(want, c.Value)
			}
			if got := slices.Collect(CookiesNamed(r, name)); !slices.Equal(got, want) {
				t.Errorf("cookies called %s of %q are %q, want %q", name, lines, got, want)
			}
		}
	})
}

// TestCookies_StopsEarly: who has found a cookie need not read the others.
func TestCookies_StopsEarly(t *testing.T) {
	r := &http.Request{Header: http.Header{"Cookie": {"a=b; a=c; a=d"}}}
	for value := range CookiesNamed(r, "a") {
		if value == "c" {
			return
		}
	}
	t.Error("the second cookie was not found")
}
