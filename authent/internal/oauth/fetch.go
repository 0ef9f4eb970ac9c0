package oauth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
)

// FetchClaims gets a JSON object from a provider's URL with a client that
// UserInfo was given. Without an error the claims are never nil: anything but an
// object, including null, is an error. Errors name the host and the path and hold
// no token; a status other than 200 is a *StatusError.
func FetchClaims(ctx context.Context, c *http.Client, url string) (Claims, error) {
	var claims Claims
	if err := FetchJSON(ctx, c, url, &claims); err != nil {
		return nil, err
	}
	return claims, nil
}

// StatusError says that a provider answered FetchClaims or FetchJSON with a
// status other than 200.
type StatusError struct {
	// Host is who answered, Path what was asked for, Status the HTTP status.
	Host, Path string
	Status     int
}

// Error implements error.
func (e *StatusError) Error() string {
	return fmt.Sprintf("%s answered %d %s", printable(e.Host+e.Path, maxCause), e.Status, http.StatusText(e.Status))
}

// FetchJSON does what FetchClaims does for any JSON document but null, and decodes
// it into the pointer into. A null inside the document leaves its target
// unchanged, so a caller's maps and pointers may stay nil.
func FetchJSON(ctx context.Context, c *http.Client, url string, into any) error {
	_, err := fetchJSON(ctx, c, url, into)
	return err
}

// fetchJSON gets a JSON document and returns the answer's headers.
func fetchJSON(ctx context.Context, c *http.Client, url string, into any) (http.Header, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Cache-Control", "no-cache") // whoever asks for new keys wants no old ones
	r.Header.Set("User-Agent", "authent")
	res, err := c.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	endpoint := printable(r.URL.Host+r.URL.EscapedPath(), maxCause) // a query may hold secrets
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the answer of %s: %w", endpoint, err)
	case res.StatusCode != http.StatusOK:
		return nil, &StatusError{Host: r.URL.Host, Path: r.URL.EscapedPath(), Status: res.StatusCode}
	case kind == "application/jwt":
		return nil, fmt.Errorf("%s answered with a signed profile, which is not supported", endpoint)
	}
	if err := decodeClaims(body, into); err != nil {
		return nil, fmt.Errorf("%s did not answer with JSON as expected: its answer is %s", endpoint, describe(kind, body))
	}
	return res.Header, nil
}

// describe says what kind of answer came instead of the expected one, and nothing
// of its content, which may hold tokens.
func describe(kind string, body []byte) string {
	what := "no JSON"
	body = bytes.TrimSpace(withoutMark(body))
	switch {
	case len(body) == 0:
		return "empty"
	case !json.Valid(body):
	case body[0] == '{':
		return "a JSON object of another form"
	case body[0] == '[':
		return "a list in JSON"
	default:
		return "a JSON value that is no object"
	}
	if kind != "" {
		what += " (its media type is " + printable(kind, maxQuoted) + ")"
	}
	return what
}

var errNull = errors.New("it is null")

// withoutMark removes the byte-order mark before a text. It is not JSON, but
// parsers may ignore it (RFC 8259 §8.1).
func withoutMark(body []byte) []byte { return bytes.TrimPrefix(body, []byte("\uFEFF")) }

// decodeClaims decodes what a stranger wrote and keeps numbers as they are
// written. A null is an error: it would leave a nil map, to which callers write.
func decodeClaims(body []byte, into any) error {
	body = withoutMark(body)
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("null")) {
		return errNull
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	return d.Decode(into)
}
