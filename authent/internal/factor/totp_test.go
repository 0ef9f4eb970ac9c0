package factor

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/authent/authent/authent/secret"
)

// rfcSecret is "12345678901234567890", that of the examples in RFC 4226 and RFC 6238.
const rfcSecret secret.Secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

// rfcCodes are those of the steps 0 to 9 (RFC 4226 appendix D).
var rfcCodes = []string{"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"}

// sharedStep is the first step that has the same code as the second one after it.
const sharedStep = 153567

func at(step int64) time.Time { return time.Unix(step*30+7, 0) }

func TestNewSecret(t *testing.T) {
	t.Parallel()
	key, err := NewSecret(strings.NewReader("12345678901234567890"))
	if err != nil || key != rfcSecret {
		t.Errorf("secret %q, %v", string(key), err)
	}
	if _, err := NewSecret(bytes.NewReader(make([]byte, 19))); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a source of 19 bytes: %v", err)
	}
	a, errA := NewSecret(nil)
	b, errB := NewSecret(nil)
	if errA != nil || errB != nil || a.Equal(b) || len(a) != 32 {
		t.Errorf("two secrets of %d and %d letters, equal: %v; %v, %v", len(a), len(b), a.Equal(b), errA, errB)
	}
}

func TestCode(t *testing.T) {
	t.Parallel()
	// RFC 6238 appendix B, of which six digits are the last ones.
	for unix, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471",
		1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got, err := Code(rfcSecret, time.Unix(unix, 0)); err != nil || got != want {
			t.Errorf("at %d: %q, %v; want %s", unix, got, err, want)
		}
	}
	for step, want := range rfcCodes {
		for _, second := range []int64{0, 29} {
			if got, err := Code(rfcSecret, time.Unix(int64(step)*30+second, 999_999_999)); err != nil || got != want {
				t.Errorf("second %d of step %d: %q, %v; want %s", second, step, got, err, want)
			}
		}
	}
}

func TestCodeRefuses(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]secret.Secret{
		"empty": "", "lower case": secret.Secret(strings.ToLower(string(rfcSecret))), "short": rfcSecret[:24],
		"padded": rfcSecret[:30] + "==", "not base32": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1",
	} {
		code, err := Code(key, at(1))
		if err == nil || key != "" && strings.Contains(err.Error(), string(key)) {
			t.Errorf("%s: %q, %v", name, code, err)
		}
		if _, ok := Match(key, "287082", at(1)); ok {
			t.Errorf("%s: a code matches", name)
		}
	}
	if code, err := Code(rfcSecret, time.Unix(-1, 0)); err == nil {
		t.Errorf("before 1970: %q", code)
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for of, code := range rfcCodes {
		for now := range 12 {
			step, ok := Match(rfcSecret, code, at(int64(now)))
			if want := of-1 <= now && now <= of+1; ok != want || ok && step != int64(of) {
				t.Errorf("the code of step %d in step %d: step %d, %v", of, now, step, ok)
			}
		}
	}
	if step, ok := Match(rfcSecret, rfcCodes[0], time.Unix(-1, 0)); !ok || step != 0 {
		t.Errorf("the code of 1970 one second before: step %d, %v", step, ok)
	}
	if _, ok := Match(rfcSecret, rfcCodes[0], time.Unix(-31, 0)); ok {
		t.Error("the code of 1970 matches 31 seconds before")
	}
}

// TestMatchOfTwoSteps: the code stands for the later step, so that a caller who remembers
// the step does not take it a second time when that one has come.
func TestMatchOfTwoSteps(t *testing.T) {
	t.Parallel()
	earlier, errA := Code(rfcSecret, at(sharedStep))
	later, errB := Code(rfcSecret, at(sharedStep+2))
	if errA != nil || errB != nil || earlier != later {
		t.Fatalf("steps %d and %d have the codes %s and %s", sharedStep, sharedStep+2, earlier, later)
	}
	if step, ok := Match(rfcSecret, earlier, at(sharedStep+1)); !ok || step != sharedStep+2 {
		t.Errorf("step %d, %v; want %d", step, ok, sharedStep+2)
	}
}

