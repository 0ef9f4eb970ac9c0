package password

import (
	"bytes"
	"strings"
	"testing"

	"github.com/authent/authent/authent/secret"
)

const (
	salt16 = "c29tZXNhbHRzb21lc2FsdA"
	key32  = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
)

// argon2Corpus has stored strings and whether they may be worked on.
var argon2Corpus = []struct {
	name, stored string
	want         bool
}{
	{"live", "$argon2id$v=19$m=19456,t=2,p=1$" + salt16 + "$" + key32, true},
	{"weak", "$argon2id$v=19$m=8,t=1,p=1$" + salt16 + "$" + key32, true},
	{"at the cap", "$argon2id$v=19$m=65536,t=10,p=8$" + salt16 + "$" + key32, true},
	{"shortest parts", "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", true},

	{"memory over the cap", "$argon2id$v=19$m=65537,t=2,p=1$" + salt16 + "$" + key32, false},
	{"memory of 4 TiB", "$argon2id$v=19$m=4294967295,t=2,p=1$" + salt16 + "$" + key32, false},
	{"memory beyond 32 bits", "$argon2id$v=19$m=4294967304,t=2,p=1$" + salt16 + "$" + key32, false},
	{"memory beyond 64 bits", "$argon2id$v=19$m=99999999999999999999999,t=2,p=1$" + salt16 + "$" + key32, false},
	{"time over the cap", "$argon2id$v=19$m=8,t=11,p=1$" + salt16 + "$" + key32, false},
	{"threads over the cap", "$argon2id$v=19$m=19456,t=2,p=9$" + salt16 + "$" + key32, false},
	{"threads beyond 8 bits", "$argon2id$v=19$m=19456,t=2,p=257$" + salt16 + "$" + key32, false},
	{"less memory than threads need", "$argon2id$v=19$m=15,t=2,p=2$" + salt16 + "$" + key32, false},
	{"no memory", "$argon2id$v=19$m=0,t=2,p=1$" + salt16 + "$" + key32, false},
	{"no time", "$argon2id$v=19$m=19456,t=0,p=1$" + salt16 + "$" + key32, false},
	{"no threads", "$argon2id$v=19$m=19456,t=2,p=0$" + salt16 + "$" + key32, false},
	{"negative", "$argon2id$v=19$m=19456,t=-2,p=1$" + salt16 + "$" + key32, false},
	{"plus sign", "$argon2id$v=19$m=+19456,t=2,p=1$" + salt16 + "$" + key32, false},
	{"leading zero", "$argon2id$v=19$m=019456,t=2,p=1$" + salt16 + "$" + key32, false},
	{"no number", "$argon2id$v=19$m=,t=2,p=1$" + salt16 + "$" + key32, false},
	{"hexadecimal", "$argon2id$v=19$m=0x10,t=2,p=1$" + salt16 + "$" + key32, false},
	{"another order", "$argon2id$v=19$t=2,m=19456,p=1$" + salt16 + "$" + key32, false},
	{"one cost missing", "$argon2id$v=19$m=19456,t=2$" + salt16 + "$" + key32, false},
	{"one cost too many", "$argon2id$v=19$m=19456,t=2,p=1,keyid=x$" + salt16 + "$" + key32, false},
	{"argon2i", "$argon2i$v=19$m=19456,t=2,p=1$" + salt16 + "$" + key32, false},
	{"argon2d", "$argon2d$v=19$m=19456,t=2,p=1$" + salt16 + "$" + key32, false},
	{"old version", "$argon2id$v=16$m=19456,t=2,p=1$" + salt16 + "$" + key32, false},
	{"no version", "$argon2id$m=19456,t=2,p=1$" + salt16 + "$" + key32, false},
	{"short salt", "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAA$" + key32, false},
	{"long salt", "$argon2id$v=19$m=8,t=1,p=1$" + strings.Repeat("A", 87) + "$" + key32, false},
	{"short key", "$argon2id$v=19$m=8,t=1,p=1$" + salt16 + "$AAAAAAAAAAAAAAAAAAAA", false},
	{"long key", "$argon2id$v=19$m=8,t=1,p=1$" + salt16 + "$" + strings.Repeat("A", 87), false},
	{"no key", "$argon2id$v=19$m=8,t=1,p=1$" + salt16, false},
	{"empty key", "$argon2id$v=19$m=8,t=1,p=1$" + salt16 + "$", false},
	{"one part too many", "$argon2id$v=19$m=8,t=1,p=1$" + salt16 + "$" + key32 + "$", false},
	{"padding", "$argon2id$v=19$m=8,t=1,p=1$" + salt16 + "==$" + key32, false},
	{"URL alphabet", "$argon2id$v=19$m=8,t=1,p=1$__________________$" + key32, false},
	{"bits past the end", "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAB$" + key32, false},
	{"line break", "$argon2id$v=19$m=8,t=1,p=1$" + salt16 + "$" + key32[:40] + "\n" + key32[40:], false},
	{"space before", " $argon2id$v=19$m=8,t=1,p=1$" + salt16 + "$" + key32, false},
	{"empty", "", false},
	{"prefix alone", "$argon2id$v=19$", false},
	{"plain text", "password", false},
}

