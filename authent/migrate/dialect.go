package migrate

import (
	"fmt"
	"regexp"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"
)

// SQLite accepts almost any word as a type, so it would run files written for
// PostgreSQL and create tables that nobody can use. Other databases answer with an
// error about one character. So the first files that a database gets are checked
// beforehand.

// marks match what only statements of one dialect contain, besides names in its quotes.
var marks = map[string]*regexp.Regexp{
	dialect.Postgres: regexp.MustCompile(`(?i)\b(character varying|timestamptz|bytea|bigserial)\b|\bjsonb\b\s*([^\s(]|$)`),
	dialect.MySQL:    regexp.MustCompile(`(?i)\b(CHARSET utf8|COLLATE utf8|AUTO_INCREMENT\b|ENGINE ?= ?InnoDB|datetime\(3\))`),
}

// literals match text and comments, which say nothing about the dialect.
var literals = regexp.MustCompile(`(?s)'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/`)

// quotedNames match names in quotes, which may contain any words.
var quotedNames = regexp.MustCompile("`[^`]*`|\"[^\"]*\"")

// writtenFor returns the dialect that a file is certainly written for, or "" in doubt.
func writtenFor(text string) string {
	text = literals.ReplaceAllString(text, "")
	back, double := strings.Contains(text, "`"), strings.Contains(text, `"`)
	text = quotedNames.ReplaceAllString(text, " name ")
	switch {
	case !strings.Contains(strings.ToUpper(text), "CREATE TABLE") || back == double:
		return ""
	case double && marks[dialect.Postgres].MatchString(text) && !marks[dialect.MySQL].MatchString(text):
		return dialect.Postgres
	case back && marks[dialect.MySQL].MatchString(text):
		return dialect.MySQL
	case back && sqliteTable.MatchString(text):
		return dialect.SQLite
	}
	return ""
}

// sqliteTable matches what no other dialect with backticks has.
var sqliteTable = regexp.MustCompile(`(?i)\bAUTOINCREMENT\b|\bPRAGMA foreign_keys\b|\bWITHOUT ROWID\b`)

// called holds the names that people use.
var called = map[string]string{dialect.Postgres: "PostgreSQL", dialect.MySQL: "MySQL", dialect.SQLite: "SQLite"}

// checkDialect refuses files that are for another kind of database.
func (s *session) checkDialect(files []atlas.File) error {
	for _, f := range files {
		if d := writtenFor(string(f.Bytes())); d != "" && d != s.config.Dialect {
			return fmt.Errorf("migrate: %s is written for %s, and the database is %s: name the folder of its migrations with --dir (Config.Dir)", f.Name(), called[d], called[s.config.Dialect])
		}
	}
	return nil
}
