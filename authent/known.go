package authent

import (
	"slices"
	"time"

	"github.com/authent/authent/authent/internal/seal"
)

// knownBrowser is what the cookie authent.known holds, sealed: who has signed in with
// this browser. It is no session and opens nothing; it gives the browser a count of tries
// of its own for these accounts (P20).
type knownBrowser struct {
	Users []knownUser `json:"u"`
}

// knownUser is one who has signed in with this browser.
type knownUser struct {
	ID string `json:"i"`
	// Address is a MAC of the user's address, "" if there is none.
	Address string `json:"a,omitempty"`
	// Shelf chooses one of a few counters. If each browser had its own, whoever signs in
	// a thousand times, and then loses the account to its owner, would have a thousand
	// times the tries; if all shared one, such a person could use it up.
	Shelf int `json:"s"`
}

const (
	// maxKnownUsers bounds the cookie; the latest count.
	maxKnownUsers = 5
	// shelves is how many counters the known browsers of an account share.
	shelves = 8
	// knownAge is how long a browser is known after a sign-in: as long as a cookie lives.
	knownAge = maxCookieAge
)

// knownPlace is what the cookie's value is bound to, whatever its name is.
const knownPlace = "authent.known"

// openKnown reads who has signed in with the browser of c.
func (a *Auth) openKnown(c caller) (b knownBrowser) {
	if c.known != "" && !a.keys.OpenJSON(seal.Known, knownPlace, c.known, a.now(), &b) {
		return knownBrowser{}
	}
	return b
}

// knownTo reports whether somebody with the address has signed in with the browser of
// c, and which counter the browser has for it.
func (a *Auth) knownTo(c caller, address string) (shelf int, ok bool) {
	if c.known == "" || address == "" {
		return 0, false
	}
	mac := a.knownMAC(address)
	for _, u := range a.openKnown(c).Users {
		if Secret(u.Address).Equal(Secret(mac)) {
			return u.Shelf, true
		}
	}
	return 0, false
}

// knows reports whether the user has signed in with the browser of c.
func (a *Auth) knows(c caller, userID string) bool {
	return slices.ContainsFunc(a.openKnown(c).Users, func(u knownUser) bool { return u.ID == userID })
}

func (a *Auth) knownMAC(address string) string { return a.keys.MAC(seal.Known, address) }

// remember returns the value of the cookie of a browser in which u has just signed in.
func (a *Auth) remember(c caller, u *User) (value string, expires time.Time, err error) {
	b := a.openKnown(c)
	now := knownUser{ID: u.ID}
	if u.Email != "" {
		now.Address = a.knownMAC(canonical(u.Email))
	}
	i := slices.IndexFunc(b.Users, func(k knownUser) bool { return k.ID == u.ID })
	if i >= 0 {
		now.Shelf = b.Users[i].Shelf
		b.Users = slices.Delete(b.Users, i, i+1)
	} else {
		random, err := seal.RandomBytes(a.cfg.Rand, 1)
		if err != nil {
			return "", time.Time{}, err
		}
		now.Shelf = int(random[0]) % shelves
	}
	b.Users = append([]knownUser{now}, b.Users...)
	b.Users = b.Users[:min(len(b.Users), maxKnownUsers)]
	expires = a.now().Add(knownAge)
	value, err = a.keys.SealJSON(a.cfg.Rand, seal.Known, knownPlace, b, expires)
	return value, expires, err
}
