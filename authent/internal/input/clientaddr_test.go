package input

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

var (
	proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("::ffff:192.0.2.0/120")}

	clientAddrs = []struct {
		name, remote string
		forwardedFor []string
		want         string
	}{
		{"direct", "203.0.113.7:1234", nil, "203.0.113.7"},
		{"direct, IPv6", "[2001:db8::1]:1234", nil, "2001:db8::1"},
		{"a stranger writes the header", "203.0.113.7:1234", []string{"1.2.3.4"}, "203.0.113.7"},
		{"one proxy", "10.0.0.1:1234", []string{"203.0.113.7"}, "203.0.113.7"},
		{"one proxy, forged before it", "10.0.0.1:1234", []string{"1.2.3.4, 203.0.113.7"}, "203.0.113.7"},
		{"two proxies", "10.0.0.1:1234", []string{"1.2.3.4, 203.0.113.7, 10.9.9.9"}, "203.0.113.7"},
		{"two headers", "10.0.0.1:1234", []string{"1.2.3.4", "203.0.113.7"}, "203.0.113.7"},
		{"two headers, proxies in both", "10.0.0.1:1234", []string{"1.2.3.4, 203.0.113.7,10.0.0.3", "10.0.0.2"}, "203.0.113.7"},
		{"a forged trusted address", "10.0.0.1:1234", []string{"10.6.6.6, 203.0.113.7"}, "203.0.113.7"},
		{"only proxies", "10.0.0.1:1234", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"a proxy itself", "10.0.0.1:1234", nil, "10.0.0.1"},
		{"an empty header", "10.0.0.1:1234", []string{""}, "10.0.0.1"},
		{"empty entries", "10.0.0.1:1234", []string{"203.0.113.7,, ,"}, "203.0.113.7"},
		{"with port", "10.0.0.1:1234", []string{"203.0.113.7:555"}, "203.0.113.7"},
		{"IPv6 with port", "10.0.0.1:1234", []string{"[2001:db8::1]:555"}, "2001:db8::1"},
		{"IPv6 in brackets", "10.0.0.1:1234", []string{"[2001:db8::1]"}, "2001:db8::1"},
		{"IPv4 in IPv6", "[::ffff:203.0.113.7]:1234", nil, "203.0.113.7"},
		{"proxy as IPv4 in IPv6", "[::ffff:10.0.0.1]:1234", []string{"::ffff:203.0.113.7"}, "203.0.113.7"},
		{"prefix as IPv4 in IPv6", "192.0.2.9:1234", []string{"203.0.113.7"}, "203.0.113.7"},
		{"outside that prefix", "192.0.3.9:1234", []string{"203.0.113.7"}, "192.0.3.9"},
		{"IPv6 proxy", "[fd00::1]:1234", []string{"203.0.113.7"}, "203.0.113.7"},
		{"zone", "[fe80::1%eth0]:1234", nil, "fe80::1"},
		{"zone in the header", "10.0.0.1:1234", []string{"fe80::1%a"}, "fe80::1"},
		{"garbage in the deciding place", "10.0.0.1:1234", []string{"203.0.113.7, unknown"}, ""},
		{"garbage further left", "10.0.0.1:1234", []string{"unknown, 203.0.113.7"}, "203.0.113.7"},
		{"half a bracket", "10.0.0.1:1234", []string{"[2001:db8::1"}, ""},
		{"no port", "203.0.113.7", nil, "203.0.113.7"},
		{"unix socket", "@", nil, ""},
		{"nothing", "", []string{"203.0.113.7"}, ""},
	}
)

func requestFrom(remote string, forwardedFor []string) *http.Request {
	r := &http.Request{RemoteAddr: remote, Header: http.Header{}}
	for _, v := range forwardedFor {
		r.Header.Add("X-Forwarded-For", v)
	}
	return r
}

func TestClientAddr(t *testing.T) {
	t.Parallel()
	for _, tt := range clientAddrs {
		var want netip.Addr
		if tt.want != "" {
			want = netip.MustParseAddr(tt.want)
		}
		if got := ClientAddr(requestFrom(tt.remote, tt.forwardedFor), proxies); got != want {
			t.Errorf("%s: %v, want %v", tt.name, got, want)
		}
	}
	if got := ClientAddr(requestFrom("10.0.0.1:1", []string{"1.2.3.4"}), nil); got != netip.MustParseAddr("10.0.0.1") {
		t.Errorf("without trusted proxies: %v", got)
	}
}

