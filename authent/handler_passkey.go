package authent

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/authent/authent/authent/internal/page"
	"github.com/authent/authent/authent/internal/seal"
)

// ceremonyPlace is what the cookie of a ceremony is bound to, whatever its name is.
const ceremonyPlace = "authent.passkey"

// passkeyAlgorithms are the COSE numbers of EdDSA, ES256 and RS256, the best first.
var passkeyAlgorithms = []int{-8, -7, -257}

// getPasskeyOptions answers what a browser is to ask for a passkey with, and keeps the
// challenge in a cookie. It writes nothing. Who is signed out is always asked for any
// passkey, whatever address the query has: it must not tell whose there are.
func (e *exchange) getPasskeyOptions() error {
	e.noStore()
	if e.provider.Passkey == nil {
		return errUnknownPage
	}
	s, err := e.requestSession()
	if err != nil {
		return e.failJSON(err)
	}
	action := queryOf(e.r).Get("action")
	switch {
	case action != "" && action != toUsePasskey && action != toAddPasskey:
		return e.badOptions("Invalid action")
	case action == toAddPasskey && s == nil, action == "" && s != nil:
		return e.badOptions("Invalid request")
	case action == "":
		action = toUsePasskey
	}
	c, err := e.newCeremony(action, s)
	if err != nil {
		return err
	}
	options, err := e.passkeyOptions(c, s)
	if err != nil {
		return e.failJSON(err)
	}
	if err := e.keepCeremonies(append(e.ceremonies(), c)); err != nil {
		return err
	}
	e.json(http.StatusOK, map[string]any{"action": action, "options": options})
	return nil
}

// badOptions answers as Auth.js does.
func (e *exchange) badOptions(text string) error {
	e.json(http.StatusBadRequest, map[string]string{"error": text})
	return nil
}

// passkeyOptions returns the JSON of PublicKeyCredentialRequestOptions, or of
// PublicKeyCredentialCreationOptions (WebAuthn L3 §5.4, §5.5).
func (e *exchange) passkeyOptions(c ceremony, s *Session) (map[string]any, error) {
	asked := c.asked(e.provider.Passkey, e.origin.Hostname(), e.origin.String())
	var own []map[string]any
	if s != nil {
		keys, err := e.Passkeys(e.r.Context(), s.UserID)
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			own = append(own, key.descriptor())
		}
	}
	timeout := ceremonyAge.Milliseconds()
	if c.Action == toUsePasskey {
		return map[string]any{
			"challenge": c.Challenge, "timeout": timeout, "rpId": asked.RPID, "userVerification": "required", "allowCredentials": orEmpty(own),
		}, nil
	}
	params := make([]map[string]any, len(passkeyAlgorithms))
	for i, alg := range passkeyAlgorithms {
		params[i] = map[string]any{"type": "public-key", "alg": alg}
	}
	name := s.User.Email
	if name == "" {
		name = s.User.Name
	}
	return map[string]any{
		"challenge": c.Challenge, "timeout": timeout, "attestation": "none", "pubKeyCredParams": params, "excludeCredentials": orEmpty(own),
		"rp":   map[string]any{"id": asked.RPID, "name": e.appName(e.origin.String())},
		"user": map[string]any{"id": base64.RawURLEncoding.EncodeToString(userHandle(s.UserID)), "name": name, "displayName": name},
		"authenticatorSelection": map[string]any{
			"residentKey": "required", "requireResidentKey": true, "userVerification": "required",
		},
	}, nil
}

// orEmpty returns a list that JSON shows as [], not as null.
func orEmpty(list []map[string]any) []map[string]any {
	if list == nil {
		return []map[string]any{}
	}
	return list
}

// webID is its id as browsers have it.
func (r Authenticator) webID() string {
	id, err := base64.StdEncoding.DecodeString(r.CredentialID)
	if err != nil {
		id = []byte(r.CredentialID)
	}
	return base64.RawURLEncoding.EncodeToString(id)
}

