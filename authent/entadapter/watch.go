package entadapter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent"
)

// ErrFiltered is why sessions of a graph cannot be kept in a cache.
var ErrFiltered = errors.New("the graph has interceptors or a privacy policy on Session or User, so what one request may see is not what the next one may: leave Cache.Size and Cache.Broadcaster empty")

// announcePatience is how long a change waits for its statement outside a transaction.
const announcePatience = 3 * time.Second

// Watches are those who are told of the changes that are made through one client. Its zero
// value is ready.
type Watches struct {
	all atomic.Pointer[[]authent.SessionWatch]
	// txs are the transactions that have changed something, by their drivers.
	txs sync.Map
}

// Add has w told from now on, and reports whether it is the first one.
func (ws *Watches) Add(w authent.SessionWatch) (first bool) {
	for {
		old := ws.all.Load()
		var all []authent.SessionWatch
		if old != nil {
			all = slices.Clone(*old)
		}
		all = append(all, w)
		if ws.all.CompareAndSwap(old, &all) {
			return len(all) == 1
		}
	}
}

// CheckStatement returns an error if the database of d cannot run the statement that tells
// others: that of package database/postgres is for PostgreSQL alone.
func CheckStatement(d dialect.Driver, w authent.SessionWatch) error {
	if strings.Contains(w.Statement, "pg_notify") && d.Dialect() != dialect.Postgres {
		return fmt.Errorf("the Broadcaster tells others by a statement of PostgreSQL, and the database speaks %s: use redisbroadcast", d.Dialect())
	}
	return nil
}

func (ws *Watches) list() []authent.SessionWatch {
	if all := ws.all.Load(); all != nil {
		return *all
	}
	return nil
}

// Any reports whether somebody is told of changes.
func (ws *Watches) Any() bool { return ws.all.Load() != nil }

// Announce reports whether others are told in the transaction of a change.
func (ws *Watches) Announce() bool {
	return slices.ContainsFunc(ws.list(), func(w authent.SessionWatch) bool { return w.Statement != "" })
}

// Watched says how mutations of one type concern sessions and their users.
type Watched struct {
	// Edges are those of the type by which rows of sessions or users are changed other than
	// the mutation's own.
	Edges []string
	// HeldBy says that rows of sessions or users refer to the type, perhaps through others:
	// the database changes or deletes them with what they refer to.
	HeldBy bool
	// Upserts says that creating a row may change one instead, which the mutation does not
	// show: each creation is told then, except the adapter's own.
	Upserts bool
	// One returns the change of the one row that a mutation is about, if it is about one;
	// nil for types other than Session and User.
	One func(ent.Mutation) (authent.SessionChange, bool)
}

// everything is the change of what cannot be told more exactly.
var everything = []authent.SessionChange{{}}

// spreads reports whether a mutation, which ran, changed rows other than its own.
func (w Watched) spreads(m ent.Mutation) bool {
	for _, edges := range [][]string{m.AddedEdges(), m.RemovedEdges(), m.ClearedEdges()} {
		if slices.ContainsFunc(edges, func(e string) bool { return slices.Contains(w.Edges, e) }) {
			return true
		}
	}
	return w.HeldBy && m.Op().Is(ent.OpDelete|ent.OpDeleteOne)
}

// changes returns what a mutation, which ran, concerns. What the adapter says of its own
// mutation counts, unless hooks or the database did more.
func (w Watched) changes(ctx context.Context, m ent.Mutation) []authent.SessionChange {
	if w.spreads(m) {
		return everything
	}
	if marked, ok := ctx.Value(markKey{}).(mark); ok && marked.mutation == any(m) {
		return marked.changes
	}
	switch op := m.Op(); {
	case w.One == nil || op.Is(ent.OpCreate) && !w.Upserts:
		return nil
	case op.Is(ent.OpUpdateOne | ent.OpDeleteOne):
		if one, ok := w.One(m); ok {
			return []authent.SessionChange{one}
		}
	}
	return everything
}

type markKey struct{}

// mark says what one mutation concerns.
type mark struct {
	mutation any
	changes  []authent.SessionChange
}

// Marked returns a context that says which changes a mutation of the adapter's own makes,
// which could not be told from the mutation itself. It is for that mutation alone.
func (ws *Watches) Marked(ctx context.Context, mutation any, changes ...authent.SessionChange) context.Context {
	if !ws.Any() {
		return ctx
	}
	return context.WithValue(ctx, markKey{}, mark{mutation, changes})
}

// Graph is what a hook needs to know of the graph that it was generated for.
type Graph struct {
	// Driver returns the driver of the client that made a mutation. The mutation must run
	// through the same client.
	Driver func(ent.Mutation) dialect.Driver
	// AtEnd has one of two functions called when the transaction that d is ends: committed
	// with the error of the commit, which may have been stored all the same, or rolledBack.
	// It reports false if d is no transaction.
	AtEnd func(d dialect.Driver, committed func(context.Context, error), rolledBack func()) bool
	// IsTx reports whether d is a transaction.
	IsTx func(d dialect.Driver) bool
}

// Hook returns the hook that tells of the mutations of one type, also of those that fail or
// panic: something may be stored all the same.
func (ws *Watches) Hook(watched Watched, graph Graph) ent.Hook {
	return func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (_ ent.Value, err error) {
			driver := graph.Driver(m)
			tx := ws.txOf(graph, undebugged(driver))
			tx.begin()
			defer func() {
				changes := watched.changes(ctx, m)
				switch {
				case tx == nil:
					ws.changed(ctx, changes)
					ws.announceStored(ctx, driver, changes)
					ws.again(changes, err)
				case err == nil || !rolledBack(err): // else the transaction has ended
					err = cmp.Or(err, ws.announce(ctx, driver, changes))
				}
				tx.end(changes)
			}()
			return next.Mutate(ctx, m)
		})
	}
}

// undebugged returns the driver below those that log statements, as ent's Debug sets up.
func undebugged(d dialect.Driver) dialect.Driver {
	for {
		debug, ok := d.(*dialect.DebugDriver)
		if !ok {
			return d
		}
		d = debug.Driver
	}
}

func (ws *Watches) changed(ctx context.Context, changes []authent.SessionChange) {
	if len(changes) == 0 {
		return
	}
	for _, w := range ws.list() {
		if w.Changed != nil {
			w.Changed(ctx, changes)
		}
	}
}

// announce runs each watch's statement through the driver of the change.
func (ws *Watches) announce(ctx context.Context, d dialect.Driver, changes []authent.SessionChange) error {
	for _, w := range ws.list() {
		for _, c := range changes {
			if w.Statement == "" || c.Minor {
				continue
			}
			if err := d.Exec(ctx, w.Statement, []any{c.Message()}, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// announceStored does what announce does after a change outside a transaction, which is
// stored whether others learn of it or not, and whether somebody still waits for it.
func (ws *Watches) announceStored(ctx context.Context, d dialect.Driver, changes []authent.SessionChange) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), announcePatience)
	defer cancel()
	if err := ws.announce(ctx, d, changes); err != nil {
		authent.LoggerFrom(ctx).WarnContext(ctx, "authent: other processes could not be told of a session's end or change: they see it within SessionConfig.Cache.TTL", "error", Ended(ctx, err))
	}
}
