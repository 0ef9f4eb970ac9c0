package ent_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/go-cmp/cmp"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/ent"
	"github.com/authent/authent/ent/session"
	"github.com/authent/authent/ent/user"
	"github.com/authent/authent/internal/testdb"
)

var _ authent.SessionWatcher = (*ent.AuthAdapter)(nil)

// watched is a graph whose changes are told, with two users of whom one has two sessions.
type watched struct {
	t       *testing.T
	kind    testdb.Kind
	db      *sql.DB
	client  *ent.Client
	adapter *ent.AuthAdapter

	ada, grace           *ent.User
	first, second, other *ent.Session

	mu   sync.Mutex
	told []authent.SessionChange
}

// watch makes the rows and has everything told from then on, also to others: into a table
// of messages.
func watch(t *testing.T, kind testdb.Kind) *watched {
	t.Helper()
	w := &watched{t: t, kind: kind, db: kind.Open(t)}
	if _, err := w.db.ExecContext(t.Context(), "CREATE TABLE told (message varchar(64) NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	w.client = ent.NewClient(ent.Driver(entsql.OpenDB(kind.Dialect, w.db)), ent.Log(func(...any) {}))
	w.adapter = ent.NewAuthAdapter(w.client)
	err := w.adapter.WatchSessions(authent.SessionWatch{
		Changed: w.changed, Statement: kind.Placeholders("INSERT INTO told (message) VALUES (?)"),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.rows()
	return w
}

// empty deletes all rows.
func (w *watched) empty() {
	w.t.Helper()
	for _, table := range []string{"sessions", "accounts", "verificationtokens", "users", "told"} {
		if _, err := w.db.ExecContext(w.t.Context(), "DELETE FROM "+table); err != nil {
			w.t.Fatal(err)
		}
	}
}

// rows makes the users and sessions anew.
func (w *watched) rows() {
	w.t.Helper()
	w.empty()
	ctx := w.t.Context()
	w.ada = w.client.User.Create().SetEmail("ada@example.com").SaveX(ctx)
	w.grace = w.client.User.Create().SetEmail("grace@example.com").SaveX(ctx)
	w.first, w.second, w.other = w.session(w.ada, "1"), w.session(w.ada, "2"), w.session(w.grace, "3")
	w.take()
}

func (w *watched) session(of *ent.User, token authent.Secret) *ent.Session {
	return w.client.Session.Create().SetSessionToken(token).SetUserID(of.ID).SetExpires(epoch.Add(time.Hour)).SaveX(w.t.Context())
}

func (w *watched) changed(_ context.Context, changes []authent.SessionChange) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, changes...)
}

// take returns what was told since it was called last, each change once.
func (w *watched) take() (told []authent.SessionChange) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.told {
		if !slices.Contains(told, c) {
			told = append(told, c)
		}
	}
	w.told = nil
	return told
}

