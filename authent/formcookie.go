package authent

import (
	"net/http"
	"time"

	"github.com/authent/authent/authent/internal/seal"
)

// maxKeptForm bounds what authent.form keeps of a form, to stay within the 4 KiB
// that browsers give a cookie.
const maxKeptForm = 512

// keptForm is what a form with a mistake in it keeps for the next try. It never
// holds a password.
type keptForm struct {
	Email string `json:"e,omitempty"`
	Name  string `json:"n,omitempty"`
}

const keptFormAge = time.Minute

// keepForm keeps a form that err refused, if the answer leads back to it.
func (e *exchange) keepForm(err error, f keptForm) {
	page := failureOf(err).page
	if page == "signin" || page == "register" {
		e.keep(f)
	}
}

// keep keeps a form for the page that comes next.
func (e *exchange) keep(f keptForm) {
	if len(f.Email)+len(f.Name) > maxKeptForm {
		return
	}
	expires := e.now().Add(keptFormAge)
	if v, err := e.keys.SealJSON(e.cfg.Rand, seal.Flow, e.cookies.form, f, expires); err == nil {
		e.setCookie(e.w, e.cookies.form, v, expires)
	}
}

// takeForm reads what the last form kept and clears it, but not for HEAD, whose answer
// shows nobody a form.
func (a *Auth) takeForm(w http.ResponseWriter, r *http.Request) (f keptForm) {
	if v := cookie(r, a.cookies.form); v != "" && r.Method != http.MethodHead {
		a.keys.OpenJSON(seal.Flow, a.cookies.form, v, a.now(), &f)
		a.clearCookie(w, a.cookies.form)
	}
	return f
}
