package entadapter_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
	"github.com/authent/authent/authent/entadapter"
)

// onMySQL is a driver of which only the dialect counts.
type onMySQL struct{ dialect.Driver }

func (onMySQL) Dialect() string { return dialect.MySQL }

// cutting stores names of at most ten characters, as a generated adapter does.
type cutting struct{ authent.Adapter }

func (c cutting) CreateUser(ctx context.Context, u authent.User) (*authent.User, error) {
	u.Name = entadapter.Cut(ctx, onMySQL{}, "users.name", 10, u.Name)
	u.Image = entadapter.Drop(ctx, onMySQL{}, "users.image", 10, u.Image)
	return c.Adapter.CreateUser(ctx, u)
}

func (c cutting) CreateSession(ctx context.Context, s authent.Session) (*authent.Session, error) {
	s.IPAddress = entadapter.Cut(ctx, onMySQL{}, "sessions.ip_address", 3, s.IPAddress)
	return c.Adapter.CreateSession(ctx, s)
}

func (c cutting) InTx(ctx context.Context, fn func(authent.Adapter) error) error {
	return c.Adapter.InTx(ctx, func(tx authent.Adapter) error { return fn(cutting{tx}) })
}

// TestLogsWhereTheEngineDoes: what the adapter of an engine logs is in Config.Logger, and
// names the column, not the value. Elsewhere it is in slog.Default().
func TestLogsWhereTheEngineDoes(t *testing.T) {
	var engine, process bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&process, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	const long = "Ada, Countess of Lovelace"
	adapter := cutting{authenttest.NewMemoryAdapter()}
	auth := authenttest.New(t, authent.Config{Adapter: adapter, Logger: slog.New(slog.NewTextHandler(&engine, nil))})
	ada, err := auth.Register(t.Context(), authent.Registration{Email: "ada@example.com", Name: long, Password: "correct horse battery staple"})
	if err != nil || ada.Name != "Ada, Count" {
		t.Fatalf("%v, %v", ada, err)
	}
	if got := engine.String(); !strings.Contains(got, "column=users.name characters=10") || strings.Contains(got, "Countess") || process.Len() > 0 {
		t.Errorf("the engine's log: %s\nthe process's: %s", got, process.String())
	}
	engine.Reset()
	authenttest.SignIn(t, auth, ada.ID) // in a transaction
	if got := engine.String(); !strings.Contains(got, "column=sessions.ip_address") || process.Len() > 0 {
		t.Errorf("in a transaction the engine's log: %s\nthe process's: %s", got, process.String())
	}
	engine.Reset()
	if _, err := adapter.CreateUser(t.Context(), authent.User{Email: "b@example.com", Image: long}); err != nil {
		t.Fatal(err)
	}
	if got := process.String(); !strings.Contains(got, "column=users.image") || engine.Len() > 0 {
		t.Errorf("outside an engine: the process's log: %s\nthe engine's: %s", got, engine.String())
	}
}
