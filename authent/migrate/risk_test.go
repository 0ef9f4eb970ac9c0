package migrate

import (
	"fmt"
	"strings"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/internal/testdb"
)

// before is what the statements of the tests find. Words in {} differ between the
// databases.
const before = `CREATE TABLE {q}teams{q} ({q}id{q} bigint NOT NULL, {q}name{q} varchar(255) NOT NULL, PRIMARY KEY ({q}id{q}));
CREATE TABLE {q}users{q} ({q}id{q} bigint NOT NULL, {q}nickname{q} varchar(255) NULL, {q}age{q} bigint NOT NULL, {q}team{q} bigint NULL, PRIMARY KEY ({q}id{q}), CONSTRAINT {q}users_team{q} FOREIGN KEY ({q}team{q}) REFERENCES {q}teams{q} ({q}id{q}));
CREATE INDEX {q}users_age{q} ON {q}users{q} ({q}age{q});
CREATE UNIQUE INDEX {q}teams_name{q} ON {q}teams{q} ({q}name{q});
`

// judged are statements and what is to be said of them: code and text of each, a
// line a statement that has one. Those of a dialect are tried there alone.
var judged = []struct {
	name, dialect, sql, want string
}{
	{"a table", "", "DROP TABLE {q}users{q};", `1 DS102 Dropping table "users"`},
	{"a table that is not there", "", "DROP TABLE IF EXISTS {q}nobody{q};", ``},
	{"a column", "", "ALTER TABLE {q}users{q} DROP COLUMN {q}nickname{q};", `1 DS103 Dropping non-virtual column "nickname"`},
	{"a column without COLUMN", dialect.Postgres, `alter table only users drop nickname cascade`, `1 DS103 Dropping non-virtual column "nickname"`},
	{"two columns", dialect.Postgres, `ALTER TABLE users DROP COLUMN nickname, DROP COLUMN IF EXISTS "age";`, `1 DS103 Dropping non-virtual columns "nickname" and "age"`},
	{"of another schema's word", dialect.Postgres, `ALTER TABLE "public"."users" DROP COLUMN nickname`, `1 DS103 Dropping non-virtual column "nickname"`},
	{"a comment before", "", "-- away\nALTER TABLE {q}users{q} /* the */ DROP COLUMN {q}nickname{q};", `2 DS103 Dropping non-virtual column "nickname"`},
	{"NOT NULL without default", dialect.Postgres, `ALTER TABLE users ADD COLUMN nick character varying(20) NOT NULL`, `1 MF103 Adding a non-nullable "character varying(20)" column "nick" will fail in case table "users" is not empty`},
	{"NOT NULL without default", dialect.SQLite, "ALTER TABLE `users` ADD COLUMN `nick` text NOT NULL", `1 MF103 Adding a non-nullable "text" column "nick" will fail in case table "users" is not empty`},
	{"NOT NULL without default", dialect.MySQL, "ALTER TABLE `users` ADD COLUMN `nick` varchar(20) NOT NULL", `1 MY101 Adding a non-nullable "varchar" column "nick" on table "users" without a default value implicitly sets existing rows with ""`},
	{"NOT NULL number", dialect.MySQL, "ALTER TABLE users ADD nick int unsigned NOT NULL AFTER id", `1 MY101 Adding a non-nullable "int unsigned" column "nick" on table "users" without a default value implicitly sets existing rows with 0`},
	{"NOT NULL of a type that Atlas leaves out", dialect.MySQL, "ALTER TABLE users ADD COLUMN u uuid NOT NULL", `1 MY101 Adding a non-nullable "uuid" column "u" on table "users" without a default value implicitly sets existing rows with zeros`},
	{"NOT NULL text and JSON", dialect.MySQL, "ALTER TABLE users ADD COLUMN a text NOT NULL, ADD COLUMN b json NOT NULL", `1 MY101 Adding a non-nullable "text" column "a" on table "users" without a default value implicitly sets existing rows with ""` + "\n" + `1 MY101 Adding a non-nullable "json" column "b" on table "users" without a default value implicitly sets existing rows with ""`},
	{"NOT NULL with default", "", "ALTER TABLE {q}users{q} ADD COLUMN {q}nick{q} varchar(20) NOT NULL DEFAULT 'x, (y'", ``},
	{"NOT NULL that fills itself", dialect.Postgres, `ALTER TABLE users ADD COLUMN n bigint NOT NULL GENERATED ALWAYS AS IDENTITY, ADD COLUMN m bigint NOT NULL GENERATED ALWAYS AS (age * 2) STORED; ALTER TABLE users ADD COLUMN k serial NOT NULL`, ``},
	{"nullable", "", "ALTER TABLE {q}users{q} ADD COLUMN {q}nick{q} varchar(20) NULL", ``},
	{"made NOT NULL", dialect.Postgres, `ALTER TABLE users ALTER COLUMN nickname SET NOT NULL`, `1 MF104 Modifying nullable column "nickname" to non-nullable might fail in case it contains NULL values`},
	{"made NOT NULL", dialect.MySQL, "ALTER TABLE users MODIFY COLUMN nickname varchar(255) NOT NULL", `1 MF104 Modifying nullable column "nickname" to non-nullable might fail in case it contains NULL values`},
	{"filled before", dialect.Postgres, `UPDATE users SET age = 1, nickname = '' WHERE nickname IS NULL; ALTER TABLE users ALTER COLUMN nickname SET NOT NULL`, ``},
	{"filled before", dialect.MySQL, "UPDATE `users` SET `nickname` = '' WHERE `nickname` IS NULL; ALTER TABLE users MODIFY nickname varchar(255) NOT NULL", ``},
	{"another column filled", dialect.Postgres, `UPDATE users SET age = 1 WHERE nickname IS NULL; ALTER TABLE users ALTER nickname SET NOT NULL`, `1 MF104 Modifying nullable column "nickname" to non-nullable might fail in case it contains NULL values`},
	{"some filled", dialect.Postgres, `UPDATE users SET nickname = '' WHERE nickname IS NULL AND age > 7; ALTER TABLE users ALTER nickname SET NOT NULL`, `1 MF104 Modifying nullable column "nickname" to non-nullable might fail in case it contains NULL values`},
	{"filled too late", dialect.Postgres, `ALTER TABLE users ALTER nickname SET NOT NULL; UPDATE users SET nickname = '' WHERE nickname IS NULL`, `1 MF104 Modifying nullable column "nickname" to non-nullable might fail in case it contains NULL values`},
	{"filled after, where it is filled by itself", dialect.MySQL, "ALTER TABLE users ADD COLUMN nick varchar(20) NOT NULL; UPDATE users SET nick = LOWER(nickname) WHERE nick = ''", ``},
	{"a copy of text that looks like a statement", "", "INSERT INTO {q}teams{q} ({q}id{q}, {q}name{q}) VALUES (9, 'x; DROP TABLE users; -- it''s')", ``},
	{"three steps", dialect.Postgres, `ALTER TABLE users ADD COLUMN nick text; UPDATE users SET nick = lower(nickname); ALTER TABLE users ALTER COLUMN nick SET NOT NULL;`, ``},
	{"two of three steps", dialect.Postgres, "ALTER TABLE users ADD COLUMN nick text;\nALTER TABLE users ALTER COLUMN nick SET NOT NULL;", `2 MF104 Modifying nullable column "nick" to non-nullable might fail in case it contains NULL values`},
	{"unique", "", "CREATE UNIQUE INDEX {q}u{q} ON {q}users{q} ({q}nickname{q}, {q}age{q})", `1 MF101 Adding a unique index "u" on table "users" might fail in case columns "nickname", "age" contain duplicate entries`},
	{"unique as a constraint", dialect.Postgres, "ALTER TABLE users ADD CONSTRAINT u UNIQUE (age)", `1 MF101 Adding a unique index "u" on table "users" might fail in case column "age" contains duplicate entries`},
	{"unique as an index", dialect.MySQL, "ALTER TABLE users ADD UNIQUE INDEX u (age)", `1 MF101 Adding a unique index "u" on table "users" might fail in case column "age" contains duplicate entries`},
	{"unique of a new column", "", "ALTER TABLE {q}users{q} ADD COLUMN {q}c{q} bigint NULL; CREATE UNIQUE INDEX {q}u{q} ON {q}users{q} ({q}c{q})", ``},
	{"unique made anew", dialect.Postgres, "DROP INDEX teams_name; CREATE UNIQUE INDEX again ON teams USING btree (name)", ``},
	{"unique made anew", dialect.MySQL, "DROP INDEX teams_name ON teams; CREATE UNIQUE INDEX again ON teams (name)", ``},
	{"an index", "", "CREATE INDEX {q}i{q} ON {q}users{q} ({q}nickname{q}); DROP INDEX {q}i{q}{on users}", ``},
	{"a foreign key less", dialect.Postgres, "ALTER TABLE users DROP CONSTRAINT users_team", `1 CD101 Dropping foreign-key constraint "users_team"`},
	{"a foreign key less", dialect.MySQL, "ALTER TABLE users DROP FOREIGN KEY users_team", `1 CD101 Dropping foreign-key constraint "users_team"`},
	{"a column with its foreign key", dialect.Postgres, "ALTER TABLE users DROP COLUMN team", `1 DS103 Dropping non-virtual column "team"`},
	{"a foreign key more", dialect.Postgres, "ALTER TABLE users ADD CONSTRAINT f FOREIGN KEY (age) REFERENCES teams (id) ON DELETE SET NULL", `1 AU102 Adding foreign key "f" to table "users" will fail in case rows refer to rows of "teams" that do not exist`},
	{"a foreign key more", dialect.MySQL, "ALTER TABLE `users` ADD CONSTRAINT `f` FOREIGN KEY (`age`) REFERENCES `teams` (`id`)", `1 AU102 Adding foreign key "f" to table "users" will fail in case rows refer to rows of "teams" that do not exist`},
	{"a foreign key not tried", dialect.Postgres, "ALTER TABLE users ADD CONSTRAINT f FOREIGN KEY (age) REFERENCES teams (id) NOT VALID; ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0) NOT VALID", ``},
	{"a foreign key of a new column", dialect.Postgres, "ALTER TABLE users ADD COLUMN boss bigint NULL, ADD CONSTRAINT f FOREIGN KEY (boss) REFERENCES users (id)", ``},
	{"a foreign key of a new column", dialect.MySQL, "ALTER TABLE users ADD COLUMN boss bigint NULL, ADD INDEX b (boss), ADD CONSTRAINT f FOREIGN KEY (boss) REFERENCES users (id)", ``},
	{"a check", dialect.Postgres, "ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0)", `1 AU103 Adding check "c" to table "users" will fail in case rows violate it`},
	{"a check", dialect.MySQL, "ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0)", `1 AU103 Adding check "c" to table "users" will fail in case rows violate it`},
	{"a table renamed", "", "ALTER TABLE {q}users{q} RENAME TO {q}people{q}", `1 BC101 Renaming table "users" to "people"`},
	{"a table renamed", dialect.MySQL, "RENAME TABLE `users` TO `people`", `1 BC101 Renaming table "users" to "people"`},
	{"a table renamed, with a view", dialect.Postgres, `ALTER TABLE users RENAME TO people; CREATE VIEW users AS SELECT * FROM people`, ``},
	{"a column renamed", "", "ALTER TABLE {q}users{q} RENAME COLUMN {q}nickname{q} TO {q}nick{q}", `1 BC102 Renaming column "nickname" to "nick"`},
	{"a column changed", dialect.MySQL, "ALTER TABLE users CHANGE COLUMN nickname nick varchar(255) NULL", `1 BC102 Renaming column "nickname" to "nick"`},
	{"a column renamed and narrowed", dialect.MySQL, "ALTER TABLE users CHANGE nickname nick varchar(20) NULL", `1 BC102 Renaming column "nickname" to "nick"` + "\n" + `1 AU101 Changing column "nick" on table "users" from varchar(255) to varchar(20) loses or refuses values that do not fit`},
	{"text narrowed", dialect.Postgres, "ALTER TABLE users ALTER COLUMN nickname TYPE varchar(64)", `1 AU101 Changing column "nickname" on table "users" from character varying(255) to character varying(64) loses or refuses values that do not fit`},
	{"text narrowed", dialect.MySQL, "ALTER TABLE users MODIFY nickname varchar(64) NULL", `1 AU101 Changing column "nickname" on table "users" from varchar(255) to varchar(64) loses or refuses values that do not fit`},
	{"text widened", dialect.Postgres, "ALTER TABLE users ALTER COLUMN nickname SET DATA TYPE text", ``},
	{"text widened", dialect.MySQL, "ALTER TABLE users MODIFY nickname varchar(300) NULL; ALTER TABLE users MODIFY nickname longtext NULL", ``},
	{"a number narrowed", dialect.Postgres, "ALTER TABLE users ALTER COLUMN age TYPE integer USING age::integer", `1 AU101 Changing column "age" on table "users" from bigint to integer loses or refuses values that do not fit`},
	{"a number narrowed", dialect.MySQL, "ALTER TABLE users MODIFY COLUMN age int NOT NULL", `1 AU101 Changing column "age" on table "users" from bigint to int loses or refuses values that do not fit`},
	{"a number widened", dialect.Postgres, "ALTER TABLE teams ADD COLUMN n smallint NULL, ADD COLUMN d numeric(10,2) NULL, ADD COLUMN t timestamptz(3) NULL; ALTER TABLE teams ALTER n TYPE integer, ALTER d TYPE numeric(12,3), ALTER t TYPE timestamptz; ALTER TABLE users ALTER age TYPE text", ``},
	{"a number widened", dialect.MySQL, "ALTER TABLE users MODIFY COLUMN age bigint(20) NOT NULL DEFAULT 3", ``},
	{"a new table", "", "CREATE TABLE {q}t{q} ({q}a{q} bigint NOT NULL); ALTER TABLE {q}t{q} ADD COLUMN {q}b{q} bigint NOT NULL DEFAULT 1; CREATE UNIQUE INDEX {q}u{q} ON {q}t{q} ({q}a{q}); ALTER TABLE {q}t{q} DROP COLUMN {q}b{q}", ``},
	{"a table built anew", dialect.SQLite, "PRAGMA foreign_keys = off;\nCREATE TABLE `new_users` (`id` bigint NOT NULL, `nickname` varchar(255) NULL, `age` bigint NOT NULL, `team` bigint NULL, `more` text NULL, PRIMARY KEY (`id`), CONSTRAINT `users_team` FOREIGN KEY (`team`) REFERENCES `teams` (`id`));\n" +
		"INSERT INTO `new_users` (`id`, `nickname`, `age`, `team`) SELECT `id`, `nickname`, `age`, `team` FROM `users`;\nDROP TABLE `users`;\nALTER TABLE `new_users` RENAME TO `users`;\nCREATE INDEX `users_age` ON `users` (`age`);\nPRAGMA foreign_keys = on;", ``},
	{"a table built anew without a column", dialect.SQLite, "CREATE TABLE `new_users` (`id` bigint NOT NULL, `age` bigint NOT NULL, `team` bigint NULL, PRIMARY KEY (`id`), CONSTRAINT `users_team` FOREIGN KEY (`team`) REFERENCES `teams` (`id`));\n" +
		"INSERT INTO `new_users` (`id`, `age`, `team`) SELECT `id`, `age`, `team` FROM `users`;\nDROP TABLE `users`;\nALTER TABLE `new_users` RENAME TO `users`;\n", `1 DS103 Dropping non-virtual column "nickname"`},
	{"a table built anew, stricter", dialect.SQLite, "CREATE TABLE `new_users` (`id` bigint NOT NULL, `nickname` varchar(255) NOT NULL, `age` bigint NOT NULL, `team` bigint NULL, `more` text NOT NULL, PRIMARY KEY (`id`));\n" +
		"INSERT INTO `new_users` (`id`, `nickname`, `age`, `team`) SELECT `id`, `nickname`, `age`, `team` FROM `users`;\nDROP TABLE `users`;\nALTER TABLE `new_users` RENAME TO `users`;\n",
		`1 LT101 Modifying nullable column "nickname" to non-nullable without default value might fail in case it contains NULL values` + "\n" + `1 MF103 Adding a non-nullable "text" column "more" will fail in case table "users" is not empty` + "\n" + `1 CD101 Dropping foreign-key constraint "users_team"`},
	{"names in other letters", dialect.Postgres, `DROP TABLE IF EXISTS Users`, `1 DS102 Dropping table "users"`},
	{"names in other letters", dialect.SQLite, `DROP TABLE IF EXISTS Users`, `1 DS102 Dropping table "users"`},
	{"a column in other letters", dialect.Postgres, `ALTER TABLE Users DROP COLUMN IF EXISTS NickName`, `1 DS103 Dropping non-virtual column "nickname"`},
	{"a column in other letters", dialect.SQLite, "ALTER TABLE Users DROP COLUMN `NickName`", `1 DS103 Dropping non-virtual column "nickname"`},
	{"a column in other letters", dialect.MySQL, "ALTER TABLE users DROP COLUMN IF EXISTS `NickName`", `1 DS103 Dropping non-virtual column "nickname"`},
	{"a new table in other letters", dialect.Postgres, `CREATE TABLE Things (id bigint); ALTER TABLE things ADD COLUMN n bigint NOT NULL; DROP TABLE THINGS`, ``},
	{"after text with a backslash", dialect.MySQL, `ALTER TABLE users ADD COLUMN c varchar(20) NOT NULL DEFAULT 'it\'s', DROP COLUMN nickname`, `1 DS103 Dropping non-virtual column "nickname"`},
	{"after text in double quotes", dialect.MySQL, `ALTER TABLE users ADD COLUMN c varchar(20) NOT NULL DEFAULT "it's", DROP COLUMN nickname`, `1 DS103 Dropping non-virtual column "nickname"`},
	{"after text that ends in a backslash", dialect.Postgres, `ALTER TABLE users ADD COLUMN c text NOT NULL DEFAULT 'a\', DROP COLUMN nickname`, `1 DS103 Dropping non-virtual column "nickname"`},
	{"after text in dollars", dialect.Postgres, `ALTER TABLE users ADD COLUMN c text NOT NULL DEFAULT $x$it's$x$, DROP COLUMN nickname`, `1 DS103 Dropping non-virtual column "nickname"`},
	{"after an operator", dialect.Postgres, `ALTER TABLE users ADD COLUMN c bigint NOT NULL DEFAULT (5 # 1), DROP COLUMN nickname`, `1 DS103 Dropping non-virtual column "nickname"`},
	{"in brackets", dialect.SQLite, `ALTER TABLE [users] DROP COLUMN [nickname]`, `1 DS103 Dropping non-virtual column "nickname"`},
	{"in brackets", dialect.SQLite, `DROP TABLE IF EXISTS [users]`, `1 DS102 Dropping table "users"`},
	{"nolint", "", "-- atlas:nolint\nDROP TABLE {q}users{q};", ``},
	{"nolint of a code", "", "-- atlas:nolint DS103 DS102\nDROP TABLE {q}users{q};", ``},
	{"nolint of an analyzer", "", "-- atlas:nolint destructive\nDROP TABLE {q}users{q};", ``},
	{"nolint of another", "", "-- atlas:nolint DS103 incompatible\nDROP TABLE {q}users{q};", `2 DS102 Dropping table "users"`},
	{"nolint of another statement", "", "-- atlas:nolint\nSELECT 1;\nDROP TABLE {q}users{q};", `3 DS102 Dropping table "users"`},
	{"nolint of a file", "", "-- atlas:nolint\n\nSELECT 1;\nDROP TABLE {q}users{q};", ``},
	{"nolint of a file, a code", "", "-- atlas:nolint DS102\n\nALTER TABLE {q}users{q} DROP COLUMN {q}nickname{q};\nDROP TABLE {q}users{q};", `3 DS103 Dropping non-virtual column "nickname"`},
}

