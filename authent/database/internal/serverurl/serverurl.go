// Package serverurl takes apart the URLs that name databases on servers. Its
// errors show nothing of a URL: any part of one may be of a password that was
// not escaped.
package serverurl

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// URL is one, with what every database of a server is asked for.
type URL struct {
	*url.URL
	// Hosts are those that the URL names before its path, in their order. The URL
	// itself has none of several.
	Hosts []Host
	// Params are those of the query that the driver is to see.
	Params url.Values
	// Limit is how many connections may be open, zero for any number.
	Limit int
	// Keep is whether prepared statements are kept, and Insist whether the URL asks
	// for it.
	Keep, Insist bool
}

// Host is one, as the URL writes it but without brackets, or the path of a Unix socket
// that it writes with %2F in a host's place. Both are empty if it does not say.
type Host struct{ Name, Port string }

// Form is what the URLs of a database look like.
type Form struct {
	// Name begins each error.
	Name string
	// Schemes are those of its URLs.
	Schemes []string
	// Example is shown to who uses another form.
	Example string
	// Rules are for the parameters that are known, by name.
	Rules map[string]Rule
	// Several is what a rule may lead to from several names of one URL: Params then
	// has each value of it. If empty, nothing is.
	Several string
	// Graded is what the strongest value counts of, where a URL asks for it in several
	// ways, and Grades are its values, the weakest first; one that is not among them is
	// the strongest. If empty, the driver's own name wins.
	Graded string
	Grades []string
	// Setting reports whether a name that has no rule is one of the server's settings.
	Setting func(name string) bool
	// Otherwise tells how to write a setting that is not known here.
	Otherwise string
}

// Parse takes a URL apart.
func (f Form) Parse(rawURL string) (*URL, error) {
	single, list := split(rawURL)
	u, err := url.Parse(single)
	hosts, understood := parseHosts(u, list)
	if err != nil || !understood || unescaped(rawURL) {
		return nil, fmt.Errorf("%s: the URL cannot be parsed: characters such as / ? # @ : %% in the password must be escaped (%%2F %%3F %%23 %%40 %%3A %%25)", f.Name)
	}
	if !slices.Contains(f.Schemes, u.Scheme) || u.Opaque != "" {
		return nil, fmt.Errorf("%s: the URL is not of the form %s", f.Name, f.Example)
	}
	if strings.Contains(rawURL, "%00") {
		return nil, fmt.Errorf("%s: the URL has a zero byte (%%00): leave it out", f.Name)
	}
	s := &URL{URL: u, Hosts: hosts}
	if s.Params, err = f.Translate(u.RawQuery); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	s.takeUser()
	if err := s.takeOwn(); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	return s, nil
}

// split takes a list of several hosts out of a URL, or the path of a socket: net/url
// knows one host.
func split(rawURL string) (single string, list []string) {
	scheme, rest, _ := strings.Cut(rawURL, "://")
	end := strings.IndexAny(rest+"/", "/?#")
	user := strings.LastIndexByte(rest[:end], '@') + 1
	if !strings.Contains(rest[user:end], ",") && !isPath(rest[user:end]) {
		return rawURL, nil
	}
	return scheme + "://" + rest[:user] + rest[end:], strings.Split(rest[user:end], ",")
}

// parseHosts takes the hosts of the list apart, or the one of the URL.
func parseHosts(u *url.URL, list []string) (hosts []Host, ok bool) {
	if u == nil {
		return nil, false
	}
	if list == nil && u.Host != "" {
		return []Host{{u.Hostname(), u.Port()}}, true
	}
	for _, host := range list {
		if isPath(host) {
			name, port, _ := strings.Cut(host, ":")
			name, err := url.PathUnescape(name)
			if err != nil || strings.Trim(port, "0123456789") != "" {
				return nil, false
			}
			hosts = append(hosts, Host{name, port})
			continue
		}
		one, err := url.Parse("//" + host)
		if err != nil || one.Host != host {
			return nil, false
		}
		hosts = append(hosts, Host{one.Hostname(), one.Port()})
	}
	return hosts, true
}

func isPath(host string) bool { return len(host) > 3 && strings.EqualFold(host[:3], "%2F") }

// unescaped reports whether a URL has a part that looks like the rest of a
// password: "user:1/x@host" would be the port 1 of the host user, and an error of
// the driver would show it.
func unescaped(rawURL string) bool {
	_, rest, _ := strings.Cut(rawURL, "://")
	i := strings.IndexAny(rest, "/?#")
	if i < 0 {
		return false
	}
	// An abstract Unix socket begins so.
	rest = strings.ReplaceAll(rest[i:], "host=@", "")
	return strings.ContainsAny(rest, "@#")
}

// takeUser lets who signs in stand before the path alone: the query's user and
// password count more, as for libpq.
func (u *URL) takeUser() {
	name, password := u.User.Username(), ""
	if given, ok := u.User.Password(); ok {
		password = given
	}
	if u.Params.Has("user") {
		name = u.Params.Get("user")
	}
	if u.Params.Has("password") {
		password = u.Params.Get("password")
	}
	u.Params.Del("user")
	u.Params.Del("password")
	u.User = nil
	switch {
	case password != "":
		u.User = url.UserPassword(name, password)
	case name != "":
		u.User = url.User(name)
	}
}

// takeOwn reads the parameters that no driver knows, and removes them.
func (u *URL) takeOwn() (err error) {
	switch u.Params.Get("statement_cache") {
	case "":
		u.Keep = true
	case "on":
		u.Keep, u.Insist = true, true
	case "off":
	default:
		return errors.New("statement_cache in the URL must be on or off")
	}
	u.Params.Del("statement_cache")
	u.Limit, err = TakeLimit(u.Params)
	return err
}

// TakeLimit removes connection_limit from a query and returns it, zero if there is
// none.
func TakeLimit(q url.Values) (int, error) {
	value := q.Get("connection_limit")
	q.Del("connection_limit")
	if value == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return 0, errors.New("connection_limit in the URL must be a number of at least 1")
	}
	return n, nil
}
