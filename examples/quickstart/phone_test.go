package main

import (
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/authent/authent/internal/freeport"
)

// clock is the application's, which stands still: a code is right for as long as a test
// takes to type it.
type clock struct{ unix atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.unix.Store(time.Now().Unix())
	return c
}

func (c *clock) now() time.Time { return time.Unix(c.unix.Load(), 0).UTC() }

// startStill starts the application on any database, with a clock that stands still.
func startStill(t *testing.T, databaseURL string) *app {
	t.Helper()
	c := newClock()
	a := startAt(t, map[string]string{"PORT": freeport.For(t), "DATABASE_URL": databaseURL, "AUTH_SECRET": testSecret}, c.now)
	a.clock = c
	return a
}

// startStillIn does so on an SQLite file in dir.
func startStillIn(t *testing.T, dir string) *app {
	t.Helper()
	a := startStill(t, "file:"+filepath.Join(dir, "quickstart.db"))
	a.dir = dir
	return a
}

// phone has an authenticator app.
type phone struct {
	t     *testing.T
	clock *clock
	key   string
}

// code is what it shows now.
func (p *phone) code() string {
	p.t.Helper()
	code, err := totp.GenerateCode(p.key, p.clock.now())
	if err != nil {
		p.t.Fatal(err)
	}
	return code
}

// next is a code that was not used, half a minute later.
func (p *phone) next() string {
	p.t.Helper()
	p.clock.unix.Add(30)
	return p.code()
}

// wrong is a code that it shows neither now nor in the minutes around.
func (p *phone) wrong() string {
	p.t.Helper()
	var near []string
	for i := -90; i <= 90; i += 30 {
		code, err := totp.GenerateCode(p.key, p.clock.now().Add(time.Duration(i)*time.Second))
		if err != nil {
			p.t.Fatal(err)
		}
		near = append(near, code)
	}
	for _, code := range []string{"000000", "111111", "222222", "333333", "444444", "555555", "666666", "777777"} {
		if !strings.Contains(strings.Join(near, " "), code) {
			return code
		}
	}
	p.t.Fatal("it shows every code")
	return ""
}

// proveAddress opens the link of the mail that a registration sends.
func (b *tab) proveAddress() {
	b.t.Helper()
	b.openMail("/verify-email?")
	b.press("Confirm")
	b.says("Your address is confirmed")
}

// beginApp opens the page on which an app is set up, from the account page, and types its
// key into a phone.
func (b *tab) beginApp() *phone {
	b.t.Helper()
	b.open("/auth/account")
	b.press("Set up an authenticator app")
	return &phone{b.t, b.app.clock, b.shownKey()}
}

// shownKey is the key for those who cannot scan the code.
func (b *tab) shownKey() string {
	b.t.Helper()
	return strings.ReplaceAll(value[string](b, "document.querySelector('.key').textContent"), " ", "")
}
