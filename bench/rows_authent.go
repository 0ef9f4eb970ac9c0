package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/ent"
	_ "github.com/authent/authent/ent/runtime"
	"github.com/authent/authent/ent/session"
)

// client returns a client of the default graph.
func (w *world) client(db *sql.DB) *ent.Client {
	return ent.NewClient(ent.Driver(entsql.OpenDB(w.dialect, db)))
}

// adapter is the generated SessionAndUser, on the database as package database opens it.
func adapter(_ context.Context, w *world) (*row, error) {
	return sessionAndUser(ent.NewAuthAdapter(w.client(w.db)), "adapter, "+driverNames[w.dialect]), nil
}

func adapterPgx(_ context.Context, w *world) (*row, error) {
	db, err := w.pgx()
	if err != nil {
		return nil, err
	}
	return sessionAndUser(ent.NewAuthAdapter(w.client(db)), "adapter, pgx behind database/sql"), nil
}

func sessionAndUser(a *ent.AuthAdapter, title string) *row {
	return &row{title: title, does: func(ctx context.Context, _ int, k key) (string, error) {
		s, err := a.SessionAndUser(ctx, authent.Secret(k.stored))
		if err != nil {
			return "", err
		}
		return s.User.ID, nil
	}}
}

// withUser is what one writes with ent alone: two statements.
func withUser(_ context.Context, w *world) (*row, error) {
	client := w.client(w.db)
	return &row{title: "ent's WithUser, " + driverNames[w.dialect], does: func(ctx context.Context, _ int, k key) (string, error) {
		s, err := client.Session.Query().Where(session.SessionToken(authent.Secret(k.stored))).WithUser().Only(ctx)
		if err != nil {
			return "", err
		}
		return s.Edges.User.ID, nil
	}}, nil
}

// cached is what an application writes to have all sessions of the usual world in memory.
var cached = authent.CacheConfig{Size: 5 * usualSessions, TTL: 15 * time.Minute}

// newAuth returns an engine whose checks write nothing: the sessions were just used.
func (w *world) newAuth(cache authent.CacheConfig) (*authent.Auth, error) {
	return authent.New(authent.Config{
		URL:       "http://localhost:3000",
		Secrets:   []string{strings.Repeat("secret of bench ", 3)},
		Adapter:   ent.NewAuthAdapter(w.client(w.db)),
		Providers: []authent.Provider{provider.Password()},
		Session:   authent.SessionConfig{MaxAge: lifetime, TouchInterval: 24 * time.Hour, Cache: cache},
		Logger:    slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
}

// visit is a worker's request and the answer to it, used again and again: what they cost is
// not the middleware's.
type visit struct {
	request *http.Request
	header  http.Header
	status  int
	user    string
}

// Header implements http.ResponseWriter.
func (v *visit) Header() http.Header { return v.header }

// Write implements http.ResponseWriter.
func (v *visit) Write(b []byte) (int, error) { return len(b), nil }

// WriteHeader implements http.ResponseWriter.
func (v *visit) WriteHeader(status int) { v.status = status }

// loadSession is the middleware, called in this process.
func loadSession(ctx context.Context, w *world) (*row, error) {
	return middleware(ctx, w, "LoadSession, the middleware", authent.CacheConfig{})
}

// loadSessionCached is the middleware where the session is in memory, most of the time.
func loadSessionCached(ctx context.Context, w *world) (*row, error) {
	r, err := middleware(ctx, w, "LoadSession with a cache", cached)
	return warmed(ctx, w, r, err)
}

// warmed asks the row for as many sessions as its cache holds, so that they are in it.
func warmed(ctx context.Context, w *world, r *row, err error) (*row, error) {
	for n := 0; err == nil && n < min(w.sessions, cached.Size); n++ {
		_, err = r.does(ctx, 0, newKey(n))
	}
	return r, err
}

func middleware(ctx context.Context, w *world, title string, cache authent.CacheConfig) (*row, error) {
	auth, err := w.newAuth(cache)
	if err != nil {
		return nil, err
	}
	handler := auth.LoadSession(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if s := authent.SessionFrom(r.Context()); s != nil {
			rw.(*visit).user = s.User.ID
		}
	}))
	var visits [connections]visit
	for i := range visits {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost:3000/", nil)
		if err != nil {
			return nil, err
		}
		r.RemoteAddr, r.RequestURI = address+":40000", "/"
		r.Header.Set("User-Agent", userAgent)
		r.Header["Cookie"] = []string{""}
		visits[i] = visit{request: r, header: http.Header{}}
	}
	return &row{title: title, does: func(ctx context.Context, worker int, k key) (string, error) {
		v := &visits[worker]
		v.status, v.user = http.StatusOK, ""
		clear(v.header)
		if v.request.Context() != ctx { // the worker's first of a round
			v.request = v.request.WithContext(ctx)
		}
		v.request.Header["Cookie"][0] = k.cookie
		handler.ServeHTTP(v, v.request)
		if v.status != http.StatusOK {
			return "", fmt.Errorf("LoadSession answers %d", v.status)
		}
		return v.user, nil
	}}, nil
}
