//go:build generated

// The tests of package layout build this one with a graph that they have generated.
package tenants_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/go-cmp/cmp"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/internal/layout/tenants/ent"
	_ "github.com/authent/authent/internal/layout/tenants/ent/runtime"
	"github.com/authent/authent/internal/layout/tenants/ent/session"
	"github.com/authent/authent/internal/layout/tenants/ent/user"
	"github.com/authent/authent/internal/testdb"
)

var _ authent.SessionWatcher = (*ent.AuthAdapter)(nil)

// open opens a database with the graph's tables.
func open(t testing.TB, kind testdb.Kind) (*ent.Client, *sql.DB) {
	t.Helper()
	db := kind.Connect(t, kind.URL(t))
	client := ent.NewClient(ent.Driver(entsql.OpenDB(kind.Dialect, db)))
	if err := client.Schema.Create(context.Background()); err != nil {
		t.Fatal(err)
	}
	return client, db
}

// TestConformance runs the cases about what is told. They need a database each, of which
// SQLite's are the quickest.
func TestConformance(t *testing.T) {
	authenttest.Run(t, func(t testing.TB) authenttest.Subject {
		client, db := open(t, testdb.SQLite)
		return authenttest.Subject{Adapter: ent.NewAuthAdapter(client), DB: db, Dialect: "sqlite", DeletionsSpread: true}
	})
}

// rows are those of one company: ada administers it, and is signed in on a device.
type rows struct {
	*ent.Client
	kind       testdb.Kind
	adapter    *ent.AuthAdapter
	company    *ent.Organisation
	acme       *ent.Tenant
	ada, grace *ent.User
	laptop     *ent.Device
	signedIn   *ent.Session
	group      *ent.Group
	ctx        context.Context
	told       []authent.SessionChange
}

