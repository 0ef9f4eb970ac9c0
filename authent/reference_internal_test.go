package authent

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/authent/authent/authent/internal/page"
)

var writeReference = flag.Bool("reference", false, "write the endpoints and error codes into docs/endpoints.md")

// endpointTexts say what the route table cannot: what an endpoint does, which fields or
// parameters it takes, and what it answers a script.
var endpointTexts = map[string][3]string{
	"GET csrf":                        {"Issues the CSRF token of this browser, in its cookie and in the answer", "", "`{\"csrfToken\": \"…\"}`"},
	"GET providers":                   {"Lists the ways to sign in", "", "by id: `id`, `name`, `type`, `signinUrl`, `callbackUrl`"},
	"GET session":                     {"Says who is signed in, and keeps the session alive", "", "`user` and `expires`, or `null`; 503 during an outage"},
	"POST session":                    {"Passes `data` to the Session callback (`update()` of Auth.js's client)", "`data`", "as GET session"},
	"GET signin":                      {"Shows the sign-in page, or leads to `Pages.SignIn`", "`callbackUrl`", ""},
	"POST signin":                     {"Leads to the sign-in page", "", "`url`"},
	"POST signin/{provider}":          {"Starts a sign-in through an OAuth provider, or mails a link and a code to sign in with; for another provider, leads to the sign-in page", "`email` for a mail; `callbackUrl`; query: `login_hint`, `prompt` and others that the provider is asked with", "`url` at the provider, or of the page that waits for the mail"},
	"GET callback/{provider}":         {"Takes what the provider sends people back with, and signs in or links; of a link in a mail, shows the button that signs in, and uses nothing up", "query: `code`, `state`, `iss`, `error`; of a link `email`, `token`", ""},
	"POST callback/{provider}":        {"Signs in with the fields of a credentials provider, with a link that was mailed, or with a passkey, or adds a passkey; also the way back from a provider that posts its answer", "`email`, `password`, or the provider's own fields; of a link `email`, `token`; of a passkey `action`, `data`", "`url`"},
	"GET signout":                     {"Shows the sign-out page, or leads to `Pages.SignOut`", "`callbackUrl`", ""},
	"POST signout":                    {"Ends the session", "", "`url`"},
	"GET verify-request":              {"Shows \"check your mail\", or leads to `Pages.VerifyRequest`", "", ""},
	"GET error":                       {"Shows what a code means, or leads to `Pages.Error`", "`error`, `code`", ""},
	"POST _log":                       {"Beside next-auth 4 alone: takes what its browser client reports, and drops it", "nothing", "200"},
	"GET register":                    {"Shows the page to register at, or leads to `Pages.Register`", "`callbackUrl`", ""},
	"POST register":                   {"Creates a user and signs them in", "`email`, `password`, `name`; others reach `SignUpFrom`", "`url`"},
	"GET account":                     {"Shows the account page, or leads to `Pages.Account`", "", ""},
	"GET sessions":                    {"Lists where the person is signed in, this session first", "", "an array of `id`, `current`, `expires`, `createdAt`, `lastUsedAt`, `ipAddress`, `userAgent`; 401 and `null` without a session"},
	"POST sessions/revoke":            {"Ends one of the person's sessions, or all others", "`id`, or `others=true`", "`url`"},
	"POST password":                   {"Changes the password, and ends the other sessions; needs a recent sign-in", "`currentPassword`, `password`", "`url`"},
	"GET reauthenticate":              {"Asks whoever is signed in to show again that it is them, or leads to `Pages.Reauthenticate`", "`callbackUrl`", ""},
	"POST reauthenticate":             {"Makes the sign-in recent again, with a new session; by a code of a second factor it is of level 2", "`password`, or `code`; `callbackUrl`", "`url`"},
	"POST reauthenticate/{provider}":  {"Sends whoever is signed in to a provider of theirs, to sign in there anew", "`callbackUrl`", "`url` at the provider"},
	"GET webauthn-options/{provider}": {"Answers what the browser is to ask for a passkey with, and keeps the challenge in a cookie; stores nothing. Whoever is signed out is asked for any passkey", "query: `action`, which is `authenticate` or, for who is signed in, `register`", "`action`, `options`; 400 and `error`"},
	"POST passkeys/rename":            {"Gives a passkey another name; needs a recent sign-in", "`id`, `name`", "`url`"},
	"POST passkeys/remove":            {"Removes a passkey, and ends the other sessions; needs a recent sign-in", "`id`", "`url`"},
	"GET factor":                      {"Asks for the second factor of a sign-in whose first step this browser has done, or leads to `Pages.Factor`", "", ""},
	"POST factor":                     {"Finishes a sign-in with a code of the authenticator app, or a recovery code", "`code`; `trust` to have the browser remembered", "`url`"},
	"GET totp":                        {"Shows the page on which an authenticator app is set up; stores nothing; needs a recent sign-in", "", ""},
	"POST totp":                       {"Sets up the app whose first code this is, raises the session, ends all others, and shows recovery codes", "`code`", "`url`, `recoveryCodes`"},
	"POST totp/remove":                {"Removes the authenticator app, and ends the other sessions; needs a recent sign-in of level 2", "", "`url`"},
	"POST recovery-codes":             {"Makes new recovery codes and shows them; needs a recent sign-in of level 2", "", "`url`, `recoveryCodes`"},
	"POST trust/revoke":               {"Has the second factor asked for again in browsers that were remembered", "`id` of one, or nothing for all", "`url`"},
	"POST link/{provider}":            {"Starts to link an account at a provider; needs a recent sign-in", "", "`url` at the provider"},
	"POST unlink":                     {"Unlinks an account, and ends the other sessions; needs a recent sign-in", "`provider`, `providerAccountId`", "`url`"},
	"GET forgot-password":             {"Shows the form for an address, or leads to `Pages.ForgotPassword`", "", ""},
	"POST forgot-password":            {"Mails a link and a code to set a password with, if somebody has the address", "`email`", "`url` of the page that waits for the mail, whoever's the address is"},
	"GET reset-password":              {"Shows the form for a new password, if the link works still, or leads to `Pages.ResetPassword`", "`user`, `token`", ""},
	"POST reset-password":             {"Sets the password and ends all sessions; starts none", "`user`, `token`, `password`", "`url`"},
	"POST code":                       {"Takes the code of the mail that this browser waits for", "`code`", "`url`"},
	"GET verify-email":                {"Shows the button that proves an address, or leads to `Pages.VerifyEmail`; uses nothing up", "`user`, `token`", ""},
	"POST verify-email":               {"Proves the address of an account; needs its session, the browser that registered, or its password", "`user`, `token`, `password`", "`url`"},
	"POST verify-email/send":          {"Mails the link and the code again to who is signed in", "", "`url`"},
	"POST email":                      {"Mails a link and a code to the address that the account is to have; needs a recent sign-in", "`email`", "`url`"},
	"GET change-email":                {"Shows the button that changes the address to whoever is signed in and asked for it, or leads to `Pages.ChangeEmail`; uses nothing up", "`user`, `email`, `token`", ""},
	"POST change-email":               {"Changes the address of whoever is signed in and asked for it, ends the other sessions, and tells the old address", "`user`, `email`, `token`", "`url`"},
	"GET undo-email":                  {"Shows the button that undoes a change of address, or leads to `Pages.UndoEmail`; uses nothing up", "`user`, `email`, `mark`, `token`", ""},
	"POST undo-email":                 {"Gives the account its old address back, removes password, newer accounts and all sessions, and mails a reset", "`user`, `email`, `mark`, `token`", "`url`"},
	"GET dev/mail":                    {"Shows the mails of a development mailer, to this machine alone", "", ""},
	"POST delete":                     {"Deletes the user with all that belongs to them; needs the password or, without it, a recent sign-in", "`password`", "`url`: of `goodbye`, unless the request has a `callbackUrl`"},
	"GET goodbye":                     {"Says that the account is deleted", "", ""},
}

