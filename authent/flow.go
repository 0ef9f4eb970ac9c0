package authent

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/authent/authent/authent/internal/seal"
)

const (
	// flowAge is how long somebody may take at a provider.
	flowAge = 15 * time.Minute
	// maxFlows is how many flows one browser may have open, in as many tabs.
	maxFlows = 5
	// maxFlow bounds the value of a flow's cookie: browsers give name, value and
	// attributes 4 KiB together.
	maxFlow = 3800
	// postAge is how long what a provider's form brought waits for the redirect
	// that follows it.
	postAge = time.Minute
	// maxPosted bounds the value of the cookie that it waits in.
	maxPosted = 3500
)

// purpose is why somebody was sent to a provider.
type purpose string

const (
	toSignIn purpose = "signin"
	toLink   purpose = "link"
)

// flow is one way to a provider and back. The browser keeps it, sealed, in a
// cookie of its own: it binds the callback to this browser, provider and
// purpose (RFC 9700 §4.7), and two tabs do not disturb each other.
type flow struct {
	State    string  `json:"s"`
	Provider string  `json:"p"`
	Purpose  purpose `json:"u"`
	// Verifier is PKCE's (RFC 7636), Nonce OpenID Connect's.
	Verifier string `json:"v"`
	Nonce    string `json:"n,omitempty"`
	// MaxAge is how many seconds before Started people may have signed in at the
	// provider, as the request said; "" if it did not.
	MaxAge string `json:"a,omitempty"`
	// CallbackURL is where the browser goes in the end.
	CallbackURL string `json:"c"`
	// UserID and SessionID are who started to link, from which session.
	UserID    string `json:"i,omitempty"`
	SessionID string `json:"b,omitempty"`
	// Started is in Unix milliseconds.
	Started int64 `json:"t"`
}

func (f flow) expires() time.Time { return time.UnixMilli(f.Started).Add(flowAge) }

// flowCookie is the name of the cookie that belongs to a state. The name is part
// of what is sealed, so no cookie passes for another's.
func (n cookieNames) flowCookie(state string) string {
	sum := sha256.Sum256([]byte(state))
	return n.flow + hex.EncodeToString(sum[:8])
}

// postCookie is the name of the cookie in which a provider's form waits: one, since
// any site may send forms, and cookies of many names would fill up the browser's
// requests until no server takes them.
func (n cookieNames) postCookie(provider string) string { return n.post + provider }

// startFlow makes a flow and gives it to the browser.
func (a *Auth) startFlow(e *exchange, f flow) (flow, error) {
	var err error
	for _, random := range []*string{&f.State, &f.Verifier, &f.Nonce} {
		if *random, err = seal.NewToken(a.cfg.Rand); err != nil {
			return f, err
		}
	}
	f.Provider, f.Started = e.provider.ID, a.now().UnixMilli()
	name := a.cookies.flowCookie(f.State)
	sealed, err := a.keys.SealJSON(a.cfg.Rand, seal.Flow, name, f, f.expires())
	if err == nil && len(sealed) > maxFlow {
		f.CallbackURL = e.afterFlow(f.Purpose)
		sealed, err = a.keys.SealJSON(a.cfg.Rand, seal.Flow, name, f, f.expires())
	}
	if err != nil {
		return f, err
	}
	a.dropOldFlows(e)
	a.setCookie(e.w, name, sealed, f.expires())
	return f, nil
}

// afterFlow is where the browser goes when no request says where to.
func (e *exchange) afterFlow(p purpose) string {
	if p == toLink {
		return e.accountPath(url.Values{"notice": {"account_linked"}})
	}
	return e.origin.String()
}

