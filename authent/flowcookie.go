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

	"github.com/authent/authent/authent/internal/oauth"
	"github.com/authent/authent/authent/internal/seal"
)

const (
	// maxFlows is how many flows one browser may have open, in as many tabs.
	maxFlows = 5
	// maxFlow bounds the value of a flow's cookie: browsers give name, value and
	// attributes 4 KiB together.
	maxFlow = 3800
	// postAge is how long the content of a provider's form waits for the redirect
	// that follows.
	postAge = time.Minute
	// maxPosted bounds the value of the cookie that it waits in.
	maxPosted = 3500
)

// flowCookie returns the name of the cookie that belongs to a state. The name is
// part of what is sealed, so no cookie passes for another.
func (n cookieNames) flowCookie(state string) string {
	sum := sha256.Sum256([]byte(state))
	return n.flow + hex.EncodeToString(sum[:8])
}

// postCookie returns the name of the cookie in which a provider's form waits. There
// is only one for each provider, since any site may send forms, and cookies of many
// names would fill up the browser's requests until no server accepts them.
func (n cookieNames) postCookie(provider string) string { return n.post + provider }

// keepFlow gives a flow to the browser.
func (e *exchange) keepFlow(f flow) error {
	name := e.cookies.flowCookie(f.State)
	sealed, err := e.keys.SealJSON(e.cfg.Rand, seal.Flow, name, f, f.expires())
	if err == nil && len(sealed) > maxFlow {
		f.CallbackURL = e.afterFlow(f.Purpose)
		sealed, err = e.keys.SealJSON(e.cfg.Rand, seal.Flow, name, f, f.expires())
	}
	if err != nil {
		return err
	}
	e.dropOldFlows()
	e.setCookie(e.w, name, sealed, f.expires())
	return nil
}

// afterFlow returns where the browser goes if no request says so.
func (e *exchange) afterFlow(p purpose) string {
	if p == toLink {
		return e.accountPath(url.Values{"notice": {"account_linked"}})
	}
	return e.origin.String()
}

// dropOldFlows makes room for one more flow: it drops those that can no longer be
// opened, and the oldest.
func (e *exchange) dropOldFlows() {
	type kept struct {
		name    string
		started int64
	}
	var open []kept
	for _, c := range e.r.Cookies() {
		if !strings.HasPrefix(c.Name, e.cookies.flow) {
			continue
		}
		var f flow
		if e.openFlow(e.r, c.Name, &f) {
			open = append(open, kept{c.Name, f.Started})
		} else {
			e.clearCookie(e.w, c.Name)
		}
	}
	slices.SortFunc(open, func(x, y kept) int { return cmp.Compare(y.started, x.started) })
	for _, old := range open[min(len(open), maxFlows-1):] {
		e.clearCookie(e.w, old.name)
	}
}

func (a *Auth) openFlow(r *http.Request, name string, f *flow) bool {
	return a.keys.OpenJSON(seal.Flow, name, cookie(r, name), a.now(), f)
}

// takeFlow finds the flow that a callback answers and takes it from the browser. It
// returns the answer too: the query of the callback, or what the provider's form
// brought before.
func (e *exchange) takeFlow(query url.Values) (f flow, answer url.Values, err error) {
	state := query.Get("state")
	if !seal.PlausibleToken(state) {
		return flow{}, nil, oauth.Fault("the callback has no state")
	}
	name := e.cookies.flowCookie(state)
	if cookie(e.r, name) == "" {
		return flow{}, nil, oauth.Fault("the state is not one of this browser's, or the callback came a second time or too late")
	}
	e.clearCookie(e.w, name)
	if !e.openFlow(e.r, name, &f) {
		return flow{}, nil, oauth.Fault("the callback came too late, or the flow is not ours")
	}
	if !Secret(f.State).Equal(Secret(state)) || f.Provider != e.provider.ID {
		return flow{}, nil, oauth.Fault("the state belongs to another provider")
	}
	if e.provider.OAuth.FormPost {
		query, err = e.takePosted(state)
	}
	return f, query, err
}

// giveFlowBack leaves the flow's cookies in the browser, so that the same callback
// may succeed later: the database was down, or the server was busy, before the
// provider's code was used.
func (e *exchange) giveFlowBack(f flow) {
	keepCookie(e.w, e.cookies.flowCookie(f.State))
	keepCookie(e.w, e.cookies.postCookie(e.provider.ID))
}

// postedParams are what a provider's form may bring.
var postedParams = []string{"state", "code", "iss", "error", "error_description", "user"}

// keepPosted seals a provider's form into a cookie. A form comes from another
// site, without this browser's cookies, so the GET that follows does the work.
func (e *exchange) keepPosted() error {
	posted := url.Values{}
	for _, name := range postedParams {
		if v := e.form.Get(name); v != "" {
			posted.Set(name, v)
		}
	}
	if !seal.PlausibleToken(posted.Get("state")) {
		return oauth.Fault("the provider's form has no state")
	}
	expires := e.now().Add(postAge)
	name := e.cookies.postCookie(e.provider.ID)
	sealed, err := e.keys.SealJSON(e.cfg.Rand, seal.Flow, name, posted, expires)
	if err != nil {
		return err
	}
	if len(sealed) > maxPosted {
		return oauth.Fault("the provider's form is too large")
	}
	e.setCookie(e.w, name, sealed, expires)
	return nil
}

// takePosted returns what the provider's form brought for a state.
func (e *exchange) takePosted(state string) (url.Values, error) {
	name := e.cookies.postCookie(e.provider.ID)
	value := cookie(e.r, name)
	if value == "" {
		return nil, oauth.Fault("the provider's form did not arrive, or arrived too long ago")
	}
	e.clearCookie(e.w, name)
	var posted url.Values
	if !e.keys.OpenJSON(seal.Flow, name, value, e.now(), &posted) {
		return nil, oauth.Fault("the provider's form did not arrive, or arrived too long ago")
	}
	if !Secret(posted.Get("state")).Equal(Secret(state)) {
		return nil, oauth.Fault("the provider's form belongs to another flow")
	}
	return posted, nil
}
