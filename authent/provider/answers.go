package provider

import (
	"errors"
	"net/http"

	"github.com/authent/authent/authent"
)

// objects returns the objects in a list that a provider answered with, and skips
// everything else in it.
func objects(list any) (all []authent.Claims) {
	values, _ := list.([]any)
	for _, one := range values {
		if object, ok := one.(map[string]any); ok {
			all = append(all, object)
		}
	}
	return all
}

// forbidden reports whether a provider's API refused a request because the application
// lacks a permission.
func forbidden(err error) bool {
	s, ok := errors.AsType[*authent.StatusError](err)
	return ok && (s.Status == http.StatusForbidden || s.Status == http.StatusNotFound)
}

// firstOf returns the first of the claims that is not "".
func firstOf(c authent.Claims, names ...string) string {
	for _, name := range names {
		if v := c.String(name); v != "" {
			return v
		}
	}
	return ""
}
