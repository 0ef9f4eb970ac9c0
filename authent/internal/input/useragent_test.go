package input

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

var userAgents = []struct{ header, want string }{
	{"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"},
	{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox on macOS"},
	{"Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0", "Firefox on Android"},
	{"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/127.0 Mobile/15E148 Safari/605.1.15", "Firefox on iPhone"},
	{"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1", "Safari on iPhone"},
	{"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1", "Safari on iPad"},
	{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15", "Safari on macOS"},
	{"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.6478.35 Mobile/15E148 Safari/604.1", "Chrome on iPhone"},
	{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36", "Chrome on Windows"},
	{"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36", "Chrome on Android"},
	{"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36", "Chrome on ChromeOS"},
	{"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36", "Chrome on Linux"},
	{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.87", "Edge on Windows"},
	{"Mozilla/5.0 (Linux; Android 10; HD1913) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.6478.122 Mobile Safari/537.36 EdgA/126.0.2592.80", "Edge on Android"},
	{"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 EdgiOS/126.2592.86 Mobile/15E148 Safari/605.1.15", "Edge on iPhone"},
	{"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36 OPR/110.0.0.0", "Opera on Linux"},
	{"Mozilla/5.0 (Linux; Android 13; SM-S901B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36", "Samsung Internet on Android"},
	{"curl/8.5.0", "curl"},
	{"Wget/1.21.4 (linux-gnu)", "Wget"},
	{"Go-http-client/1.1", "Go program"},
	{"", "Unknown browser"},
	{"<script>alert(1)</script>", "Unknown browser"},
	{"Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", "Unknown browser on Windows"},
}

func TestDescribeUserAgent(t *testing.T) {
	t.Parallel()
	for _, tt := range userAgents {
		if got := DescribeUserAgent(tt.header); got != tt.want {
			t.Errorf("%s\n got %q, want %q", tt.header, got, tt.want)
		}
	}
}

func TestCutUserAgent(t *testing.T) {
	t.Parallel()
	a := strings.Repeat("a", 511)
	tests := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"plain", "curl/8.5.0", "curl/8.5.0"},
		{"the longest", a + "b", a + "b"},
		{"longer", a + "bc", a + "b"},
		{"a rune across the border", a + "é", a},
		{"nothing after the border", a + "éz", a},
		{"control characters", "a\x00b\tc\nd\x7fe\u0085f", "abcdef"},
		{"invalid UTF-8", "a\xffb\xc3", "ab"},
		{"the replacement character itself", "a\uFFFDb", "a\uFFFDb"},
		{"what is removed does not count", strings.Repeat("\x00", 600) + "a", "a"},
	}
	for _, tt := range tests {
		if got := CutUserAgent(tt.in); got != tt.want {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
}

func FuzzUserAgent(f *testing.F) {
	for _, tt := range userAgents {
		f.Add(tt.header)
	}
	f.Add(strings.Repeat("é", 300))
	f.Add("\xff\xfe\x00")
	f.Fuzz(func(t *testing.T, s string) {
		cut := CutUserAgent(s)
		if len(cut) > 512 || !utf8.ValidString(cut) || strings.ContainsFunc(cut, unicode.IsControl) {
			t.Errorf("cutUserAgent(%q) = %q", s, cut)
		}
		if again := CutUserAgent(cut); again != cut {
			t.Errorf("cut again: %q, %q", cut, again)
		}
		if described := DescribeUserAgent(s); described == "" || len(described) > 60 {
			t.Errorf("described as %q", described)
		}
	})
}