// TestReference: docs/endpoints.md is what the tables of routes and failures say. With
// its flag it writes the file.
func TestReference(t *testing.T) {
	const file, begin, end = "../docs/endpoints.md", "<!-- written by make reference -->\n", "<!-- end -->\n"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s lacks the marks between which the tables stand", file)
	}
	fresh := before + begin + endpointTable(t) + failureTable(t) + end + after
	if *writeReference {
		err = os.WriteFile(file, []byte(fresh), 0o644)
	}
	if err != nil || fresh != string(text) && !*writeReference {
		t.Errorf("%s is stale: run make reference: %v", file, err)
	}
}

// endpointTable has a row for each route, and refuses a text that has none.
func endpointTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("\n## Endpoints\n\n| endpoint | what it does | takes | answers a script |\n|---|---|---|---|\n")
	for _, rt := range routes {
		name := rt.method + " " + rt.action
		if rt.provider {
			name += "/{provider}"
		}
		text, ok := endpointTexts[name]
		if !ok {
			t.Errorf("%s has no text in endpointTexts", name)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", name, text[0], text[1], text[2])
	}
	if len(endpointTexts) != len(routes) {
		t.Errorf("%d texts for %d endpoints: one is of an endpoint that is gone", len(endpointTexts), len(routes))
	}
	return b.String()
}

