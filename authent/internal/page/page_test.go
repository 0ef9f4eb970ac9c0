package page

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

const hostile = `"><script>alert(1)</script>&'`

// views are every page, with nothing and with everything in it.
func views() map[string]struct {
	name Name
	view any
} {
	full := Frame{
		AppName: hostile, Base: "/auth", Home: "https://example.com/", CSRFToken: "token",
		CallbackURL: "https://example.com/?a=1&b=" + hostile, Error: "Register", Code: "password_short",
	}
	empty := Frame{AppName: "example.com", Base: "/auth", Home: "https://example.com/", CSRFToken: "token"}
	// Anybody can put a code without an error into a query.
	stray := empty
	stray.Code = "password_short"
	wrong := empty
	wrong.Error = "CurrentPassword"
	own := ProviderView{ID: "code", Name: hostile, Inputs: []Input{{Name: "code"}, {Name: "pin", Label: hostile, Type: "password", Placeholder: hostile, Autocomplete: "one-time-code"}}}
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	sessions := []SessionView{{ID: "1", Current: true, Device: hostile, IPAddress: "192.0.2.1", LastUsed: at, Expires: at}, {ID: hostile, Device: "curl", Expires: at}}
	return map[string]struct {
		name Name
		view any
	}{
		"sign in":            {SignIn, SignInView{Frame: full, Email: hostile, CanRegister: true, Providers: []ProviderView{{ID: "credentials", Name: "Password", Password: true}, own}}},
		"sign in, empty":     {SignIn, SignInView{Frame: empty}},
		"signed in":          {SignIn, SignInView{Frame: full, SignedIn: true, UserName: hostile, UserEmail: hostile, Providers: []ProviderView{{ID: "credentials", Password: true}}}},
		"signed in, no name": {SignIn, SignInView{Frame: empty, SignedIn: true}},
		"register":           {Register, RegisterView{Frame: full, Email: hostile, Name: hostile}},
		"register, empty":    {Register, RegisterView{Frame: empty}},
		"register, stray":    {Register, RegisterView{Frame: stray}},
		"sign out":           {SignOut, SignOutView{Frame: full, UserEmail: hostile}},
		"sign out, empty":    {SignOut, SignOutView{Frame: empty}},
		"error":              {Error, ErrorView{full}},
		"error, empty":       {Error, ErrorView{empty}},
		"verify request":     {VerifyRequest, VerifyRequestView{Frame: full}},
		"code":               {VerifyRequest, VerifyRequestView{Frame: stray, CanType: true, Address: hostile}},
		"confirm":            {Confirm, ConfirmView{Frame: full, Title: hostile, Account: hostile, Button: hostile, Action: "callback/email", Fields: []Field{{"token", hostile}}, Other: hostile, AskPassword: true}},
		"confirm, empty":     {Confirm, ConfirmView{Frame: empty}},
		"forgot":             {ForgotPassword, ForgotPasswordView{Frame: full, Email: hostile}},
		"reset":              {ResetPassword, ResetPasswordView{Frame: full, Email: hostile, HasPassword: true, Fields: []Field{{"token", hostile}}}},
		"reset, first":       {ResetPassword, ResetPasswordView{Frame: empty}},
		"mails":              {DevMailbox, DevMailView{Frame: full, Mails: []DevMail{{To: hostile, Subject: hostile, URL: hostile, Code: hostile, Text: hostile}, {}}}},
		"goodbye":            {Goodbye, GoodbyeView{Frame: empty}},
		"mails, none":        {DevMailbox, DevMailView{Frame: empty}},
		"invited":            {Register, RegisterView{Frame: full, Email: hostile, Invitation: hostile}},
		"mail provider":      {SignIn, SignInView{Frame: full, CanReset: true, Notice: "password_reset", Providers: []ProviderView{{ID: "email", Mail: true}, {ID: "credentials", Password: true}}}},
		"account, mail":      {Account, AccountView{Frame: full, Email: hostile, MailName: hostile, Linkable: []ProviderView{{ID: "dev", Name: hostile, OAuth: true}}, CanMail: true, CanPassword: true, Recent: true}},
		"account, recent":    {Account, AccountView{Frame: full, UserName: hostile, Email: hostile, Role: hostile, HasPassword: true, Recent: true, Sessions: sessions, Notice: "password_changed"}},
		"account, old":       {Account, AccountView{Frame: full, Email: hostile, HasPassword: true, Sessions: sessions}},
		"account, stray":     {Account, AccountView{Frame: stray, HasPassword: true, Recent: true}},
		"account, wrong":     {Account, AccountView{Frame: wrong, HasPassword: true, Recent: true}},
		"account, wrong old": {Account, AccountView{Frame: wrong, HasPassword: true}},
		"account, no secret": {Account, AccountView{Frame: empty, Email: "a@b.c"}},
	}
}

