package migrate

import (
	"regexp"
	"strings"

	"entgo.io/ent/dialect"
)

// word is a word, name, literal or sign of a statement.
type word struct {
	text     string // Without quotes.
	quoted   bool   // A name in quotes, so not a keyword.
	from, to int    // Its position.
}

// is reports whether the word is a keyword or sign.
func (w word) is(keyword string) bool { return !w.quoted && strings.EqualFold(w.text, keyword) }

// words splits a statement of a dialect into words, and leaves out its comments.
func words(name, sql string) (all []word) {
	for at := 0; at < len(sql); {
		end, kind := wordEnd(name, sql, at)
		text := sql[at:end]
		switch {
		case kind == comment || strings.TrimSpace(text) == "":
		case kind == quotedName:
			mark := closing(text[0])
			inside := strings.TrimSuffix(text[1:], mark)
			all = append(all, word{strings.ReplaceAll(inside, mark+mark, mark), true, at, end})
		default:
			all = append(all, word{text, false, at, end})
		}
		at = end
	}
	return all
}

// wordKind is the kind of a word.
type wordKind int

const (
	plainWord  wordKind = iota // Or a sign.
	quotedName                 // A name in quotes.
	literal                    // Text.
	comment
)

// wordEnd returns the end and the kind of the word that begins at a byte.
func wordEnd(name, sql string, at int) (end int, kind wordKind) {
	rest := sql[at:]
	escape := byte(0)
	if name == dialect.MySQL && rest[0] != '`' {
		escape = '\\'
	}
	switch c := rest[0]; {
	case strings.HasPrefix(rest, "--"), c == '#' && name == dialect.MySQL:
		return at + upTo(rest, "\n"), comment
	case strings.HasPrefix(rest, "/*"):
		return at + commentEnd(name, rest), comment
	case c == '\'':
		return at + quoteEnd(rest, escape), literal
	case name == dialect.Postgres && c == '$' && inDollars.MatchString(rest):
		mark := inDollars.FindString(rest)
		return at + len(mark) + upTo(rest[len(mark):], mark), literal
	case c == '"', c == '`', c == '[' && name == dialect.SQLite:
		return at + quoteEnd(rest, escape), quotedName
	case isWordByte(c):
		n := 1
		for n < len(rest) && isWordByte(rest[n]) {
			n++
		}
		return at + n, plainWord
	}
	return at + 1, plainWord
}

// inDollars matches the beginning of PostgreSQL's dollar-quoted text.
var inDollars = regexp.MustCompile(`^\$(?:[A-Za-z_\x{80}-\x{10ffff}][0-9A-Za-z_\x{80}-\x{10ffff}]*)?\$`)

func isWordByte(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// upTo returns the length up to and including a mark, or the whole length.
func upTo(s, mark string) int {
	if i := strings.Index(s, mark); i >= 0 {
		return i + len(mark)
	}
	return len(s)
}

// commentEnd returns the length of the comment at the beginning of a text. PostgreSQL
// nests comments.
func commentEnd(name, s string) int {
	if name != dialect.Postgres {
		return 2 + upTo(s[2:], "*/")
	}
	for i, depth := 0, 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "/*"):
			depth++
			i++
		case strings.HasPrefix(s[i:], "*/"):
			i++
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

// closing returns the quote that ends what another begins.
func closing(first byte) string {
	if first == '[' {
		return "]"
	}
	return string(first)
}

// quoteEnd returns the length of a quoted text. A doubled quote is part of the text,
// and so is one after escape, unless that is 0.
func quoteEnd(s string, escape byte) int {
	last := closing(s[0])[0]
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == escape && escape != 0:
			i++
		case s[i] != last:
		case i+1 == len(s) || s[i+1] != last:
			return i + 1
		default:
			i++
		}
	}
	return len(s)
}

// cursor reads the words of a statement.
type cursor struct {
	sql   string
	words []word
}

// reading returns a cursor at the beginning of a statement of a dialect.
func reading(name, sql string) *cursor { return &cursor{sql: sql, words: words(name, sql)} }

func (c *cursor) done() bool { return len(c.words) == 0 }

// next takes the next word, or an empty one at the end.
func (c *cursor) next() word {
	if c.done() {
		return word{}
	}
	w := c.words[0]
	c.words = c.words[1:]
	return w
}

// at reports whether these keywords come next.
func (c *cursor) at(keywords ...string) bool {
	if len(c.words) < len(keywords) {
		return false
	}
	for i, k := range keywords {
		if !c.words[i].is(k) {
			return false
		}
	}
	return true
}

// take skips these keywords if they come next, and reports whether they did.
func (c *cursor) take(keywords ...string) bool {
	if !c.at(keywords...) {
		return false
	}
	c.words = c.words[len(keywords):]
	return true
}

// takeAny skips whichever of these keywords comes next, and reports whether one did.
func (c *cursor) takeAny(keywords ...string) bool {
	for _, k := range keywords {
		if c.take(k) {
			return true
		}
	}
	return false
}

// name takes a name, and skips the schema before it.
func (c *cursor) name() string {
	name := c.next().text
	for c.take(".") {
		name = c.next().text
	}
	return name
}

// group takes what is in brackets, if that comes next.
func (c *cursor) group() *cursor {
	inside := &cursor{sql: c.sql}
	if !c.take("(") {
		return inside
	}
	for depth := 1; !c.done(); {
		switch w := c.next(); {
		case w.is("("):
			depth++
			inside.words = append(inside.words, w)
		case w.is(")"):
			if depth--; depth == 0 {
				return inside
			}
			inside.words = append(inside.words, w)
		default:
			inside.words = append(inside.words, w)
		}
	}
	return inside
}

// parts splits the rest at the commas outside brackets.
func (c *cursor) parts() (all []*cursor) {
	depth, part := 0, &cursor{sql: c.sql}
	for _, w := range c.words {
		switch {
		case w.is("("):
			depth++
		case w.is(")"):
			depth--
		case w.is(",") && depth == 0:
			all, part = append(all, part), &cursor{sql: c.sql}
			continue
		}
		part.words = append(part.words, w)
	}
	return append(all, part)
}

// names returns the first word of each part, such as columns in brackets.
func (c *cursor) names() (all []string) {
	for _, part := range c.parts() {
		if !part.done() {
			all = append(all, part.name())
		}
	}
	return all
}

// text returns the rest as it is written.
func (c *cursor) text() string {
	if c.done() {
		return ""
	}
	return c.sql[c.words[0].from:c.words[len(c.words)-1].to]
}

// before takes the words up to one of these keywords, including what is in brackets. It
// takes at least the given number of words.
func (c *cursor) before(least int, keywords ...string) *cursor {
	taken, depth := &cursor{sql: c.sql}, 0
	for !c.done() {
		w := c.words[0]
		if depth == 0 && len(taken.words) >= least {
			for _, k := range keywords {
				if w.is(k) {
					return taken
				}
			}
		}
		switch {
		case w.is("("):
			depth++
		case w.is(")"):
			depth--
		}
		taken.words = append(taken.words, c.next())
	}
	return taken
}