// descriptor names the passkey to a browser (PublicKeyCredentialDescriptorJSON).
func (r Authenticator) descriptor() map[string]any {
	d := map[string]any{"type": "public-key", "id": r.webID()}
	if r.Transports != "" {
		d["transports"] = strings.Split(r.Transports, ",")
	}
	return d
}

// ceremonies returns those that the browser keeps, the oldest first: each of its tabs may
// have asked for one.
func (e *exchange) ceremonies() (all []ceremony) {
	value := cookie(e.r, e.cookies.passkey)
	if value == "" || !e.keys.OpenJSON(seal.Passkey, ceremonyPlace, value, e.now(), &all) {
		return nil
	}
	return slices.DeleteFunc(all, func(c ceremony) bool { return !e.now().Before(c.expires()) })
}

// keepCeremonies has the browser keep the newest of all.
func (e *exchange) keepCeremonies(all []ceremony) error {
	if len(all) == 0 {
		e.clearCookie(e.w, e.cookies.passkey)
		return nil
	}
	all = all[max(0, len(all)-maxCeremonies):]
	expires := all[len(all)-1].expires()
	sealed, err := e.keys.SealJSON(e.cfg.Rand, seal.Passkey, ceremonyPlace, all, expires)
	if err == nil {
		e.setCookie(e.w, e.cookies.passkey, sealed, expires)
	}
	return err
}

// takeCeremony returns the ceremony that answer belongs to, and takes it from the browser.
func (e *exchange) takeCeremony(action string, answer []byte) (ceremony, error) {
	all, challenge := e.ceremonies(), challengeOf(answer)
	i := slices.IndexFunc(all, func(c ceremony) bool { return c.Action == action && c.Challenge == challenge })
	if i < 0 {
		return ceremony{}, errCeremonyGone
	}
	c := all[i]
	return c, e.keepCeremonies(slices.Delete(all, i, i+1))
}

// challengeOf returns the challenge that an answer names, "" for none. It says which
// ceremony the answer belongs to, and is checked later.
func challengeOf(answer []byte) string {
	var a struct {
		Response struct {
			ClientDataJSON string `json:"clientDataJSON"`
		} `json:"response"`
	}
	var client struct {
		Challenge string `json:"challenge"`
	}
	if json.Unmarshal(answer, &a) != nil {
		return ""
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(a.Response.ClientDataJSON, "="))
	if err != nil || json.Unmarshal(text, &client) != nil {
		return ""
	}
	return strings.TrimRight(client.Challenge, "=")
}

// postPasskey takes what a browser answered for a passkey: it signs in, or adds one.
func (e *exchange) postPasskey() error {
	action, answer := e.form.Get("action"), []byte(e.form.Get("data"))
	c, err := e.takeCeremony(action, answer)
	if err != nil {
		return err
	}
	asked := c.asked(e.provider.Passkey, e.origin.Hostname(), e.origin.String())
	if action == toAddPasskey {
		return e.addPasskeyOf(c, asked, answer)
	}
	s, err := e.signInByPasskey(e.r.Context(), e.arrivingCaller(e.r), e.provider, c, asked, answer)
	if errors.Is(err, ErrUnavailable) {
		keepCookie(e.w, e.cookies.passkey)
	}
	if err != nil {
		return err
	}
	e.clearCookie(e.w, e.cookies.factor)
	e.welcome(e.w, e.r, s)
	return e.redirect(e.callbackURL)
}

// addPasskeyOf adds a passkey to the account of whoever is signed in.
func (e *exchange) addPasskeyOf(c ceremony, asked PasskeyCeremony, answer []byte) error {
	s, err := e.mustBeSignedIn()
	if err != nil {
		return err
	}
	if err := e.addPasskey(e.r.Context(), s, e.provider, c, asked, answer); err != nil {
		return passkeyError(err)
	}
	return e.toAccount("passkey_added")
}

