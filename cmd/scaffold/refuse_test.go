package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/authent/authent/internal/testdb"
)

// refusals are changes of the good DDL, and what is told of them.
var refusals = map[string]struct {
	old, new string // a change of the good DDL
	want     []string
}{
	"no e-mail":         {`"email" TEXT UNIQUE, `, ``, []string{"the table User has no column for User.email"}},
	"no session_state":  {`, "session_state" TEXT`, ``, []string{"the table Account has no column for Account.session_state", "ALTER TABLE `Account` ADD COLUMN `session_state` text"}},
	"no unique account": {`, UNIQUE ("provider", "providerAccountId")`, ``, []string{"Account (provider, providerAccountId) is not unique, so that one account could be two\n", "CREATE UNIQUE INDEX `Account_provider_providerAccountId_key` ON `Account` (`provider`, `providerAccountId`)"}},
	"no unique token":   {`"sessionToken" TEXT NOT NULL PRIMARY KEY`, `"sessionToken" TEXT NOT NULL`, []string{`Session (sessionToken) is not unique`}},
	"no unique proof":   {`, UNIQUE ("identifier", "token")`, ``, []string{`VerificationToken (identifier, token) is not unique`}},
	"no unique e-mail":  {`"email" TEXT UNIQUE`, `"email" TEXT`, []string{`User.email is not unique`}},
	"one account each":  {`"userId" TEXT NOT NULL REFERENCES "User" ("id") ON DELETE CASCADE, "type"`, `"userId" TEXT NOT NULL UNIQUE REFERENCES "User" ("id") ON DELETE CASCADE, "type"`, []string{"Account (userId) is unique, and there may be two accounts with the same"}},
	"no cascade":        {`ON DELETE CASCADE, "expires"`, `, "expires"`, []string{"Session.userId does not go when its user is deleted"}},
	"no reference":      {` REFERENCES "User" ("id") ON DELETE CASCADE, "expires"`, `, "expires"`, []string{"Session.userId refers to no user"}},
	"case folds":        {`"email" TEXT UNIQUE`, `"email" TEXT COLLATE NOCASE UNIQUE`, []string{"User.email is compared without case"}},
	"NULL owners":       {`"Session" ("sessionToken" TEXT NOT NULL PRIMARY KEY, "userId" TEXT NOT NULL`, `"Session" ("sessionToken" TEXT NOT NULL PRIMARY KEY, "userId" TEXT`, []string{"Session.userId may be NULL"}},
	"a name for all":    {`"name" TEXT`, `"name" TEXT NOT NULL`, []string{"User.name cannot hold NULL"}},
	"times as text":     {`"emailVerified" DATETIME`, `"emailVerified" TEXT`, []string{"User.emailVerified is of type text, and User.email_verified is time"}},
	"nobody fills in":   {`"image" TEXT)`, `"image" TEXT, "tenant" INTEGER NOT NULL)`, []string{"User.tenant is NOT NULL without a default"}},
	"two keys":          {`"id" TEXT NOT NULL PRIMARY KEY, "name" TEXT, "email" TEXT UNIQUE, "emailVerified" DATETIME, "image" TEXT)`, `"id" TEXT NOT NULL UNIQUE, "tenant" TEXT NOT NULL DEFAULT '', "name" TEXT, "email" TEXT UNIQUE, "emailVerified" DATETIME, "image" TEXT, PRIMARY KEY ("id", "tenant"))`, []string{"the primary key of User is not id alone"}},
	"two of them": {`CREATE TABLE "VerificationToken"`, `CREATE TABLE "OldSession" AS SELECT * FROM "Session"; CREATE TABLE "VerificationToken"`,
		[]string{"the tables OldSession, Session could each be that of Session: name the right one by --table Session=NAME"}},
	"two users": {good, strings.ReplaceAll(strings.Replace(good, `CREATE TABLE "Account"`, `CREATE TABLE "Admin" ("id" TEXT NOT NULL PRIMARY KEY, "email" TEXT UNIQUE, "email_verified" DATETIME); CREATE TABLE "Account"`, 1), ` REFERENCES "User" ("id") ON DELETE CASCADE`, ``),
		[]string{"the tables Admin, User could each be that of User"}},
	"mixed times": {`CREATE TABLE "Account"`, `INSERT INTO "User" VALUES ('1', NULL, 'a', 1, NULL), ('2', NULL, 'b', '2026-01-01 00:00:00', NULL); CREATE TABLE "Account"`,
		[]string{"User.emailVerified holds times as integer and as text, and authent writes text"}},
	"times of Prisma 6": {`CREATE TABLE "Account"`, `INSERT INTO "User" VALUES ('1', NULL, 'a', 1767225600123, NULL); CREATE TABLE "Account"`,
		[]string{"User.emailVerified holds times as integer, and authent writes text"}},
	"words for numbers": {`"emailVerified" DATETIME, "image" TEXT);`, `"emailVerified" INTEGER, "image" TEXT); INSERT INTO "User" VALUES ('1', NULL, 'a', 'today', NULL);`,
		[]string{"User.emailVerified holds times as text, and authent writes integer"}},
	"seconds": {`"emailVerified" DATETIME, "image" TEXT);`, `"emailVerified" INTEGER, "image" TEXT); INSERT INTO "User" VALUES ('1', NULL, 'a', 1767225600, NULL);`,
		[]string{"User.emailVerified holds Unix seconds"}},
	"accounts twice": {`, UNIQUE ("provider", "providerAccountId")`, `); INSERT INTO "User" VALUES ('u', NULL, NULL, NULL, NULL); INSERT INTO "Account" VALUES ('1', 'u', 'oauth', 'github', '7', '', '', 0, '', '', '', ''), ('2', 'u', 'oauth', 'github', '7', '', '', 0, '', '', '', ''); CREATE TABLE "x" ("id" INTEGER`,
		[]string{"1 values are there more than once: keep one row of each; this lists them: SELECT \"provider\", \"providerAccountId\" FROM \"Account\""}},
	"nobody's session": {`"userId" TEXT NOT NULL REFERENCES "User" ("id") ON DELETE CASCADE, "expires" DATETIME NOT NULL);`, `"userId" TEXT REFERENCES "User" ("id") ON DELETE CASCADE, "expires" DATETIME NOT NULL); INSERT INTO "Session" VALUES ('t', NULL, '2026-01-01 00:00:00');`,
		[]string{`Session.userId is NULL in 1 rows: delete them, or fill it in; this lists them: SELECT * FROM "Session" WHERE "userId" IS NULL`}},
	"reset tokens": {`CREATE TABLE "Session" ("sessionToken" TEXT NOT NULL PRIMARY KEY`, `CREATE TABLE "password_resets" ("token" TEXT NOT NULL PRIMARY KEY`, []string{"no table that this role sees has the columns of Session"}},
	"two passwords": {`"image" TEXT)`, `"image" TEXT, "password" TEXT, "password_hash" TEXT)`,
		[]string{"the columns password and password_hash of User could each be User.password: name the right one by --column User.password=NAME"}},
	"two creations": {`"image" TEXT)`, `"image" TEXT, "created" DATETIME, "inserted_at" DATETIME)`, []string{"the columns created and inserted_at of User could each be User.created_at"}},
	"two units": {`"emailVerified" DATETIME, "image" TEXT);`, `"emailVerified" INTEGER, "image" TEXT); INSERT INTO "User" VALUES ('1', NULL, 'a', 1767225600, NULL), ('2', NULL, 'b', 1767225600000, NULL);`,
		[]string{"User.emailVerified holds numbers from 1767225600 to 1767225600000"}},
	"a flag": {`"emailVerified" DATETIME, "image" TEXT);`, `"emailVerified" INTEGER, "image" TEXT); INSERT INTO "User" VALUES ('1', NULL, 'a', 1, NULL);`, []string{"User.emailVerified holds numbers from 1 to 1"}},
	"no time": {`"image" TEXT);`, `"image" TEXT); INSERT INTO "User" VALUES ('1', NULL, 'a', 'Mon Jan 01 2024 10:00:00 GMT+0100 (CET)', NULL);`,
		[]string{"User.emailVerified is no time in 1 rows"}},
	"ids that nobody counts": {good, strings.NewReplacer(`"id" TEXT NOT NULL PRIMARY KEY, "name"`, `"id" INT NOT NULL PRIMARY KEY, "name"`, `"userId" TEXT`, `"userId" INT`).Replace(good), []string{"User.id is a number that the database does not count up"}},
	"an index folds case":    {good, strings.Replace(good, `"email" TEXT UNIQUE`, `"email" TEXT`, 1) + `; CREATE UNIQUE INDEX "e" ON "User" ("email" COLLATE NOCASE)`, []string{"User.email is compared without case"}},
	"another collation":      {good, strings.NewReplacer(`ON DELETE CASCADE, "expires" DATETIME NOT NULL`, `, "expires" DATETIME NOT NULL, "nick" TEXT COLLATE  nocase`).Replace(good), []string{"by hand, since it has COLLATE  nocase"}},
	"nobody's rows": {` REFERENCES "User" ("id") ON DELETE CASCADE, "expires" DATETIME NOT NULL);`, `, "expires" DATETIME NOT NULL); INSERT INTO "Session" VALUES ('t', 'x', '2026-01-01 00:00:00');`,
		[]string{"Session.userId refers to no user", "Session.userId refers to nobody in 1 rows"}},
	"a quote":         {good, strings.ReplaceAll(good, `"VerificationToken"`, "\"proof'\nfunc init() {}\""), []string{`has a quote or a control character`}},
	"names are names": {`"name" TEXT`, `"name" TEXT UNIQUE`, []string{"User (name) is unique, and there may be two users with the same"}},
	"Better Auth":     {good, betterAuth, []string{"nothing was written:\n- the table account is Better Auth's, which authent does not work with: it reads tables of Auth.js's kind"}},
	"nothing":         {good, `CREATE TABLE "x" ("id" INTEGER)`, []string{"no table that this role sees has the columns of Account", "no table that this role sees has the columns of Session", "no table that this role sees has the columns of VerificationToken", "no table that this role sees has the columns of User"}},
}