func newRows(t *testing.T, kind testdb.Kind) *rows {
	client, _ := open(t, kind)
	r := &rows{Client: client, kind: kind, adapter: ent.NewAuthAdapter(client), ctx: t.Context()}
	err := r.adapter.WatchSessions(authent.SessionWatch{Changed: func(_ context.Context, changes []authent.SessionChange) {
		r.told = append(r.told, changes...)
	}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// fill makes the rows anew.
func (r *rows) fill() {
	r.Session.Delete().ExecX(r.ctx)
	r.User.Update().ClearSpouse().ClearParent().ExecX(r.ctx)
	r.Card.Delete().ExecX(r.ctx)
	r.User.Delete().ExecX(r.ctx)
	r.company = r.Organisation.Create().SaveX(r.ctx)
	r.acme = r.Tenant.Create().SetOrganisation(r.company).SaveX(r.ctx)
	r.ada = r.User.Create().SetEmail("ada@example.com").SetTenant(r.acme).SetAdministers(r.acme).SaveX(r.ctx)
	r.grace = r.User.Create().SetEmail("grace@example.com").SaveX(r.ctx)
	r.laptop, r.group = r.Device.Create().SaveX(r.ctx), r.Group.Create().SaveX(r.ctx)
	r.signedIn = r.Session.Create().SetSessionToken("1").SetUser(r.ada).SetDevice(r.laptop).SetExpires(time.Now().Add(time.Hour)).SaveX(r.ctx)
	r.told = nil
}

func anything(*rows) []authent.SessionChange { return []authent.SessionChange{{}} }
func nothing(*rows) []authent.SessionChange  { return nil }
func ofAda(r *rows) []authent.SessionChange  { return []authent.SessionChange{{UserID: r.ada.ID}} }

// writes are what is written, and what is told of it.
var writes = []struct {
	name string
	run  func(r *rows) error
	want func(r *rows) []authent.SessionChange
}{
	{"delete the organisation", func(r *rows) error { return r.Organisation.DeleteOne(r.company).Exec(r.ctx) }, anything},
	{"delete the tenant", func(r *rows) error { return r.Tenant.DeleteOne(r.acme).Exec(r.ctx) }, anything},
	{"delete tenants", func(r *rows) error { _, err := r.Tenant.Delete().Exec(r.ctx); return err }, anything},
	{"rename the tenant", func(r *rows) error { return r.Tenant.UpdateOne(r.acme).SetName("Acme").Exec(r.ctx) }, nothing},
	{"add users to the tenant", func(r *rows) error { return r.Tenant.UpdateOne(r.acme).AddUsers(r.grace).Exec(r.ctx) }, anything},
	{"remove users from the tenant", func(r *rows) error { return r.Tenant.UpdateOne(r.acme).RemoveUsers(r.ada).Exec(r.ctx) }, anything},
	{"clear the tenant's users", func(r *rows) error { return r.Tenant.Update().ClearUsers().Exec(r.ctx) }, anything},
	{"clear the tenant's admin", func(r *rows) error { return r.Tenant.UpdateOne(r.acme).ClearAdmin().Exec(r.ctx) }, anything},
	{"make a tenant of users", func(r *rows) error { return r.Tenant.Create().AddUsers(r.grace).Exec(r.ctx) }, anything},
	{"make a tenant with an admin", func(r *rows) error { return r.Tenant.Create().SetAdmin(r.grace).Exec(r.ctx) }, anything},
	{"make a tenant", func(r *rows) error { return r.Tenant.Create().Exec(r.ctx) }, nothing},
	{"move the tenant", func(r *rows) error { return r.Tenant.UpdateOne(r.acme).ClearOrganisation().Exec(r.ctx) }, nothing},
	{"set the user's tenant", func(r *rows) error { return r.User.UpdateOne(r.ada).ClearTenant().Exec(r.ctx) }, ofAda},
	{"set the user's parent", func(r *rows) error { return r.User.UpdateOne(r.ada).SetParent(r.grace).Exec(r.ctx) }, ofAda},
	{"add the user's children", func(r *rows) error { return r.User.UpdateOne(r.ada).AddChildren(r.grace).Exec(r.ctx) }, anything},
	{"set the user's spouse", func(r *rows) error { return r.User.UpdateOne(r.ada).SetSpouse(r.grace).Exec(r.ctx) }, anything},
	{"make a spouse", func(r *rows) error { return r.User.Create().SetEmail("new@example.com").SetSpouse(r.ada).Exec(r.ctx) }, anything},
	{"delete a user", func(r *rows) error { return r.User.DeleteOne(r.grace).Exec(r.ctx) }, anything},
	{"delete the device", func(r *rows) error { return r.Device.DeleteOne(r.laptop).Exec(r.ctx) }, anything},
	{"remove the device's sessions", func(r *rows) error { return r.Device.UpdateOne(r.laptop).RemoveSessions(r.signedIn).Exec(r.ctx) }, anything},
	{"set the session's device", func(r *rows) error { return r.Session.UpdateOne(r.signedIn).ClearDevice().Exec(r.ctx) }, func(r *rows) []authent.SessionChange {
		return []authent.SessionChange{{ID: r.signedIn.ID}}
	}},
	{"add members to the group", func(r *rows) error { return r.Group.UpdateOne(r.group).AddMembers(r.ada).Exec(r.ctx) }, nothing},
	{"add the user's groups", func(r *rows) error { return r.User.UpdateOne(r.ada).AddGroups(r.group).Exec(r.ctx) }, ofAda},
	{"delete the group", func(r *rows) error { return r.Group.DeleteOne(r.group).Exec(r.ctx) }, nothing},
	{"make the user's card", func(r *rows) error { return r.Card.Create().SetOwner(r.ada).Exec(r.ctx) }, nothing},
	{"make a user or change one", func(r *rows) error {
		return r.User.Create().SetEmail("ada@example.com").SetRole("admin").
			OnConflict(append(onEmail(r), entsql.ResolveWith(func(s *entsql.UpdateSet) { s.SetExcluded(user.FieldRole) }))...).Exec(r.ctx)
	}, anything},
	{"the adapter makes a user", func(r *rows) error {
		_, err := r.adapter.CreateUser(r.ctx, authent.User{Email: "new@example.com"})
		return err
	}, nothing},
	{"the adapter makes a session", func(r *rows) error {
		_, err := r.adapter.CreateSession(r.ctx, authent.Session{Token: "2", UserID: r.ada.ID, Expires: time.Now()})
		return err
	}, nothing},
	{"the adapter deletes a user", func(r *rows) error { return r.adapter.DeleteUser(r.ctx, r.grace.ID) }, func(r *rows) []authent.SessionChange {
		return []authent.SessionChange{{UserID: r.grace.ID}, {}}
	}},
	{"the adapter deletes a session", func(r *rows) error { return r.adapter.DeleteSession(r.ctx, "1") }, func(*rows) []authent.SessionChange {
		return []authent.SessionChange{{Token: "1"}}
	}},
}

// onEmail names the conflict, which MySQL does not let one do.
func onEmail(r *rows) []entsql.ConflictOption {
	if r.kind.Dialect == dialect.MySQL {
		return nil
	}
	return []entsql.ConflictOption{entsql.ConflictColumns(user.FieldEmail)}
}

// TestWatch: what is written to rows on which users and sessions depend is told, and what
// changes neither is not.
func TestWatch(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		r := newRows(t, kind)
		for _, w := range writes {
			r.fill()
			if err := w.run(r); err != nil {
				t.Errorf("%s: %v", w.name, err)
			}
			if diff := cmp.Diff(w.want(r), once(r.told)); diff != "" {
				t.Errorf("%s: what is told (-want +got):\n%s", w.name, diff)
			}
		}
	})
}

// once returns each change once.
func once(changes []authent.SessionChange) (all []authent.SessionChange) {
	seen := map[authent.SessionChange]bool{}
	for _, c := range changes {
		if !seen[c] {
			all = append(all, c)
		}
		seen[c] = true
	}
	return all
}

// TestCascades: what the database does by itself is what the flush is for.
func TestCascades(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		r := newRows(t, kind)
		r.fill()
		r.Device.DeleteOne(r.laptop).ExecX(r.ctx)
		if got := r.Session.GetX(r.ctx, r.signedIn.ID).DeviceID; got != 0 {
			t.Errorf("the session is still of device %d", got)
		}
		r.User.UpdateOne(r.ada).SetSpouse(r.grace).ExecX(r.ctx)
		if got := r.User.GetX(r.ctx, r.grace.ID).SpouseID; got != r.ada.ID {
			t.Errorf("the other one's spouse is %q", got)
		}
		if err := r.adapter.DeleteUser(r.ctx, r.grace.ID); err != nil {
			t.Fatal(err)
		}
		if got := r.User.GetX(r.ctx, r.ada.ID).SpouseID; got != "" {
			t.Errorf("her spouse is still %q", got)
		}
		r.Organisation.DeleteOne(r.company).ExecX(r.ctx)
		if r.User.Query().Where(user.ID(r.ada.ID)).ExistX(r.ctx) || r.Session.Query().Where(session.ID(r.signedIn.ID)).ExistX(r.ctx) {
			t.Error("she outlives her organisation, or her session does")
		}
	})
}
