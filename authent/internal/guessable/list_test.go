package guessable

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// lines are the words of the list, each once.
func lines() []string { return strings.Split(strings.TrimSuffix(string(list()), "\n"), "\n") }

// TestList: the list has 10,000 passwords and more that are long enough for the engine,
// is in the order that a search relies on, and names its source.
func TestList(t *testing.T) {
	all, long := lines(), 0
	if !slices.IsSorted(all) || len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Error("the list is not sorted, or has a password twice")
	}
	for _, word := range all {
		if len(word) < shortestWord || len(word) > longestWord {
			t.Errorf("%q has %d bytes, want %d to %d", word, len(word), shortestWord, longestWord)
		}
		if string(fold(nil, word)) != word {
			t.Errorf("%q is not in the form in which passwords are looked up", word)
		}
		if len(word) >= 8 {
			long++
		}
	}
	if long < 10_000 {
		t.Errorf("%d passwords have 8 characters and more, want 10,000", long)
	}
	licence, err := os.ReadFile("LICENSE")
	if err != nil || !strings.Contains(string(licence), "language-common") || !strings.Contains(string(licence), "Permission is hereby granted") {
		t.Errorf("LICENSE does not name source and licence: %v\n%s", err, licence)
	}
}

// TestSearch finds every word of the list, and none that is not there: neither what is
// beside a word nor what is before the first and behind the last.
func TestSearch(t *testing.T) {
	all := lines()
	there := map[string]bool{}
	for _, word := range all {
		there[word] = true
	}
	asked := append(slices.Clone(all), "", "\n", "~~~~~~~~", " ")
	for _, word := range all {
		asked = append(asked, word[1:], word+"a", word[:len(word)-1], word+"\n")
	}
	for _, word := range asked {
		if list().has([]byte(word)) != there[word] {
			t.Fatalf("found %q: %v", word, !there[word])
		}
	}
}

// TestBrokenList: what cannot be unpacked is an error, and no shorter list.
func TestBrokenList(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "no gzip": "password\n", "cut": packed[:len(packed)/2]} {
		if all, err := unpack(text); err == nil {
			t.Errorf("%s: %d bytes and no error", name, len(all))
		}
	}
}

func BenchmarkUnpack(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := unpack(packed); err != nil {
			b.Fatal(err)
		}
	}
}