// passkeyError has an error of somebody who is signed in told on the account page.
func passkeyError(err error) error {
	if errors.Is(err, ErrPasskey) {
		return &pageError{err, "account", page.CardPasskeys}
	}
	return err
}

// postRenamePasskey gives a passkey of whoever is signed in another name.
func (e *exchange) postRenamePasskey() error {
	if _, ok := e.passkeyProvider(); !ok {
		return errUnknownPage
	}
	s, err := e.mustBeSignedIn()
	if err != nil {
		return err
	}
	if err := e.RenamePasskey(e.r.Context(), s, e.form.Get("id"), e.form.Get("name")); err != nil {
		return orNotFound(err, errPasskeyNotFound)
	}
	return e.toAccount("passkey_renamed")
}

// postRemovePasskey removes a passkey of whoever is signed in.
func (e *exchange) postRemovePasskey() error {
	if _, ok := e.passkeyProvider(); !ok {
		return errUnknownPage
	}
	s, err := e.mustBeSignedIn()
	if err != nil {
		return err
	}
	if err := e.RemovePasskey(e.r.Context(), s, e.form.Get("id")); err != nil {
		return orNotFound(err, errPasskeyNotFound)
	}
	return e.toAccount("passkey_removed")
}

// showPasskeys lists the passkeys of s.
func (e *exchange) showPasskeys(view *page.AccountView, s *Session) error {
	p, ok := e.passkeyProvider()
	if !ok {
		return nil
	}
	keys, err := e.Passkeys(e.r.Context(), s.UserID)
	if err != nil {
		return err
	}
	accounts, err := e.Accounts(e.r.Context(), s.UserID)
	if err != nil {
		return err
	}
	card := &page.PasskeyCard{Provider: p.ID, CanChange: e.mayChangePasskeys(e.r.Context(), s) == nil}
	card.RPID = ceremony{}.asked(p.Passkey, e.origin.Hostname(), e.origin.String()).RPID
	for _, key := range keys {
		card.Keys = append(card.Keys, page.PasskeyView{
			ID: key.CredentialID, WebID: key.webID(), Name: key.Name, Added: key.CreatedAt, LastUsed: key.LastUsedAt,
			Synced: key.CredentialDeviceType == multiDevice, Blocked: key.Blocked(), Only: e.isOnlyWay(s.User, accounts, key.CredentialID),
		})
	}
	view.Passkeys = card
	return nil
}

// isOnlyWay reports whether a user can sign in with nothing but a passkey.
func (a *Auth) isOnlyWay(u *User, accounts []Account, credentialID string) bool {
	var rest []*Account
	for i, acc := range accounts {
		if acc.Type != string(TypeWebAuthn) || acc.ProviderAccountID != credentialID {
			rest = append(rest, &accounts[i])
		}
	}
	return !a.canSignIn(u, rest)
}

// passkeyOn returns what a page's script needs to sign in with a passkey, nil where there
// are none.
func (e *exchange) passkeyOn() *page.PasskeyButton {
	p, ok := e.passkeyProvider()
	if !ok {
		return nil
	}
	return &page.PasskeyButton{
		Name: p.Name, Options: e.page("webauthn-options/"+p.ID, url.Values{"action": {toUsePasskey}}), Action: e.site.Base + "/callback/" + p.ID,
	}
}

// passkeyOf does what passkeyOn does for somebody who is signed in, nil if they have none that
// works.
func (e *exchange) passkeyOf(s *Session) (*page.PasskeyButton, error) {
	button := e.passkeyOn()
	if button == nil {
		return nil, nil
	}
	keys, err := e.Passkeys(e.r.Context(), s.UserID)
	if err != nil || !slices.ContainsFunc(keys, func(key Authenticator) bool { return !key.blocked() }) {
		return nil, err
	}
	return button, nil
}