func TestP12_Argon2Parser(t *testing.T) {
	t.Parallel()
	for _, tt := range argon2Corpus {
		h, ok := parseArgon2(secret.Secret(tt.stored))
		if ok != tt.want {
			t.Errorf("%s: %v", tt.name, ok)
		} else if ok && string(h.encode()) != tt.stored {
			t.Errorf("%s: written back as %s", tt.name, string(h.encode()))
		}
	}
}

func FuzzP12_Argon2Parser(f *testing.F) {
	for _, tt := range argon2Corpus {
		f.Add(tt.stored)
	}
	f.Fuzz(func(t *testing.T, stored string) {
		h, ok := parseArgon2(secret.Secret(stored))
		if !ok {
			return
		}
		if h.Memory > 64<<10 || h.Time < 1 || h.Time > 10 || h.Threads < 1 || h.Threads > 8 || len(h.salt) > 64 || len(h.key) < 16 || len(h.key) > 64 {
			t.Fatalf("%q is over the caps", stored)
		}
		if string(h.encode()) != stored {
			t.Fatalf("%q is written back as %q", stored, string(h.encode()))
		}
	})
}

func TestArgon2Weak(t *testing.T) {
	shippedHashes(t)
	part := func(n int) []byte { return make([]byte, n) }
	tests := []struct {
		name string
		h    argon2Hash
		want bool
	}{
		{"live", argon2Hash{LiveArgon2, part(16), part(32)}, false},
		{"stronger", argon2Hash{maxArgon2, part(64), part(64)}, false},
		{"less memory", argon2Hash{Argon2Params{19455, 2, 1}, part(16), part(32)}, true},
		{"less time", argon2Hash{Argon2Params{19456, 1, 1}, part(16), part(32)}, true},
		{"short salt", argon2Hash{LiveArgon2, part(15), part(32)}, true},
		{"short key", argon2Hash{LiveArgon2, part(16), part(31)}, true},
	}
	for _, tt := range tests {
		if got := tt.h.weak(); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// The hash was made by the npm package hash-wasm 4: argon2id({password:
// 'correct horse', salt: 'somesaltsomesalt', iterations: 2, parallelism: 1,
// memorySize: 256, hashLength: 32, outputType: 'encoded'}).
func TestArgon2Vector(t *testing.T) {
	t.Parallel()
	const stored = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$2Tz31/DvwM3ZDNXezOIBNEq021DwStEmw1lLBM1roy4"
	h, ok := parseArgon2(stored)
	if !ok || !h.matches("correct horse") || h.matches("correct horsf") {
		t.Error("another implementation's hash does not verify, or another password does")
	}
}

func TestNewArgon2(t *testing.T) {
	shippedHashes(t)
	h, err := newArgon2(bytes.NewReader(bytes.Repeat([]byte{7}, 16)), "pässwörd")
	if err != nil {
		t.Fatal(err)
	}
	if got := string(h.encode()); !strings.HasPrefix(got, "$argon2id$v=19$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$") || len(h.key) != 32 {
		t.Errorf("encoded as %s", got)
	}
	if _, err := newArgon2(bytes.NewReader(make([]byte, 15)), "x"); err == nil {
		t.Error("hashed with a short salt")
	}
}
