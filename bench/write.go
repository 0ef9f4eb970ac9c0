package main

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/ent"
)

// writer are the rows of the table of writes, in pairs: a statement that is prepared by
// hand, and the adapter's method.
type writer struct {
	w       *world
	adapter *ent.AuthAdapter
	db      *sql.DB
	// next is the number of the next session that is made.
	next int
}

// madeLifetime is that of the sessions which a round makes. By it they are found again.
const madeLifetime = 2 * lifetime

// writes measures how sessions are made, rolled and ended.
func writes(ctx context.Context, w *world, o options, into *result) (err error) {
	rows, err := writePairs(ctx, w)
	defer func() { err = errors.Join(err, closeRows(rows)) }()
	if err != nil {
		return err
	}
	into.Rows, err = interleave(w, rows, o)
	return err
}

func writePairs(ctx context.Context, w *world) ([]*row, error) {
	db, err := w.plain()
	if err != nil {
		return nil, err
	}
	x := &writer{w: w, adapter: ent.NewAuthAdapter(w.client(w.db)), db: db, next: w.sessions}
	var rows []*row
	for _, pair := range []func(context.Context) ([]*row, error){x.create, x.roll, x.revoke} {
		made, err := pair(ctx)
		rows = append(rows, made...)
		if err != nil {
			return rows, err
		}
	}
	return rows, nil
}

// fresh returns the keys of sessions that are not there yet.
func (x *writer) fresh(n int) []key {
	all := make([]key, n)
	for i := range all {
		all[i] = newKey(x.next)
		all[i].user = userID(x.next % (x.w.sessions / 2)) // of a user who is there
		x.next++
	}
	return all
}

// forget deletes what a round made.
func (x *writer) forget(ctx context.Context) func([]key) error {
	return func([]key) error {
		_, err := x.w.db.ExecContext(ctx, "DELETE FROM sessions WHERE expires > "+filler{x.w.dialect}.at(x.w.began.Add(lifetime+time.Hour)))
		return err
	}
}

// statement prepares one by hand.
func (x *writer) statement(ctx context.Context, id, title, query string, args func(k key) []any) (*row, error) {
	s, err := x.db.PrepareContext(ctx, x.w.numbered(query))
	if err != nil {
		return nil, err
	}
	return &row{id: id, title: title + ", prepared by hand", close: s.Close, does: func(ctx context.Context, _ int, k key) (string, error) {
		_, err := s.ExecContext(ctx, args(k)...)
		return k.user, err
	}}, nil
}

// create makes sessions with all their columns.
func (x *writer) create(ctx context.Context) ([]*row, error) {
	now, expires := x.w.began, x.w.began.Add(madeLifetime)
	byHand, err := x.statement(ctx, "insert", "INSERT", "INSERT INTO sessions (id, session_token, user_id, expires, created_at, last_used_at, ip_address, user_agent, amr, aal, authenticated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", func(k key) []any {
		return []any{uuid.Must(uuid.NewV7()).String(), k.stored, k.user, expires, now, now, address, userAgent, authent.MethodPassword, 1, now}
	})
	if err != nil {
		return nil, err
	}
	ours := &row{id: "create", title: "CreateSession", does: func(ctx context.Context, _ int, k key) (string, error) {
		s, err := x.adapter.CreateSession(ctx, authent.Session{
			Token: authent.Secret(k.stored), UserID: k.user, Expires: expires, CreatedAt: now, LastUsedAt: now, IPAddress: address, UserAgent: userAgent,
			AMR: authent.MethodPassword, AAL: 1, AuthenticatedAt: now,
		})
		if err != nil {
			return "", err
		}
		return s.UserID, nil
	}}
	rows := []*row{byHand, ours}
	for _, r := range rows {
		r.keys, r.after = x.fresh, x.forget(ctx)
	}
	return rows, nil
}

// roll extends sessions, as a check does once in UpdateAge.
func (x *writer) roll(ctx context.Context) ([]*row, error) {
	now, expires := x.w.began, x.w.began.Add(lifetime)
	byHand, err := x.statement(ctx, "update", "UPDATE", "UPDATE sessions SET expires = ?, last_used_at = ? WHERE session_token = ?", func(k key) []any {
		return []any{expires, now, k.stored}
	})
	if err != nil {
		return nil, err
	}
	ours := &row{id: "roll", title: "UpdateSession", does: func(ctx context.Context, _ int, k key) (string, error) {
		return k.user, x.adapter.UpdateSession(ctx, authent.Secret(k.stored), authent.SessionUpdate{Expires: &expires, LastUsedAt: &now})
	}}
	return []*row{byHand, ours}, nil
}

// revoke ends sessions that were made before the clock runs.
func (x *writer) revoke(ctx context.Context) ([]*row, error) {
	byHand, err := x.statement(ctx, "delete", "DELETE", "DELETE FROM sessions WHERE session_token = ?", func(k key) []any { return []any{k.stored} })
	if err != nil {
		return nil, err
	}
	ours := &row{id: "revoke", title: "DeleteSession", does: func(ctx context.Context, _ int, k key) (string, error) {
		return k.user, x.adapter.DeleteSession(ctx, authent.Secret(k.stored))
	}}
	rows := []*row{byHand, ours}
	for _, r := range rows {
		r.keys = x.fresh
		r.before = func(keys []key) error {
			_, err := x.w.db.ExecContext(ctx, filler{x.w.dialect}.spare(x.next-len(keys), x.next, x.w))
			return err
		}
	}
	return rows, nil
}