// TestP32_Pages: what a page may hold, so that its policy can forbid all else.
func TestP32_Pages(t *testing.T) {
	for name, v := range views() {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			if err := Render(&b, v.name, v.view); err != nil {
				t.Fatal(err)
			}
			doc, err := html.Parse(strings.NewReader(b.String()))
			if err != nil {
				t.Fatal(err)
			}
			checkPage(t, doc)
		})
	}
}

// checkPage walks a page and checks each element.
func checkPage(t *testing.T, doc *html.Node) {
	t.Helper()
	checkFault(t, doc)
	labels, ids, h1 := map[string]bool{}, []string{}, 0
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if id := attr(n, "id"); id != "" {
			ids = append(ids, id)
		}
		switch n.Data {
		case "script", "iframe", "object", "embed", "link", "img":
			t.Errorf("the page has a <%s>", n.Data)
		case "label":
			labels[attr(n, "for")] = true
		case "h1":
			h1++
		case "style":
			if n.FirstChild.Data != pageStyle {
				t.Error("the style sheet is not the one whose hash is allowed")
			}
		case "form":
			checkForm(t, n)
		case "html":
			if attr(n, "lang") == "" {
				t.Error("the page has no language")
			}
		}
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Val, "javascript:") {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
	}
	if h1 != 1 {
		t.Errorf("%d h1", h1)
	}
	slices.Sort(ids)
	if len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Errorf("an id occurs twice: %v", ids)
	}
	for n := range doc.Descendants() {
		if attr(n, "type") == "email" {
			t.Errorf("the input %q is of type email: browsers refuse addresses there that the engine takes", attr(n, "name"))
		}
		if n.Data == "input" && attr(n, "type") != "hidden" && !has(n, "hidden") && !labels[attr(n, "id")] {
			t.Errorf("the input %q has no label", attr(n, "name"))
		}
		if by := attr(n, "aria-describedby"); by != "" {
			for id := range strings.FieldsSeq(by) {
				if !slices.Contains(ids, id) {
					t.Errorf("described by %q, which is not there", id)
				}
			}
		}
	}
}

// checkForm wants every form to post and to bring the CSRF token.
func checkForm(t *testing.T, form *html.Node) {
	t.Helper()
	token := false
	for n := range form.Descendants() {
		token = token || n.Data == "input" && attr(n, "name") == "csrfToken" && attr(n, "value") == "token"
	}
	if attr(form, "method") != "post" || !strings.HasPrefix(attr(form, "action"), "/auth/") || !token {
		t.Errorf("form %s %s, with token %v", attr(form, "method"), attr(form, "action"), token)
	}
}

