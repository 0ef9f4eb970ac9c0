package input

import (
	"net/url"
	"strings"
	"testing"
)

// redirectCorpus is resolved against https://example.com. The accepted results
// are those of WHATWG's algorithm (Node's new URL(target, origin).href), except
// where a comment says so; "" is refused.
var redirectCorpus = []struct{ target, want string }{
	// What applications send.
	{"/", "https://example.com/"},
	{"/account", "https://example.com/account"},
	{"/a/b/?x=1&y=%2F%2Fevil.com#top", "https://example.com/a/b/?x=1&y=%2F%2Fevil.com#top"},
	{"/search?q=a b&r='", "https://example.com/search?q=a%20b&r=%27"},
	{"/käse/日本?q=ü#ö", "https://example.com/k%C3%A4se/%E6%97%A5%E6%9C%AC?q=%C3%BC#%C3%B6"},
	{"/a b/\"<>`{}", "https://example.com/a%20b/%22%3C%3E%60%7B%7D"},
	{"/a?next=https://evil.com/", "https://example.com/a?next=https://evil.com/"},
	{"/https://evil.com", "https://example.com/https://evil.com"},
	{"/a@b:c;d=e,f!$&'()*+~-._", "https://example.com/a@b:c;d=e,f!$&'()*+~-._"},
	{"/a?", "https://example.com/a?"},
	{"/a#", "https://example.com/a#"},
	{"/a#b?c#d", "https://example.com/a#b?c#d"},
	{"/?q=[1]|^`{}", "https://example.com/?q=[1]|^`{}"},
	{"https://example.com", "https://example.com"}, // as Auth.js leaves it, without a slash
	{"https://example.com/", "https://example.com/"},
	{"https://example.com/a/../b", "https://example.com/b"},
	{"https://example.com?x=1", "https://example.com/?x=1"},
	{"https://example.com#x", "https://example.com/#x"},
	{"HTTPS://Example.COM/Path", "https://example.com/Path"},
	{"https://example.com:443/x", "https://example.com/x"},

	// Dot segments, encoded ones too.
	{"/a/../b", "https://example.com/b"},
	{"/a/./b/.", "https://example.com/a/b/"},
	{"/a/b/..", "https://example.com/a/"},
	{"/../../x", "https://example.com/x"},
	{"/a/%2e%2E/b/%2e/c", "https://example.com/b/c"},
	{"/a/.%2e/b", "https://example.com/b"},
	{"/a//b", "https://example.com/a//b"},
	{"/a//../b", "https://example.com/a/b"},
	{"/...", "https://example.com/..."},

	// A backslash is a slash in a path; behind ? and # it is itself, written so
	// that nothing mistakes it.
	{"/a?q=\\d#\\e", "https://example.com/a?q=%5Cd#%5Ce"},

	// Other hosts, as browsers see them.
	{"//evil.com", ""}, {"///evil.com", ""}, {"////evil.com", ""},
	{`/\evil.com`, ""}, {`\/evil.com`, ""}, {`\\evil.com`, ""}, {`\evil.com`, ""}, {`//\evil.com`, ""},
	{`/\/evil.com`, ""}, {`/a/../\evil.com`, ""}, {"/a/..//evil.com", ""}, {"/.//evil.com", ""},
	{"/..//evil.com", ""}, {"/%2e//evil.com", ""}, {"/%2e%2e//evil.com", ""}, {`/.\evil.com`, ""}, {`/./\evil.com`, ""},
	{"https://evil.com", ""}, {"http://evil.com/", ""}, {"https:evil.com", ""}, {"https:/evil.com", ""},
	{"https:///evil.com", ""}, {"http:///evil.com", ""}, {"http:evil.com", ""}, {`https:\\evil.com`, ""}, {`https:/\evil.com`, ""},
	{"https://example.com@evil.com/", ""}, {"https://example.com:pw@evil.com/", ""}, {`https://evil.com\@example.com/`, ""},
	{`https://example.com\@evil.com/`, ""}, {"https://evil.com#@example.com/", ""}, {"https://evil.com?@example.com/", ""},
	{"https://example.com.evil.com/", ""}, {"https://example.comevil.com/", ""}, {"https://evil.com/example.com", ""},
	{"https://sub.example.com/", ""}, {"//example.com@evil.com", ""}, {"https://example.com%2eevil.com", ""},
	{"https://example.com%00.evil.com/", ""}, {"https://example.com。evil.com/", ""}, {"https://example.com／evil.com/", ""},
	{"//evil。com", ""}, {"https://еxample.com/", ""}, {"https://[::1]/", ""},

	// Another scheme or port.
	{"http://example.com/", ""}, {"https://example.com:8443/", ""}, {"https://example.com:80/", ""},
	{"http://example.com:443/", ""}, {"ftp://example.com/", ""}, {"ws://example.com/", ""}, {"//example.com:8443/", ""},
	{"javascript:alert(1)", ""}, {"JaVaScRiPt://example.com/%0aalert(1)", ""}, {"data:text/html,x", ""},
	{"vbscript:x", ""}, {"file:///etc/passwd", ""}, {"blob:https://example.com/x", ""}, {"about:blank", ""}, {"mailto:a@b", ""},
	{"view-source:https://example.com/", ""}, {"/javascript://x", "https://example.com/javascript://x"},

	// Control characters and white space: browsers drop some and trim others.
	{"\t//evil.com", ""}, {"/\t/evil.com", ""}, {"/\n/evil.com", ""}, {"/\r/evil.com", ""}, {"/\t\\evil.com", ""},
	{" //evil.com", ""}, {" https://evil.com", ""}, {"\x00//evil.com", ""}, {"/\x00/evil.com", ""}, {"\x01https://evil.com", ""},
	{"ht\ntps://evil.com", ""}, {"https:\t//evil.com", ""}, {"https:/\n/evil.com", ""}, {"/a\r\nSet-Cookie: x=1", ""},
	{" /a", ""}, {"/a ", ""}, {"/a?x ", ""}, {"/a\x7f", ""}, {"\u00a0//evil.com", ""}, {"\ufeff//evil.com", ""}, {"java\tscript:alert(1)", ""},
	{"/a?q=\r\nSet-Cookie:x", ""}, {"/a?\t", ""}, {"/a#\n", ""}, {"/a?\x7f", ""},
	{"/.\t//evil.com", ""}, {"/a/.\n./\\evil.com", ""},

	// Encodings that a program behind us might decode before it redirects.
	{"/%2Fevil.com", ""}, {"/%2f%2fevil.com", ""}, {"/%5Cevil.com", ""}, {"/%5c%5cevil.com", ""}, {"%2F%2Fevil.com", ""},
	{"/%09/evil.com", ""}, {"/%0d%0a%2fevil.com", ""}, {"/%00%5cevil.com", ""}, {"/a%2f..%2f%5cevil.com", ""}, {"/%0a%5c%5cevil.com", ""},
	{"/%2e%2e%2f%2fevil.com", "https://example.com/%2e%2e%2f%2fevil.com"},
	{"/a%", ""}, {"/%zz", ""}, {"/\xff", ""}, {"/a?\xc3\x28", ""},

	// Encodings that stay what they are, as on the page's own address.
	{"/a?q=50%", "https://example.com/a?q=50%"}, {"/a?q=%zz&r=%", "https://example.com/a?q=%zz&r=%"}, {"/a#50%", "https://example.com/a#50%"},
	{"https://example.com/a?100%#%", "https://example.com/a?100%#%"},
	{"/%0d%0aSet-Cookie:x", "https://example.com/%0d%0aSet-Cookie:x"}, {"/%00", "https://example.com/%00"}, {"/a/%0a", "https://example.com/a/%0a"},
	{"/%ff", "https://example.com/%ff"}, {"/caf%E9?q=%E9", "https://example.com/caf%E9?q=%E9"}, {"/C:%5Ctemp", "https://example.com/C:%5Ctemp"},

	// Neither a path nor an absolute URL: what it means depends on the page.
	{"", ""}, {"a", ""}, {"evil.com", ""}, {"./a", ""}, {"../a", ""}, {"?x=1", ""}, {"#x", ""}, {".", ""}, {"..//evil.com", ""},
	{"example.com/a", ""}, {":", ""}, {"://", ""}, {"https://", ""}, {"https:", ""}, {"https", ""}, {"@evil.com", ""},

	// Our own origin, doubtfully written.
	{"//example.com/a", ""}, {"https:/example.com/a", ""}, {"https://example.com:/a", ""}, {"https://example.com:0443/a", ""},
	{"https://example.com:443:443/a", ""}, {"https://user@example.com/a", ""}, {"https://@example.com/a", ""},
	{"https://%65xample.com/a", ""}, {"https://example.com./a", ""}, {"https://example.com//evil.com", ""},
	{`https://example.com\a`, ""}, {`https://example.com/\a`, ""}, {"https://exam\tple.com/", ""}, {"https://ｅxample.com/", ""},
}