// dropOldFlows makes room for one more flow: those that no longer open go, and
// the oldest.
func (a *Auth) dropOldFlows(e *exchange) {
	type kept struct {
		name    string
		started int64
	}
	var open []kept
	for _, c := range e.r.Cookies() {
		if !strings.HasPrefix(c.Name, a.cookies.flow) {
			continue
		}
		var f flow
		if a.openFlow(e.r, c.Name, &f) {
			open = append(open, kept{c.Name, f.Started})
		} else {
			a.clearCookie(e.w, c.Name)
		}
	}
	slices.SortFunc(open, func(x, y kept) int { return cmp.Compare(y.started, x.started) })
	for _, old := range open[min(len(open), maxFlows-1):] {
		a.clearCookie(e.w, old.name)
	}
}

func (a *Auth) openFlow(r *http.Request, name string, f *flow) bool {
	return a.keys.OpenJSON(seal.Flow, name, cookie(r, name), a.now(), f)
}

// takeFlow finds the flow that a callback answers and takes it from the browser.
func (a *Auth) takeFlow(e *exchange, state string) (f flow, err error) {
	if !seal.PlausibleToken(state) {
		return f, oauthFault("the callback has no state")
	}
	name := a.cookies.flowCookie(state)
	if cookie(e.r, name) == "" {
		return f, oauthFault("the state is not one of this browser's, or the callback came a second time or too late")
	}
	a.clearCookie(e.w, name)
	if !a.openFlow(e.r, name, &f) {
		return flow{}, oauthFault("the callback came too late, or the flow is not ours")
	}
	if !Secret(f.State).Equal(Secret(state)) || f.Provider != e.provider.ID {
		return flow{}, oauthFault("the state is another provider's")
	}
	return f, nil
}

// giveFlowBack leaves the browser the cookies of a flow: the database was away, or
// too many came at once, before the provider's code was used, so that the same
// callback may do later.
func (a *Auth) giveFlowBack(e *exchange, f flow) {
	keepCookie(e.w, a.cookies.flowCookie(f.State))
	keepCookie(e.w, a.cookies.postCookie(e.provider.ID))
}

// useState makes a state work once, whoever brings it and however many at the
// same time (P08): the second to store it finds it there.
func (a *Auth) useState(e *exchange, f flow) error {
	err := a.store.CreateVerificationToken(e.r.Context(), VerificationToken{
		Identifier: identifierState, Token: seal.HashToken(f.State), Expires: f.expires(),
	})
	return orConflict(err, oauthFault("the state was used before"))
}

// identifierState is that of the states that were used.
const identifierState = "oauth-state"

// postedParams are what a provider's form may bring.
var postedParams = []string{"state", "code", "iss", "error", "error_description", "user"}

// keepPosted seals a provider's form into a cookie. A form comes from another
// site, without this browser's cookies, so the GET that follows does the work.
func (a *Auth) keepPosted(e *exchange) error {
	posted := url.Values{}
	for _, name := range postedParams {
		if v := e.form.Get(name); v != "" {
			posted.Set(name, v)
		}
	}
	if !seal.PlausibleToken(posted.Get("state")) {
		return oauthFault("the provider's form has no state")
	}
	expires := a.now().Add(postAge)
	name := a.cookies.postCookie(e.provider.ID)
	sealed, err := a.keys.SealJSON(a.cfg.Rand, seal.Flow, name, posted, expires)
	if err != nil {
		return err
	}
	if len(sealed) > maxPosted {
		return oauthFault("the provider's form is too large")
	}
	a.setCookie(e.w, name, sealed, expires)
	return nil
}

// takePosted is what the provider's form brought for a state.
func (a *Auth) takePosted(e *exchange, state string) (url.Values, error) {
	name := a.cookies.postCookie(e.provider.ID)
	value := cookie(e.r, name)
	if value == "" {
		return nil, oauthFault("the provider's form did not arrive, or too long ago")
	}
	a.clearCookie(e.w, name)
	var posted url.Values
	if !a.keys.OpenJSON(seal.Flow, name, value, a.now(), &posted) {
		return nil, oauthFault("the provider's form did not arrive, or too long ago")
	}
	if !Secret(posted.Get("state")).Equal(Secret(state)) {
		return nil, oauthFault("the provider's form is another flow's")
	}
	return posted, nil
}
