package database_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/database"
)

func TestDialect(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"postgresql://ada:pw@h:5432/app": dialect.Postgres,
		"postgres://ada:pw@h/app":        dialect.Postgres,
		"mysql://ada:pw@h:3306/app":      dialect.MySQL,
		"mariadb://ada:pw@h/app":         dialect.MySQL,
		"file:./dev.db":                  dialect.SQLite,
		"sqlite:./dev.db":                dialect.SQLite,
		"mysql2://ada:pw@h/app":          dialect.MySQL,
		"sqlite3:db/dev.sqlite3":         dialect.SQLite,
	} {
		if got, err := database.Dialect(url); got != want || err != nil {
			t.Errorf("%s: %q, %v", url, got, err)
		}
	}
}

// password is in each of the wrong URLs; no part of it may be in an error.
const password = "correct-horse"

// escape is what a URL that cannot be parsed is told.
const escape = "must be escaped (%2F %3F %23 %40 %3A %25)"

// wrongURLs get one line that says what to do and shows no password.
var wrongURLs = map[string]string{
	"":                                 "no scheme: use postgresql://",
	"//ada:correct-horse@h/app":        "not known: use postgresql://",
	"oracle://ada:correct-horse@h/app": "not known: use postgresql://",
	"jdbc:postgresql://h/app?password=correct-horse":     "leave jdbc: out",
	"postgresql+psycopg2://ada:correct-horse@h/app":      "write postgresql:// alone",
	"mysql+pymysql://ada:correct-horse@h/app":            "write mysql:// alone",
	"pgx5://ada:correct-horse@h/app":                     "write postgresql://",
	"prisma+postgres://localhost/?api_key=correct-horse": "URL of the database behind it",
	"libsql://h?authToken=correct-horse":                 "write file:./app.db",
	"host=h user=ada password=correct-horse":             "no scheme: use postgresql://",
	"Postgres //ada:correct-horse@h/app":                 "not known: use postgresql://",

	"postgres:ada:correct-horse@h/app":                                    "not of the form postgresql://",
	"postgresql://ada:correct-horse/@h/app":                               escape,
	"postgresql://ada:correct-horse#@h/app":                               escape,
	"postgresql://ada:12/correct-horse@h/app":                             escape,
	"postgresql://ada:12?correct-horse@h/app":                             escape,
	"postgresql://ada:12#correct-horse@h/app":                             escape,
	"postgresql://ada:12@34/correct-horse@h/app":                          escape,
	"postgresql://ada:correct-horse%@h/app":                               escape,
	"postgresql://ada:correct-horse@h:x/app":                              escape,
	"postgresql://ada:correct-horse@h/app\n":                              escape,
	"postgresql://ada:correct-horse@h/app?%zz":                            "cannot be decoded: escape",
	"postgresql://ada:correct-horse@h/app?a;b":                            "cannot be decoded: escape",
	"postgresql://ada:correct-horse@h/a%00b":                              "zero byte",
	"postgresql://ada:correct-horse%00@h/app":                             "zero byte",
	"postgresql://ada%00:correct-horse@h/app":                             "zero byte",
	"postgresql://ada:correct-horse@h/app?schema=a%00b":                   "zero byte",
	"mysql://ada:correct-horse@h/app?sql_mode=a%00b":                      "zero byte",
	"postgresql://ada:correct-horse@%2Frun:x/app":                         escape,
	"postgresql://ada:correct-horse@%2Frun%zz/app":                        escape,
	"postgresql://ada:correct-horse@%2Frun,h/app":                         "beside other hosts",
	"postgresql://ada:correct-horse@h/app?statement_cache=maybe":          "must be on or off",
	"postgresql://ada:correct-horse@h/app?connection_limit=0":             "at least 1",
	"postgresql://ada:correct-horse@h/app?connection_limit=many":          "at least 1",
	"postgresql://ada:correct-horse@h/app?sslmode=correct-horse":          "use disable, allow, prefer, require",
	"postgresql://ada:correct-horse@h/app?connect_timeout=x":              "check its host, port and parameters",
	"postgresql://ada:correct-horse@h:99999/app":                          "check its host, port and parameters",
	"postgresql://ada:correct-horse@h:1,i:2,/app?port=1,2":                "check its host, port and parameters",
	"postgresql://ada:correct-horse@h:1,i:x/app":                          escape,
	"postgresql://ada:correct-horse@h,[::1/app":                           escape,
	"postgresql://ada:correct-horse@h,i:99999/app":                        "check its host, port and parameters",
	"postgresql://ada:correct,horse/@h,i/app":                             escape,
	"postgresql://ada:12,correct-horse/@h,i/app":                          escape,
	"postgresql://ada:correct-horse@h,i/app?target_session_attrs=correct": "check its host, port and parameters",
	"postgresql://ada:correct-horse@/app?host=/run,h":                     "beside other hosts",
	"postgresql://ada:correct-horse@h/app?pgbouncer=correct":              "neither true nor false",
	"postgresql://ada:correct-horse@h/app?client_encoding=LATIN1":         "check its host, port and parameters",

	"mysql:ada:correct-horse@tcp(h:3306)/app":              "not of the form mysql://",
	"mysql://ada:correct-horse@tcp(h:3306)/app":            escape,
	"mysql://ada:correct-horse/@h/app":                     escape,
	"mysql://ada:12/correct-horse@h/app":                   escape,
	"mysql://ada:correct-horse@h:1,i:2/app":                "lists several hosts",
	"mysql://ada:correct-horse@h":                          "names no database: write mysql://",
	"mysql://ada:correct-horse@h/":                         "names no database",
	"mysql://ada:correct-horse@h/a/b":                      "names no database",
	"mysql://ada:correct-horse@h/app?%zz":                  "cannot be decoded: escape",
	"mysql://ada:correct-horse@h/app?statement_cache=1":    "must be on or off",
	"mysql://ada:correct-horse@h/app?connection_limit=-1":  "at least 1",
	"mysql://ada:correct-horse@h/app?tls=correct-horse":    "check its host, port and parameters",
	"mysql://ada:correct-horse@h/app?timeout=correct":      "check its host, port and parameters",
	"mysql://ada:correct-horse@h/app?charset=latin1":       "leave it out",
	"mysql://ada:correct-horse@h/app?collation=latin1_bin": "leave it out",
	"mysql://ada:correct-horse@h/app?strict=true":          "leave it out",
}