// inDialect puts a dialect's own words in.
func inDialect(name, sql string) string {
	quote, on := "`", ""
	if name == dialect.Postgres {
		quote = `"`
	}
	if name == dialect.MySQL {
		on = " ON users"
	}
	return strings.NewReplacer("{q}", quote, "{on users}", on).Replace(sql)
}

// TestRisks: what a development database shows of a statement, and what is read
// from its text beside the live schema, is the same, and right.
func TestRisks(t *testing.T) {
	testdb.Each(t, func(t *testing.T, kind testdb.Kind) {
		dev, db := kind.Connect(t, kind.URL(t)), kind.Connect(t, kind.URL(t))
		first := inDialect(kind.Dialect, before)
		apply(t, kind, db, folder(t, "1_before.sql", first))
		for _, c := range judged {
			if c.dialect != "" && c.dialect != kind.Dialect {
				continue
			}
			t.Run(c.name, func(t *testing.T) {
				name := folder(t, "1_before.sql", first, "2_after.sql", inDialect(kind.Dialect, c.sql))
				files, err := Lint(t.Context(), LintConfig{Dev: dev, Dialect: kind.Dialect, Dir: open(t, name), Files: []string{"2_after.sql"}})
				if err != nil {
					t.Fatal(err)
				}
				if got := told(files[0].Statements); got != c.want {
					t.Errorf("lint tells\n%s\nwant\n%s", got, c.want)
				}
				shown := dryRun(t, kind, db, name)
				if got := told(shown); got != c.want {
					t.Errorf("apply --dry-run tells\n%s\nwant\n%s", got, c.want)
				}
				for i := range shown {
					for j, r := range shown[i].Risks {
						// The database writes the expression of a check anew.
						if r.Do == "" || r.Class == "" || r.Code != codeCheck && r.Do != files[0].Statements[i].Risks[j].Do {
							t.Errorf("%s: to be done is\n%s\nand with a development database\n%s", r.Code, r.Do, files[0].Statements[i].Risks[j].Do)
						}
					}
				}
			})
		}
	})
}

// told returns the risks of statements, one in a line.
func told(statements []Statement) string {
	var lines []string
	for _, s := range statements {
		for _, r := range s.Risks {
			lines = append(lines, fmt.Sprintf("%d %s %s", s.Line, r.Code, r.Text))
		}
	}
	return strings.Join(lines, "\n")
}
