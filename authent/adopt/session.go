package adopt

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// SessionTokens says in which form the Node application stored session tokens.
type SessionTokens int

const (
	// UnknownSessionTokens are looked at: when none that is live has the form of a
	// SHA-256 they are plain, else the database is refused until the caller says
	// which they are. A hash that is hashed again signs its owner out, and then
	// works for whoever has read it in the old database.
	UnknownSessionTokens SessionTokens = iota
	// PlainSessionTokens are what is in the browsers' cookies, as Auth.js stores
	// them: they are hashed.
	PlainSessionTokens
	// HashedSessionTokens are the SHA-256 of what is in the cookies, in lower-case
	// hexadecimal, as authent.Config.NodeHashesTokens has them. Sessions from before
	// the Node application hashed ended when it began to, and are left out.
	HashedSessionTokens
)

var (
	sha256Form = regexp.MustCompile(`^[0-9a-f]{64}$`)
	// tokenForm is that of the tokens that the engine takes from a cookie.
	tokenForm = regexp.MustCompile(`^[A-Za-z0-9._~-]{20,255}$`)

	// errLeaveOut tells that a row is not copied.
	errLeaveOut = errors.New("the row is left out")
)

// tokenForms is how many sessions have tokens of each form: live ones, but for
// expiredPlain and sessions.
type tokenForms struct{ sessions, hashes, plain, odd, expiredPlain int }

// checkSessions looks at the sessions' times, and at whether their tokens are
// hashed as the caller says.
func (a *adopter) checkSessions(ctx context.Context, f *faults) error {
	var wrong []string
	expires := a.timeOf(a.layout.column("expires"))
	err := a.times(ctx, fmt.Sprintf("SELECT %s, %s FROM %s", a.col("user_id"), expires, a.from(sessionsTable)), func(user string, at time.Time, err error) {
		if err != nil || at.IsZero() {
			wrong = append(wrong, user)
		}
	})
	if err != nil {
		return err
	}
	f.users(wrong, "users have a session whose "+a.layout.column("expires")+" is not a time"+a.timeHint()+": delete the session")
	var n tokenForms
	if err := a.times(ctx, fmt.Sprintf("SELECT %s, %s FROM %s", a.col("session_token"), expires, a.from(sessionsTable)), func(token string, at time.Time, _ error) {
		n.add(token, a.now.Before(at))
	}); err != nil {
		return err
	}
	a.checkForms(f, n)
	return nil
}

func (n *tokenForms) add(token string, live bool) {
	n.sessions++
	switch hashed := sha256Form.MatchString(token); {
	case hashed && live:
		n.hashes++
	case live:
		n.plain++
		if !tokenForm.MatchString(token) {
			n.odd++
		}
	case !hashed:
		n.expiredPlain++
	}
}

// checkForms compares the tokens with what the caller says of them.
func (a *adopter) checkForms(f *faults, n tokenForms) {
	live := n.hashes + n.plain
	switch {
	case a.SessionTokens == UnknownSessionTokens && n.hashes > 0:
		f.add("of %s %d look like SHA-256: if the Node application hashes them, say --hashed (HashedSessionTokens); if it does not, say --plain (PlainSessionTokens)", amountOf(live, "live session token"), n.hashes)
	case a.SessionTokens == HashedSessionTokens && n.plain > 0 && n.hashes == 0:
		f.add("of %s none is a SHA-256 in lower case, so the Node application did not hash them: leave out --hashed (HashedSessionTokens)", amountOf(live, "live session token"))
	case a.SessionTokens == HashedSessionTokens:
		if left := n.plain + n.expiredPlain; left > 0 {
			a.note("sessions from before the Node application hashed their tokens ended when it began to, and are left out: %d", left)
		}
	case n.odd > 0:
		a.SignedOut = n.odd
		a.note("session tokens of a form that authent takes from no cookie (it takes 20 to 255 letters, digits and . _ ~ -): %d; these people sign in again", n.odd)
	}
	if live == 0 && n.sessions > 0 {
		a.note("every session has expired: if people are signed in to the old application, its times are not what they seem, so do not go on")
	}
}

// carries reports whether a session with this token is copied.
func (a *adopter) carries(token string) bool {
	return a.SessionTokens != HashedSessionTokens || sha256Form.MatchString(token)
}

// sessionRow hashes the token of a session, as the engine does: the lower-case
// hexadecimal SHA-256 of what is in the browser's cookie.
func (a *adopter) sessionRow(row map[string]any) error {
	token := asText(row["session_token"])
	if !a.carries(token) {
		return errLeaveOut
	}
	at, err := asTime(row["expires"])
	if err != nil || at.IsZero() {
		return fmt.Errorf("a session of user %v: %w", row["user_id"], errNoTime)
	}
	row["expires"] = at
	if a.SessionTokens != HashedSessionTokens {
		sum := sha256.Sum256([]byte(token))
		row["session_token"] = hex.EncodeToString(sum[:])
	}
	return nil
}
