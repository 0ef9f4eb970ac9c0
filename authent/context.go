package authent

import (
	"context"
	"net/url"
)

type engineKey struct{}

// FromEngine reports whether ctx belongs to a call that the engine makes to its
// Adapter. A deny-by-default ent privacy policy allows such calls with it. The
// mark is on the Adapter call alone: callbacks, events and handlers never see
// it, and nothing outside this package can set it.
func FromEngine(ctx context.Context) bool {
	on, _ := ctx.Value(engineKey{}).(bool)
	return on
}

func withEngine(ctx context.Context) context.Context {
	return context.WithValue(ctx, engineKey{}, true)
}

type signUpKey struct{}

// SignUp is how a person comes to be created. An ent hook on User reads it with
// SignUpFrom to fill the application's own columns. Nothing in it can be
// trusted: it is what a browser or a provider sent.
type SignUp struct {
	// Provider is the id of the provider through which the person signs up.
	Provider string
	// Profile is what the provider said of the person, nil for a registration
	// form.
	Profile Claims
	// Form holds the fields of the form that are not the engine's own.
	Form url.Values
}

// SignUpFrom returns the sign-up that ctx belongs to, and whether there is one.
func SignUpFrom(ctx context.Context) (SignUp, bool) {
	s, ok := ctx.Value(signUpKey{}).(SignUp)
	return s, ok
}

func withSignUp(ctx context.Context, s SignUp) context.Context {
	return context.WithValue(ctx, signUpKey{}, s)
}
