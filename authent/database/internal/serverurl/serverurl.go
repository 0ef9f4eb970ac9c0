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
	// Params are those of the query that the driver is to see.
	Params url.Values
	// Limit is how many connections may be open, zero for any number.
	Limit int
	// Keep is whether prepared statements are kept, and Insist whether the URL asks
	// for it.
	Keep, Insist bool
}

// Form is what the URLs of a database look like.
type Form struct {
	// Name begins each error.
	Name string
	// Schemes are those of its URLs.
	Schemes []string
	// Example is shown to who uses another form.
	Example string
}

// Parse takes a URL apart.
func (f Form) Parse(rawURL string) (*URL, error) {
	u, err := url.Parse(rawURL)
	if err != nil || unescaped(rawURL) {
		return nil, fmt.Errorf("%s: the URL cannot be parsed: characters such as / ? # @ : %% in the password must be escaped (%%2F %%3F %%23 %%40 %%3A %%25)", f.Name)
	}
	if !slices.Contains(f.Schemes, u.Scheme) || u.Opaque != "" {
		return nil, fmt.Errorf("%s: the URL is not of the form %s", f.Name, f.Example)
	}
	if strings.ContainsAny(u.Path, "\x00") {
		return nil, fmt.Errorf("%s: the name of the database in the URL has a zero byte", f.Name)
	}
	s := &URL{URL: u}
	if s.Params, err = url.ParseQuery(u.RawQuery); err != nil {
		return nil, fmt.Errorf("%s: the query of the URL cannot be decoded: escape its values as in name=a%%26b", f.Name)
	}
	if err := s.takeOwn(); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	return s, nil
}

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

// takeOwn reads the parameters that no driver knows, and removes them.
func (u *URL) takeOwn() error {
	switch u.Params.Get("statement_cache") {
	case "":
		u.Keep = true
	case "on":
		u.Keep, u.Insist = true, true
	case "off":
	default:
		return errors.New("statement_cache in the URL is neither on nor off")
	}
	if value := u.Params.Get("connection_limit"); value != "" {
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return errors.New("connection_limit in the URL is not a number of at least 1")
		}
		u.Limit = n
	}
	u.Params.Del("statement_cache")
	u.Params.Del("connection_limit")
	return nil
}
