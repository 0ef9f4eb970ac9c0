package provider

import (
	"errors"
	"net/http"

	"github.com/authent/authent/authent"
)

// objects are those in a list that a provider answered with. What else is in it is
// not there.
func objects(list any) (all []authent.Claims) {
	values, _ := list.([]any)
	for _, one := range values {
		if object, ok := one.(map[string]any); ok {
			all = append(all, object)
		}
	}
	return all
}

// forbidden reports whether a provider's API says that the application has no
// permission for what it asked.
func forbidden(err error) bool {
	s, ok := errors.AsType[*authent.StatusError](err)
	return ok && (s.Status == http.StatusForbidden || s.Status == http.StatusNotFound)
}

// firstOf is the first of the claims that is not "".
func firstOf(c authent.Claims, names ...string) string {
	for _, name := range names {
		if v := c.String(name); v != "" {
			return v
		}
	}
	return ""
}
