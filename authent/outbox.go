package authent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/authent/authent/authent/internal/queue"
	"github.com/authent/authent/authent/internal/seal"
)

// Outbox keeps mails until they are delivered: Config.Outbox. An application that has a
// job queue of its own, or whose processes come and go, puts them there in place of this
// process's memory, and has a worker call Auth.Deliver for each.
type Outbox interface {
	// Put stores a job, in a time that does not depend on what it holds. An error makes
	// the request fail with 503, whoever's address it is about. The job is sealed: whoever
	// reads it there learns neither address nor link.
	Put(ctx context.Context, job []byte) error
}

// mailJob is a mail to be sent and the rows that make its link and its code work. One
// without an address is nobody's: it is there so that an address that nobody has takes the
// same way, and its row lets the browser that waits try codes.
type mailJob struct {
	// Mark is the token that marks it as begun.
	Mark string     `json:"m"`
	Rows []tokenRow `json:"r,omitempty"`
	// Until is when it is no longer worth sending, in Unix milliseconds.
	Until int64 `json:"u"`

	Kind     MailKind  `json:"k,omitempty"`
	To       string    `json:"t,omitempty"`
	App      string    `json:"a,omitempty"`
	Home     string    `json:"h,omitempty"`
	URL      string    `json:"l,omitempty"`
	Code     string    `json:"c,omitempty"`
	Expires  time.Time `json:"e,omitzero"`
	At       time.Time `json:"w,omitzero"`
	Provider string    `json:"p,omitempty"`
}

// tokenRow is a verification token that a job writes.
type tokenRow struct {
	Identifier string    `json:"i"`
	Token      string    `json:"t"`
	Expires    time.Time `json:"e"`
}

func (r tokenRow) row() VerificationToken {
	return VerificationToken{Identifier: r.Identifier, Token: Secret(r.Token), Expires: r.Expires}
}

// noticeAge is how long a notice is worth sending.
const noticeAge = 24 * time.Hour

// sealJob seals a job, and returns until when it is worth sending.
func (a *Auth) sealJob(job mailJob) (sealed []byte, until time.Time, err error) {
	mark, err := seal.NewToken(a.cfg.Rand)
	if err != nil {
		return nil, time.Time{}, err
	}
	job.Mark = string(seal.HashToken(mark))
	until = time.UnixMilli(job.Until)
	text, err := a.keys.SealJSON(a.cfg.Rand, seal.Mail, mailPlace, job, until)
	return []byte(text), until, err
}

// enqueue puts a job into the outbox. What the outbox refuses is ErrBusy.
func (a *Auth) enqueue(ctx context.Context, job mailJob) error {
	sealed, until, err := a.sealJob(job)
	if err != nil {
		return err
	}
	return a.put(ctx, sealed, until)
}

// enqueueUrgent does what enqueue does for a mail that tells what has happened already. If
// the outbox refuses it, it waits in memory: nobody would ask for it again.
func (a *Auth) enqueueUrgent(ctx context.Context, job mailJob) error {
	sealed, until, err := a.sealJob(job)
	if err != nil || a.put(ctx, sealed, until) == nil {
		return err
	}
	return a.queue.PutUrgent(sealed, until)
}

func (a *Auth) put(ctx context.Context, sealed []byte, until time.Time) (err error) {
	if a.cfg.Outbox == nil {
		err = a.queue.Put(sealed, until)
	} else {
		err = a.cfg.Outbox.Put(ctx, sealed)
	}
	if err != nil {
		if a.outboxFails.over(a.now()) {
			a.cfg.Logger.ErrorContext(ctx, "authent: the outbox takes no mails", "error", err)
		}
		return fmt.Errorf("authent: put a mail into the outbox: %w: %w", ErrBusy, err)
	}
	return nil
}

// mailPlace is what a job is bound to, wherever it waits.
const mailPlace = "authent.mail"

// errDeadJob says that a job is not one of ours, or came too late.
var errDeadJob = errors.New("the job is too old or was not made with this secret")

// Deliver sends the mail of a job that Config.Outbox was given. An error that wraps
// ErrMailRefused is final; after any other call it again later, as often as you like: the
// link works once however often the mail is sent. A job whose link has expired or was used
// is done.
func (a *Auth) Deliver(ctx context.Context, job []byte) error {
	var j mailJob
	if err := a.openJob(job, &j); err != nil {
		return fmt.Errorf("authent: deliver a mail: %w: %w", ErrMailRefused, err)
	}
	alive, err := a.writeRows(ctx, j)
	if err != nil || !alive || j.To == "" {
		return err
	}
	if err := a.cfg.Mailer.Send(ctx, j.mail()); err != nil {
		return fmt.Errorf("authent: deliver a mail: %w", err)
	}
	return nil
}

func (a *Auth) openJob(sealed []byte, j *mailJob) error {
	if a.cfg.Mailer == nil || !a.keys.OpenJSON(seal.Mail, mailPlace, string(sealed), a.now(), j) {
		return errDeadJob
	}
	return nil
}

// writeRows stores what makes the link and the code work, before they are sent, and
// reports whether they work still. A job that is tried again writes nothing: its link may
// have been used, although the mail server did not say that it took the mail.
func (a *Auth) writeRows(ctx context.Context, j mailJob) (alive bool, err error) {
	if len(j.Rows) == 0 {
		return true, nil
	}
	err = a.store.InTx(ctx, func(tx Adapter) error {
		mark := VerificationToken{Identifier: forMail.name, Token: Secret(j.Mark), Expires: time.UnixMilli(j.Until)}
		if err := tx.CreateVerificationToken(ctx, mark); err != nil {
			return err
		}
		for _, r := range j.Rows {
			if err := tx.CreateVerificationToken(ctx, r.row()); err != nil {
				return err
			}
			if err := keepNewest(ctx, tx, r.row(), liveLinks); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		return true, nil
	}
	if !errors.Is(err, ErrConflict) {
		return false, fmt.Errorf("authent: deliver a mail: %w", err)
	}
	_, err = a.findToken(ctx, j.Rows[0].Identifier, Secret(j.Rows[0].Token))
	if errors.Is(err, ErrLinkInvalid) {
		return false, nil
	}
	return err == nil, err
}

func (j mailJob) mail() Mail {
	return Mail{
		Kind: j.Kind, To: j.To, AppName: j.App, Home: j.Home, URL: Secret(j.URL), Code: Secret(j.Code),
		Expires: j.Expires, At: j.At, Provider: j.Provider,
	}
}

// newQueue makes the outbox in memory.
func (a *Auth) newQueue() *queue.Queue {
	return queue.New(queue.Config{
		Deliver: a.Deliver,
		Final:   func(err error) bool { return errors.Is(err, ErrMailRefused) },
		Logger:  a.cfg.Logger,
		Now:     a.cfg.Now,
	})
}

// Close writes the last use of sessions that is not written yet (SessionConfig's
// TouchInterval), sends the mails that wait in memory, takes no more, and returns when all are sent
// or given up, or when ctx ends, with an error that says how many were lost. Call it after
// http.Server.Shutdown. With an Outbox of the application's own nothing waits but notices
// that it has refused.
func (a *Auth) Close(ctx context.Context) error {
	if a.touches != nil {
		a.touches.close(ctx)
	}
	if err := a.queue.Close(ctx); err != nil {
		return fmt.Errorf("authent: close: %w", err)
	}
	return nil
}
