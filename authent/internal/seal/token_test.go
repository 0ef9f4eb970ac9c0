package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestP01_Tokens(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		token, err := NewToken(nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := base64.RawURLEncoding.Strict().DecodeString(token)
		if err != nil || len(b) != 32 {
			t.Fatalf("%d random bytes, %v", len(b), err)
		}
		if seen[token] || !PlausibleToken(token) {
			t.Fatal("a token came twice or would not be looked up")
		}
		seen[token] = true
		if stored := string(HashToken(token)); strings.Contains(stored, token) || stored == string(HashToken(string(b))) {
			t.Fatal("the stored form is not the hash of the token's text")
		}
	}
}

func TestNewTokenUsesAllRandomness(t *testing.T) {
	t.Parallel()
	token, err := NewToken(bytes.NewReader(bytes.Repeat([]byte{0xfb}, 32)))
	if want := "-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s"; err != nil || token != want {
		t.Errorf("token %q, %v; want %q", token, err, want)
	}
	_, err = NewToken(bytes.NewReader(make([]byte, 31)))
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a source of 31 bytes: %v", err)
	}
	broken := errors.New("broken")
	if token, err := NewToken(iotest.ErrReader(broken)); !errors.Is(err, broken) || token != "" {
		t.Errorf("a broken source: %q, %v", token, err)
	}
}

func TestHashToken(t *testing.T) {
	t.Parallel()
	// printf abc | sha256sum
	const want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	if got := string(HashToken("abc")); got != want {
		t.Errorf("hashToken(abc) = %s", got)
	}
}

var tokenSeeds = []struct {
	s    string
	want bool
}{
	{"", false},
	{strings.Repeat("a", 19), false},
	{strings.Repeat("a", 20), true},
	{strings.Repeat("a", 255), true},
	{strings.Repeat("a", 256), false},
	{"3f1b7c9e-6a52-4b1e-9d0a-0c2f5e7a8b91", true}, // Auth.js
	{"AZaz09._~-AZaz09._~-", true},
	{"aaaaaaaaaaaaaaaaaaa ", false},
	{"aaaaaaaaaaaaaaaaaaa=", false},
	{"aaaaaaaaaaaaaaaaaaa%", false},
	{"aaaaaaaaaaaaaaaaaaa\n", false},
	{"aaaaaaaaaaaaaaaaaaa\x00", false},
	{"aaaaaaaaaaaaaaaaaaaaé", false},
	{"' OR 1=1 -- aaaaaaaaaaa", false},
}

func TestP31_PlausibleToken(t *testing.T) {
	t.Parallel()
	for _, tt := range tokenSeeds {
		if got := PlausibleToken(tt.s); got != tt.want {
			t.Errorf("plausibleToken(%q) = %v", tt.s, got)
		}
	}
}

func FuzzPlausibleToken(f *testing.F) {
	for _, tt := range tokenSeeds {
		f.Add(tt.s)
	}
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-"
	f.Fuzz(func(t *testing.T, s string) {
		want := len(s) >= 20 && len(s) <= 255 && strings.Trim(s, allowed) == ""
		if got := PlausibleToken(s); got != want {
			t.Errorf("plausibleToken(%q) = %v", s, got)
		}
	})
}
