// Package guessable tells the passwords that are guessed first: those of a list of
// common ones, also with the names around them that everybody knows, and these names
// by themselves.
package guessable

import (
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"strings"
	"sync"
)

// packed has one password a line, in lower case, sorted, gzip'd. LICENSE names its
// source; internal/passwordlist writes both.
//
//go:embed list.txt.gz
var packed string

// list is the list, unpacked when it is first asked: 0.4 MB that programs without
// passwords do not need.
var list = sync.OnceValue(func() words {
	// It unpacks an embedded file, so it can fail in a broken build alone.
	all, err := unpack(packed)
	if err != nil {
		panic(fmt.Sprintf("authent: embedded list of passwords: %v", err))
	}
	return all
})

// words holds words, sorted, each ended by "\n". It needs no index: a search finds the
// line that it has come upon.
type words string

// The lengths in bytes of the words of the list.
const (
	shortestWord = 4
	longestWord  = 24
)

func unpack(packed string) (words, error) {
	plain, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if _, err := io.Copy(&b, plain); err != nil {
		return "", err
	}
	return words(b.String()), nil
}

// has reports whether word is one of the words. It allocates nothing.
func (w words) has(word []byte) bool {
	low, high := 0, len(w) // both at the beginning of a line
	for low < high {
		middle := low + (high-low)/2
		from := low + strings.LastIndexByte(string(w[low:middle]), '\n') + 1
		to := from + strings.IndexByte(string(w[from:]), '\n')
		switch line := string(w[from:to]); {
		case line == string(word):
			return true
		case line < string(word):
			low = to + 1
		default:
			high = from
		}
	}
	return false
}
