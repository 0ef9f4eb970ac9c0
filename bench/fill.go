package main

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"modernc.org/sqlite"

	"github.com/authent/authent/authent"
)

// SQLite has no hash of its own.
func init() {
	sqlite.MustRegisterDeterministicScalarFunction("bench_sha256", 1, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		text, ok := args[0].(string)
		if !ok {
			return nil, fmt.Errorf("bench_sha256 of a %T", args[0])
		}
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:]), nil
	})
}

// words are how the dialects say what fill needs. A %s of hash, text and padded stands for
// an expression; series has the numbers from one to another.
var words = map[string]struct{ series, hash, text, padded, time string }{
	dialect.Postgres: {
		series: "generate_series(%d, %d) n", hash: "encode(sha256(convert_to(%s, 'UTF8')), 'hex')",
		text: "(%s)::text", padded: "lpad((%s)::text, 12, '0')", time: "TIMESTAMPTZ '2006-01-02 15:04:05.000+00'",
	},
	dialect.MySQL: {
		series: "(SELECT seq AS n FROM seq_%d_to_%d) c", hash: "SHA2(%s, 256)",
		text: "CAST(%s AS CHAR)", padded: "LPAD(%s, 12, '0')", time: "'2006-01-02 15:04:05.000'",
	},
	dialect.SQLite: {
		series: "(WITH RECURSIVE c(n) AS (SELECT %d UNION ALL SELECT n + 1 FROM c WHERE n < %d) SELECT n FROM c) c", hash: "bench_sha256(%s)",
		text: "CAST(%s AS TEXT)", padded: "printf('%%012d', %s)", time: "'2006-01-02 15:04:05.000+00:00'",
	},
}

// filler writes SQL that fills tables with sessions, numbered as key is.
type filler struct{ dialect string }

// series returns the FROM item whose column n is each number from one to before another.
func (f filler) series(from, to int) string {
	return fmt.Sprintf(words[f.dialect].series, from, to-1)
}

// token returns the expression for the token of session n, stored for what authent stores
// of it.
func (f filler) token(n string) string {
	number := fmt.Sprintf(words[f.dialect].text, n)
	return "substr(" + fmt.Sprintf(words[f.dialect].hash, f.concat("'token '", number)) + ", 1, 43)"
}

func (f filler) stored(n string) string { return fmt.Sprintf(words[f.dialect].hash, f.token(n)) }

// user returns the expression for the id of user n, session for that of session n.
func (f filler) user(n string) string { return f.id("8000", n) }

func (f filler) session(n string) string { return f.id("9000", n) }

func (f filler) id(variant, n string) string {
	return f.concat("'00000000-0000-7000-"+variant+"-'", fmt.Sprintf(words[f.dialect].padded, n))
}

// email returns the expression for the address of user n.
func (f filler) email(n string) string {
	return f.concat("'person-'", fmt.Sprintf(words[f.dialect].text, n), "'@example.com'")
}

// owner returns the expression for whose session n is.
func (f filler) owner(n string) string {
	if f.dialect == dialect.MySQL {
		return f.user(n + " DIV 2")
	}
	return f.user(n + " / 2")
}

func (f filler) concat(parts ...string) string {
	if f.dialect == dialect.MySQL {
		return "CONCAT(" + strings.Join(parts, ", ") + ")"
	}
	return "(" + strings.Join(parts, " || ") + ")"
}

// at returns a time as a literal.
func (f filler) at(t time.Time) string { return t.UTC().Format(words[f.dialect].time) }

// lifetime is how long the sessions of a world live.
const lifetime = 30 * 24 * time.Hour

// filled are the columns of a user and of a session that have more than a key.
const (
	userName  = "Ada Lovelace"
	userImage = "https://example.com/a.png"
	userHash  = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$aGFzaA"
	address   = "192.0.2.1"
	userAgent = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
)

// settle makes a filled table what it is after a while of use.
var settle = map[string][]string{
	dialect.Postgres: {"VACUUM ANALYZE users", "VACUUM ANALYZE sessions", "CHECKPOINT"},
	dialect.MySQL:    {"ANALYZE TABLE users, sessions"},
	dialect.SQLite:   {"ANALYZE"},
}

// grow adds users and sessions, each with all its columns, until there are so many
// sessions: one statement for each of the two tables.
func (w *world) grow(ctx context.Context, sessions int) error {
	if w.sessions >= sessions {
		return nil
	}
	f := filler{w.dialect}
	statements := []string{f.sessions(w.sessions, sessions, w.began)}
	if from, to := (w.sessions+1)/2, (sessions+1)/2; from < to {
		statements = slices.Insert(statements, 0, f.users(from, to, w.began))
	}
	statements = append(statements, settle[w.dialect]...)
	for _, s := range statements {
		if _, err := w.db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("fill the tables of %s: %w", w.kind, err)
		}
	}
	w.sessions = sessions
	return nil
}

func (f filler) users(from, to int, now time.Time) string {
	at := f.at(now)
	return "INSERT INTO users (id, name, email, email_verified, image, password, role, created_at, updated_at) SELECT " +
		strings.Join([]string{f.user("n"), "'" + userName + "'", f.email("n"), at, "'" + userImage + "'", "'" + userHash + "'", "'user'", at, at}, ", ") +
		" FROM " + f.series(from, to)
}

func (f filler) sessions(from, to int, now time.Time) string {
	return f.sessionsOf(f.owner("n"), from, to, now, now.Add(lifetime))
}

func (f filler) sessionsOf(owner string, from, to int, now, expires time.Time) string {
	at := f.at(now)
	return "INSERT INTO sessions (id, session_token, user_id, expires, created_at, last_used_at, ip_address, user_agent, amr, aal, authenticated_at) SELECT " +
		strings.Join([]string{f.session("n"), f.stored("n"), owner, f.at(expires), at, at, "'" + address + "'", "'" + userAgent + "'", "'" + authent.MethodPassword + "'", "1", at}, ", ") +
		" FROM " + f.series(from, to)
}

// spare makes the sessions of those numbers, of users who are there.
func (f filler) spare(from, to int, w *world) string {
	owner := f.user(fmt.Sprintf("MOD(n, %d)", w.sessions/2))
	if f.dialect == dialect.SQLite {
		owner = f.user(fmt.Sprintf("n %% %d", w.sessions/2))
	}
	return f.sessionsOf(owner, from, to, w.began, w.began.Add(madeLifetime))
}