// TestPageFaultyFields: the field that an error is about is marked and says where
// the error is; no other is.
func TestPageFaultyFields(t *testing.T) {
	for _, tc := range []struct {
		kind, code string
		name       Name
		view       func(Frame) any
		want       []string
	}{
		{"", "", SignIn, passwordPage, nil},
		{"SessionRequired", "", SignIn, passwordPage, nil},
		{"CredentialsSignin", "credentials", SignIn, passwordPage, []string{"email", "password"}},
		{"", "password_short", Register, registerPage, nil},
		{"Register", "name_invalid", Register, registerPage, []string{"name"}},
		{"Register", "email_taken", Register, registerPage, []string{"email"}},
		{"Register", "password_long", Register, registerPage, []string{"password"}},
		{"Register", "username_taken", Register, registerPage, nil},
		{"CurrentPassword", "", Account, recentPage, []string{"current-password"}},
		{"CurrentPassword", "", Account, oldPage, []string{"confirm"}},
		{"PasswordChange", "password_short", Account, recentPage, []string{"new-password"}},
		{"RecentSignInRequired", "", Account, oldPage, nil},
		{"", "password_short", Account, recentPage, nil},
	} {
		t.Run(string(tc.name)+" "+tc.kind+" "+tc.code, func(t *testing.T) {
			got := faultyFields(t, tc.name, tc.view(Frame{Base: "/auth", Error: tc.kind, Code: tc.code}))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestFieldAttributes: browsers and password managers are told what each field is for,
// and how long a new password may be: never of one that somebody has, which may be from
// other times, and never as a maxlength, which cuts what is pasted.
func TestFieldAttributes(t *testing.T) {
	isNew := map[string]string{"type": "password", "name": "password", "autocomplete": "new-password", "minlength": "8", "passwordrules": "minlength: 8; maxlength: 72;", "required": "yes"}
	isOld := map[string]string{"type": "password", "autocomplete": "current-password", "minlength": "", "passwordrules": "", "maxlength": "", "required": "yes"}
	address := map[string]string{"name": "email", "autocomplete": "username", "maxlength": "254", "inputmode": "email", "required": "yes"}
	frame := Frame{Base: "/auth", NewPassword: PasswordRules{Min: 8, Max: 72}}
	for name, tc := range map[string]struct {
		page   Name
		view   any
		fields map[string]map[string]string
	}{
		"sign in":         {SignIn, passwordPage(frame), map[string]map[string]string{"email": address, "password": isOld}},
		"register":        {Register, registerPage(frame), map[string]map[string]string{"name": {"autocomplete": "name", "maxlength": "200"}, "email": address, "password": isNew}},
		"change password": {Account, recentPage(frame), map[string]map[string]string{"current-password": isOld, "new-password": isNew, "delete-password": isOld}},
		"confirm":         {Account, oldPage(frame), map[string]map[string]string{"confirm": isOld, "delete-password": isOld}},
	} {
		t.Run(name, func(t *testing.T) {
			doc, passwords, names, forms := rendered(t, tc.page, tc.view), 0, 0, 1
			if tc.page == Account {
				forms = 2 // one more deletes the account
			}
			for n := range doc.Descendants() {
				if attr(n, "type") == "password" {
					passwords++
					if attr(n, "maxlength") != "" {
						t.Errorf("%s has a maxlength", attr(n, "id"))
					}
				}
				if attr(n, "autocomplete") == "username" {
					names++
				}
				want := tc.fields[attr(n, "id")]
				for key, value := range want {
					got := attr(n, key)
					if key == "required" && has(n, key) {
						got = "yes"
					}
					if got != value {
						t.Errorf("%s: %s=%q, want %q", attr(n, "id"), key, got, value)
					}
				}
				if want != nil {
					delete(tc.fields, attr(n, "id"))
				}
			}
			if len(tc.fields) != 0 || passwords == 0 || names != forms {
				t.Errorf("%d passwords, %d fields for who it is, and not there: %v", passwords, names, tc.fields)
			}
		})
	}
}

// rendered is a page as a browser reads it.
func rendered(t *testing.T, name Name, view any) *html.Node {
	t.Helper()
	var b strings.Builder
	if err := Render(&b, name, view); err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func passwordPage(f Frame) any {
	return SignInView{Frame: f, Providers: []ProviderView{{ID: "credentials", Password: true}}}
}

func registerPage(f Frame) any { return RegisterView{Frame: f} }

func recentPage(f Frame) any { return AccountView{Frame: f, HasPassword: true, Recent: true} }

func oldPage(f Frame) any { return AccountView{Frame: f, HasPassword: true} }

// faultyFields are the ids of the inputs that a page marks as invalid, in its
// order.
func faultyFields(t *testing.T, name Name, view any) []string {
	t.Helper()
	var ids []string
	for n := range rendered(t, name, view).Descendants() {
		if attr(n, "aria-invalid") == "" {
			continue
		}
		ids = append(ids, attr(n, "id"))
		if !slices.Contains(strings.Fields(attr(n, "aria-describedby")), "error") {
			t.Errorf("%s does not say where its error is", attr(n, "id"))
		}
	}
	return ids
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

func TestP32_PageHeaders(t *testing.T) {
	hash := sha256.Sum256([]byte(pageStyle))
	want := http.Header{
		"Content-Type":               {"text/html; charset=utf-8"},
		"Content-Security-Policy":    {"default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"},
		"X-Content-Type-Options":     {"nosniff"},
		"X-Frame-Options":            {"DENY"},
		"Referrer-Policy":            {"strict-origin"},
		"Cross-Origin-Opener-Policy": {"same-origin"},
		"Cache-Control":              {"private, no-cache, no-store"},
	}
	got := http.Header{}
	WriteHeaders(got, SignInView{})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestMessages: Auth.js's codes have a text of their own, and none repeats what a
// query says.
func TestMessages(t *testing.T) {
	for _, kind := range []string{"OAuthSignin", "OAuthCallbackError", "OAuthAccountNotLinked", "EmailSignin", "SessionRequired", "AccountNotLinked"} {
		if Message(kind, "") == tryAgain {
			t.Errorf("no text for Auth.js's %s", kind)
		}
	}
	for _, text := range []string{Message(hostile, hostile), errorHeading(hostile), errorMessage(hostile), Notice(hostile)} {
		if strings.Contains(text, "script") {
			t.Errorf("a page repeats its query: %s", text)
		}
	}
}
