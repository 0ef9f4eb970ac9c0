package authent

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/authent/authent/authent/internal/input"
)

// namedPage is a field of Pages, and the endpoint whose built-in page it replaces.
type namedPage struct{ name, endpoint, page string }

func (p Pages) named() []namedPage {
	return []namedPage{
		{"SignIn", "signin", p.SignIn}, {"SignOut", "signout", p.SignOut}, {"Error", "error", p.Error},
		{"VerifyRequest", "verify-request", p.VerifyRequest}, {"Register", "register", p.Register},
		{"Account", "account", p.Account}, {"NewUser", "", p.NewUser},
		{"ForgotPassword", "forgot-password", p.ForgotPassword}, {"ResetPassword", "reset-password", p.ResetPassword},
		{"VerifyEmail", "verify-email", p.VerifyEmail}, {"ChangeEmail", "change-email", p.ChangeEmail},
		{"UndoEmail", "undo-email", p.UndoEmail},
		{"Factor", "factor", p.Factor}, {"Reauthenticate", "reauthenticate", p.Reauthenticate},
	}
}

func (p Pages) validate(site input.Site) error {
	var errs []error
	for _, field := range p.named() {
		if field.page == "" {
			continue
		}
		u, err := url.Parse(field.page)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https" && !strings.HasPrefix(field.page, "/")) {
			errs = append(errs, fmt.Errorf("field Pages.%s: use a path that starts with / or an http(s) URL", field.name))
		}
	}
	return errors.Join(append(errs, p.validateCircles(site))...)
}

// validateCircles refuses pages from which redirects lead back to the built-in page that
// they replace, and so round for ever.
func (p Pages) validateCircles(site input.Site) error {
	// The account page sends people who are signed out to the sign-in page.
	next := map[string][]string{"account": {"signin"}}
	for _, field := range p.named() {
		if to, ok := builtInPage(field.page, site); ok {
			next[field.endpoint] = append(next[field.endpoint], to)
		}
	}
	var errs []error
	for _, field := range p.named() {
		to, ok := builtInPage(field.page, site)
		if ok && field.endpoint != "" && leads(next, to, field.endpoint, len(next)) {
			errs = append(errs, fmt.Errorf("field Pages.%s: %q leads back to the built-in page in whose place it is, without end: leave it empty for the built-in page, or name a page of your own", field.name, field.page))
		}
	}
	return errors.Join(errs...)
}

// leads reports whether from is the endpoint to, or leads there in so many steps.
func leads(next map[string][]string, from, to string, steps int) bool {
	if from == to {
		return true
	}
	for _, n := range next[from] {
		if steps > 0 && leads(next, n, to, steps-1) {
			return true
		}
	}
	return false
}

// builtInPage returns the endpoint of the Handler at which page is, whatever its query. In
// development any loopback origin is the application's.
func builtInPage(page string, site input.Site) (endpoint string, ok bool) {
	origin := site.Origin
	if origin == nil {
		origin = &url.URL{Scheme: "http", Host: "localhost"}
		if u, err := url.Parse(page); err == nil && u.Scheme == "http" && input.IsLoopbackHost(u.Host) {
			origin.Host = u.Host
		}
	}
	u, err := origin.Parse(page)
	if err != nil || page == "" || site.Base == "" {
		return "", false
	}
	own, ok := input.SameOriginURL(u.String(), origin)
	if !ok {
		return "", false
	}
	u, err = url.Parse(own)
	if err != nil {
		return "", false
	}
	return strings.CutPrefix(strings.TrimSuffix(u.EscapedPath(), "/"), site.Base+"/")
}
