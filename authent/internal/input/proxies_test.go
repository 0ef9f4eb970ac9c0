package input

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

// proxyLists have what is written, and the ranges that it means.
var proxyLists = []struct{ list, want string }{
	{"", "[]"}, {" ,\t, \n", "[]"},
	{"192.0.2.7", "[192.0.2.7/32]"}, {"2001:db8::1", "[2001:db8::1/128]"},
	{"10.0.0.0/8", "[10.0.0.0/8]"}, {"10.1.2.3/8", "[10.0.0.0/8]"}, {"0.0.0.0/0", "[0.0.0.0/0]"},
	{"10.0.0.0/8,192.0.2.7", "[10.0.0.0/8 192.0.2.7/32]"}, {" 10.0.0.0/8 ,\n fd00::/8 ::1 ", "[10.0.0.0/8 fd00::/8 ::1/128]"},
	{"::ffff:192.0.2.7", "[192.0.2.7/32]"}, {"::ffff:192.0.2.0/120", "[::ffff:192.0.2.0/120]"},
}

func TestParseProxies(t *testing.T) {
	t.Parallel()
	for _, tt := range proxyLists {
		if got, err := ParseProxies(tt.list); err != nil || fmt.Sprint(got) != tt.want {
			t.Errorf("%q: %v, %v, want %s", tt.list, got, err, tt.want)
		}
	}
}

// TestParseProxies_Nonsense is refused by its name, alone or after what is good.
func TestParseProxies_Nonsense(t *testing.T) {
	t.Parallel()
	for _, entry := range []string{
		"*", "all", "localhost", "proxy.example.com", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "/8", "10.0.0", "10.0.0.256", "010.0.0.1",
		"10.0.0.1:80", "[::1]", "fe80::1%eth0", "fe80::%eth0/64", "10.0.0.0/8;192.0.2.7", "10.0.0.1-10.0.0.9", "::/129", `"10.0.0.1"`,
	} {
		for _, list := range []string{entry, "10.0.0.0/8, " + entry} {
			got, err := ParseProxies(list)
			if err == nil || got != nil || !strings.Contains(err.Error(), fmt.Sprintf("%q is neither an address", entry)) {
				t.Errorf("%q: %v, %v", list, got, err)
			}
		}
	}
}

func FuzzParseProxies(f *testing.F) {
	for _, tt := range proxyLists {
		f.Add(tt.list)
	}
	f.Fuzz(func(t *testing.T, list string) {
		all, err := ParseProxies(list)
		if err != nil && all != nil {
			t.Fatalf("%q: %v and %v", list, all, err)
		}
		for _, p := range all {
			if !p.IsValid() || p != p.Masked() {
				t.Fatalf("%q: %v", list, p)
			}
		}
	})
}

func TestUntrustedProxy(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		remote       string
		forwardedFor []string
		want         string
	}{
		"direct":               {"203.0.113.7:1234", nil, ""},
		"an empty header":      {"203.0.113.7:1234", []string{""}, ""},
		"a trusted proxy":      {"10.0.0.1:1234", []string{"203.0.113.7"}, ""},
		"a trusted one in v6":  {"[::ffff:10.0.0.1]:1234", []string{"203.0.113.7"}, ""},
		"somebody else":        {"192.168.1.1:1234", []string{"203.0.113.7"}, "192.168.1.1"},
		"somebody else, v6":    {"[2001:db8::1]:1234", []string{"unknown"}, "2001:db8::1"},
		"a socket has no name": {"@", []string{"203.0.113.7"}, ""},
	} {
		var want netip.Addr
		if tt.want != "" {
			want = netip.MustParseAddr(tt.want)
		}
		peer, untrusted := UntrustedProxy(requestFrom(tt.remote, tt.forwardedFor), proxies)
		if untrusted != (tt.want != "") || untrusted && peer != want {
			t.Errorf("%s: %v, %v", name, peer, untrusted)
		}
	}
}
