package oauthserver_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/oauth2"

	"github.com/authent/authent/internal/oauthserver"
)

// form is the one form of a page: its action and its fields, with a checked box
// among them and without buttons.
func form(t *testing.T, body string) (action string, fields url.Values, labels map[string]bool) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	fields, labels = url.Values{}, map[string]bool{}
	for n := range doc.Descendants() {
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[a.Key] = a.Val
		}
		switch n.Data {
		case "form":
			action = attr["action"]
		case "label":
			labels[attr["for"]] = true
		case "script":
			t.Error("there is a script")
		case "input":
			fields.Set(attr["name"], attr["value"])
		}
	}
	return action, fields, labels
}

func (c *client) page(url string) (*http.Response, string) {
	c.t.Helper()
	res, err := c.http.Get(url)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res, string(body)
}

func TestThePageAsksWhoTheyWantToBe(t *testing.T) {
	t.Parallel()
	c := newClient(t, oauthserver.Config{})
	res, body := c.page(c.conf.AuthCodeURL(`s"1`, oauth2.S256ChallengeOption("v"), oauth2.SetAuthURLParam("login_hint", "<grace@example.com>")))
	if csp := res.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; style-src 'sha256-") {
		t.Errorf("policy %q", csp)
	}
	action, fields, labels := form(t, body)
	if fields.Get("email") != "<grace@example.com>" {
		t.Errorf("the hint is shown as %q", fields.Get("email"))
	}
	for name := range fields {
		if !labels[name] {
			t.Errorf("%s has no label", name)
		}
	}
	for name, test := range map[string]struct {
		action string
		drop   string
		want   any // email_verified
	}{
		"verified":   {"signin", "", true},
		"unverified": {"signin", "verified", false},
		"cancelled":  {"cancel", "", nil},
	} {
		sent := url.Values{"name": {"Grace"}, "email": {"grace@example.com"}, "verified": {"yes"}, "subject": {"grace-1"}, "action": {test.action}}
		sent.Del(test.drop)
		res, err := c.http.PostForm(c.server.URL+action, sent)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		target, err := res.Location()
		if err != nil {
			t.Fatalf("%s: %d: %v", name, res.StatusCode, err)
		}
		if target.Query().Get("state") != `s"1` {
			t.Errorf("%s: state %q", name, target.Query().Get("state"))
		}
		if test.want == nil {
			if got := target.Query().Get("error"); got != "access_denied" || target.Query().Has("code") {
				t.Errorf("%s: %v", name, target.Query())
			}
			continue
		}
		token, err := c.conf.Exchange(t.Context(), target.Query().Get("code"), oauth2.VerifierOption("v"))
		if err != nil {
			t.Fatal(err)
		}
		id, err := c.verify(token)
		if err != nil {
			t.Fatal(err)
		}
		if got := claims(t, id); got["sub"] != "grace-1" || got["name"] != "Grace" || got["email_verified"] != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestPromptNoneAsksNobody(t *testing.T) {
	t.Parallel()
	c := newClient(t, oauthserver.Config{})
	c.params = []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("prompt", "none")}
	if got := c.authorize("v").Get("error"); got != "login_required" {
		t.Errorf("error %q", got)
	}
}

func TestAnAnswerByForm(t *testing.T) {
	t.Parallel()
	p := ada()
	p.FormUser = `{"name":{"firstName":"Ada","lastName":"<b>"}}`
	c := newClient(t, oauthserver.Config{Auto: p})
	_, body := c.page(c.conf.AuthCodeURL("s-1", oauth2.S256ChallengeOption("v"), oauth2.SetAuthURLParam("response_mode", "form_post")))
	action, fields, _ := form(t, body)
	if action != callback || fields.Get("state") != "s-1" || fields.Get("iss") != c.server.URL || fields.Get("user") != p.FormUser {
		t.Errorf("form to %s with %v", action, fields)
	}
	if _, err := c.conf.Exchange(t.Context(), fields.Get("code"), oauth2.VerifierOption("v")); err != nil {
		t.Error(err)
	}
}
