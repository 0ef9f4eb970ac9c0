package breach_test

import (
	"compress/gzip"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/authent/authent/authent/breach"
)

// hash is the SHA-1 hash of a password as the service has it.
func hash(password string) string { return fmt.Sprintf("%X", sha1.Sum([]byte(password))) }

// serve starts a service, and returns a client of it.
func serve(t *testing.T, handler http.HandlerFunc) *breach.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c, err := breach.New(breach.Config{URL: server.URL + "/mirror/", UserAgent: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const padded = "0018A45C4D1DEF81644B54AB7F969B88D65:0\r\n"

// TestSuffixes: the service is told 5 digits, is asked to hide the answer's length, and
// what only hides it is left out.
func TestSuffixes(t *testing.T) {
	want := hash("hunter22")
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != "GET" || r.URL.Path != "/mirror/range/"+want[:5] || r.URL.RawQuery != "" || r.Header.Get("Add-Padding") != "true" || r.Header.Get("User-Agent") != "shop" {
			t.Errorf("asked %s %s with %v", r.Method, r.URL, r.Header)
		}
		if body, err := io.ReadAll(r.Body); len(body) > 0 || err != nil {
			t.Errorf("sent %q, %v", body, err)
		}
		fmt.Fprint(w, padded, want[5:], ":1\r\n", strings.ToLower(hash("x"))[5:], ":28300\n", padded, "\n")
	})
	got, err := c.Suffixes(t.Context(), want[:5])
	if err != nil || !slices.Equal(got, []string{want[5:], strings.ToLower(hash("x"))[5:]}) {
		t.Errorf("%q, %v", got, err)
	}
}

// TestAnswers: an answer is suffixes, or an error that says what is wrong and holds no
// part of the hash.
func TestAnswers(t *testing.T) {
	const prefix = "AFFE5"
	good := hash("hunter22")[5:] + ":3\r\n"
	text := func(s string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, s) }
	}
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		want    int
		err     string
	}{
		"one":           {text(good), 1, ""},
		"none":          {text(""), 0, ""},
		"only padding":  {text(padded + padded), 0, ""},
		"as many as go": {text(strings.Repeat(good, breach.MaxAnswer/len(good))), breach.MaxAnswer / len(good), ""},
		"too many":      {text(strings.Repeat(good, breach.MaxAnswer/len(good)+1)), 0, "more than 1048576 bytes"},
		"endless": {func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := io.WriteString(w, good); err != nil {
					return
				}
			}
		}, 0, "more than 1048576 bytes"},
		"a bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, strings.Repeat(good, 1<<20))
			_ = z.Close()
		}, 0, "more than 1048576 bytes"},
		"status 500": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, good, http.StatusInternalServerError) }, 0, "status 500"},
		"status 429": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, good, http.StatusTooManyRequests) }, 0, "status 429"},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere/"+prefix, http.StatusFound)
		}, 0, "status 302"},
		"a page":         {text("<!doctype html>\n<p>Sign in to this network " + prefix), 0, "not SUFFIX:COUNT"},
		"one line":       {text(strings.Repeat("x", 100_000)), 0, "not SUFFIX:COUNT"},
		"garbage behind": {text(good + good + "x\n"), 0, "not SUFFIX:COUNT"},
		"whole hashes":   {text(hash("x") + ":1\n"), 0, "not SUFFIX:COUNT"},
		"no count":       {text(good[:35] + "\n"), 0, "not SUFFIX:COUNT"},
		"a minus":        {text(good[:35] + ":-1\n"), 0, "not SUFFIX:COUNT"},
		"no digits":      {text(strings.Repeat("G", 35) + ":1\n"), 0, "not SUFFIX:COUNT"},
		"cut": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, good)
		}, 0, "unexpected EOF"},
		"hangs up at once": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := serve(t, tc.handler).Suffixes(t.Context(), prefix)
			switch {
			case tc.err == "" && (err != nil || len(got) != tc.want):
				t.Errorf("%d suffixes, %v, want %d", len(got), err, tc.want)
			case tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err) || got != nil):
				t.Errorf("%d suffixes, %v, want an error with %q", len(got), err, tc.err)
			case err != nil && strings.Contains(err.Error(), prefix):
				t.Errorf("the error holds the prefix: %v", err)
			}
		})
	}
}

// TestAway: who hangs, before or within an answer, is left when the context ends; who is
// not there is an error at once.
func TestAway(t *testing.T) {
	for name, head := range map[string]string{"no answer": "", "half an answer": hash("hunter22")[5:] + ":3\r\n"} {
		t.Run(name, func(t *testing.T) {
			ctx, leave := context.WithCancel(t.Context())
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if head != "" {
					fmt.Fprint(w, head)
					_ = http.NewResponseController(w).Flush()
				}
				leave()
				<-r.Context().Done()
			})
			got, err := c.Suffixes(ctx, "AFFE5")
			if !errors.Is(err, context.Canceled) || got != nil || strings.Contains(err.Error(), "AFFE5") {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := breach.New(breach.Config{URL: "http://" + gone.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Suffixes(t.Context(), "AFFE5"); err == nil || strings.Contains(err.Error(), "AFFE5") {
		t.Errorf("%q, %v", got, err)
	}
}

// TestPrefix: nothing but 5 digits is ever sent.
func TestPrefix(t *testing.T) {
	c := serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked %s", r.URL) })
	for _, prefix := range []string{"", "AFFE", hash("hunter22"), "../..", "AFFEG", "AFF%2", "12 45"} {
		if got, err := c.Suffixes(t.Context(), prefix); err == nil {
			t.Errorf("%q: %q", prefix, got)
		}
	}
}

// TestConfig: what New refuses, in one line that says what to write.
func TestConfig(t *testing.T) {
	for url, want := range map[string]string{
		"": "", "https://pwned.example.com/api": "", "http://127.0.0.1:8080": "", "http://localhost": "", "http://[::1]:80": "",
		"http://pwned.example.com": "use https", "http://app.localhost": "use https", "pwned.example.com": "is not a http(s) URL", "ftp://pwned.example.com": "is not a http(s) URL", "https://": "is not a http(s) URL", "https://%": "is not a http(s) URL",
		"https://ada:hunter22@pwned.example.com": "has a user", "https://pwned.example.com?key=1": "a query", "https://pwned.example.com#1": "a fragment",
	} {
		_, err := breach.New(breach.Config{URL: url})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter22")) {
			t.Errorf("%q: %v, want %q", url, err, want)
		}
	}
}
