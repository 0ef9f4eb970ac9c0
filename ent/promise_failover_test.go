package ent_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// switchOver stops the primary in order and lets the two change their parts.
func (c *cluster) switchOver() error {
	if err := c.primary.Stop(); err != nil {
		return err
	}
	c.more(workers, &c.failed)
	c.primary, c.standby = c.standby, c.primary
	return errors.Join(c.primary.Promote(c.t.Context()), c.standby.Follow(c.t.Context(), c.primary))
}

// kill kills the primary when every worker waits for a commit of which the standby
// has heard nothing, and lets the standby take its part.
func (c *cluster) kill() error {
	c.standby.Hold()
	all := fmt.Sprintf("SELECT COUNT(*) = %d FROM pg_stat_activity WHERE wait_event = 'SyncRep'", workers)
	if err := c.primary.Wait(c.t.Context(), all); err != nil {
		return err
	}
	c.cut.Add(1)
	if err := c.primary.Kill(); err != nil {
		return err
	}
	c.more(workers, &c.failed)
	c.primary, c.standby = c.standby, c.primary
	return errors.Join(c.primary.Promote(c.t.Context()), c.primary.Alone(c.t.Context()))
}

// check: who was told of success is there, and signed in by the cookie that came
// with it; and nobody was told what was not so.
func (c *cluster) check() {
	c.t.Helper()
	w := &worker{c: c}
	users, sessions := map[string]int{}, map[string]int{}
	for _, s := range c.acknowledged {
		sessions[s.email]++
		a := w.send(http.MethodGet, "/auth/session", nil, false, &http.Cookie{Name: "authjs.session-token", Value: s.token})
		if a == nil || signedIn(a) != s.email {
			c.t.Errorf("the session of %s is lost", s.email)
		}
	}
	for email, n := range sessions {
		found, err := c.adapter.UsersByEmail(c.t.Context(), email)
		if err != nil || len(found) != 1 {
			c.t.Errorf("%s: %d users, %v", email, len(found), err)
			continue
		}
		users[found[0].ID]++
		rows, err := c.adapter.Sessions(c.t.Context(), found[0].ID)
		// A guest has also those sessions of which nobody was told.
		if registered := strings.HasPrefix(email, "person"); err != nil || len(rows) < n || registered && len(rows) != 1 {
			c.t.Errorf("%s: %d sessions of %d, %v", email, len(rows), n, err)
		}
	}
	if len(users) != len(sessions) {
		c.t.Errorf("%d people have %d ids", len(sessions), len(users))
	}
	for what, n := range c.wrong {
		c.t.Errorf("%d × %s", n, what)
	}
}

// TestP41_SynchronousFailoverLosesNothingAcknowledged: people register and sign in
// while the two servers change their parts, and while the primary is killed and its
// standby promoted. The application goes on by itself: every answer is success or
// 503, what was answered with success is there afterwards, and a commit that broke
// is not.
func TestP41_SynchronousFailoverLosesNothingAcknowledged(t *testing.T) {
	c := newCluster(t, 5*time.Minute) // commits wait for the standby until the primary is killed
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for n := range workers {
		wg.Go(func() { (&worker{c: c, n: n}).live(stop) })
	}
	c.more(4, &c.registered, &c.signedIn)
	if err := c.switchOver(); err != nil {
		t.Fatal(err)
	}
	c.more(4, &c.registered, &c.signedIn)
	if err := c.kill(); err != nil {
		t.Fatal(err)
	}
	c.more(4, &c.registered, &c.signedIn)
	close(stop)
	wg.Wait()
	c.check()
}

// TestP41_CancelledCommitIsNoSuccess: PostgreSQL answers a commit that is cancelled
// while it waits for its synchronous standby with success. The standby does not have
// it, so nobody is told of success.
func TestP41_CancelledCommitIsNoSuccess(t *testing.T) {
	c := newCluster(t, time.Second)
	w := &worker{c: c, n: 1}
	a := w.send(http.MethodGet, "/auth/csrf", nil, false)
	w.csrf = strings.TrimSuffix(strings.TrimPrefix(a.body, `{"csrfToken":"`), `"}`)
	w.cookies = (&http.Response{Header: a.header}).Cookies()
	c.standby.Hold()
	for i, path := range []string{"/auth/callback/badge", "/auth/callback/badge", "/auth/register", "/auth/register"} {
		form := url.Values{"csrfToken": {w.csrf}, "email": {guest(1)}, "password": {"correct horse battery"}}
		if path == "/auth/register" {
			form.Set("email", fmt.Sprintf("person-%d@example.com", i))
		}
		script := i%2 == 0
		if a := w.send(http.MethodPost, path, form, script, w.cookies...); a == nil || !c.outage("POST "+path, script, a) {
			t.Errorf("POST %s: %+v", path, a)
		}
	}
	c.check()
}
