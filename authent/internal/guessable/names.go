package guessable

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// shortestPart is how many characters a part of a name has at least that counts by
// itself: shorter ones begin too many words.
const shortestPart = 3

// namesIn returns what people make of a name: the whole of it, as it is and without its
// signs, and its parts. Of "Ada.Lovelace99" these are "ada.lovelace99", "adalovelace99",
// "ada", "lovelace99" and "lovelace".
func namesIn(name string) []string {
	folded := string(fold(nil, name))
	alnum := strings.FieldsFunc(folded, func(c rune) bool { return !isLetter(c) && !unicode.IsDigit(c) })
	letters := strings.FieldsFunc(folded, func(c rune) bool { return !isLetter(c) })
	all := appendWhole(nil, folded, strings.Join(alnum, ""))
	for _, part := range append(alnum, letters...) {
		if utf8.RuneCountInString(part) >= shortestPart {
			all = append(all, part)
		}
	}
	return all
}

func isLetter(c rune) bool { return unicode.IsLetter(c) || unicode.IsMark(c) }

// appendWhole appends whole names, which count however short they are, but not "".
func appendWhole(names []string, whole ...string) []string {
	for _, name := range whole {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// domainNames returns what people make of a domain: the whole of it, and the names in
// it without its last label, which is nobody's name.
func domainNames(domain string) []string {
	dot := strings.LastIndexByte(domain, '.')
	if dot < 0 {
		return namesIn(domain)
	}
	folded := string(fold(nil, domain))
	return appendWhole(namesIn(domain[:dot]), folded, strings.ReplaceAll(folded, ".", ""))
}

// What is behind a place in a word.
const (
	// plain: neither a name nor a password of the list.
	plain = 1 << iota
	// named: names, at least one.
	named
	// listed: a password of the list, no name.
	listed
	// both: a password of the list and at least one name.
	both
)

// afterName and afterListed are what is behind a place at the end of a name, or of a
// password of the list, that begins at a place with one of these behind it. Of the list
// there is at most one password: several, in a row, make a good one.
func afterName(behind uint8) (then uint8) {
	if behind&(plain|named) != 0 {
		then |= named
	}
	if behind&(listed|both) != 0 {
		then |= both
	}
	return then
}

func afterListed(behind uint8) (then uint8) {
	if behind&plain != 0 {
		then |= listed
	}
	if behind&named != 0 {
		then |= both
	}
	return then
}

// maxGap is how many digits and signs may stand in a row before or behind a name: as
// many as a date has.
const maxGap = 10

// madeOf reports whether word consists of at least one of the names, at most one
// password of the list, and gaps. It goes through the word once, whatever its length,
// and notes at each place what may be behind it.
func madeOf(word []byte, names []string) bool {
	if !containsAny(word, names) {
		return false
	}
	behind := make([]uint8, len(word)+1)
	behind[0] = plain
	for at := range word {
		here := overGap(word, behind, at)
		if here == 0 {
			continue
		}
		for _, name := range names {
			if hasPrefix(word[at:], name) {
				behind[at+len(name)] |= afterName(here)
			}
		}
		if then := afterListed(here); then != 0 {
			for n := shortestWord; n <= min(longestWord, len(word)-at); n++ {
				if behind[at+n]&then != then && list().has(word[at:at+n]) {
					behind[at+n] |= then
				}
			}
		}
	}
	return overGap(word, behind, len(word))&(named|both) != 0
}

// overGap returns what may be behind a place, with a gap or without.
func overGap(word []byte, behind []uint8, at int) uint8 {
	here := behind[at]
	for n := 1; n <= min(maxGap, at) && isGap(word[at-n]); n++ {
		here |= behind[at-n]
	}
	return here
}

// isGap reports whether people put c between words: an ASCII digit or sign.
func isGap(c byte) bool { return c < utf8.RuneSelf && (c < 'a' || c > 'z') }

func hasPrefix(word []byte, name string) bool {
	return len(word) >= len(name) && string(word[:len(name)]) == name
}

func containsAny(word []byte, names []string) bool {
	text := string(word)
	for _, name := range names {
		if strings.Contains(text, name) {
			return true
		}
	}
	return false
}

// fold appends s to word in the one form that all cases of its letters have: "K" and the
// Kelvin sign become "k".
func fold(word []byte, s string) []byte {
	for _, c := range s {
		word = utf8.AppendRune(word, foldRune(c))
	}
	return word
}

func foldRune(c rune) rune {
	least := c
	for r := unicode.SimpleFold(c); r != c; r = unicode.SimpleFold(r) {
		least = min(least, r)
	}
	return unicode.ToLower(least)
}