func TestP17_RedirectCorpus(t *testing.T) {
	t.Parallel()
	origin := &url.URL{Scheme: "https", Host: "example.com"}
	for _, tt := range redirectCorpus {
		got, ok := SameOriginURL(tt.target, origin)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("sameOriginURL(%q) = %q, %v; want %q", tt.target, got, ok, tt.want)
		}
	}
}

func TestP17_RedirectOrigins(t *testing.T) {
	t.Parallel()
	tests := []struct{ scheme, host, target, want string }{
		{"http", "localhost:3000", "/a", "http://localhost:3000/a"},
		{"http", "localhost:3000", "http://localhost:3000/a", "http://localhost:3000/a"},
		{"http", "localhost:3000", "http://LOCALHOST:3000", "http://localhost:3000"},
		{"http", "localhost:3000", "http://localhost/a", ""},
		{"http", "localhost:3000", "http://localhost:30000/a", ""},
		{"http", "localhost:3000", "https://localhost:3000/a", ""},
		{"http", "localhost", "http://localhost:80/a", "http://localhost/a"},
		{"http", "localhost:443", "http://localhost:443/a", "http://localhost:443/a"},
		{"http", "[::1]:3000", "http://[::1]:3000/a", "http://[::1]:3000/a"},
		{"http", "[::1]:3000", "/a", "http://[::1]:3000/a"},
		{"http", "[::1]:3000", "http://[::2]:3000/a", ""},
		{"http", "[::1]", "http://[::1]:80/a", "http://[::1]/a"},
		{"https", "Example.COM:443", "https://example.com/a", "https://example.com/a"},
		{"https", "xn--bcher-kva.example", "https://xn--bcher-kva.example/a", "https://xn--bcher-kva.example/a"},
		{"https", "xn--bcher-kva.example", "https://bücher.example/a", ""},
		{"https", "bücher.example", "/a", ""},
		{"https", "book.example", "https://boo\u212a.example/a", ""},
		{"https", "a@b", "/a", ""},
		{"https", "", "/a", ""},
		{"", "example.com", "/a", ""},
		{"ftp", "example.com", "/a", ""},
	}
	for _, tt := range tests {
		got, ok := SameOriginURL(tt.target, &url.URL{Scheme: tt.scheme, Host: tt.host})
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s://%s: SameOriginURL(%q) = %q, %v; want %q", tt.scheme, tt.host, tt.target, got, ok, tt.want)
		}
	}
	if got, ok := SameOriginURL("/a", nil); ok {
		t.Errorf("without origin: %q", got)
	}
}

