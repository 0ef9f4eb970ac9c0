package authent

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
)

// clientAddr is the address of the client: the connection's or, when that is a
// trusted proxy's, the right-most in X-Forwarded-For that is not. What stands
// further left may have been written by anybody (CWE-348). If all are trusted it
// is the left-most. IPv4 in IPv6 becomes IPv4 and zones are dropped, so that one
// client has one address. It is the zero Addr when the deciding entry is no
// address.
func clientAddr(r *http.Request, trusted []netip.Prefix) netip.Addr {
	addr := parseAddr(r.RemoteAddr)
	if len(trusted) == 0 {
		return addr
	}
	entries := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for len(entries) > 0 && isTrusted(addr, trusted) {
		last := strings.TrimSpace(entries[len(entries)-1])
		entries = entries[:len(entries)-1]
		if last != "" {
			addr = parseAddr(last)
		}
	}
	return addr
}

// parseAddr parses an address with or without a port.
func parseAddr(s string) netip.Addr {
	bare, ok := strings.CutPrefix(s, "[")
	if ok && strings.HasSuffix(bare, "]") {
		s = strings.TrimSuffix(bare, "]")
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		withPort, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}
		}
		addr = withPort.Addr()
	}
	return addr.Unmap().WithZone("")
}

func isTrusted(addr netip.Addr, trusted []netip.Prefix) bool {
	for _, p := range trusted {
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// isLoopbackHost reports whether a host, with or without a port, names this
// machine: localhost or a loopback address. Nothing is looked up, since a DNS
// answer can be anybody's. The port must be a number and a zone is refused: a
// Host header may hold "localhost:80@evil.example".
func isLoopbackHost(hostport string) bool {
	host := hostport
	if strings.Contains(host, "%") {
		return false
	}
	if h, port, err := net.SplitHostPort(hostport); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false
		}
		host = h
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	return parseAddr(host).IsLoopback()
}

// forwarded reports whether a proxy says that it passed r on.
func forwarded(r *http.Request) bool {
	const prefix = "X-Forwarded-"
	for name := range r.Header {
		if strings.EqualFold(name, "Forwarded") ||
			len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
			return true
		}
	}
	return false
}
