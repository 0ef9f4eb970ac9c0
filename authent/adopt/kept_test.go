package adopt

import (
	"slices"
	"testing"

	"entgo.io/ent/dialect"

	entmigrate "github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/internal/testdb"
)

// TestAuthJS_Guards: checks and unique indexes of accounts and sessions that cannot be
// carried over are refused by their names, and nothing is changed.
func TestAuthJS_Guards(t *testing.T) {
	onEach(t, func(t *testing.T, kind testdb.Kind) {
		statements := slices.Clone(guarded)
		lines := []string{
			"the table Account has the check known_provider, which the new table would not have: drop it, and add it again to accounts afterwards",
		}
		if kind.Dialect != dialect.MySQL {
			statements = append(statements, "CREATE UNIQUE INDEX [one_github] ON [Account] ([userId]) WHERE [provider] = 'github'", "CREATE UNIQUE INDEX [any_case] ON [Session] (lower([sessionToken]))")
			lines = append(lines,
				"the unique index one_github of Account is over an expression or some of the rows, and the new table would not have it: drop it, and create it again for accounts afterwards",
				"the unique index any_case of Session is over an expression or some of the rows, and the new table would not have it: drop it, and create it again for sessions afterwards")
		}
		if kind.Dialect == dialect.Postgres {
			statements = append(statements, "ALTER TABLE [Session] ADD CONSTRAINT [apart] EXCLUDE USING btree ([expires] WITH =)")
			lines = append(lines, "the table Session has a constraint of exclusion apart, which the new table would not have: drop it, and create it again for sessions afterwards")
		}
		_, db := made(t, kind, statements...)
		before := dump(t, kind, db)
		_, err := AuthJS(t.Context(), migrator(t, kind, db, nil), entmigrate.Tables, adoptConfig(t))
		checkRefused(t, err, lines)
		if after := dump(t, kind, db); after != before {
			t.Errorf("it left\n%s\nbefore:\n%s", after, before)
		}
	})
}

// guarded are tables of which accounts have a check, and keys beside authent's.
var guarded = []string{
	"CREATE TABLE [User] ([id] WORD NOT NULL PRIMARY KEY, [name] WORD, [email] WORD NOT NULL, [emailVerified] MOMENT NULL, [image] WORD)",
	"CREATE TABLE [Account] ([userId] WORD NOT NULL, [type] WORD NOT NULL, [provider] WORD NOT NULL, [providerAccountId] WORD NOT NULL, PRIMARY KEY ([provider], [providerAccountId]), CONSTRAINT [known_provider] CHECK ([provider] <> 'myspace'))",
	"CREATE TABLE [Session] ([sessionToken] WORD NOT NULL PRIMARY KEY, [userId] WORD NOT NULL, [expires] MOMENT NOT NULL)",
	"CREATE TABLE [VerificationToken] ([identifier] WORD NOT NULL, [token] WORD NOT NULL, [expires] MOMENT NOT NULL)",
	"CREATE UNIQUE INDEX [one_each] ON [Account] ([userId], [provider])",
}

// TestAuthJS_KeysLeftOut: a note names each unique key over authent's own columns that the
// new tables do not have, and none that they have.
func TestAuthJS_KeysLeftOut(t *testing.T) {
	onEach(t, func(t *testing.T, kind testdb.Kind) {
		statements := slices.Clone(guarded)
		statements[1] = "CREATE TABLE [Account] ([userId] WORD NOT NULL, [type] WORD NOT NULL, [provider] WORD NOT NULL, [providerAccountId] WORD NOT NULL, PRIMARY KEY ([provider], [providerAccountId]))"
		_, db := made(t, kind, statements...)
		var notes []string
		for _, note := range adopt(t, kind, db).Notes {
			if len(note) > 11 && note[:11] == "the unique " || len(note) > 12 && note[:12] == "the primary " {
				notes = append(notes, note)
			}
		}
		if want := []string{"the unique key one_each of Account (userId, provider) is left out: two rows of accounts may have the same values there from now on"}; !slices.Equal(notes, want) {
			t.Errorf("%q", notes)
		}
	})
}

