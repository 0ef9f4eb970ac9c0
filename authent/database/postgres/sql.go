package postgres

import (
	"slices"
	"strings"
)

// blanks are what the server takes for white space.
const blanks = " \t\r\n\f\v"

// preparable returns a query as PREPARE takes it, without a final semicolon. It returns
// "" for a query that PREPARE does not take, and for several at once, of which PREPARE
// would take the first alone.
func preparable(query string) string {
	query = strings.TrimSuffix(strings.TrimRight(query, blanks), ";")
	begin := bare(query)
	for strings.HasPrefix(begin, "(") {
		begin = bare(begin[1:])
	}
	if strings.Contains(query, ";") || !slices.Contains([]string{"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "VALUES"}, firstWord(begin)) {
		return ""
	}
	return query
}

// firstWord returns the word that a query begins with, in capitals.
func firstWord(query string) string {
	end := strings.IndexFunc(query, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
	if end < 0 {
		end = len(query)
	}
	return strings.ToUpper(query[:end])
}

// bare returns a query without the comments and white space at its beginning.
func bare(query string) string {
	for {
		query = strings.TrimLeft(query, blanks)
		end := commentEnd(query)
		if end == 0 {
			return query
		}
		query = query[end:]
	}
}

// commentEnd returns where the comment ends that a query begins with, or zero if there
// is none. Comments of the second kind nest.
func commentEnd(query string) int {
	if strings.HasPrefix(query, "--") {
		if end := strings.IndexAny(query, "\r\n"); end >= 0 {
			return end
		}
		return len(query)
	}
	depth := 0
	for i := 0; i < len(query); {
		switch {
		case strings.HasPrefix(query[i:], "/*"):
			depth, i = depth+1, i+2
		case depth > 0 && strings.HasPrefix(query[i:], "*/"):
			if depth, i = depth-1, i+2; depth == 0 {
				return i
			}
		case depth == 0:
			return 0
		default:
			i++
		}
	}
	return len(query)
}
