package authent

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
)

// ProviderType is the kind of a Provider, with Auth.js's names.
type ProviderType string

const (
	// TypeCredentials is a form whose fields the server checks itself.
	TypeCredentials ProviderType = "credentials"
	// TypeEmail signs in with a link, or a code, that is mailed.
	TypeEmail ProviderType = "email"
)

// Provider is one way to sign in. Package provider has constructors; a
// constructor only returns data, and New checks it.
type Provider struct {
	// ID is the provider's name in URLs and rows: 1 to 64 of a–z, 0–9, "-" and
	// "_". No two providers of one Config have the same.
	ID string
	// Name is what people read. If "", ID.
	Name string
	// Type says which of the fields below is set.
	Type ProviderType
	// Credentials is set for TypeCredentials.
	Credentials *Credentials
	// OAuth is set for TypeOAuth and TypeOIDC.
	OAuth *OAuth
	// Passkey is set for TypeWebAuthn.
	Passkey *Passkey
}

// Credentials signs in with the fields of a form. Either Password or Check is
// set.
type Credentials struct {
	// Password says that the engine itself checks the fields "email" and
	// "password" against the user's password hash, and offers registration.
	Password bool
	// Check looks at the fields and returns who the person is.
	Check CredentialsCheck
	// Inputs are the fields that the built-in sign-in page shows for Check.
	Inputs []Input
}

// CredentialsCheck looks at the fields of a sign-in form, without the engine's
// own (csrfToken, callbackUrl), and returns the id of the user they belong to. An empty
// id or ErrInvalidCredentials refuses the sign-in; a *CredentialsError refuses it with
// a code for the page; an error that wraps ErrUnavailable is answered with 503; any
// other error is a fault of the server and is logged. It should take the same time for
// people it does not know.
type CredentialsCheck func(ctx context.Context, form url.Values) (userID string, err error)

// Input is a field of a built-in form.
type Input struct {
	// Name is the field's name in the form.
	Name string
	// Label is what people read. If "", Name.
	Label string
	// Type is the HTML input type. If "", "text".
	Type string
	// Placeholder is shown while the field is empty.
	Placeholder string
	// Autocomplete is the HTML autocomplete token. If "", browsers decide.
	Autocomplete string
}

var providerID = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)

func (p *Provider) validate() error {
	switch {
	case !providerID.MatchString(p.ID) || p.ID == "undefined":
		return fmt.Errorf("provider id %q: use 1 to 64 of a–z, 0–9, - and _", p.ID)
	case (p.Type == TypeCredentials) != (p.Credentials != nil):
		return fmt.Errorf("provider %s: Credentials is for type credentials, which needs it", p.ID)
	case p.isOAuth() != (p.OAuth != nil):
		return fmt.Errorf("provider %s: OAuth is for the types oauth and oidc, which need it", p.ID)
	case p.isOAuth():
		return p.OAuth.validate(p.ID, p.Type)
	case p.isPasskey() != (p.Passkey != nil):
		return fmt.Errorf("provider %s: Passkey is for the type webauthn, which needs it: provider.Passkey makes one", p.ID)
	case p.isPasskey() && p.Passkey.Verifier == nil:
		return fmt.Errorf("provider %s: Passkey has no Verifier: provider.Passkey sets it", p.ID)
	case p.isPasskey(), p.Type == TypeEmail:
		return nil
	case p.Credentials == nil:
		return fmt.Errorf("provider %s: type %q is not known", p.ID, p.Type)
	case p.Credentials.Password == (p.Credentials.Check != nil):
		return fmt.Errorf("provider %s: set either Credentials.Password or Credentials.Check", p.ID)
	}
	return nil
}

// isOAuth reports whether people are sent to an authorization server.
func (p *Provider) isOAuth() bool { return p.Type == TypeOAuth || p.Type == TypeOIDC }

// isPasskey reports whether people sign in with a passkey.
func (p *Provider) isPasskey() bool { return p.Type == TypeWebAuthn }

// isEmail reports whether people sign in with a link that is mailed.
func (p *Provider) isEmail() bool { return p.Type == TypeEmail }

// isPassword reports whether the engine itself checks e-mail and password.
func (p *Provider) isPassword() bool {
	return p.Credentials != nil && p.Credentials.Password
}

func (a *Auth) provider(id string) (*Provider, bool) {
	for i := range a.cfg.Providers {
		if a.cfg.Providers[i].ID == id {
			return &a.cfg.Providers[i], true
		}
	}
	return nil, false
}

func (a *Auth) passwordProvider() (*Provider, bool) {
	for i := range a.cfg.Providers {
		if a.cfg.Providers[i].isPassword() {
			return &a.cfg.Providers[i], true
		}
	}
	return nil, false
}

func (a *Auth) passkeyProvider() (*Provider, bool) {
	for i := range a.cfg.Providers {
		if a.cfg.Providers[i].isPasskey() {
			return &a.cfg.Providers[i], true
		}
	}
	return nil, false
}

func (a *Auth) emailProvider() (*Provider, bool) {
	for i := range a.cfg.Providers {
		if a.cfg.Providers[i].isEmail() {
			return &a.cfg.Providers[i], true
		}
	}
	return nil, false
}

func validateProviders(ps []Provider) error {
	var errs []error
	if len(ps) == 0 {
		errs = append(errs, errors.New("no Providers: nobody could sign in"))
	}
	ids, passwords, emails, passkeys := map[string]bool{}, 0, 0, 0
	for i := range ps {
		p := &ps[i]
		if err := p.validate(); err != nil {
			errs = append(errs, err)
			continue
		}
		if ids[p.ID] {
			errs = append(errs, fmt.Errorf("two providers have the id %q", p.ID))
		}
		ids[p.ID] = true
		if p.isPassword() {
			passwords++
		}
		if p.isEmail() {
			emails++
		}
		if p.isPasskey() {
			passkeys++
		}
	}
	if passwords > 1 {
		errs = append(errs, errors.New("more than one password provider"))
	}
	if passkeys > 1 {
		errs = append(errs, errors.New("more than one passkey provider"))
	}
	if emails > 1 {
		errs = append(errs, errors.New("more than one e-mail provider"))
	}
	return errors.Join(errs...)
}
