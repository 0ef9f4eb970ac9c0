package ent_test

import (
	"context"
	"errors"
	"testing"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/ent"
	"github.com/authent/authent/internal/testdb"
)

// TestDeleteUser_Kept: a user to whom rows of the application's own refer, and who
// therefore stays, is not reported as one who is not there.
func TestDeleteUser_Kept(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		db := kind.Connect(t, kind.Pool(t).URL(t))
		adapter := ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(kind.Dialect, db))))
		ada, err := adapter.CreateUser(t.Context(), authent.User{Email: "ada@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		text := "text"
		if kind.Dialect == dialect.MySQL {
			text = "varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
		}
		for _, statement := range []string{
			"CREATE TABLE bill (payer " + text + ", FOREIGN KEY (payer) REFERENCES users (id))",
			"INSERT INTO bill SELECT id FROM users",
		} {
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		t.Cleanup(func() { _, _ = db.ExecContext(context.WithoutCancel(t.Context()), "DROP TABLE bill") })
		if err := adapter.DeleteUser(t.Context(), ada.ID); err == nil || errors.Is(err, authent.ErrNotFound) {
			t.Errorf("who has a bill is deleted: %v", err)
		}
		if _, err := adapter.User(t.Context(), ada.ID); err != nil {
			t.Errorf("she is gone: %v", err)
		}
	})
}

// TestCreateUser_TooLong: PostgreSQL does not say which of the application's columns
// is too short, and it is no fault of the server's all the same.
func TestCreateUser_TooLong(t *testing.T) {
	kind := testdb.Server(t, "postgres")
	db := kind.Connect(t, kind.Pool(t).URL(t))
	if _, err := db.ExecContext(t.Context(), "ALTER TABLE users ALTER COLUMN name TYPE varchar(5)"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = db.ExecContext(context.WithoutCancel(t.Context()), "ALTER TABLE users ALTER COLUMN name TYPE text")
	})
	adapter := ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(kind.Dialect, db))))
	_, err := adapter.CreateUser(t.Context(), authent.User{Email: "ada@example.com", Name: "Ada Lovelace"})
	if invalid, ok := errors.AsType[*authent.InvalidError](err); !ok || invalid.Field != "User" {
		t.Errorf("%v", err)
	}
}
