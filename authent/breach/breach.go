// Package breach asks a service which passwords have been in data breaches, by the range
// API of Pwned Passwords (k-anonymity): the service is told 5 of the 40 digits of a
// password's SHA-1 hash, and answers with all hashes that begin so.
//
//	known, err := breach.New(breach.Config{})
//	…
//	auth, err := authent.New(authent.Config{
//		…
//		Passwords: authent.Passwords{Breached: known},
//	})
package breach

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/internal/input"
)

const (
	// DefaultURL is the service of Have I Been Pwned. It asks for no key.
	DefaultURL = "https://api.pwnedpasswords.com"
	// MaxAnswer is how many bytes an answer may have. Those of Pwned Passwords have some
	// 40,000.
	MaxAnswer = 1 << 20
	// prefixLen and suffixLen are the hexadecimal digits of the two parts of a SHA-1 hash.
	prefixLen, suffixLen = 5, 35
)

// Config says which service is asked.
type Config struct {
	// URL is where the service is; /range/ and the prefix are appended to it. It must be
	// https, except for localhost and loopback addresses. If "", DefaultURL.
	URL string
	// Transport makes the calls. Redirects are not followed. If nil,
	// http.DefaultTransport.
	Transport http.RoundTripper
	// UserAgent is what the service is told about who asks. If "", "authent".
	UserAgent string
}

// Client asks a service. It implements authent.BreachedPasswords, and is safe for
// concurrent use.
type Client struct {
	base      *url.URL
	http      *http.Client
	userAgent string
}

var _ authent.BreachedPasswords = (*Client)(nil)

// New checks the configuration. It asks nothing yet.
func New(c Config) (*Client, error) {
	if c.URL == "" {
		c.URL = DefaultURL
	}
	base, err := url.Parse(c.URL)
	switch {
	case err != nil || base.Hostname() == "" || base.Scheme != "http" && base.Scheme != "https":
		return nil, errors.New("breach: URL is not a http(s) URL such as " + DefaultURL)
	case base.User != nil || base.RawQuery != "" || base.Fragment != "":
		return nil, errors.New("breach: URL has a user, a query or a fragment: use scheme, host and path alone")
	case base.Scheme == "http" && !input.IsLoopbackServer(base.Host):
		return nil, fmt.Errorf("breach: URL is http for %s: use https, since whoever listens learns a part of each new password's hash", base.Host)
	}
	if c.UserAgent == "" {
		c.UserAgent = "authent"
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{base, &http.Client{Transport: c.Transport, CheckRedirect: stay}, c.UserAgent}, nil
}

// Suffixes implements authent.BreachedPasswords. It takes as long as the service or ctx
// does. An answer other than 200, one of more than MaxAnswer bytes, and one of another
// format are errors, which do not hold the prefix. Entries that are there to hide the
// answer's length, with a count of 0, are left out.
func (c *Client) Suffixes(ctx context.Context, prefix string) ([]string, error) {
	if !isHex(prefix, prefixLen) {
		return nil, errors.New("breach: the prefix is not 5 hexadecimal digits")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base.JoinPath("range", prefix).String(), nil)
	if err != nil {
		return nil, fmt.Errorf("breach: %w", withoutURL(err))
	}
	r.Header.Set("User-Agent", c.userAgent)
	r.Header.Set("Add-Padding", "true")
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("breach: ask %s: %w", c.base.Host, withoutURL(err))
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("breach: %s answered with status %d", c.base.Host, answer.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, MaxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("breach: read the answer of %s: %w", c.base.Host, withoutURL(err))
	case len(body) > MaxAnswer:
		return nil, fmt.Errorf("breach: %s answered with more than %d bytes", c.base.Host, MaxAnswer)
	}
	suffixes, err := parse(body)
	if err != nil {
		return nil, fmt.Errorf("breach: the answer of %s: %w", c.base.Host, err)
	}
	return suffixes, nil
}

// errFormat shows nothing of the answer.
var errFormat = errors.New("a line is not SUFFIX:COUNT")

// parse reads lines of the form SUFFIX:COUNT. What is not such an answer as a whole, such
// as the page of a proxy, is an error: taken for an empty one, it would let everything in.
func parse(body []byte) ([]string, error) {
	suffixes := make([]string, 0, bytes.Count(body, []byte("\n"))+1)
	for line := range strings.SplitSeq(string(body), "\n") {
		if line = strings.TrimSuffix(line, "\r"); line == "" {
			continue
		}
		suffix, count, _ := strings.Cut(line, ":")
		if !isHex(suffix, suffixLen) || count == "" || strings.Trim(count, "0123456789") != "" {
			return nil, errFormat
		}
		if strings.Trim(count, "0") != "" {
			suffixes = append(suffixes, suffix)
		}
	}
	return suffixes, nil
}

func isHex(s string, digits int) bool {
	return len(s) == digits && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

// withoutURL returns the cause of an error of net/http without the URL, in which the
// prefix stands.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
