package page

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// fault is where a page shows an error.
type fault struct {
	// in is the action of the form that the error stands in, or else of the next one in
	// the same card; "" is none, or no error.
	in string
	// focus is the id of what has the focus when the page opens.
	focus string
	// wrong are the ids of the fields that are marked.
	wrong string
}

// faultCase is a page with an error in its query.
type faultCase struct {
	page Name
	view func(Frame) any
	// query is error, code and form.
	query string
	want  fault
}

// faultCases are those of the pages that are little but a form.
var faultCases = []faultCase{
	{SignIn, passwordPage, "", fault{focus: "email"}},
	{SignIn, passwordPage, "SessionRequired", fault{in: "callback/credentials"}},
	{SignIn, passwordPage, "CredentialsSignin credentials", fault{"callback/credentials", "email", "email password"}},
	{SignIn, passwordPage, "EmailSignin", fault{in: "callback/credentials"}},
	{SignIn, mailAndMore, "", fault{}},
	{SignIn, mailAndMore, "OAuthAccountNotLinked", fault{in: "signin/github"}},
	{SignIn, mailAndMore, "EmailSignin email_invalid", fault{"signin/email", "email-email", "email-email"}},
	{SignIn, mailAndMore, "CredentialsSignin credentials credentials", fault{"callback/credentials", "password", "email password"}},
	{SignIn, mailAndMore, "CredentialsSignin unpaid card", fault{"callback/card", "card-number", ""}},
	{SignIn, mailAndMore, "CredentialsSignin unpaid badge", fault{"callback/badge", "error", ""}},
	{SignIn, mailAndMore, "CredentialsSignin unpaid nowhere", fault{in: "signin/github"}},
	{SignIn, mailAndMore, "Challenge - email", fault{"signin/email", "email-email", ""}},
	{Register, registerPage, "", fault{}},
	{Register, registerPage, "Register email_taken", fault{"register", "email", "email"}},
	{Register, registerPage, "Register password_short", fault{"register", "password", "password"}},
	{Register, registerPage, "Register username_taken", fault{"register", "name", ""}},
	{Register, invited, "Register invitation_needed", fault{"register", "name", ""}},
	{ForgotPassword, forgot, "", fault{focus: "email"}},
	{ForgotPassword, forgot, "EmailSignin email_invalid", fault{"forgot-password", "email", "email"}},
	{ForgotPassword, forgot, "Challenge", fault{"forgot-password", "email", ""}},
	{ResetPassword, reset, "", fault{focus: "password"}},
	{ResetPassword, reset, "PasswordReset password_common", fault{"reset-password", "password", "password"}},
	{VerifyRequest, code, "", fault{focus: "code"}},
	{VerifyRequest, code, "CodeWrong", fault{"code", "code", "code"}},
	{VerifyRequest, code, "EmailUnverified", fault{"code", "code", ""}},
	{VerifyRequest, noCode, "EmailUnverified", fault{}},
	{Confirm, confirm, "", fault{}},
	{Confirm, confirm, "CurrentPassword", fault{"verify-email", "password", "password"}},
	{Confirm, confirm, "Challenge", fault{"verify-email", "password", ""}},
}

// accountFaultCases are those of the account page, whose cards have a form each.
var accountFaultCases = []faultCase{
	{Account, recent, "", fault{}},
	{Account, recent, "CurrentPassword", fault{"password", "current-password", "current-password"}},
	{Account, recent, "PasswordChange password_short", fault{"password", "new-password", "new-password"}},
	{Account, recent, "PasswordChange other", fault{"password", "current-password", ""}},
	{Account, recent, "Challenge - password", fault{"password", "current-password", ""}},
	{Account, recent, "EmailSignin email_invalid", fault{"email", "new-email", "new-email"}},
	{Account, recent, "Challenge - email", fault{"email", "new-email", ""}},
	{Account, recent, "DeletePassword", fault{"delete", "delete-password", "delete-password"}},
	{Account, recent, "Challenge - delete", fault{"delete", "delete-password", ""}},
	{Account, recent, "SessionNotFound", fault{focus: "error"}},
	{Account, recent, "LastSignIn", fault{in: "unlink", focus: "error"}},
	{Account, old, "CurrentPassword", fault{"reauthenticate", "confirm", "confirm"}},
	{Account, old, "RecentSignInRequired", fault{"reauthenticate", "confirm", ""}},
	{Account, old, "Challenge - confirm", fault{"reauthenticate", "confirm", ""}},
	{Account, old, "DeletePassword", fault{"delete", "delete-password", "delete-password"}},
	{Account, old, "PasswordChange password_short", fault{in: "verify-email/send"}},
	{Account, old, "Challenge - nowhere", fault{in: "verify-email/send"}},
	{Account, noPassword, "DeletePassword", fault{in: "delete", focus: "error"}},
	{Account, noPasswordOld, "DeletePassword", fault{in: "verify-email/send"}},
	{Account, noPasswordOld, "RecentSignInRequired", fault{focus: "error"}},
}

func mailAndMore(f Frame) any {
	return SignInView{Frame: f, Email: "ada@example.com", Providers: []ProviderView{
		{ID: "github", OAuth: true}, {ID: "email", Mail: true}, {ID: "credentials", Password: true},
		{ID: "card", Inputs: []Input{{Name: "number"}}}, {ID: "badge"},
	}}
}

func invited(f Frame) any {
	return RegisterView{Frame: f, Email: "ada@example.com", Invitation: "token"}
}

func forgot(f Frame) any { return ForgotPasswordView{Frame: f} }

func reset(f Frame) any { return ResetPasswordView{Frame: f, HasPassword: true} }

