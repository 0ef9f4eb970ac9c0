package authenttest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/authent/authent/authent"
)

var watchCases = slices.Concat(watchMethodCases(), []testCase{
	{name: "Others", run: watchOthers},
	{name: "Everyone", run: watchEveryone},
	{name: "Concurrent", run: watchConcurrent},
	{name: "SoftDelete", run: watchSoftDelete, needsSoftDelete: true},
	{name: "InTx", run: watchInTx},
	{name: "Nested", run: watchNested},
	{name: "Rollback", run: watchRollback},
	{name: "Panic", run: watchPanic},
	{name: "Swallowed", run: watchSwallowed},
	{name: "NestedError", run: watchNestedError},
	{name: "Statement", run: watchStatement, needsDB: true, applies: runsStatements},
	{name: "StatementInTx", run: watchStatementInTx, needsDB: true, applies: runsStatements},
	{name: "StatementRollback", run: watchStatementRollback, needsDB: true, applies: runsStatements},
	{name: "StatementFails", run: watchStatementFails, needsDB: true, applies: runsStatements},
	{name: "Announce", run: watchAnnounce, needsDB: true, applies: runsStatements},
})

// isSessionWatcher reports whether the adapter can be watched. One may refuse, if what it
// finds depends on who asks.
func isSessionWatcher(s Subject) bool {
	w, ok := s.Adapter.(authent.SessionWatcher)
	return ok && w.WatchSessions(authent.SessionWatch{}) == nil
}

// runsStatements reports whether the adapter tells others by statements.
func runsStatements(s Subject) bool {
	return s.Adapter.(authent.SessionWatcher).WatchSessions(authent.SessionWatch{Statement: "SELECT 1"}) == nil
}

// watched are the rows that a case under Watch changes, and what it was told of them.
type watched struct {
	*check
	// ada has the sessions first and second, grace has other.
	ada, grace           *authent.User
	first, second, other *authent.Session

	mu   sync.Mutex
	told []authent.SessionChange
	// look is called whenever a change is told.
	look func()
}

// watch has a statement run and changes told from now on. rows must be called then.
func (c *check) watch(statement string) *watched {
	c.Helper()
	w := &watched{check: c}
	c.must(c.Adapter.(authent.SessionWatcher).WatchSessions(authent.SessionWatch{Changed: w.changed, Statement: statement}), "WatchSessions")
	return w
}

// rows stores new users and sessions, which are named.
func (w *watched) rows(name string) *watched {
	w.Helper()
	w.look = nil
	w.ada, w.grace = w.newUser(name+"-ada@example.com"), w.newUser(name+"-grace@example.com")
	w.first = w.newSession(w.ada.ID, authent.Secret(name+"-1"))
	w.second = w.newSession(w.ada.ID, authent.Secret(name+"-2"))
	w.other = w.newSession(w.grace.ID, authent.Secret(name+"-3"))
	w.take()
	return w
}

func (w *watched) changed(_ context.Context, changes []authent.SessionChange) {
	w.mu.Lock()
	w.told = append(w.told, changes...)
	look := w.look
	w.mu.Unlock()
	if look != nil {
		look()
	}
}

// take returns what was told since it was called last.
func (w *watched) take() []authent.SessionChange {
	w.mu.Lock()
	defer w.mu.Unlock()
	told := w.told
	w.told = nil
	return told
}

// concerning returns those of the changes that concern the session.
func concerning(s *authent.Session, changes []authent.SessionChange) (found []authent.SessionChange) {
	for _, c := range changes {
		any := c.Token == "" && c.ID == "" && c.UserID == ""
		if any || c.Token == s.Token || c.ID == s.ID || c.UserID == s.UserID {
			found = append(found, c)
		}
	}
	return found
}

// watchedMethod is a method that changes a session or a user.
type watchedMethod struct {
	name string
	// applies tells whether the subject has it. If nil, it does.
	applies func(s Subject) bool
	call    func(w *watched, a authent.Adapter) error
	// concerns returns the sessions that the change concerns.
	concerns func(w *watched) []*authent.Session
	// stored reports whether a session that SessionAndUser found, or nil if it found none,
	// is as the method leaves the first.
	stored func(s *authent.Session) bool
	// minor says that the session goes on.
	minor bool
	// spares says that the second session stays.
	spares bool
}

func firstOnly(w *watched) []*authent.Session      { return []*authent.Session{w.first} }
func firstAndSecond(w *watched) []*authent.Session { return []*authent.Session{w.first, w.second} }
func isGone(s *authent.Session) bool               { return s == nil }

