package input

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode"
)

// BrowsersOrigin returns an origin as browsers send it, whatever its case and with or
// without the scheme's own port. A string that is no origin stays as it is.
func BrowsersOrigin(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || !strings.EqualFold(s, u.Scheme+"://"+u.Host) {
		return s
	}
	return u.Scheme + "://" + canonicalHost(u)
}

// ValidOrigin reports whether s is an origin (scheme://host[:port]) as browsers send it.
func ValidOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" &&
		s == u.Scheme+"://"+u.Host && s == strings.ToLower(s)
}

// Site is where the engine is, as Config.URL says.
type Site struct {
	// Origin is scheme and host, nil in development.
	Origin *url.URL
	// Base is the path under which the Handler serves, without a trailing slash.
	Base string
	// Secure says that cookies are for https alone.
	Secure bool
}

const defaultBase = "/auth"

// ParseSite reads Config.URL; "" is development.
func ParseSite(raw string) (Site, error) {
	if raw == "" {
		return Site{Base: defaultBase}, nil
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return Site{}, errors.New("URL (AUTH_URL) is not a http(s) URL such as https://example.com/auth")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return Site{}, errors.New("URL (AUTH_URL) has a user, a query or a fragment: use scheme, host and path alone")
	case strings.ContainsFunc(u.Host, func(c rune) bool { return c > unicode.MaxASCII }):
		return Site{}, errors.New("URL (AUTH_URL) has a host with letters outside ASCII: use its xn-- form, as browsers do")
	case !validPort(u.Port()):
		return Site{}, fmt.Errorf("URL (AUTH_URL) has the port %s: use one up to 65535", u.Port())
	case u.Scheme == "http" && !IsLoopbackHost(u.Host):
		return Site{}, fmt.Errorf("URL (AUTH_URL) is http for %s: use https; http is for localhost, names under it and loopback addresses alone", u.Host)
	}
	base := path.Clean("/" + u.Path)
	if base == "/" {
		base = defaultBase
	}
	origin := &url.URL{Scheme: u.Scheme, Host: canonicalHost(u)}
	return Site{Origin: origin, Base: base, Secure: u.Scheme == "https"}, nil
}

func validPort(port string) bool {
	_, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil
}

// canonicalHost returns the host as browsers write it in an origin: lower case, an IPv6
// address in its short form, and without the scheme's own port.
func canonicalHost(u *url.URL) string {
	host := strings.ToLower(u.Hostname())
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is6() {
		host = "[" + shortIPv6(addr) + "]"
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || u.Scheme == "http" && port == 80 || u.Scheme == "https" && port == 443 {
		return host
	}
	return host + ":" + strconv.FormatUint(port, 10)
}

// shortIPv6 returns an IPv6 address as browsers write it, which never use dots in
// one.
func shortIPv6(addr netip.Addr) string {
	if b := addr.As16(); addr.Is4In6() {
		return fmt.Sprintf("::ffff:%x:%x", uint16(b[12])<<8|uint16(b[13]), uint16(b[14])<<8|uint16(b[15]))
	}
	return addr.String()
}