// TestAuthJS_RenamedInExpressions: an expression of users that mentions a column whose name
// changes is refused; PostgreSQL renames the column there.
func TestAuthJS_RenamedInExpressions(t *testing.T) {
	onEach(t, func(t *testing.T, kind testdb.Kind) {
		statements := []string{
			"CREATE TABLE [User] ([id] WORD NOT NULL PRIMARY KEY, [name] WORD, [email] WORD NOT NULL, [emailVerified] MOMENT NULL, [image] WORD, CONSTRAINT [seen] CHECK ([name] <> 'emailVerified' OR [emailVerified] IS NOT NULL), CONSTRAINT [other] CHECK ([name] <> 'emailVerified'))",
			"CREATE TABLE [Account] ([userId] WORD NOT NULL, [type] WORD NOT NULL, [provider] WORD NOT NULL, [providerAccountId] WORD NOT NULL, PRIMARY KEY ([provider], [providerAccountId]))",
			guarded[2], guarded[3],
		}
		why := " of User mentions the column emailVerified, which gets another name: drop it, and add it again to users afterwards"
		var lines []string
		if kind.Dialect != dialect.Postgres {
			statements = append(statements, "ALTER TABLE [User] ADD COLUMN [proven] int GENERATED ALWAYS AS ([emailVerified] IS NOT NULL) VIRTUAL")
			lines = append(lines, "the generated column proven"+why, "the check seen"+why)
		}
		if kind.Dialect != dialect.MySQL {
			statements = append(statements, "CREATE INDEX [unproven] ON [User] ([email]) WHERE [emailVerified] IS NULL")
		}
		if kind.Dialect == dialect.SQLite {
			statements = append(statements, "CREATE INDEX [both] ON [User] (coalesce([emailVerified], [name]))")
			lines = append(lines, "the index unproven"+why, "the index both"+why)
		}
		statements = append(statements, "INSERT INTO [User] ([id], [email]) VALUES ('u1', 'ada@example.com')")
		_, db := made(t, kind, statements...)
		_, err := AuthJS(t.Context(), migrator(t, kind, db, nil), entmigrate.Tables, adoptConfig(t))
		if kind.Dialect != dialect.Postgres {
			checkRefused(t, err, lines)
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if n := testdb.Number(t, db, "SELECT COUNT(*) FROM pg_indexes WHERE indexname = 'unproven' AND indexdef LIKE '%(email) WHERE (email_verified IS NULL)'"); n != 1 {
			t.Error("the index is not as it was")
		}
	})
}

// TestAuthJS_IndexNamesTaken: an index of the application's own that has the name of one of
// authent's is refused, for only one of them could stay.
func TestAuthJS_IndexNamesTaken(t *testing.T) {
	onEach(t, func(t *testing.T, kind testdb.Kind) {
		statements := slices.Clone(guarded)
		statements[1] = "CREATE TABLE [Account] ([userId] WORD NOT NULL, [type] WORD NOT NULL, [provider] WORD NOT NULL, [providerAccountId] WORD NOT NULL, [badge] WORD, PRIMARY KEY ([provider], [providerAccountId]))"
		statements[4] = "CREATE UNIQUE INDEX [accounts_provider_provider_account_id_key] ON [Account] ([badge])"
		statements = append(statements, "ALTER TABLE [User] ADD COLUMN [handle] WORD", "CREATE UNIQUE INDEX [users_email_key] ON [User] ([handle])")
		_, db := made(t, kind, statements...)
		_, err := AuthJS(t.Context(), migrator(t, kind, db, nil), entmigrate.Tables, adoptConfig(t))
		checkRefused(t, err, []string{
			"the index users_email_key of User has the name of one of authent's: rename it, or drop it",
			"the index accounts_provider_provider_account_id_key of Account has the name of one of authent's: rename it, or drop it",
		})
	})
}