var watchedMethods = []watchedMethod{
	{
		name: "UpdateUser", concerns: firstAndSecond,
		call: func(w *watched, a authent.Adapter) error {
			_, err := a.UpdateUser(w.ctx, w.ada.ID, authent.UserUpdate{Name: new("Changed")})
			return err
		},
		stored: func(s *authent.Session) bool { return s != nil && s.User.Name == "Changed" },
	},
	{
		name: "DeleteUser", concerns: firstAndSecond, stored: isGone,
		call: func(w *watched, a authent.Adapter) error { return a.DeleteUser(w.ctx, w.ada.ID) },
	},
	{
		name: "UpdateSession", concerns: firstOnly, minor: true,
		call: func(w *watched, a authent.Adapter) error {
			return a.UpdateSession(w.ctx, w.first.Token, authent.SessionUpdate{Expires: new(epoch.Add(48 * time.Hour))})
		},
		stored: func(s *authent.Session) bool { return s != nil && s.Expires.Equal(epoch.Add(48*time.Hour)) },
	},
	{
		name: "TouchSessions", applies: isSessionToucher, concerns: func(w *watched) []*authent.Session { return []*authent.Session{w.first, w.other} }, minor: true,
		call: func(w *watched, a authent.Adapter) error {
			return a.(authent.SessionToucher).TouchSessions(w.ctx, []authent.Secret{w.first.Token, w.other.Token}, epoch.Add(time.Hour))
		},
		stored: func(s *authent.Session) bool { return s != nil && s.LastUsedAt.Equal(epoch.Add(time.Hour)) },
	},
	{
		name: "DeleteSession", concerns: firstOnly, stored: isGone,
		call: func(w *watched, a authent.Adapter) error { return a.DeleteSession(w.ctx, w.first.Token) },
	},
	{
		name: "DeleteSessionByID", concerns: firstOnly, stored: isGone,
		call: func(w *watched, a authent.Adapter) error {
			_, err := a.DeleteSessionByID(w.ctx, w.ada.ID, w.first.ID)
			return err
		},
	},
	{
		name: "DeleteSessions", concerns: firstAndSecond, stored: isGone,
		call: func(w *watched, a authent.Adapter) error {
			_, err := a.DeleteSessions(w.ctx, w.ada.ID, "")
			return err
		},
	},
	{
		name: "DeleteSessionsExcept", concerns: firstAndSecond, stored: isGone, spares: true,
		call: func(w *watched, a authent.Adapter) error {
			_, err := a.DeleteSessions(w.ctx, w.ada.ID, w.second.Token)
			return err
		},
	},
}

// methods returns those that the adapter has.
func (w *watched) methods() []watchedMethod {
	return slices.DeleteFunc(slices.Clone(watchedMethods), func(m watchedMethod) bool {
		return m.applies != nil && !m.applies(w.Subject)
	})
}

// patienceWithReads bounds how long a read waits while a change is told: one that waits
// for the transaction that tells would wait for ever.
const patienceWithReads = 10 * time.Second

// expect has everybody who is told of a change find it stored.
func (w *watched) expect(m watchedMethod) {
	w.look = func() {
		ctx, cancel := context.WithTimeout(w.ctx, patienceWithReads)
		defer cancel()
		for _, s := range m.concerns(w) {
			if m.spares && s == w.second {
				continue
			}
			if got, _ := w.Adapter.SessionAndUser(ctx, s.Token); !m.stored(got) {
				w.Errorf("%s is told before others can read what it changed", m.name)
			}
		}
	}
}

// wantTold fails unless exactly what the method concerns was told.
func (w *watched) wantTold(m watchedMethod, when string) {
	w.Helper()
	told, concerned := w.take(), m.concerns(w)
	if w.DeletionsSpread && strings.HasPrefix(m.name, "Delete") {
		told = w.only(concerned, told)
	}
	for _, s := range []*authent.Session{w.first, w.second, w.other} {
		found := concerning(s, told)
		if !slices.Contains(concerned, s) {
			if len(found) > 0 {
				w.Errorf("%s %s tells of session %s, which it does not concern", m.name, when, string(s.Token))
			}
			continue
		}
		if len(found) == 0 {
			w.Errorf("%s %s does not tell of session %s by the time it returns", m.name, when, string(s.Token))
			continue
		}
		minor := !slices.ContainsFunc(found, func(c authent.SessionChange) bool { return !c.Minor })
		if minor != m.minor {
			w.Errorf("%s %s tells that Minor is %t, want %t", m.name, when, minor, m.minor)
		}
	}
}

