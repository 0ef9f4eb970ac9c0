package authent

import (
	"context"
	"net/url"
	"time"

	"github.com/authent/authent/authent/internal/seal"
)

// letter is a mail with a link, and perhaps a code, that somebody is to be sent.
type letter struct {
	kind    MailKind
	purpose tokenPurpose
	// identifier is that of the link's row.
	identifier string
	// to is the address that it goes to and that it proves, "" for nobody.
	to string
	// origin is the application's, as the browser has it, and page the path of the link
	// under {base}.
	origin, page string
	// session is the id of the session that asked, where the link works only while it
	// lives.
	session string
	// query are the parameters of the link beside the token.
	query url.Values
	// code is the flow of the browser that waits for a code, nil if none does.
	code *codeFlow
	// decoy says that the code is not mailed. The browser may try codes, of which none
	// works, as often as if it were: what it is told does not show the difference (P10).
	decoy bool
}

// send writes the letter and puts it into the outbox. It returns with the code's flow
// filled in. A letter to nobody goes the same way, to its end.
func (a *Auth) send(ctx context.Context, l letter) error {
	token, err := seal.NewToken(a.cfg.Rand)
	if err != nil {
		return err
	}
	expires := a.now().Add(l.purpose.age)
	stored := a.storedLink(l.purpose, l.identifier, boundTo(l.to, l.session), token)
	job := mailJob{Until: expires.UnixMilli()}
	if l.code != nil {
		l.code.Link, l.code.Expires = string(stored), a.now().Add(forCode.age).UnixMilli()
		rows, code, err := a.newCode(l.code)
		if err != nil {
			return err
		}
		if l.decoy || l.to == "" {
			rows, code = rows[1:], "" // the tries alone
		}
		job.Rows, job.Code = rows, code
	}
	if l.to == "" {
		return a.enqueue(ctx, job)
	}
	job.Rows = append([]tokenRow{{l.identifier, string(stored), expires}}, job.Rows...)
	job.Kind, job.To, job.Expires = l.kind, l.to, expires
	job.App, job.Home = a.appName(l.origin), l.origin+"/"
	job.URL = a.linkTo(l.origin, l.page, token, l.query)
	return a.enqueue(ctx, job)
}

// linkTo returns the link of a letter.
func (a *Auth) linkTo(origin, page, token string, query url.Values) string {
	all := url.Values{"token": {token}}
	for name, values := range query {
		all[name] = values
	}
	return origin + a.site.Base + "/" + page + "?" + all.Encode()
}

// appName returns what the application is called in mails.
func (a *Auth) appName(origin string) string {
	if a.cfg.Pages.AppName != "" {
		return a.cfg.Pages.AppName
	}
	if u, err := url.Parse(origin); err == nil {
		return u.Hostname()
	}
	return origin
}

// ticket is what a link or a code has that signs in, resets or proves: a row to be used
// up, and others that go with it.
type ticket struct {
	identifier string
	token      Secret
	// address is what it proves.
	address string
	// session is the id of the session that must live, "" for none.
	session string
	// rest are rows that end when it is used, such as the link beside a code.
	rest []tokenRow
}

// check returns ErrLinkInvalid if the ticket does not work now. Nothing is used up.
func (a *Auth) check(ctx context.Context, t ticket) error {
	_, err := a.findToken(ctx, t.identifier, t.token)
	return err
}

// use uses the ticket up, or returns ErrLinkInvalid.
func (a *Auth) use(ctx context.Context, tx Adapter, t ticket) error {
	if _, err := a.useToken(ctx, tx, t.identifier, t.token); err != nil {
		return err
	}
	for _, r := range t.rest {
		if _, err := tx.UseVerificationToken(ctx, r.Identifier, Secret(r.Token)); orNotFound(err, nil) != nil {
			return err
		}
	}
	return nil
}

// linkTicket returns the ticket of a link. What cannot be a token is ErrLinkInvalid and
// costs no SQL.
func (a *Auth) linkTicket(p tokenPurpose, identifier, address, token string) (ticket, error) {
	if !seal.PlausibleToken(token) || identifier == "" {
		return ticket{}, ErrLinkInvalid
	}
	return ticket{identifier: identifier, token: a.storedLink(p, identifier, address, token), address: address}, nil
}

// boundTo returns what a link's token is bound to: the address that it proves, and the
// session that asked for it.
func boundTo(address, session string) string {
	if session == "" {
		return address
	}
	return address + "\x00" + session
}

// notice tells the owner of an account what has happened to it (P37). Whoever did it is
// not kept waiting, and not told if no mail can be sent: that is logged.
func (a *Auth) notice(ctx context.Context, job mailJob) {
	if a.cfg.Mailer == nil || job.To == "" || a.toldOften(ctx, job) {
		return
	}
	origin := a.homeOrigin()
	job.At = a.now()
	job.Until = max(job.Expires.UnixMilli(), job.At.Add(noticeAge).UnixMilli())
	job.App, job.Home = a.appName(origin), origin+"/"
	if job.URL == "" {
		job.URL = origin + a.site.Base + "/forgot-password"
	}
	if err := a.enqueueUrgent(context.WithoutCancel(ctx), job); err != nil {
		a.cfg.Logger.ErrorContext(ctx, "authent: the owner of an account was not told of a change", "kind", job.Kind, "error", err)
	}
}

// noticeLimit is how many notices one address is sent, beside those that undo a change of
// address: somebody may have registered another's address, and change what they like.
var noticeLimit = Limit{Tries: 10, Window: time.Hour}

// toldOften counts a notice, and reports whether there were too many. If the count fails,
// the owner is told: that matters more.
func (a *Auth) toldOften(ctx context.Context, job mailJob) bool {
	if job.Kind == MailAddressChanged || a.cfg.RateLimits.Mail.Off {
		return false
	}
	key := a.counter("notice", canonical(job.To))
	count, _, err := a.counters.HitRateLimit(context.WithoutCancel(ctx), key, a.now(), noticeLimit.Window)
	if err != nil {
		a.cfg.Logger.Log(ctx, faultLevel(err), "authent: a notice was not counted", "error", err)
		return false
	}
	return count > int64(noticeLimit.Tries)
}

// homeOrigin returns the application's origin. In development without AUTH_URL it is that
// of the last request.
func (a *Auth) homeOrigin() string {
	switch last := a.lastOrigin.Load(); {
	case a.site.Origin != nil:
		return a.site.Origin.String()
	case last != nil:
		return last.String()
	}
	return "http://localhost"
}