// TestP17_URLOfOrigins: what belongs to example.com by SameOriginURL does so here, but
// for paths, which are of no origin.
func TestP17_URLOfOrigins(t *testing.T) {
	t.Parallel()
	origins := []string{"http://localhost:5173", "https://example.com"}
	for _, tt := range redirectCorpus {
		want := tt.want
		if strings.HasPrefix(tt.target, "/") {
			want = ""
		}
		if got, ok := URLOfOrigins(tt.target, origins); got != want || ok != (want != "") {
			t.Errorf("URLOfOrigins(%q) = %q, %v; want %q", tt.target, got, ok, want)
		}
		if got, ok := URLOfOrigins(tt.target, nil); ok {
			t.Errorf("without origins: URLOfOrigins(%q) = %q", tt.target, got)
		}
	}
	for _, bad := range []string{"", "null", "*", "example.com", "https://", "javascript://example.com"} {
		if got, ok := URLOfOrigins("https://example.com/a", []string{bad}); ok {
			t.Errorf("of %q: %q", bad, got)
		}
	}
}

func TestP17_RedirectLength(t *testing.T) {
	t.Parallel()
	origin := &url.URL{Scheme: "https", Host: "example.com"}
	room := MaxRedirect - len("https://example.com/")
	tests := []struct {
		name, target string
		ok           bool
	}{
		{"the longest", "/" + strings.Repeat("a", room), true},
		{"one more", "/" + strings.Repeat("a", room+1), false},
		{"longer when encoded", "/" + strings.Repeat("ü", room/6+1), false},
		{"huge", "/" + strings.Repeat("../", 1<<20), false},
	}
	for _, tt := range tests {
		if got, ok := SameOriginURL(tt.target, origin); ok != tt.ok || len(got) > MaxRedirect {
			t.Errorf("%s: %v, %d bytes", tt.name, ok, len(got))
		}
	}
}

func FuzzP17_Redirect(f *testing.F) {
	for _, tt := range redirectCorpus {
		f.Add(tt.target)
	}
	origins := []*url.URL{
		{Scheme: "https", Host: "example.com"},
		{Scheme: "http", Host: "localhost:3000"},
		{Scheme: "http", Host: "[::1]"},
	}
	f.Fuzz(func(t *testing.T, target string) {
		for _, origin := range origins {
			got, ok := SameOriginURL(target, origin)
			if !ok {
				if got != "" {
					t.Fatalf("refused %q with a result %q", target, got)
				}
				continue
			}
			checkRedirect(t, target, got, origin)
		}
	})
}

// checkRedirect asserts what holds for every result.
func checkRedirect(t *testing.T, target, got string, origin *url.URL) {
	t.Helper()
	base := origin.String()
	rest, found := strings.CutPrefix(got, base)
	if !found || rest != "" && rest[0] != '/' || strings.HasPrefix(rest, "//") || len(got) > MaxRedirect {
		t.Fatalf("%q became %q", target, got)
	}
	if strings.ContainsFunc(got, func(c rune) bool { return c <= ' ' || c >= 0x7f || c == '\\' }) {
		t.Fatalf("%q became %q: not fit for a header", target, got)
	}
	if again, ok := SameOriginURL(got, origin); !ok || again != got {
		t.Fatalf("%q became %q, then %q, %v", target, got, again, ok)
	}
	u, err := url.Parse(strings.SplitN(got, "#", 2)[0]) // what a fragment may hold, net/url knows less of than browsers
	if err != nil || u.Scheme != origin.Scheme || u.Host != origin.Host || u.User != nil || strings.HasPrefix(u.Path, "//") {
		t.Fatalf("%q became %q, which net/url reads as %v, %v", target, got, u, err)
	}
}