// failureTable has a row for each code that people and scripts may see.
func failureTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("\n## Error codes\n\n| `error` | `code` | why | page | status for a browser | for a script | what people read |\n|---|---|---|---|---|---|---|\n")
	whys := failureNames(t)
	for i, f := range append(slices.Clone(failures), serverFault) {
		why := "a fault of the server's own; the log has the cause"
		if i < len(whys) {
			why = whys[i] + f.err.Error()
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %d | %s |\n", code(f.kind), code(f.code), why, f.page, browserStatus(f), f.jsonStatus(), read(f))
	}
	b.WriteString("\n| `error` | `code` | what people read |\n|---|---|---|\n")
	for _, c := range page.RegisterCodes() {
		fmt.Fprintf(&b, "| `Register`, `PasswordChange` | `%s` | %s |\n", c, page.Message("Register", c))
	}
	for _, c := range []string{"cancelled", "email_missing"} {
		fmt.Fprintf(&b, "| `OAuthCallbackError` | `%s` | %s |\n", c, page.Message("OAuthCallbackError", c))
	}
	return b.String() + "\n"
}

// failureNames are the errors of the table as its source names them, "" for those that
// only the engine knows.
func failureNames(t *testing.T) (names []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "failure.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != "failures" {
			return true
		}
		for _, row := range spec.Values[0].(*ast.CompositeLit).Elts {
			switch e := row.(*ast.CompositeLit).Elts[0].(type) {
			case *ast.Ident:
				name := ""
				if e.IsExported() {
					name = "`" + e.Name + "`: "
				}
				names = append(names, name)
			case *ast.SelectorExpr:
				names = append(names, fmt.Sprintf("`%s.%s`: ", e.X, e.Sel.Name))
			}
		}
		return false
	})
	if len(names) != len(failures) {
		t.Fatalf("%d names for %d failures", len(names), len(failures))
	}
	return names
}

// browserStatus is that of the page, or of the redirect that leads to it.
func browserStatus(f failure) string {
	if f.page == "error" && f.status != 200 {
		return fmt.Sprint(f.status)
	}
	return "302"
}

func read(f failure) string {
	if f.page == "error" {
		heading, text := page.ErrorText(f.kind)
		return heading + ". " + text
	}
	return page.Message(f.kind, f.code)
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}