func code(f Frame) any { return VerifyRequestView{Frame: f, CanType: true} }

func noCode(f Frame) any { return VerifyRequestView{Frame: f} }

func confirm(f Frame) any {
	return ConfirmView{Frame: f, Action: "verify-email", AskPassword: true, Other: "bob"}
}

var (
	recent        = account(AccountView{HasPassword: true, Recent: true})
	old           = account(AccountView{HasPassword: true})
	noPassword    = account(AccountView{Recent: true})
	noPasswordOld = account(AccountView{})
)

// account makes the account page of somebody who has everything that is not in v.
func account(v AccountView) func(Frame) any {
	return func(f Frame) any {
		v.Frame, v.CanMail, v.Email = f, true, "ada@example.com"
		v.Accounts = []AccountItem{{Provider: "github", ID: "1"}}
		return v
	}
}

// TestPageErrorsStandAtTheirForm: an error stands right above the fields that it is
// about, the first of them has the focus, and the title says so first.
func TestPageErrorsStandAtTheirForm(t *testing.T) {
	for _, tc := range slices.Concat(faultCases, accountFaultCases) {
		t.Run(string(tc.page)+" "+tc.query, func(t *testing.T) {
			q := append(strings.Fields(tc.query), "", "", "")
			doc := rendered(t, tc.page, tc.view(Frame{AppName: "Notes", Base: "/auth", Error: q[0], Code: q[1], Form: q[2], CSRFToken: "token"}))
			checkPage(t, doc)
			got := faultIn(doc)
			if got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
			if title := titleOf(doc); strings.HasPrefix(title, "Error: ") != (q[0] != "") {
				t.Errorf("the title is %q", title)
			}
		})
	}
}

// faultIn finds where doc shows an error.
func faultIn(doc *html.Node) (f fault) {
	var wrong []string
	said := false
	for n := range doc.Descendants() {
		switch {
		case n.Type != html.ElementNode:
			continue
		case attr(n, "id") == "error":
			said, f.in = true, actionAround(n)
		case said && f.in == "" && n.Data == "form" && card(n) == card(errorIn(doc)):
			f.in = strings.TrimPrefix(attr(n, "action"), "/auth/")
		}
		if has(n, "autofocus") {
			f.focus = attr(n, "id")
		}
		if attr(n, "aria-invalid") == "true" {
			wrong = append(wrong, attr(n, "id"))
		}
	}
	f.wrong = strings.Join(wrong, " ")
	return f
}

func errorIn(doc *html.Node) *html.Node {
	for n := range doc.Descendants() {
		if attr(n, "id") == "error" {
			return n
		}
	}
	return nil
}

// actionAround returns the action of the form around n, "" for none.
func actionAround(n *html.Node) string {
	for a := range n.Ancestors() {
		if a.Data == "form" {
			return strings.TrimPrefix(attr(a, "action"), "/auth/")
		}
	}
	return ""
}

// card returns the card around n.
func card(n *html.Node) *html.Node {
	for a := range n.Ancestors() {
		if slices.Contains(strings.Fields(attr(a, "class")), "card") {
			return a
		}
	}
	return nil
}

func titleOf(doc *html.Node) string {
	for n := range doc.Descendants() {
		if n.Data == "title" && n.FirstChild != nil {
			return n.FirstChild.Data
		}
	}
	return ""
}

// checkFault wants one focus at most, of something that is shown, and an error told in
// the title if it is told at all.
func checkFault(t *testing.T, doc *html.Node) {
	t.Helper()
	focused := 0
	for n := range doc.Descendants() {
		if !has(n, "autofocus") {
			continue
		}
		focused++
		for a := range n.Ancestors() {
			if a.Data == "details" && !has(a, "open") {
				t.Errorf("the focus is on %s, in what is closed", attr(n, "id"))
			}
		}
	}
	if focused > 1 {
		t.Errorf("%d elements want the focus", focused)
	}
	if told := errorIn(doc) != nil; told && !strings.HasPrefix(titleOf(doc), "Error: ") {
		t.Errorf("the title %q does not say that there is an error", titleOf(doc))
	}
}

// TestPagesWithoutForms: a query makes no error of a page that shows none.
func TestPagesWithoutForms(t *testing.T) {
	f := Frame{AppName: "Notes", Base: "/auth", Error: "CredentialsSignin", CSRFToken: "token"}
	for name, view := range map[Name]any{SignOut: SignOutView{Frame: f}, Goodbye: GoodbyeView{f}, DevMailbox: DevMailView{Frame: f}} {
		if title := titleOf(rendered(t, name, view)); strings.HasPrefix(title, "Error") {
			t.Errorf("%s: the title is %q", name, title)
		}
	}
	for _, kind := range []string{"", "AccessDenied"} {
		f.Error = kind
		if title := titleOf(rendered(t, Error, ErrorView{f})); !strings.HasPrefix(title, "Error: ") {
			t.Errorf("the error page's title is %q", title)
		}
	}
}

// TestPageConfirmSaysFor: an old session is told what it must be confirmed for; whoever
// has a password deletes the account with that.
func TestPageConfirmSaysFor(t *testing.T) {
	for want, view := range map[string]AccountView{
		"To change your password, confirm":                         {HasPassword: true},
		"To change how you sign in, confirm":                       {HasPassword: true, Linkable: []ProviderView{{ID: "github"}}},
		"To change how you sign in or delete the account, confirm": {Accounts: []AccountItem{{Provider: "github"}}},
		"To delete the account, confirm":                           {},
	} {
		var b strings.Builder
		if err := Render(&b, Account, view); err != nil || !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in the page: %v", want, err)
		}
	}
}