func TestWrongURLs(t *testing.T) {
	t.Parallel()
	for url, want := range wrongURLs {
		_, db, err := database.Open(url)
		if err == nil {
			err = errors.Join(errors.New("opened"), db.Close())
		}
		if !strings.Contains(err.Error(), want) || shows(err) {
			t.Errorf("%q: %v; want %q", url, err, want)
		}
	}
}

// TestGuide: what docs/database-url.md says that hosts hand out is opened.
func TestGuide(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/database-url.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, row := range strings.Split(string(text), "\n") {
		cells := strings.Split(row, "|")
		if len(cells) != 5 || strings.HasPrefix(row, "|---") || strings.HasPrefix(row, "| host or") {
			continue
		}
		for i, code := range strings.Split(cells[2], "`") {
			if i%2 == 0 || !strings.Contains(code, "=") || strings.Contains(code, "/app") || strings.HasPrefix(code, "file:") {
				continue
			}
			base := "postgresql://ada:pw@h/app?"
			if strings.Contains(cells[1], "MySQL") || strings.Contains(cells[1], "PlanetScale") || strings.Contains(cells[1], "Java") {
				base = "mysql://ada:pw@h/app?"
			}
			n++
			if _, db, err := database.Open(base + code); err != nil {
				t.Errorf("%s%s: %v", base, code, err)
			} else {
				_ = db.Close()
			}
		}
	}
	if n < 8 {
		t.Errorf("the guide has %d queries", n)
	}
}

// shows reports whether an error is of several lines or shows the password.
func shows(err error) bool {
	return strings.Contains(err.Error(), "correct") || strings.Contains(err.Error(), "horse") || strings.Contains(err.Error(), "\n")
}

// FuzzOpen: whatever stands around a password, opening the URL neither panics
// nor shows it.
func FuzzOpen(f *testing.F) {
	for _, around := range [][2]string{
		{"postgresql://ada:", "@h:5432/app"}, {"postgres://ada:", "/@h/app"}, {"postgres://ada:1", "?@h"},
		{"postgresql://ada:1/", "@h/app"}, {"postgresql://", "@[::1]/app"}, {"postgresql://h/app?password=", "&sslmode=disable"},
		{"postgresql://h/app?sslmode=", ""}, {"postgresql://h/app?sslmode=verify-full&sslrootcert=", ""}, {"postgresql://h:", "/app"},
		{"mysql://ada:", "@h:3306/app"}, {"mariadb://ada:", "#@h/app"}, {"mysql://ada:", "@tcp(h:3306)/app"},
		{"mysql://h/app?strict=", ""}, {"mysql://h/app?tls=", ""}, {"mysql://h/app?loc=", "&charset=utf8"}, {"mysql://h/app?serverPubKey=", ""},
		{"postgresql://ada:", "@h:1,[::1]:2/app"}, {"postgresql://ada:1,", "@h,i/app"}, {"postgresql://h,", "/app"}, {"mysql://ada:", "@h,i:2/app"},
		{"postgresql://h/app?host=a,b&password=", "&port=1,2"}, {"postgresql://h/app?pgbouncer=", ""},
		{"oracle://ada:", "@h"}, {"", ""}, {"postgres:", "@h"}, {"postgresql://ada:", "%@h/app"},
	} {
		f.Add(around[0], around[1])
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		if name, err := database.Dialect(before + password + after); name == dialect.SQLite && err == nil {
			return // would make files, and has no password
		}
		_, db, err := database.Open(before + password + after)
		if err == nil {
			err = db.Close()
		}
		if err != nil && shows(err) {
			t.Errorf("%q: %v", before+password+after, err)
		}
	})
}