func FuzzClientAddr(f *testing.F) {
	for _, tt := range clientAddrs {
		f.Add(tt.remote, strings.Join(tt.forwardedFor, ","))
	}
	f.Fuzz(func(t *testing.T, remote, forwardedFor string) {
		got := ClientAddr(requestFrom(remote, []string{forwardedFor}), proxies)
		if got.Is4In6() || got.Zone() != "" {
			t.Errorf("%v is not canonical", got)
		}
		if conn := parseAddr(remote); !isTrusted(conn, proxies) && got != conn {
			t.Errorf("a stranger at %v chose %v", conn, got)
		}
	})
}

var loopbackHosts = []struct {
	host string
	want bool
}{
	{"localhost", true}, {"localhost:3000", true}, {"LocalHost:80", true},
	{"127.0.0.1", true}, {"127.0.0.1:3000", true}, {"127.9.9.9:1", true},
	{"::1", true}, {"[::1]", true}, {"[::1]:3000", true}, {"[::ffff:127.0.0.1]:1", true},
	{"", false}, {":80", false}, {"example.com", false}, {"example.com:80", false},
	{"localhost.evil.com", false}, {"evil-localhost", false}, {"a.localhost.evil.com", false},
	{"localhost.", true}, {"a.localhost", true}, {"app.LOCALHOST:3000", true}, {"a-b.c_d.localhost.:3000", true},
	{".localhost", false}, {"a..localhost", false}, {"localhost..", false}, {"a@b.localhost", false}, {"a/b.localhost", false},
	{`a\b.localhost`, false}, {"a:b.localhost", false}, {"[a].localhost", false}, {"ä.localhost", false},
	{"127.0.0.1.evil.com", false}, {"127.1", false}, {"0x7f.0.0.1", false}, {"0.0.0.0:80", false}, {"[::]:80", false},
	{"128.0.0.1", false}, {"10.0.0.1:80", false}, {"[::2]:80", false},
	{"localhost:80@evil.com", false}, {"localhost:a", false}, {"localhost:", false}, {"localhost:99999", false}, {"localhost:-1", false},
	{"localhost@evil.com", false}, {"localhost/evil", false}, {`localhost\evil`, false}, {"[::1%evil]:80", false}, {"[::1", false},
	{"127.0.0.1:80:90", false},
}

func TestIsLoopbackHost(t *testing.T) {
	t.Parallel()
	for _, tt := range loopbackHosts {
		if got := IsLoopbackHost(tt.host); got != tt.want {
			t.Errorf("isLoopbackHost(%q) = %v", tt.host, got)
		}
	}
}

// TestIsLoopbackServer: a name under localhost may be looked up by a server that
// this process calls, and so is not taken for this machine.
func TestIsLoopbackServer(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost:3000": true, "LocalHost": true, "127.9.9.9:1": true, "[::1]:3000": true,
		"a.localhost": false, "localhost.": false, "localhost:a": false, "example.com": false, "[::1%evil]:80": false,
	} {
		if got := IsLoopbackServer(host); got != want {
			t.Errorf("isLoopbackServer(%q) = %v", host, got)
		}
	}
}

func FuzzIsLoopbackHost(f *testing.F) {
	for _, tt := range loopbackHosts {
		f.Add(tt.host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		if IsLoopbackHost(host) && strings.ContainsAny(host, "@/\\?#% \t\r\n") {
			t.Errorf("%q passes for loopback and is no host", host)
		}
	})
}

func TestForwarded(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		want bool
	}{
		{"Forwarded", true}, {"forwarded", true}, {"X-Forwarded-For", true}, {"X-Forwarded-Host", true},
		{"X-Forwarded-Proto", true}, {"x-forwarded-port", true}, {"X-Forwarded-Anything", true},
		{"X-Forwarded", false}, {"Host", false}, {"Origin", false}, {"X-Real", false},
	}
	for _, tt := range tests {
		r := &http.Request{Header: http.Header{tt.name: {""}}}
		if got := Forwarded(r); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	if Forwarded(&http.Request{}) {
		t.Error("a request without headers")
	}
}