var codeSeeds = []struct {
	typed string
	ok    bool
}{
	{"287082", true},
	{"287 082", true},
	{" 287-082\n", true},
	{"2\u00a08\u20097\u30000-8–2", true},
	{"２８７０８２", true},
	{"２８７ 082", true},
	{"287\u2212082", true},
	{"28708２", true},
	{"287－082", true},
	{"", false},
	{"28708", false},
	{"2870822", false},
	{"0287082", false},
	{"28708a", false},
	{"28708²", false},
	{"①②③④⑤⑥", false},
	{"٢٨٧٠٨٢", false},
	{"𝟐𝟖𝟕𝟎𝟖𝟐", false},
	{"287.082", false},
	{"287,082", false},
	{"+287082", false},
	{"287082\x00", false},
	{"287\u200b082", false},
	{"2870\xff82", false},
	{"287082" + strings.Repeat(" ", 300), false},
}

func TestTypedCode(t *testing.T) {
	t.Parallel()
	for _, tt := range codeSeeds {
		if step, ok := Match(rfcSecret, tt.typed, at(1)); ok != tt.ok || ok && step != 1 {
			t.Errorf("%q: step %d, %v", tt.typed, step, ok)
		}
	}
}

func TestDrift(t *testing.T) {
	t.Parallel()
	const now = 1000
	for away := -22; away <= 22; away++ {
		code, err := Code(rfcSecret, at(int64(now+away)))
		if err != nil {
			t.Fatal(err)
		}
		want := away
		if away < -20 || away > 20 || away >= -1 && away <= 1 {
			want = 0
		}
		if got := Drift(rfcSecret, code, at(now)); got != want {
			t.Errorf("a code %d steps away: %d, want %d", away, got, want)
		}
		if _, ok := Match(rfcSecret, code, at(now)); ok != (away >= -1 && away <= 1) {
			t.Errorf("a code %d steps away matches: %v", away, ok)
		}
	}
	if got := Drift(rfcSecret, "nothing", at(now)); got != 0 {
		t.Errorf("no code: %d", got)
	}
	if got := Drift(rfcSecret, rfcCodes[9], time.Unix(0, 0)); got != 9 {
		t.Errorf("with steps before 1970 in reach: %d", got)
	}
}

func FuzzMatch(f *testing.F) {
	for _, tt := range codeSeeds {
		f.Add(tt.typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		step, ok := Match(rfcSecret, typed, at(1))
		if !ok {
			return
		}
		code, err := Code(rfcSecret, at(step))
		if err != nil || step < 0 || step > 2 {
			t.Fatalf("step %d, %v", step, err)
		}
		if digits := ascii(typed); digits != code || !utf8.ValidString(typed) {
			t.Fatalf("%q passes for %s", typed, code)
		}
	})
}

// ascii returns the letters and digits of a text, where those of full width are ASCII, and
// "?" for each character that is neither that nor a space or a dash.
func ascii(typed string) string {
	var b strings.Builder
	for _, c := range typed {
		switch {
		case '０' <= c && c <= '９':
			fmt.Fprint(&b, c-'０')
		case 'Ａ' <= c && c <= 'Ｚ':
			b.WriteRune(c - 'Ａ' + 'A')
		case 'ａ' <= c && c <= 'ｚ':
			b.WriteRune(c - 'ａ' + 'A')
		case 'a' <= c && c <= 'z':
			b.WriteRune(c - 'a' + 'A')
		case '0' <= c && c <= '9' || 'A' <= c && c <= 'Z':
			b.WriteRune(c)
		case !strings.ContainsRune(separators, c):
			b.WriteByte('?')
		}
	}
	return b.String()
}

// separators are all characters that are removed from what people type.
var separators = func() string {
	var b strings.Builder
	for _, table := range []*unicode.RangeTable{unicode.White_Space, unicode.Dash} {
		for c := range unicode.MaxRune {
			if unicode.Is(table, c) {
				b.WriteRune(c)
			}
		}
	}
	return b.String()
}()