// takeMessages returns what others were told since it was called last, each message once.
func (w *watched) takeMessages() []string {
	w.t.Helper()
	rows, err := w.db.QueryContext(w.t.Context(), "SELECT DISTINCT message FROM told")
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	all := []string{}
	for rows.Next() {
		var message string
		if err := rows.Scan(&message); err != nil {
			w.t.Fatal(err)
		}
		all = append(all, message)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.db.ExecContext(w.t.Context(), "DELETE FROM told"); err != nil {
		w.t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// want fails unless exactly these changes were told here, and those that are not Minor to
// others.
func (w *watched) want(what string, want ...authent.SessionChange) {
	w.t.Helper()
	w.wantHere(what, want...)
	messages := []string{}
	for _, c := range want {
		if !c.Minor {
			messages = append(messages, c.Message())
		}
	}
	slices.Sort(messages)
	if diff := cmp.Diff(slices.Compact(messages), w.takeMessages()); diff != "" {
		w.t.Errorf("%s: what others are told (-want +got):\n%s", what, diff)
	}
}

// wantHere fails unless exactly these changes were told here.
func (w *watched) wantHere(what string, want ...authent.SessionChange) {
	w.t.Helper()
	byMessage := func(a, b authent.SessionChange) int { return strings.Compare(a.Message(), b.Message()) }
	got := w.take()
	slices.SortFunc(got, byMessage)
	slices.SortFunc(want, byMessage)
	if !slices.Equal(got, want) {
		w.t.Errorf("%s: told are %#v, want %#v", what, got, want)
	}
}

// anything is the change of everything.
var anything = authent.SessionChange{}

func of(u *ent.User) authent.SessionChange    { return authent.SessionChange{UserID: u.ID} }
func id(s *ent.Session) authent.SessionChange { return authent.SessionChange{ID: s.ID} }

// ownWrite is something that an application writes through its client.
type ownWrite struct {
	name  string
	write func(ctx context.Context, w *watched, c *ent.Client) error
	// want returns what is told of it; nothing if nil.
	want func(w *watched) []authent.SessionChange
	// fails says that the database refuses it.
	fails bool
}

func all(*watched) []authent.SessionChange       { return []authent.SessionChange{anything} }
func ofAda(w *watched) []authent.SessionChange   { return []authent.SessionChange{of(w.ada)} }
func ofFirst(w *watched) []authent.SessionChange { return []authent.SessionChange{id(w.first)} }
func errorOf[T any](_ T, err error) error        { return err }

var ownWrites = []ownWrite{
	{name: "UserUpdateOneID", want: ofAda, write: func(ctx context.Context, w *watched, c *ent.Client) error {
		return c.User.UpdateOneID(w.ada.ID).SetRole("admin").Exec(ctx)
	}},
	{name: "UserUpdateOne", want: ofAda, write: func(ctx context.Context, w *watched, c *ent.Client) error {
		return c.User.UpdateOne(w.ada).SetRole("admin").Exec(ctx)
	}},
	{name: "UserUpdate", want: all, write: func(ctx context.Context, w *watched, c *ent.Client) error {
		return c.User.Update().Where(user.ID(w.ada.ID)).SetRole("admin").Exec(ctx)
	}},
	{name: "UserDelete", want: all, write: func(ctx context.Context, w *watched, c *ent.Client) error {
		return errorOf(c.User.Delete().Where(user.ID(w.ada.ID)).Exec(ctx))
	}},
	{name: "UserDeleteOneID", want: ofAda, write: func(ctx context.Context, w *watched, c *ent.Client) error {
		return c.User.DeleteOneID(w.ada.ID).Exec(ctx)
	}},
	{name: "UserCreate", write: func(ctx context.Context, _ *watched, c *ent.Client) error {
		return c.User.Create().SetEmail("new@example.com").Exec(ctx)
	}},
	{name: "UserCreateBulk", write: func(ctx context.Context, _ *watched, c *ent.Client) error {
		return c.User.CreateBulk(c.User.Create().SetEmail("new-1@example.com"), c.User.Create().SetEmail("new-2@example.com")).Exec(ctx)
	}},
	{name: "UserCreateWithSessions", want: all, fails: true, write: func(ctx context.Context, w *watched, c *ent.Client) error {
		return c.User.Create().SetEmail("new@example.com").AddSessionIDs(w.first.ID).Exec(ctx)
	}},
	{name: "UserAddSessionIDs", want: all, fails: true, write: func(ctx context.Context, w *watched, c *ent.Client) error {
		return c.User.UpdateOneID(w.grace.ID).AddSessionIDs(w.first.ID).Exec(ctx)
	}},
	{name: "UserRemoveSessions", want: all, fails: true, write: func(ctx context.Context, w *watched, c *ent.Client) error {
		return c.User.UpdateOneID(w.ada.ID).RemoveSessions(w.first).Exec(ctx)
	}},
	{name: "UserClearSessions", want: all, fails: true, write: func(ctx context.Context, w *watched, c *ent.Client) error {
		return c.User.UpdateOneID(w.ada.ID).ClearSessions().Exec(ctx)
	}},
	{name: "SessionUpdateOneID", want: ofFirst, write: func(ctx context.Context, w *watched, c *ent.Client) error {
		return c.Session.UpdateOneID(w.first.ID).SetExpires(epoch).Exec(ctx)
	}},
	{name: "SessionSetUser", want: ofFirst, write: func(ctx context.Context, w *watched, c *ent.Client) error {
		return c.Session.UpdateOne(w.first).SetUser(w.grace).Exec(ctx)
	}},
	{name: "SessionUpdate", want: all, write: func(ctx context.Context, w *watched, c *ent.Client) error {
		return c.Session.Update().Where(session.UserID(w.ada.ID)).SetExpires(epoch).Exec(ctx)
	}},
	{name: "SessionDelete", want: all, write: func(ctx context.Context, w *watched, c *ent.Client) error {
		return errorOf(c.Session.Delete().Where(session.UserID(w.ada.ID)).Exec(ctx))
	}},
	{name: "SessionDeleteOne", want: ofFirst, write: func(ctx context.Context, w *watched, c *ent.Client) error {
		return c.Session.DeleteOne(w.first).Exec(ctx)
	}},
	{name: "SessionCreate", write: func(ctx context.Context, w *watched, c *ent.Client) error {
		return c.Session.Create().SetSessionToken("4").SetUser(w.ada).SetExpires(epoch).Exec(ctx)
	}},
	{name: "SessionCreateBulk", write: func(ctx context.Context, w *watched, c *ent.Client) error {
		return c.Session.CreateBulk(
			c.Session.Create().SetSessionToken("4").SetUser(w.ada).SetExpires(epoch),
			c.Session.Create().SetSessionToken("5").SetUser(w.grace).SetExpires(epoch),
		).Exec(ctx)
	}},
	{name: "Others", write: func(ctx context.Context, w *watched, c *ent.Client) error {
		return errors.Join(
			c.Account.Create().SetUser(w.ada).SetType("oauth").SetProvider("github").SetProviderAccountID("1").Exec(ctx),
			errorOf(c.Account.Delete().Exec(ctx)),
			c.VerificationToken.Create().SetID("token").SetIdentifier("ada").SetExpires(epoch).Exec(ctx),
			errorOf(c.VerificationToken.Delete().Exec(ctx)))
	}},
}

// TestWatch_OwnWrites: what an application writes through its client is told, at once
// outside a transaction, and within one after the commit alone.
func TestWatch_OwnWrites(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		w := watch(t, kind)
		for _, write := range ownWrites {
			w.plain(write, w.client, "")
			w.plain(write, w.client.Debug(), " by Debug")
			w.committed(write, w.client, (*ent.Tx).Client, "")
			w.committed(write, w.client, func(tx *ent.Tx) *ent.Client { return tx.Client().Debug() }, " by Debug")
			w.committed(write, w.client.Debug(), (*ent.Tx).Client, " of Debug")
			w.rolledBack(write)
		}
	})
}

func (o ownWrite) wanted(w *watched) []authent.SessionChange {
	if o.want == nil {
		return nil
	}
	return o.want(w)
}

func (w *watched) run(o ownWrite, c *ent.Client, how string) {
	w.t.Helper()
	if err := o.write(w.t.Context(), w, c); (err != nil) != o.fails {
		w.t.Errorf("%s%s: %v", o.name, how, err)
	}
}

func (w *watched) plain(o ownWrite, c *ent.Client, how string) {
	w.t.Helper()
	w.rows()
	w.run(o, c, how)
	w.want(o.name+how, o.wanted(w)...)
}

func (w *watched) committed(o ownWrite, c *ent.Client, within func(*ent.Tx) *ent.Client, how string) {
	w.t.Helper()
	w.rows()
	tx, err := c.Tx(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	w.run(o, within(tx), " in a transaction"+how)
	if told := w.take(); len(told) > 0 {
		w.t.Errorf("%s in a transaction%s: told before the commit", o.name, how)
	}
	err = tx.Commit()
	if o.fails {
		w.take() // the databases differ in whether it may be committed
		w.takeMessages()
		return
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.want(o.name+" in a transaction"+how, o.wanted(w)...)
}

func (w *watched) rolledBack(o ownWrite) {
	w.t.Helper()
	w.rows()
	tx, err := w.client.Tx(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	w.run(o, tx.Client(), " in a transaction")
	if err := tx.Rollback(); err != nil {
		w.t.Fatal(err)
	}
	w.want(o.name + " in a transaction that was rolled back")
}
