package factor

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/authent/authent/authent/secret"
)

const aCode secret.Secret = "ABCDEFGHIJKLMNOPQRST2345"

func TestNewRecoveryCodes(t *testing.T) {
	t.Parallel()
	random := bytes.Repeat([]byte("123456789012345"), 10)
	codes, err := NewRecoveryCodes(bytes.NewReader(random))
	if err != nil || len(codes) != 10 {
		t.Fatalf("%d codes, %v", len(codes), err)
	}
	for _, code := range codes {
		// printf 123456789012345 | base32
		if code != "GEZDGNBVGY3TQOJQGEZDGNBV" {
			t.Errorf("code %s", string(code))
		}
	}
	if _, err := NewRecoveryCodes(bytes.NewReader(random[:149])); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a source of 149 bytes: %v", err)
	}
	seen := map[secret.Secret]bool{}
	for range 100 {
		codes, err := NewRecoveryCodes(nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range codes {
			parsed, ok := ParseRecoveryCode(string(FormatRecoveryCode(code)))
			if seen[code] || !ok || parsed != code {
				t.Fatalf("%s is there already: %v; as people read it %q, %v", string(code), seen[code], string(parsed), ok)
			}
			seen[code] = true
		}
	}
}

func TestFormatRecoveryCode(t *testing.T) {
	t.Parallel()
	if got := string(FormatRecoveryCode(aCode)); got != "ABCD-EFGH-IJKL-MNOP-QRST-2345" {
		t.Error(got)
	}
	if got := fmt.Sprint(FormatRecoveryCode(aCode)); got != "[redacted]" {
		t.Errorf("printed: %s", got)
	}
}

var recoverySeeds = []struct {
	typed string
	ok    bool
}{
	{"ABCDEFGHIJKLMNOPQRST2345", true},
	{"ABCD-EFGH-IJKL-MNOP-QRST-2345", true},
	{"abcd-efgh-ijkl-mnop-qrst-2345", true},
	{" abcd efgh ijkl\tmnop qrst 2345\r\n", true},
	{"ABCDEF–GHIJKL—MNOPQR−ST2345", true},
	{"ＡＢＣＤ－ＥＦＧＨ　ＩＪＫＬ　ｍｎｏｐ　ｑｒｓｔ　２３４５", true},
	{"", false},
	{"ABCDEFGHIJKLMNOPQRST234", false},
	{"ABCDEFGHIJKLMNOPQRST23456", false},
	{"ABCDEFGHIJKLMNOPQRST2340", false},
	{"ABCDEFGHIJKLMNOPQRST2341", false},
	{"ABCDEFGHIJKLMNOPQRST2348", false},
	{"ABCDEFGHIJKLMNOPQRST234=", false},
	{"ABCDEFGHIJKLMNOPQRST234é", false},
	{"ABCDEFGHIJKLMNOPQRST234\x00", false},
	{"ABCDEFGHIJKLMNOPQRST23\xff\xff", false},
	{"ABCDEFGHIJKLMNOPQRSſ2345", false},
	{"АBCDEFGHIJKLMNOPQRST345", false},
	{"ABCDEFGHIJKLMNOPQRST2345" + strings.Repeat("-", 300), false},
	{"ABCD_EFGH_IJKL_MNOP_QRST_2345", false},
}

func TestParseRecoveryCode(t *testing.T) {
	t.Parallel()
	for _, tt := range recoverySeeds {
		code, ok := ParseRecoveryCode(tt.typed)
		if ok != tt.ok || ok && code != aCode || !ok && code != "" {
			t.Errorf("%q: %q, %v", tt.typed, string(code), ok)
		}
	}
}

func TestHashRecoveryCode(t *testing.T) {
	t.Parallel()
	// printf 'recovery-code\0u1\0ABCDEFGHIJKLMNOPQRST2345' | sha256sum
	const want = "620e31c2db2241dae6942fa3c282627b42f747d5ec5866cc577e5b4d0a9e4db7"
	if got := string(HashRecoveryCode("u1", aCode)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if HashRecoveryCode("u2", aCode).Equal(HashRecoveryCode("u1", aCode)) {
		t.Error("the code of another user is the same row")
	}
}

func FuzzParseRecoveryCode(f *testing.F) {
	for _, tt := range recoverySeeds {
		f.Add(tt.typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := ParseRecoveryCode(typed)
		if !ok {
			return
		}
		if len(code) != 24 || ascii(typed) != string(code) {
			t.Fatalf("%q passes for %s", typed, string(code))
		}
		if _, err := base32Text.DecodeString(string(code)); err != nil {
			t.Fatalf("%q: %v", typed, err)
		}
		again, ok := ParseRecoveryCode(string(FormatRecoveryCode(code)))
		if !ok || again != code {
			t.Fatalf("%q is read as %s, and that as %q", typed, string(code), string(again))
		}
	})
}
