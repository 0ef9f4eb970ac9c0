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
	if err != nil || u.Host == "" || !validPort(u.Port()) || !strings.EqualFold(s, u.Scheme+"://"+u.Host) {
		return s
	}
	return u.Scheme + "://" + canonicalHost(u)
}

// Site is where the engine is: what Config.URL says.
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
	case err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return Site{}, errors.New("URL (AUTH_URL) is not a http(s) URL such as https://example.com/auth")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return Site{}, errors.New("URL (AUTH_URL) has a user, a query or a fragment: use scheme, host and path alone")
	case u.Scheme == "http" && !IsLoopbackHost(u.Host):
		return Site{}, fmt.Errorf("URL (AUTH_URL) is http for %s: use https; http is for localhost, names under it and loopback addresses alone", u.Host)
	}
	if err := checkHost(u); err != nil {
		return Site{}, fmt.Errorf("URL (AUTH_URL) %w", err)
	}
	base := path.Clean("/" + u.Path)
	if base == "/" {
		base = defaultBase
	}
	origin := &url.URL{Scheme: u.Scheme, Host: canonicalHost(u)}
	return Site{Origin: origin, Base: base, Secure: u.Scheme == "https"}, nil
}

// CheckOrigin says why origin, as BrowsersOrigin returns it, cannot be one beside the
// site whose pages are trusted, nil if it can. Beside https it is https too: a page that
// anybody on the way may have written is not to be trusted, and browsers take http and
// https for two sites, so that a cookie that is SameSite=Lax does not come.
func (s Site) CheckOrigin(origin string) error {
	u, err := url.Parse(origin)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || origin != u.Scheme+"://"+u.Host {
		return errors.New("is not of the form scheme://host[:port]")
	}
	if err := checkHost(u); err != nil {
		return err
	}
	switch {
	case u.Scheme == "http" && !IsLoopbackHost(u.Host):
		return errors.New("is http: use https; http is for localhost, names under it and loopback addresses alone")
	case u.Scheme == "http" && s.Secure:
		return errors.New("is http, and URL is https: use https for both, or http for both on this machine")
	}
	return nil
}

// checkHost says what keeps browsers from ever naming u's host or port.
func checkHost(u *url.URL) error {
	host := u.Hostname()
	switch {
	case !validPort(u.Port()):
		return fmt.Errorf("has the port %s: use one up to 65535", u.Port())
	case strings.Contains(host, "*"):
		return errors.New("has a * in its host: write each origin out")
	case strings.ContainsFunc(host, func(c rune) bool { return c > unicode.MaxASCII }):
		return errors.New("has a host with letters outside ASCII: use its xn-- form, as browsers do")
	}
	if _, err := netip.ParseAddr(host); err == nil && !strings.Contains(host, "%") {
		return nil
	}
	if strings.ContainsFunc(host, notInName) {
		return errors.New("has a host with other characters than letters, digits, dots and hyphens")
	}
	return nil
}

// notInName reports a character that no name has in DNS; some names have "_".
func notInName(c rune) bool {
	return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune(".-_", c)
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
