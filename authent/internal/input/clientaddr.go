package input

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
)

// ClientAddr returns the client's address: the connection's or, if that is a
// trusted proxy's, the right-most in X-Forwarded-For that is not. Anybody may
// have written what stands further left (CWE-348). If all are trusted, it returns
// the left-most. IPv4 in IPv6 becomes IPv4 and zones are dropped, so that one
// client has one address. It returns the zero Addr if the deciding entry is not
// an address.
func ClientAddr(r *http.Request, trusted []netip.Prefix) netip.Addr {
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
	withPort, err := netip.ParseAddrPort(s) // first, since a server's request has one
	addr := withPort.Addr()
	if err != nil {
		if addr, err = netip.ParseAddr(s); err != nil {
			return netip.Addr{}
		}
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

// IsLoopbackHost reports whether a host, with or without a port, names this
// machine to a browser: localhost, a name under it (RFC 6761 §6.3), either with a dot
// at its end, or a loopback address. The port must be a number and a zone is refused:
// a Host header may hold "localhost:80@evil.example".
func IsLoopbackHost(hostport string) bool {
	host, ok := cutPort(hostport)
	if !ok {
		return false
	}
	name := strings.TrimSuffix(strings.ToLower(host), ".")
	if under, ok := strings.CutSuffix(name, ".localhost"); ok {
		return isHostName(under)
	}
	return name == "localhost" || parseAddr(host).IsLoopback()
}

// IsLoopbackServer reports whether a host, with or without a port, is this machine for
// a process that calls it. Unlike for IsLoopbackHost, names under localhost are not:
// Go may ask a DNS server for them, and anybody could give its answer.
func IsLoopbackServer(hostport string) bool {
	host, ok := cutPort(hostport)
	return ok && (strings.EqualFold(host, "localhost") || parseAddr(host).IsLoopback())
}

// cutPort returns a host without its port, false if the port is not a number or
// there is a zone.
func cutPort(hostport string) (string, bool) {
	if strings.Contains(hostport, "%") {
		return "", false
	}
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return hostport, true
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return host, err == nil
}

// isHostName reports whether every label of s is of letters, digits, hyphens and
// underscores.
func isHostName(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || strings.ContainsFunc(label, func(c rune) bool {
			return c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z')
		}) {
			return false
		}
	}
	return true
}

// Forwarded reports whether r says that a proxy passed it on.
func Forwarded(r *http.Request) bool {
	const prefix = "X-Forwarded-"
	for name := range r.Header {
		if strings.EqualFold(name, "Forwarded") ||
			len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
			return true
		}
	}
	return false
}
