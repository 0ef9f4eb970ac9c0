package authent

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/authent/authent/authent/internal/guessable"
	"github.com/authent/authent/authent/internal/input"
)

// Codes of RegisterError and PasswordError for a new password.
const (
	CodePasswordShort    = "password_short"
	CodePasswordLong     = "password_long"
	CodePasswordCommon   = "password_common"
	CodePasswordBreached = "password_breached"
)

// passwordErrors are what errors.Is finds for a code.
var passwordErrors = map[string]error{
	CodePasswordShort:    ErrPasswordShort,
	CodePasswordLong:     ErrPasswordLong,
	CodePasswordCommon:   ErrPasswordCommon,
	CodePasswordBreached: ErrPasswordBreached,
}

func isPasswordError(code string, target error) bool {
	err, ok := passwordErrors[code]
	return ok && err == target
}

// Passwords says which new passwords are refused besides those that are too short, too
// long or common. A password that somebody has already is never judged.
type Passwords struct {
	// Breached knows the passwords that have been in data breaches (ASVS 6.2.12);
	// package breach has one that asks a service. It is asked about each new password,
	// whether or not the account exists. If nil, nobody is asked.
	Breached BreachedPasswords
	// BreachedTimeout is how long Breached may take. If zero, 2 seconds.
	BreachedTimeout time.Duration
	// BreachedRequired takes no new password while Breached does not answer: that is
	// ErrUnavailable, and browsers get 503. If false, the password is taken, and the log
	// says so at most once a minute.
	BreachedRequired bool
}

// BreachedPasswords tells which passwords have been in data breaches, and learns none: it
// is asked for all that share the beginning of a hash (k-anonymity).
type BreachedPasswords interface {
	// Suffixes returns how the SHA-1 hashes of such passwords go on that begin with
	// prefix, 5 hexadecimal digits in upper case: 35 digits each, in upper or lower case,
	// in any order. None is no error. It must return when ctx ends, and is called by many
	// goroutines at once. Its errors are logged, so they hold no secret; the prefix is one.
	Suffixes(ctx context.Context, prefix string) ([]string, error)
}

// prefixDigits is how much of a hash BreachedPasswords is told.
const prefixDigits = 5

func (p Passwords) withDefaults() Passwords {
	if p.BreachedTimeout == 0 {
		p.BreachedTimeout = 2 * time.Second
	}
	return p
}

func (p Passwords) validate() error {
	switch {
	case p.BreachedTimeout < 0:
		return errors.New("Passwords.BreachedTimeout is negative")
	case p.BreachedRequired && p.Breached == nil:
		return errors.New("Passwords.BreachedRequired: there is no Passwords.Breached to ask: set it to a *breach.Client")
	}
	return nil
}

// newJudge makes the judge of passwords, who knows what the application is called.
func (c *Config) newJudge(site input.Site) guessable.Judge {
	if site.Origin == nil {
		return guessable.NewJudge(c.Pages.AppName)
	}
	return guessable.NewJudge(c.Pages.AppName, site.Origin.Hostname())
}

// newPassword is a password that somebody wants.
type newPassword struct {
	// by is who is asking.
	by asker
	// email is the address of the account that is to have it.
	email string
	// password is what was typed.
	password string
}

// hashNewPassword judges a new password and hashes it. Each one comes through here. If
// it is refused, code says why. Only the length is looked at before hashing: whatever
// else refuses it comes after the same work, and must stand before anything that the
// account decides, so that neither time nor answer tells whether that exists (P10).
func (a *Auth) hashNewPassword(ctx context.Context, n newPassword) (hash Secret, code string, err error) {
	if code := a.newPasswordFault(n.password); code != "" {
		return "", code, nil
	}
	if hash, err = a.hasher.Hash(ctx, n.by, n.password); err != nil {
		return "", "", err
	}
	if a.judge.Guessable(n.password, n.email) {
		return "", CodePasswordCommon, nil
	}
	breached, err := a.breached(ctx, n.password)
	switch {
	case err != nil:
		return "", "", err
	case breached:
		return "", CodePasswordBreached, nil
	}
	return hash, "", nil
}

// newPasswordFault returns the code for what is wrong with a new password's length, ""
// if nothing is.
func (a *Auth) newPasswordFault(password string) string {
	switch err := a.hasher.Check(password); {
	case errors.Is(err, ErrPasswordShort):
		return CodePasswordShort
	case errors.Is(err, ErrPasswordLong):
		return CodePasswordLong
	case err != nil:
		return "password_invalid"
	}
	return ""
}

// breached reports whether Passwords.Breached knows a password.
func (a *Auth) breached(ctx context.Context, password string) (bool, error) {
	p := a.cfg.Passwords
	if p.Breached == nil {
		return false, nil
	}
	sum := sha1.Sum([]byte(password)) // the key of the lists that there are
	hash := strings.ToUpper(hex.EncodeToString(sum[:]))
	asking, cancel := context.WithTimeout(ctx, p.BreachedTimeout)
	defer cancel()
	suffixes, err := p.Breached.Suffixes(asking, hash[:prefixDigits])
	switch {
	case err == nil:
		is := func(suffix string) bool { return strings.EqualFold(suffix, hash[prefixDigits:]) }
		return slices.ContainsFunc(suffixes, is), nil
	case ctx.Err() != nil:
		return false, fmt.Errorf("authent: look for a breached password: %w", ctx.Err())
	case p.BreachedRequired:
		return false, fmt.Errorf("authent: look for a breached password: %w: %w", ErrUnavailable, err)
	}
	if a.breachedAway.over(a.now()) {
		a.cfg.Logger.WarnContext(ctx, "authent: new passwords are taken without a look at breached ones", "error", err)
	}
	return false, nil
}
