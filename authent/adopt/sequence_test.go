package adopt

import (
	"slices"
	"testing"

	"entgo.io/ent/schema/field"

	"github.com/authent/authent/internal/testdb"
)

// counting are tables of users whose ids a sequence counts up that does not belong to them.
var counting = []string{
	"CREATE SEQUENCE [Numbers]",
	"CREATE TABLE [User] ([id] int NOT NULL PRIMARY KEY DEFAULT nextval('[Numbers]'), [name] WORD, [email] WORD NOT NULL, [emailVerified] MOMENT NULL, [image] WORD)",
	"CREATE TABLE [Account] ([userId] int NOT NULL, [type] WORD NOT NULL, [provider] WORD NOT NULL, [providerAccountId] WORD NOT NULL, PRIMARY KEY ([provider], [providerAccountId]))",
	"CREATE TABLE [Session] ([sessionToken] WORD NOT NULL PRIMARY KEY, [userId] int NOT NULL, [expires] MOMENT NOT NULL)",
	"CREATE TABLE [VerificationToken] ([identifier] WORD NOT NULL, [token] WORD NOT NULL, [expires] MOMENT NOT NULL)",
	"INSERT INTO [User] ([email]) VALUES ('ada@example.com'), ('bob@example.com'), ('eve@example.com')",
	"DELETE FROM [User] WHERE [id] = 3",
}

// TestAuthJS_SequenceOfItsOwn: nobody gets the id of a user who was deleted, whether the
// sequence belongs to the column or not. A default without a sequence is refused.
func TestAuthJS_SequenceOfItsOwn(t *testing.T) {
	kind := testdb.Server(t, "postgres")
	for name, more := range map[string][]string{
		"unowned": nil, "shared": {"CREATE TABLE [post] ([id] int DEFAULT nextval('[Numbers]'))"},
		"owned": {"ALTER SEQUENCE [Numbers] OWNED BY [User].[id]"}, "another's": {"CREATE TABLE [post] ([id] int)", "ALTER SEQUENCE [Numbers] OWNED BY [post].[id]"},
	} {
		t.Run(name, func(t *testing.T) {
			_, db := made(t, kind, slices.Concat(counting, more)...)
			adoptWith(t, kind, db, graphWith(t, field.TypeInt64), Config{})
			testdb.Execute(t, db, "INSERT INTO users (email, role, created_at, updated_at) VALUES ('new@example.com', 'user', now(), now())")
			if n := testdb.Number(t, db, "SELECT id FROM users WHERE email = 'new@example.com'"); n != 4 {
				t.Errorf("the next user is %d", n)
			}
			left := testdb.Number(t, db, "SELECT COUNT(*) FROM pg_class WHERE relname = 'Numbers'")
			if want := map[bool]int{true: 0, false: 1}[name == "owned"]; left != want {
				t.Errorf("%d sequences are left", left)
			}
		})
	}
	_, db := made(t, kind, slices.Concat(counting, []string{"CREATE FUNCTION next_id() RETURNS int LANGUAGE sql AS $$ SELECT nextval('[Numbers]')::int $$", "ALTER TABLE [User] ALTER COLUMN [id] SET DEFAULT next_id()"})...)
	hints := adoptConfig(t)
	_, err := AuthJS(t.Context(), migrator(t, kind, db, nil), graphWith(t, field.TypeInt64), hints)
	checkRefused(t, err, []string{"the default of User.id names no sequence after which ids could go on: make it nextval('NAME'::regclass), or drop it if the application gives the ids"})
}