// betterAuth is the DDL of Better Auth's four tables.
const betterAuth = `
CREATE TABLE "user" ("id" TEXT NOT NULL PRIMARY KEY, "name" TEXT NOT NULL, "email" TEXT NOT NULL UNIQUE, "emailVerified" INTEGER NOT NULL, "image" TEXT, "createdAt" DATE NOT NULL, "updatedAt" DATE NOT NULL);
CREATE TABLE "session" ("id" TEXT NOT NULL PRIMARY KEY, "expiresAt" DATE NOT NULL, "token" TEXT NOT NULL UNIQUE, "createdAt" DATE NOT NULL, "updatedAt" DATE NOT NULL, "ipAddress" TEXT, "userAgent" TEXT, "userId" TEXT NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE);
CREATE TABLE "account" ("id" TEXT NOT NULL PRIMARY KEY, "accountId" TEXT NOT NULL, "providerId" TEXT NOT NULL, "userId" TEXT NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE, "accessToken" TEXT, "refreshToken" TEXT, "idToken" TEXT, "scope" TEXT, "password" TEXT, "createdAt" DATE NOT NULL, "updatedAt" DATE NOT NULL);
CREATE TABLE "verification" ("id" TEXT NOT NULL PRIMARY KEY, "identifier" TEXT NOT NULL, "value" TEXT NOT NULL, "expiresAt" DATE NOT NULL, "createdAt" DATE, "updatedAt" DATE);`

