package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/alexedwards/scs/postgresstore"
	"github.com/alexedwards/scs/v2"
)

// scsUser is under which name the session of scs holds its user's id.
const scsUser = "userID"

// scsSessions is scs with its PostgreSQL store, on lib/pq as its manual says, and then the
// user by a prepared statement: scs knows none.
func scsSessions(ctx context.Context, w *world) (*row, error) {
	if err := w.fillSCS(ctx); err != nil {
		return nil, err
	}
	db, err := w.plainPostgres(url.Values{"search_path": {"scs,public"}})
	if err != nil {
		return nil, err
	}
	s, err := db.PrepareContext(ctx, w.numbered(lookUser))
	if err != nil {
		return nil, err
	}
	manager := scs.New()
	manager.Store = postgresstore.NewWithCleanupInterval(db, 0)
	return &row{title: "scs and the user, lib/pq", close: s.Close, does: func(ctx context.Context, _ int, k key) (string, error) {
		ctx, err := manager.Load(ctx, k.token)
		if err != nil {
			return "", err
		}
		id := manager.GetString(ctx, scsUser)
		if id == "" {
			return "", errors.New("scs knows no such session")
		}
		var p person
		err = p.scan(s.QueryRowContext(ctx, id))
		return p.id, err
	}}, nil
}

// fillSCS makes and fills scs's table, in a schema of its own: it has the name of ours. Its
// rows are what scs encodes, with each session's own user in it.
func (w *world) fillSCS(ctx context.Context) error {
	example := userID(0)
	data, err := (scs.GobCodec{}).Encode(w.began.Add(lifetime), map[string]any{scsUser: example})
	if err != nil {
		return err
	}
	at := bytes.Index(data, []byte(example))
	if at < 0 {
		return errors.New("scs has encoded the user's id in a way that is not known")
	}
	f := filler{w.dialect}
	expires := f.at(w.began.Add(lifetime))
	return execute(ctx, w.url, strings.Join([]string{
		"CREATE SCHEMA scs",
		"CREATE TABLE scs.sessions (token TEXT PRIMARY KEY, data BYTEA NOT NULL, expiry TIMESTAMPTZ NOT NULL)",
		"CREATE INDEX sessions_expiry_idx ON scs.sessions (expiry)",
		fmt.Sprintf("INSERT INTO scs.sessions SELECT %s, overlay('\\x%x'::bytea placing convert_to(%s, 'UTF8') from %d), %s FROM %s",
			f.token("n"), data, f.owner("n"), at+1, expires, f.series(0, w.sessions)),
	}, ";"), "VACUUM ANALYZE scs.sessions")
}
