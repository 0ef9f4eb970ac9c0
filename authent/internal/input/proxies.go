package input

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"unicode"
)

// ParseProxies reads the addresses of reverse proxies, such as
// "10.0.0.0/8, 192.0.2.7 2001:db8::/32": ranges and single addresses, with commas or
// white space between them. "" holds none. An error names the first entry that is
// neither.
func ParseProxies(list string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, entry := range strings.FieldsFunc(list, func(c rune) bool { return c == ',' || unicode.IsSpace(c) }) {
		proxy, err := parseProxy(entry)
		if err != nil {
			return nil, err
		}
		all = append(all, proxy)
	}
	return all, nil
}

func parseProxy(entry string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(entry); err == nil && addr.Zone() == "" {
		return netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()), nil
	}
	proxy, err := netip.ParsePrefix(entry)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is neither an address such as 192.0.2.7 nor a range such as 10.0.0.0/8", entry)
	}
	return proxy.Masked(), nil
}

// UntrustedProxy reports whether r says that it was forwarded, by a peer that is
// not a trusted proxy, so that ClientAddr takes the peer for the client. It returns
// the peer's address.
func UntrustedProxy(r *http.Request, trusted []netip.Prefix) (peer netip.Addr, untrusted bool) {
	if r.Header.Get("X-Forwarded-For") == "" {
		return netip.Addr{}, false
	}
	peer = parseAddr(r.RemoteAddr)
	return peer, peer.IsValid() && !isTrusted(peer, trusted)
}
