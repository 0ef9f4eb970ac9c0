package authent_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

// path is an endpoint's path, with a provider that the world has.
func path(e authent.Endpoint) string {
	p := "/auth/" + e.Action
	if e.Provider {
		p += "/credentials"
	}
	return p
}

// spellings are other ways to write a path that some servers take for the same.
func spellings(path string) []string {
	rest := strings.TrimPrefix(path, "/auth/")
	all := []string{
		path + "/", path + "//", path + "%2f", path + "/.", path + "/x/..", path + "%20", path + "%00", path + ";x", path + ".json", path + "/x",
		"/auth//" + rest, "/auth/./" + rest, "/auth/x/../" + rest, "/auth%2f" + rest, "/auth/%2e/" + rest,
		"/auth/" + strings.ToUpper(rest[:1]) + rest[1:], "/Auth/" + rest, "//auth/" + rest,
		"/auth/" + "%" + hexByte(rest[0]) + rest[1:], "/auth/" + rest[:len(rest)-1] + "%" + hexByte(rest[len(rest)-1]),
	}
	if before, after, ok := strings.Cut(rest, "/"); ok {
		all = append(all, "/auth/"+before+"%2f"+after, "/auth/"+before+"%2F"+after, "/auth/"+before+"//"+after, "/auth/"+before+"/./"+after, "/auth/"+before+`\`+after)
	}
	return all
}

func hexByte(c byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[c>>4], digits[c&15]})
}

// TestOnePathOneAction: what a proxy's rule says of an endpoint's path cannot be
// dodged by another spelling of it, whether or not a mux stands in between.
func TestOnePathOneAction(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{})
	b := w.registered()
	csrf, before := b.csrf(), w.dump()
	form := url.Values{"csrfToken": {csrf}, "email": {ada}, "password": {adasWord}, "currentPassword": {adasWord}, "others": {"true"}}.Encode()
	for _, e := range authent.Endpoints() {
		for _, spelling := range spellings(path(e)) {
			for name, handler := range map[string]http.Handler{"bare": w.auth.Handler(), "behind a mux": w.server.Config.Handler} {
				r := httptest.NewRequest(e.Method, w.server.URL+"/", strings.NewReader(form))
				u, err := url.Parse(w.server.URL + spelling)
				if err != nil {
					t.Fatal(err)
				}
				r.URL, r.RequestURI = u, spelling
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				for _, c := range b.client.Jar.Cookies(b.url()) {
					r.AddCookie(c)
				}
				rec := httptest.NewRecorder()
				handler.ServeHTTP(rec, r)
				moved := name != "bare" && rec.Code/100 == 3 && strings.HasPrefix(rec.Header().Get("Location"), "/")
				if rec.Code != http.StatusNotFound && !moved {
					t.Errorf("%s %s, %s: %d %s", e.Method, spelling, name, rec.Code, rec.Header().Get("Location"))
				}
			}
		}
	}
	if w.dump() != before || b.who() != ada {
		t.Error("one of the requests acted")
	}
}

// TestHeadIsGet: HEAD is answered as GET is, with no body; where a GET acts, it
// is refused.
func TestHeadIsGet(t *testing.T) {
	w := newWorld(t, testdb.SQLite, setup{})
	b := w.registered()
	for _, e := range authent.Endpoints() {
		if e.Method != http.MethodGet {
			continue
		}
		got, head := b.get(path(e)), b.send(b.request(http.MethodHead, path(e), nil))
		if e.Action == "callback" {
			if head.status != http.StatusMethodNotAllowed || head.header.Get("Allow") != http.MethodGet {
				t.Errorf("HEAD %s: %d, Allow %q", path(e), head.status, head.header.Get("Allow"))
			}
			continue
		}
		if head.status != got.status || head.header.Get("Content-Type") != got.header.Get("Content-Type") || head.body != "" {
			t.Errorf("HEAD %s: %d %s, GET: %d %s", path(e), head.status, head.header.Get("Content-Type"), got.status, got.header.Get("Content-Type"))
		}
	}
	r := w.browser().request(http.MethodHead, "/private", nil)
	r.Header.Set("Accept", "text/html")
	if a := w.browser().send(r); a.status != http.StatusFound {
		t.Errorf("HEAD of a page that asks to sign in: %d", a.status)
	}
}