// forPeople are the faults that no statement mends: somebody must think about them.
var forPeople = []string{"no e-mail", "two keys", "two of them", "two users", "words for numbers", "Better Auth", "nothing",
	"reset tokens", "two passwords", "two creations", "two units", "a flag", "no time", "ids that nobody counts", "another collation", "a quote"}

// inserts matches the rows that a statement cannot mend.
var inserts = regexp.MustCompile(`INSERT INTO "(?:Account|Session)"[^;]*;`)

// mending returns the statements that a refusal tells.
func mending(refused error) (statements string, ok bool) {
	_, statements, ok = strings.Cut(fmt.Sprint(refused), "undoes them:\n")
	return statements, ok
}

// TestFrom_Refuses: what authent could not work with is told by name, with what mends it,
// and nothing is written.
func TestFrom_Refuses(t *testing.T) {
	for name, tc := range refusals {
		t.Run(name, func(t *testing.T) {
			script := strings.Replace(good, tc.old, tc.new, 1)
			if script == good {
				t.Fatal("the DDL is the good one")
			}
			folder := filepath.Join(t.TempDir(), "ent")
			_, err := pull(t, testdb.SQLite, script, command{Folder: folder})
			for _, want := range tc.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("it does not say %q: %v", want, err)
				}
			}
			if _, err := os.Stat(folder); err == nil {
				t.Error("something was written")
			}
			statements, ok := mending(err)
			if ok == slices.Contains(forPeople, name) {
				t.Errorf("statements that mend it: %v", ok)
			}
			script = strings.Join(inserts.Split(script, -1), "") // which somebody has mended
			if _, err := pull(t, testdb.SQLite, script+";"+statements, command{}); ok && err != nil {
				t.Errorf("after\n%s\n%v", statements, err)
			}
		})
	}
}

// TestFrom_Triggers: a table that would lose a trigger is made anew by hand.
func TestFrom_Triggers(t *testing.T) {
	address := testdb.SQLite.PoolOf(t, testdb.Script(strings.Replace(good, `ON DELETE CASCADE, "expires"`, `, "expires"`, 1)), nil).URL(t)
	if _, err := testdb.SQLite.Connect(t, address).ExecContext(t.Context(), `CREATE TRIGGER "told" AFTER DELETE ON "Session" BEGIN DELETE FROM "Account" WHERE 0; END`); err != nil {
		t.Fatal(err)
	}
	err := command{From: address, Folder: filepath.Join(t.TempDir(), "ent")}.from(t.Context(), t.Output())
	if err == nil || !strings.Contains(err.Error(), "Session is to be made anew, and that by hand, since it has the trigger told") || strings.Contains(err.Error(), "DROP TABLE") {
		t.Error(err)
	}
}
