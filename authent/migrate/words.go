package migrate

import "strings"

// word is a word, name, literal or sign of a statement.
type word struct {
	text     string // Names are without quotes.
	quoted   bool   // It is a name in quotes, so no keyword.
	from, to int    // Where it stands.
}

// is reports whether the word is a keyword or sign.
func (w word) is(keyword string) bool { return !w.quoted && strings.EqualFold(w.text, keyword) }

// words takes a statement apart, without its comments.
func words(sql string) (all []word) {
	for at := 0; at < len(sql); {
		end, quoted := wordEnd(sql, at)
		text := sql[at:end]
		switch {
		case strings.TrimSpace(text) == "" || isComment(text):
		case quoted:
			all = append(all, word{strings.ReplaceAll(text[1:max(end-at-1, 1)], text[:1]+text[:1], text[:1]), true, at, end})
		default:
			all = append(all, word{text, false, at, end})
		}
		at = end
	}
	return all
}

func isComment(text string) bool {
	return strings.HasPrefix(text, "--") || strings.HasPrefix(text, "/*") || strings.HasPrefix(text, "#")
}

// wordEnd is where the word that begins at a byte ends, and whether it is a name
// in quotes.
func wordEnd(sql string, at int) (end int, quoted bool) {
	rest := sql[at:]
	switch c := rest[0]; {
	case strings.HasPrefix(rest, "--"), c == '#':
		return at + upTo(rest, "\n"), false
	case strings.HasPrefix(rest, "/*"):
		return at + upTo(rest, "*/"), false
	case c == '\'':
		return at + quoteEnd(rest), false
	case c == '"', c == '`':
		return at + quoteEnd(rest), true
	case isWordByte(c):
		n := 1
		for n < len(rest) && isWordByte(rest[n]) {
			n++
		}
		return at + n, false
	}
	return at + 1, false
}

func isWordByte(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// upTo is the length up to and with a mark, or all of it.
func upTo(s, mark string) int {
	if i := strings.Index(s, mark); i >= 0 {
		return i + len(mark)
	}
	return len(s)
}

// quoteEnd is the length of what is in quotes. A doubled quote is one inside.
func quoteEnd(s string) int {
	for i := 1; i < len(s); i++ {
		if s[i] != s[0] {
			continue
		}
		if i+1 == len(s) || s[i+1] != s[0] {
			return i + 1
		}
		i++
	}
	return len(s)
}

// cursor reads the words of a statement.
type cursor struct {
	sql   string
	words []word
}

func (c *cursor) done() bool { return len(c.words) == 0 }

// next takes the next word; at the end an empty one.
func (c *cursor) next() word {
	if c.done() {
		return word{}
	}
	w := c.words[0]
	c.words = c.words[1:]
	return w
}

// at reports whether these keywords are next.
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

// take goes beyond these keywords if they are next.
func (c *cursor) take(keywords ...string) bool {
	if !c.at(keywords...) {
		return false
	}
	c.words = c.words[len(keywords):]
	return true
}

// takeAny goes beyond the one of these keywords that is next.
func (c *cursor) takeAny(keywords ...string) bool {
	for _, k := range keywords {
		if c.take(k) {
			return true
		}
	}
	return false
}

// name takes a name, without the schema before it.
func (c *cursor) name() string {
	name := c.next().text
	for c.take(".") {
		name = c.next().text
	}
	return name
}

// group takes what stands in brackets, if that is next.
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

// parts splits what is left at the commas outside brackets.
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

// names are the first words of the parts, such as columns in brackets.
func (c *cursor) names() (all []string) {
	for _, part := range c.parts() {
		if !part.done() {
			all = append(all, part.name())
		}
	}
	return all
}

// text is what is left, as it stands.
func (c *cursor) text() string {
	if c.done() {
		return ""
	}
	return c.sql[c.words[0].from:c.words[len(c.words)-1].to]
}

// before takes the words up to one of these keywords, at least the least number
// of them, with what stands in brackets.
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
