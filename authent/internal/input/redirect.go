// Package input reads what comes from strangers: where a redirect may go, e-mail
// addresses, the address and the name of a client.
package input

import (
	"net/url"
	"path"
	"strings"
	"unicode/utf8"
)

// MaxRedirect is how long a redirect target may be in bytes, as asked for and as
// sent.
const MaxRedirect = 2048

// SameOriginURL returns the absolute URL that a browser (WHATWG URL Standard)
// makes of target on a page of origin, if that is of the same scheme, host and
// port, and false for anything else or anything doubtful (CWE-601, P17). target
// is a path that starts with one slash or an absolute URL. The result is ASCII,
// fit for a Location header, and stays the same when resolved again.
//
// It parses by itself since net/url and browsers disagree on the very inputs
// that matter: backslashes, tabs, "https:evil" and "http:///evil".
func SameOriginURL(target string, origin *url.URL) (string, bool) {
	scheme, host, ok := splitOrigin(origin)
	if !ok || len(target) > MaxRedirect || !utf8.ValidString(target) || hasControl(target) || strings.HasSuffix(target, " ") {
		return "", false
	}
	rest, absolute := cutOrigin(target, scheme, host)
	if absolute && rest == "" {
		return scheme + "://" + host, true
	}
	path, suffix := SplitPath(rest)
	if path == "" && absolute {
		path = "/"
	}
	if path, ok = resolvePath(path); !ok {
		return "", false
	}
	query, fragment, hasFragment := strings.Cut(suffix, "#")
	query = Escape(query, "\"<>'\\ ")
	if hasFragment {
		query += "#" + Escape(fragment, "\"<>`\\ ")
	}
	result := scheme + "://" + host + path + query
	if len(result) > MaxRedirect {
		return "", false
	}
	return result, true
}

// URLOfOrigins returns what SameOriginURL makes of an absolute URL that belongs to
// one of origins, such as "https://app.example.com", and false if it belongs to none.
// A path belongs to none.
func URLOfOrigins(target string, origins []string) (string, bool) {
	if strings.HasPrefix(target, "/") {
		return "", false
	}
	for _, origin := range origins {
		scheme, host, _ := strings.Cut(origin, "://")
		if u, ok := SameOriginURL(target, &url.URL{Scheme: scheme, Host: host}); ok {
			return u, true
		}
	}
	return "", false
}

// splitOrigin returns the parts of an origin as browsers write it. A host with letters
// outside ASCII must be given in its ASCII form (xn--…), as browsers send it.
func splitOrigin(origin *url.URL) (scheme, host string, ok bool) {
	if origin == nil || strings.ContainsFunc(origin.Host, notInHost) {
		return "", "", false
	}
	return canonicalOrigin(origin.Scheme, origin.Host)
}

func notInHost(c rune) bool {
	return c <= ' ' || c >= 0x7f || strings.ContainsRune(`@/\?#%`, c)
}

// canonicalOrigin writes scheme and host in lower case and leaves the scheme's
// own port out. A host spelled differently (percent-encoding, user, backslash)
// stays as it is, and so equals no origin.
func canonicalOrigin(scheme, host string) (lowerScheme, bareHost string, ok bool) {
	scheme, host = strings.ToLower(scheme), strings.ToLower(host)
	switch scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	default:
		return "", "", false
	}
	return scheme, host, host != ""
}

// cutOrigin removes the origin of that scheme and host from an absolute URL. It returns
// any other string as it is.
func cutOrigin(target, scheme, host string) (rest string, found bool) {
	itsScheme, rest, ok := strings.Cut(target, "://")
	if !ok {
		return target, false
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	itsHost := rest[:end]
	if strings.ContainsFunc(itsHost, notInHost) {
		return target, false
	}
	if s, h, ok := canonicalOrigin(itsScheme, itsHost); !ok || s != scheme || h != host {
		return target, false
	}
	return rest[end:], true
}

// SplitPath cuts s before its query or fragment, whichever comes first.
func SplitPath(s string) (path, suffix string) {
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// resolvePath removes dot segments as browsers do. It refuses a path that is, or
// thereby becomes, the start of another host's URL, for a browser or for a
// program that decodes it first: "//evil", "/\evil", "/.//evil", "/%5Cevil",
// "/%09/evil". It refuses an escape that stands for no byte ("/50%"), which
// servers answer with 400. Any other escape stays, and the page deals with it.
func resolvePath(p string) (string, bool) {
	if !strings.HasPrefix(p, "/") {
		return "", false
	}
	p = Escape(removeDots(p), "\"<>`{}^ ")
	decoded, err := url.PathUnescape(p)
	return p, err == nil && !strings.Contains(p, `\`) && !leadsAway(decoded)
}

// removeDots removes dot segments, of which each dot may be escaped.
func removeDots(p string) string {
	if !strings.Contains(p, "/.") && !strings.Contains(p, "/%") {
		return p
	}
	var kept []string
	segments := strings.Split(p[1:], "/")
	for i, segment := range segments {
		last := i == len(segments)-1
		switch strings.ReplaceAll(strings.ToLower(segment), "%2e", ".") {
		case "..":
			kept = kept[:max(0, len(kept)-1)]
		case ".":
		default:
			kept = append(kept, segment)
			continue
		}
		if last {
			kept = append(kept, "")
		}
	}
	return "/" + strings.Join(kept, "/")
}

// leadsAway reports whether a program that redirects to a decoded path, cleaned or
// not, would send a browser to another host.
func leadsAway(decoded string) bool {
	seen := strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return -1 // as browsers drop tabs and line breaks
		}
		return c
	}, decoded)
	return strings.HasPrefix(seen, "//") || strings.HasPrefix(seen, `/\`) || strings.HasPrefix(path.Clean(seen), `/\`)
}

// Escape percent-encodes the characters of set and everything that is not ASCII.
func Escape(s, set string) string {
	const hex = "0123456789ABCDEF"
	stays := func(c byte) bool { return c < utf8.RuneSelf && strings.IndexByte(set, c) < 0 }
	i := 0
	for i < len(s) && stays(s[i]) {
		i++
	}
	if i == len(s) {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:i])
	for ; i < len(s); i++ {
		if c := s[i]; stays(c) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// hasControl reports whether s has an ASCII control character. Browsers drop tabs
// and line breaks anywhere in a URL: "/\t/evil" is "//evil".
func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f })
}
