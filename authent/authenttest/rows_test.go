package authenttest_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/authenttest"
)

// mirror is the memory adapter with its rows in SQLite as well, so that the
// cases that look at rows have some.
type mirror struct {
	authent.Adapter
	db *sql.DB
	// image is what the row holds for no image.
	image any
}

const mirrorDDL = `
CREATE TABLE person (uid TEXT PRIMARY KEY, picture TEXT);
CREATE TABLE accounts (user_id TEXT NOT NULL REFERENCES person (uid) ON DELETE CASCADE);
CREATE TABLE sessions (user_id TEXT NOT NULL REFERENCES person (uid) ON DELETE CASCADE);
CREATE TABLE verificationtokens (token TEXT);`

// openMirror returns a subject on a new file. Without foreign keys the rows of
// a deleted user stay.
func openMirror(t testing.TB, pragma string, image any) authenttest.Subject {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "rows.db")+"?"+pragma)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.ExecContext(t.Context(), mirrorDDL); err != nil {
		t.Fatal(err)
	}
	return authenttest.Subject{
		Adapter: mirror{authenttest.NewMemoryAdapter(), db, image},
		DB:      db,
		Dialect: "sqlite",
		Tables:  authenttest.Tables{Users: "person", UserID: "uid", UserImage: "picture"},
	}
}

const (
	foreignKeysOn  = "_pragma=foreign_keys(1)&_pragma=busy_timeout(10000)&_pragma=synchronous(0)"
	foreignKeysOff = "_pragma=foreign_keys(0)&_pragma=busy_timeout(10000)&_pragma=synchronous(0)"
)

var brokenMirrors = []broken{
	{name: "RowsStay", open: func(t testing.TB) authenttest.Subject { return openMirror(t, foreignKeysOff, nil) }, fails: []string{"AuthJS/DeleteUser", "User/CascadeBySQL", "User/CascadeRows"}},
	{name: "EmptyForNull", open: func(t testing.TB) authenttest.Subject { return openMirror(t, foreignKeysOn, "") }, fails: []string{"UserUpdate/ToNullRows"}},
}

// TestRows runs the cases that need Subject.DB.
func TestRows(t *testing.T) {
	authenttest.Run(t, func(t testing.TB) authenttest.Subject { return openMirror(t, foreignKeysOn, nil) })
}

func (m mirror) exec(ctx context.Context, err error, query string, args ...any) error {
	if err != nil {
		return err
	}
	_, err = m.db.ExecContext(ctx, query, args...)
	return err
}

func (m mirror) orNull(image string) any {
	if image == "" {
		return m.image
	}
	return image
}

func (m mirror) CreateUser(ctx context.Context, u authent.User) (*authent.User, error) {
	got, err := m.Adapter.CreateUser(ctx, u)
	if err != nil {
		return nil, err
	}
	return got, m.exec(ctx, nil, "INSERT INTO person VALUES (?, ?)", got.ID, m.orNull(got.Image))
}

func (m mirror) UpdateUser(ctx context.Context, id string, u authent.UserUpdate) (*authent.User, error) {
	got, err := m.Adapter.UpdateUser(ctx, id, u)
	if err != nil || u.Image == nil {
		return got, err
	}
	return got, m.exec(ctx, nil, "UPDATE person SET picture = ? WHERE uid = ?", m.orNull(*u.Image), id)
}

func (m mirror) DeleteUser(ctx context.Context, id string) error {
	return m.exec(ctx, m.Adapter.DeleteUser(ctx, id), "DELETE FROM person WHERE uid = ?", id)
}

func (m mirror) LinkAccount(ctx context.Context, a authent.Account) error {
	return m.exec(ctx, m.Adapter.LinkAccount(ctx, a), "INSERT INTO accounts VALUES (?)", a.UserID)
}

func (m mirror) CreateSession(ctx context.Context, s authent.Session) (*authent.Session, error) {
	got, err := m.Adapter.CreateSession(ctx, s)
	return got, m.exec(ctx, err, "INSERT INTO sessions VALUES (?)", s.UserID)
}

func (m mirror) CreateVerificationToken(ctx context.Context, v authent.VerificationToken) error {
	return m.exec(ctx, m.Adapter.CreateVerificationToken(ctx, v), "INSERT INTO verificationtokens VALUES (?)", v.Identifier+string(v.Token))
}