// only returns the changes, where those of everything are of some sessions.
func (w *watched) only(sessions []*authent.Session, changes []authent.SessionChange) (all []authent.SessionChange) {
	for _, c := range changes {
		if c != (authent.SessionChange{}) {
			all = append(all, c)
			continue
		}
		for _, s := range sessions {
			all = append(all, authent.SessionChange{ID: s.ID})
		}
	}
	return all
}

// wantNothing fails if something was told.
func (w *watched) wantNothing(what string) {
	w.Helper()
	if told := w.take(); len(told) > 0 {
		w.Errorf("%s: %d changes are told, want none", what, len(told))
	}
}

// watchMethodCases returns a case for each method.
func watchMethodCases() []testCase {
	var all []testCase
	for _, m := range watchedMethods {
		all = append(all, testCase{name: m.name, applies: m.applies, run: func(c *check) {
			w := c.watch("").rows("a")
			w.expect(m)
			c.must(m.call(w, c.Adapter), m.name)
			w.wantTold(m, "outside InTx")
		}})
	}
	return all
}

// watchOthers calls everything else.
func watchOthers(c *check) {
	w := c.watch("").rows("a")
	u := w.ada
	read := func(what string, err error) { c.Helper(); c.must(err, what) }
	_, err := c.Adapter.SessionAndUser(c.ctx, w.first.Token)
	read("SessionAndUser", err)
	c.wantSessions(u.ID, w.first.Token, w.second.Token)
	c.readUser(u.ID)
	c.byEmail(u.Email)
	c.link(account(u.ID, "github", "1"))
	_, err = c.Adapter.UserByAccount(c.ctx, "github", "1")
	read("UserByAccount", err)
	c.must(c.Adapter.UpdateAccount(c.ctx, "github", "1", authent.AccountUpdate{Scope: new("changed")}), "UpdateAccount")
	c.must(c.Adapter.UnlinkAccount(c.ctx, "github", "1"), "UnlinkAccount")
	c.newToken(u.Email, "token")
	_, err = c.Adapter.UseVerificationToken(c.ctx, u.Email, "token")
	read("UseVerificationToken", err)
	_, err = c.Adapter.DeleteVerificationTokens(c.ctx, u.Email, "")
	read("DeleteVerificationTokens", err)
	c.newUser("new@example.com")
	c.newSession(u.ID, "new")
	c.start(authent.Session{Token: "old", UserID: u.ID, Expires: epoch.Add(-time.Hour)})
	if !c.DeletionsSpread {
		n, err := c.Adapter.DeleteExpired(c.ctx, epoch, 10)
		c.wantCount(1, n, err, "DeleteExpired")
	}
	c.must(c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		_, err := tx.LockUser(c.ctx, u.ID)
		return err
	}), "InTx")
	told := w.take()
	for _, s := range []*authent.Session{w.first, w.second, w.other} {
		if len(concerning(s, told)) > 0 {
			c.Errorf("methods that change neither users nor live sessions tell of session %s", string(s.Token))
		}
	}
}

// watchEveryone tells all who watch.
func watchEveryone(c *check) {
	earlier, later := c.watch(""), c.watch("")
	later.rows("a")
	c.must(c.Adapter.DeleteSession(c.ctx, later.first.Token), "DeleteSession")
	for _, w := range []*watched{earlier, later} {
		if len(concerning(later.first, w.take())) == 0 {
			c.Error("of two who watch, one is not told")
		}
	}
}

// watchConcurrent ends many sessions at once, each of which must be told by the time its
// own call returns.
func watchConcurrent(c *check) {
	w := c.watch("").rows("a")
	var all [crowd]*authent.Session
	for i := range all {
		all[i] = c.newSession(w.grace.ID, authent.Secret(numbered("token-", i)))
	}
	for i, err := range atOnce(func(i int) error {
		if err := c.Adapter.DeleteSession(c.ctx, all[i].Token); err != nil {
			return err
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(concerning(all[i], w.told)) == 0 {
			return fmt.Errorf("it returned before its change was told")
		}
		return nil
	}) {
		c.must(err, numbered("DeleteSession of token-", i))
	}
}

// watchSoftDelete tells of the sessions of a user whose row the application keeps.
func watchSoftDelete(c *check) {
	w := c.watch("").rows("a")
	c.SoftDelete()
	i := slices.IndexFunc(watchedMethods, func(m watchedMethod) bool { return m.name == "DeleteUser" })
	w.expect(watchedMethods[i])
	c.must(c.Adapter.DeleteUser(c.ctx, w.ada.ID), "DeleteUser")
	w.wantTold(watchedMethods[i], "with a soft delete")
}
