package input

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// emailCorpus has what was typed and what is stored; "" is refused.
var emailCorpus = []struct{ name, typed, want string }{
	{"plain", "foo@example.com", "foo@example.com"},
	{"upper case", "Foo@Example.COM", "foo@example.com"},
	{"white space around", " \t\u00a0foo@example.com\r\n\u3000", "foo@example.com"},
	{"plus, dots and other atoms", "a.b+c!#$%&'*/=?^_`{|}~-@example.com", "a.b+c!#$%&'*/=?^_`{|}~-@example.com"},
	{"international", "用户@例え.jp", "用户@例え.jp"},
	{"accents stay", "José@Example.com", "josé@example.com"},
	{"accents compose", "jose\u0301@example.com", "josé@example.com"},
	{"fullwidth letters", "ｆｏｏ@ｅｘａｍｐｌｅ.ｃｏｍ", "foo@example.com"},
	{"Kelvin sign", "\u212a@example.com", "k@example.com"},
	{"dotted I is not i", "ADMİN@example.com", "admi\u0307n@example.com"},
	{"dotless i is not i", "adm\u0131n@example.com", "adm\u0131n@example.com"},
	{"sharp s stays", "stra\u00dfe@example.com", "stra\u00dfe@example.com"},
	{"single-letter parts", "a@b", "a@b"},
	{"the longest", strings.Repeat("a", 242) + "@example.com", strings.Repeat("a", 242) + "@example.com"},

	{"empty", "", ""},
	{"white space alone", " \t", ""},
	{"no @", "example.com", ""},
	{"no local part", "@example.com", ""},
	{"no domain", "foo@", ""},
	{"white space for a domain", "foo@ ", ""},
	{"only @", "@", ""},
	{"two @", "foo@evil.com@example.com", ""},
	{"two @ in a row", "foo@@example.com", ""},
	{"fullwidth @", "foo\uff20evil.com@example.com", ""},
	{"fullwidth @ at the end", "foo@example.com\uff20", ""},
	{"small @", "foo\ufe6bevil.com@example.com", ""},
	{"two addresses", "a@x.com,b@y.com", ""},
	{"comma in the domain", "foo@example.com,evil.com", ""},
	{"comma at the end", "foo@example.com,", ""},
	{"comma in the local part", "foo,bar@example.com", ""},
	{"fullwidth comma", "foo@example.com\uff0cevil.com", ""},
	{"semicolon", "a@x.com;b", ""},
	{"quoted", `"foo"@example.com`, ""},
	{"quoted @", `"foo@evil.com"@example.com`, ""},
	{"fullwidth quote", "\uff02foo\uff02@example.com", ""},
	{"display name", "Foo <foo@example.com>", ""},
	{"angle brackets", "<foo@example.com>", ""},
	{"comment", "foo(x)@example.com", ""},
	{"backslash", `foo\@example.com`, ""},
	{"route", "@evil.com:foo@example.com", ""},
	{"group", "all:foo@example.com;", ""},
	{"address literal", "foo@[127.0.0.1]", ""},
	{"header injection", "foo@example.com\r\nBcc: evil@example.com", ""},
	{"line feed", "foo@exam\nple.com", ""},
	{"line break of Unicode", "foo@exam\u2028ple.com", ""},
	{"NUL", "foo\x00@example.com", ""},
	{"DEL", "foo\x7f@example.com", ""},
	{"C1 control", "foo\u0085x@example.com", ""},
	{"space inside", "foo bar@example.com", ""},
	{"no-break space inside", "foo\u00a0bar@example.com", ""},
	{"zero-width space", "foo\u200b@example.com", ""},
	{"zero-width joiner", "foo\u200d@example.com", ""},
	{"byte order mark", "\ufefffoo@example.com", ""},
	{"soft hyphen", "foo\u00ad@example.com", ""},
	{"word joiner", "foo\u2060@example.com", ""},
	{"right-to-left override", "foo\u202e@example.com", ""},
	{"combining grapheme joiner", "foo\u034f@example.com", ""},
	{"Hangul filler", "foo\u3164@example.com", ""},
	{"variation selector", "foo\ufe0f@example.com", ""},
	{"Mongolian variation selector", "foo\u180b@example.com", ""},
	{"braille blank", "foo\u2800@example.com", ""},
	{"tag", "foo\U000e0041@example.com", ""},
	{"private use", "foo\ue000@example.com", ""},
	{"not assigned", "foo\u0378@example.com", ""},
	{"invalid UTF-8", "foo\xff@example.com", ""},
	{"cut UTF-8", "foo@example.com\xc3", ""},
	{"a slash from a ligature", "foo@evil.c\u2100.example.com", ""},
	{"a percent in the domain", "foo@example.com%00.evil.com", ""},
	{"two dots from a leader", "foo@example\u2025com", ""},
	{"dot at the domain's start", "foo@.example.com", ""},
	{"dot at the domain's end", "foo@example.com.", ""},
	{"two dots in the domain", "foo@example..com", ""},
	{"composes anew in lower case", "\u03aa\u0301@example.com", ""},
	{"ideographic full stop", "foo@example\u3002com", ""},
	{"one byte too long", strings.Repeat("a", 243) + "@example.com", ""},
	{"too long in bytes", strings.Repeat("é", 125) + "@example.com", ""},
	{"too long once folded", strings.Repeat("\ufdfa", 30) + "@example.com", ""},
	{"too long as typed", strings.Repeat(" ", 250) + "a@b.c", ""},
	{"huge", strings.Repeat("a", 1<<20) + "@example.com", ""},
}

func TestEmailCorpus(t *testing.T) {
	t.Parallel()
	for _, tt := range emailCorpus {
		got, err := NormalizeEmail(tt.typed)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: %q, %v; want %q", tt.name, got, err, tt.want)
		}
		if err != nil && !errors.Is(err, ErrEmailInvalid) {
			t.Errorf("%s: the error is %v", tt.name, err)
		}
	}
}

func FuzzEmail(f *testing.F) {
	for _, tt := range emailCorpus {
		if len(tt.typed) < 1<<10 {
			f.Add(tt.typed)
		}
	}
	f.Fuzz(func(t *testing.T, typed string) {
		got, err := NormalizeEmail(typed)
		if err != nil {
			if got != "" {
				t.Fatalf("refused %q with a result %q", typed, got)
			}
			return
		}
		if len(got) > 254 || !utf8.ValidString(got) || strings.Count(got, "@") != 1 ||
			strings.ContainsAny(got, "\",;:<>()[]\\ \r\n\t\x00") || strings.HasPrefix(got, "@") || strings.HasSuffix(got, "@") ||
			strings.ContainsFunc(got, func(c rune) bool { return !unicode.IsGraphic(c) }) {
			t.Fatalf("%q became %q", typed, got)
		}
		if again, err := NormalizeEmail(got); err != nil || again != got {
			t.Fatalf("%q became %q, then %q, %v", typed, got, again, err)
		}
	})
}
