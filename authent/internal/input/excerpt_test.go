package input

import (
	"strings"
	"testing"
)

func TestExcerpt(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "https://evil.example": "https://evil.example", "käse": "käse",
		"a\nlevel=ERROR msg=forged": "a\uFFFDlevel=ERROR msg=forged", "a\x00\x1b[2Jb\u202e": "a\uFFFD\uFFFD[2Jb\uFFFD", "\xff": "",
		strings.Repeat("a", 200): strings.Repeat("a", 200), strings.Repeat("a", 201): strings.Repeat("a", 200) + "…",
		strings.Repeat("a", 199) + "ü": strings.Repeat("a", 199) + "…",
	} {
		if got := Excerpt(in); got != want {
			t.Errorf("Excerpt(%q) = %q, want %q", in, got, want)
		}
	}
}
