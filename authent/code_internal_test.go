package authent

import (
	"strings"
	"testing"
	"unicode"
)

func TestReadCode(t *testing.T) {
	for typed, want := range map[string]string{
		"BCDF-GHJK": "BCDFGHJK", " bcdf ghjk\r\n": "BCDFGHJK", "b c d f–g h j k": "BCDFGHJK", "BCDFGHJK": "BCDFGHJK", "bcdf‑ghjk": "BCDFGHJK",
		"": "", "BCDF-GHJ": "", "BCDF-GHJKL": "", "ABCD-EFGH": "", "BCDFGHJ1": "", "ＢCDFGHJK": "", strings.Repeat(" ", 99) + "BCDFGHJK": "", "BCDFGHJ\xff": "",
	} {
		if got := readCode(typed); got != want {
			t.Errorf("%q is read as %q, want %q", typed, got, want)
		}
	}
}

// TestRandomLetters: each letter comes, and comes about as often.
func TestRandomLetters(t *testing.T) {
	a, count := flowAuth(), map[rune]int{}
	for range 2000 {
		letters, err := a.randomLetters()
		if err != nil || readCode(letters) != letters {
			t.Fatal(letters, err)
		}
		for _, c := range letters {
			count[c]++
		}
	}
	for _, c := range codeLetters {
		if n := count[c]; n < 600 || n > 1000 { // 800 on average
			t.Errorf("%c came %d times of 16000", c, n)
		}
	}
}

// FuzzP34_ReadCode: what is typed is a code or nothing, and spaces, hyphens and case change
// nothing.
func FuzzP34_ReadCode(f *testing.F) {
	for _, typed := range []string{"BCDF-GHJK", "bcdfghjk", "", "\xff", "ＢＣＤＦＧＨＪＫ", "ß", "BCDF GHJ", strings.Repeat("-", 100)} {
		f.Add(typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code := readCode(typed)
		if code == "" {
			return
		}
		if len(code) != codeLength || strings.Trim(code, codeLetters) != "" {
			t.Errorf("%q is read as %q", typed, code)
		}
		for _, same := range []string{strings.ToLower(code), " " + code + "-", code[:4] + "\u00a0-\n" + code[4:]} {
			if readCode(same) != code {
				t.Errorf("%q is not read as %q", same, code)
			}
		}
		if strings.ContainsFunc(typed, unicode.IsDigit) {
			t.Errorf("%q has a digit", typed)
		}
	})
}
