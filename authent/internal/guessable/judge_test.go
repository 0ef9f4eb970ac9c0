package guessable

import (
	"strings"
	"testing"
	"unicode/utf8"
)

const ada = "ada.lovelace99@analytical-engines.example"

var shop = NewJudge("Acme Shop", "www.acme.example")

// TestGuessable: what is refused, and what must not be.
func TestGuessable(t *testing.T) {
	long := strings.Repeat
	for password, want := range map[string]bool{
		// The list, in any case.
		"football": true, "FOOTBALL": true, "FootBall": true, "trustno1": true, "qwertyuiop": true, "12345678": true,
		"trustno1 ": false, "foot ball": false, "kangaroo court": false, "\u212Aangaroo": true, "paſſword": true,
		// A name, and a password of the list before or behind it.
		"adafootball": true, "FootballAda": true, "ada.lovelace99football": true, "adalovelace99-football": true, "football@analytical-engines.example": true,
		"Lovelace:football": true, "lovelace99football": true, "acmefootball": true, "AcmeShopFootball": true, "acme shop football": true,
		"Acme-Dragon2024!": true, "1ada1dragon1": true, "www.acme.example/football": true, "analyticaldragon": true, "dragon analytical": true,
		"ada football acme": true, "ada123456": true, "123456ada": true,
		// Names alone.
		"adaadaada": true, "ada-ada-ada": true, "Ada Lovelace": true, "lovelace": true, "LOVELACE1815": true, "acmeacme": true, "AcmeShop": true, "acme-shop-2024": true,
		"ada.lovelace99@analytical-engines.example": true, "analyticalengines": true, "analyticalenginesexample": true, "ada10.12.1815": true, long("ada", 300): true, long("ada ", 250): true,
		// More than a gap's digits, several passwords of the list, other words.
		"ada 2024 0713 4426": false, "ada dragon monkey": false, "dragon monkey ada": false, "dragon ada monkey": false, "ada-.-.-.-.-.": true, "ada-.-.-.-.-.-": false, "dragon monkey": false, "adaption of a novel": false, "correct horse battery": false,
		"acme hums softly": false, "lovelacy rhymes": false, "adelheidsruh": false, "zzexamplezz": false, "": false, long("a", 1024): false, long("é", 512): false,
		"\xff\xfe\xfd\xfc": false, "ada\xfffootball": false,
	} {
		if got := shop.Guessable(password, ada); got != want {
			t.Errorf("%.60q: %v, want %v", password, got, want)
		}
	}
}

// TestGuessableNames: every shape of address and name has its passwords, and none that
// refuses everything.
func TestGuessableNames(t *testing.T) {
	for _, tc := range []struct{ email, app, refused string }{
		{"x@y.z", "", "xfootball"}, {"rag@y.z", "", "ragfootball"}, {"x@y.z", "", "footbally"}, {"x@y.z", "", "y.z football"}, {"x@y.z", "", "xxxxxxxx"},
		{"bücher@straße.example", "", "BÜCHERfootball"}, {"bücher@straße.example", "", "straße-football"},
		{"", "Ω Club", "ωclub football"}, {"", "Ω Club", "Ω CLUB ΩCLUB!"}, {"", "localhost", "localhost3000"}, {"", "127.0.0.1", "football127.0.0.1"},
		{"no at sign", "", "football no at sign"}, {"a@b@c.example", "", "a@bfootball"}, {"+@+", "", "+football"}, {"...@...", "...", "...football"},
	} {
		j := NewJudge(tc.app)
		if !j.Guessable(tc.refused, tc.email) {
			t.Errorf("%q of %q and %q is not refused", tc.refused, tc.email, tc.app)
		}
		for _, good := range []string{"nine lilac umbrellas", "Tr0ub4dour-&-sons", "dragon-20240713"} {
			if j.Guessable(good, tc.email) {
				t.Errorf("%q is refused for %q and %q", good, tc.email, tc.app)
			}
		}
	}
	if NewJudge("", "").Guessable("nine lilac umbrellas", "") {
		t.Error("a password is refused where nothing has a name")
	}
}

// TestManyNames: an address of nothing but names, and a password of nothing but them,
// cost no more than their product.
func TestManyNames(t *testing.T) {
	email := strings.TrimSuffix(strings.Repeat("aaa.", 62), ".") + "@b"
	if shop.Guessable(strings.Repeat("aaa", 340)+"é", email) {
		t.Error("what ends in another letter is taken for names")
	}
	if !shop.Guessable(strings.Repeat("aaa", 341), email) {
		t.Error("341 times a name is not refused")
	}
}

// FuzzGuessable: whatever is asked there is an answer; a password of the list is refused
// in any case, and with any names before or behind it.
func FuzzGuessable(f *testing.F) {
	all := lines()
	f.Add("password", ada, "Acme Shop", uint16(7), uint32(5))
	f.Add("\xff\x00", "@", "..", uint16(60_000), uint32(0xffffffff))
	f.Add("ΩİıſK", "Ω@İ.ı", "ß", uint16(1), uint32(1))
	f.Fuzz(func(t *testing.T, password, email, app string, nth uint16, upper uint32) {
		j := NewJudge(app)
		got := j.Guessable(password, email)
		if got != j.Guessable(strings.ToUpper(strings.ToLower(asciiOnly(password))), email) && password == asciiOnly(password) {
			t.Errorf("%q is judged by the case of its letters", password)
		}
		word := mixed(all[int(nth)%len(all)], upper)
		if !j.Guessable(word, email) {
			t.Errorf("%q is on the list", word)
		}
		local, domain, _ := strings.Cut(email, "@")
		for _, name := range []string{local, domain, app} {
			if strings.Contains(domain, "@") || name == "" || !utf8.ValidString(name) {
				continue
			}
			for _, around := range []string{name + word, word + name, name + "-" + word + "1", name + word + name} {
				if !j.Guessable(around, email) {
					t.Errorf("%q is %q and %q of %q, %q", around, name, word, email, app)
				}
			}
			if !j.Guessable(strings.Repeat(name, 3), email) {
				t.Errorf("%q three times is a name of %q, %q", name, email, app)
			}
		}
	})
}

// mixed makes the letters of word upper case for which there is a bit.
func mixed(word string, upper uint32) string {
	b := []byte(word)
	for i, c := range b {
		if upper>>(i%32)&1 == 1 && c >= 'a' && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

func asciiOnly(s string) string {
	return strings.Map(func(c rune) rune {
		if c > '~' {
			return -1
		}
		return c
	}, s)
}

func BenchmarkGuessable(b *testing.B) {
	list()
	many := strings.TrimSuffix(strings.Repeat("aaa.", 62), ".") + "@b"
	for name, tc := range map[string][2]string{
		"a good one": {"correct horse battery", ada}, "on the list": {"football", ada}, "a name before it": {"adafootball", ada},
		"the most that can be sent": {strings.Repeat("a", 1023) + "z", many},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				shop.Guessable(tc[0], tc[1])
			}
		})
	}
}
