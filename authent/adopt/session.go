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

// SessionTokens says how the Node application stored session tokens.
type SessionTokens int

const (
	// UnknownSessionTokens makes AuthJS look at them. If no live token looks like a
	// SHA-256, they are plain; otherwise the database is refused until the caller says
	// which they are. Hashing a hash again would sign its owner out, and would turn a
	// hash read from the old database into a working token.
	UnknownSessionTokens SessionTokens = iota
	// PlainSessionTokens are what browsers hold in their cookies, as Auth.js stores
	// them. They are hashed.
	PlainSessionTokens
	// HashedSessionTokens are the lower-case hexadecimal SHA-256 of what browsers hold,
	// as with authent.AuthJSSharedHashed. Plain tokens date from before the Node
	// application hashed them; their sessions ended then, and are left out.
	HashedSessionTokens
)

var (
	sha256Form = regexp.MustCompile(`^[0-9a-f]{64}$`)
	// tokenForm matches the tokens that the engine accepts in a cookie.
	tokenForm = regexp.MustCompile(`^[A-Za-z0-9._~-]{20,255}$`)

	// errLeaveOut makes copyRows skip a row.
	errLeaveOut = errors.New("the row is left out")
)

// tokenForms counts sessions by the form of their tokens. It counts live ones only,
// except in expiredPlain and sessions.
type tokenForms struct{ sessions, hashes, plain, odd, expiredPlain int }

// checkSessions checks the times of sessions, and whether their tokens are hashed as
// the caller says.
func (a *adopter) checkSessions(ctx context.Context, f *faults) error {
	var wrong []string
	expires := a.timeOf(a.layout.columns[sessionsTable]["expires"])
	err := a.times(ctx, fmt.Sprintf("SELECT %s, %s FROM %s", a.col(sessionsTable, "user_id"), expires, a.from(sessionsTable)), func(user string, _ time.Time, err error) {
		if err != nil { // NULL is found by checkNulls
			wrong = append(wrong, user)
		}
	})
	if err != nil {
		return err
	}
	f.users(wrong, "users have a session whose "+a.layout.columns[sessionsTable]["expires"]+" is not a time"+a.timeHint()+": delete the session")
	var n tokenForms
	if err := a.times(ctx, fmt.Sprintf("SELECT %s, %s FROM %s", a.col(sessionsTable, "session_token"), expires, a.from(sessionsTable)), func(token string, at time.Time, _ error) {
		if n.sessions++; a.now.Before(at) {
			n.addLive(token)
		} else if !sha256Form.MatchString(token) {
			n.expiredPlain++
		}
	}); err != nil {
		return err
	}
	a.checkForms(f, n)
	return nil
}

// addLive counts the token of a session that has not expired.
func (n *tokenForms) addLive(token string) {
	if sha256Form.MatchString(token) {
		n.hashes++
		return
	}
	n.plain++
	if !tokenForm.MatchString(token) {
		n.odd++
	}
}

// checkForms compares the tokens with what the caller says about them.
func (a *adopter) checkForms(f *faults, n tokenForms) {
	live := n.hashes + n.plain
	switch {
	case a.SessionTokens == UnknownSessionTokens && n.hashes > 0:
		f.add("%d of %s look like SHA-256: if the Node application hashes them, use --hashed (HashedSessionTokens); if it does not, use --plain (PlainSessionTokens)", n.hashes, amountOf(live, "live session token"))
	case a.SessionTokens == HashedSessionTokens && n.plain > 0 && n.hashes == 0:
		f.add("none of %s is a SHA-256 in lower case, so the Node application did not hash them: leave out --hashed (HashedSessionTokens)", amountOf(live, "live session token"))
	case a.SessionTokens == HashedSessionTokens:
		if left := n.plain + n.expiredPlain; left > 0 {
			a.note("sessions from before the Node application hashed tokens ended when it started to, and are left out: %d", left)
		}
	case n.odd > 0:
		a.SignedOut = n.odd
		a.note("session tokens that are not 20 to 255 letters, digits and . _ ~ -: %d; these people must sign in again, unless AuthJS.TokenFormat of the new application accepts such tokens in a cookie", n.odd)
	}
	if live == 0 && n.sessions > 0 {
		a.note("every session has expired: if people are signed in to the old application, its times do not mean what they seem to, so stop here")
	}
}

// carries reports whether a session with this token is copied.
func (a *adopter) carries(token string) bool {
	return a.SessionTokens != HashedSessionTokens || sha256Form.MatchString(token)
}

// sessionRow hashes the token of a session as the engine does: the lower-case
// hexadecimal SHA-256 of the cookie's value.
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
	if used, err := asTime(row["last_used_at"]); err != nil {
		return fmt.Errorf("a session of user %v: last used: %w", row["user_id"], err)
	} else {
		row["last_used_at"] = orNil(used)
	}
	if a.SessionTokens != HashedSessionTokens {
		sum := sha256.Sum256([]byte(token))
		row["session_token"] = hex.EncodeToString(sum[:])
	}
	return nil
}
