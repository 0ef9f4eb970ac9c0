package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	oldSecret = "old-secret-old-secret-old-secret-1"
	newSecret = "new-secret-new-secret-new-secret-2"
)

func mustSeal(t testing.TB, k *Keyring, info, aad, plaintext string) string {
	t.Helper()
	sealed, err := k.seal(nil, info, aad, []byte(plaintext))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestSealOpens(t *testing.T) {
	t.Parallel()
	k := NewKeyring([]string{newSecret})
	for _, plaintext := range []string{"", "a", "hello", strings.Repeat("é", 2000), "\x00\xff"} {
		got, ok := k.open(Flow, "name", mustSeal(t, k, Flow, "name", plaintext))
		if !ok || string(got) != plaintext {
			t.Errorf("opened %q as %q, %v", plaintext, got, ok)
		}
	}
	first, second := mustSeal(t, k, Flow, "name", "x"), mustSeal(t, k, Flow, "name", "x")
	if first == second {
		t.Error("sealing twice gave the same value: the nonce is not random")
	}
}

func TestSealRotatesSecrets(t *testing.T) {
	t.Parallel()
	before, during := NewKeyring([]string{oldSecret}), NewKeyring([]string{newSecret, oldSecret})
	after := NewKeyring([]string{newSecret})
	byOld, byNew := mustSeal(t, before, Flow, "n", "x"), mustSeal(t, during, Flow, "n", "x")
	tests := []struct {
		name   string
		k      *Keyring
		sealed string
		want   bool
	}{
		{"old while both count", during, byOld, true},
		{"new while both count", during, byNew, true},
		{"new by the new secret alone", after, byNew, true},
		{"old when it no longer counts", after, byOld, false},
		{"new before it counted", before, byNew, false},
		{"no secret", NewKeyring(nil), byNew, false},
	}
	for _, tt := range tests {
		if _, ok := tt.k.open(Flow, "n", tt.sealed); ok != tt.want {
			t.Errorf("%s: %v", tt.name, ok)
		}
	}
	if _, err := NewKeyring(nil).seal(nil, Flow, "n", nil); err == nil {
		t.Error("sealed without a secret")
	}
}

// A sealed cookie opens in its own place only.
func TestP21_SealIsBoundToItsPlace(t *testing.T) {
	t.Parallel()
	k := NewKeyring([]string{newSecret})
	infos := []string{Flow, infoCSRF, Recent}
	names := []string{"__Host-authent.form", "authent.form", "__Host-authent.recent", "__Host-authjs.session-token", ""}
	for _, info := range infos {
		for _, name := range names {
			sealed := mustSeal(t, k, info, name, "{}")
			for _, otherInfo := range infos {
				for _, otherName := range names {
					want := info == otherInfo && name == otherName
					if _, ok := k.open(otherInfo, otherName, sealed); ok != want {
						t.Errorf("sealed for %s %q: opened for %s %q: %v", info, name, otherInfo, otherName, ok)
					}
				}
			}
		}
	}
}

func TestSealRefusesTampering(t *testing.T) {
	t.Parallel()
	k := NewKeyring([]string{newSecret})
	// Of 32 bytes, so that the last character has bits to spare.
	sealed := mustSeal(t, k, Flow, "n", "hell")
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || bytes.Contains(raw, []byte("hell")) {
		t.Fatal("the plaintext shows, or the encoding is another one")
	}
	for i := range raw {
		for bit := range 8 {
			changed := bytes.Clone(raw)
			changed[i] ^= 1 << bit
			if _, ok := k.open(Flow, "n", base64.RawURLEncoding.EncodeToString(changed)); ok {
				t.Fatalf("bit %d of byte %d does not count", bit, i)
			}
		}
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for _, c := range alphabet {
		if s := sealed[:len(sealed)-1] + string(c); s != sealed {
			if _, ok := k.open(Flow, "n", s); ok {
				t.Errorf("another last character opens: %q", c)
			}
		}
	}
	for _, s := range []string{"", "A", "AAAA", sealed[:16], sealed[:len(sealed)-1], sealed + "A", sealed + "=", sealed + "\n", "\r" + sealed, " " + sealed, "!" + sealed[1:]} {
		if _, ok := k.open(Flow, "n", s); ok {
			t.Errorf("opened %q", s)
		}
	}
}

func TestSealNeedsRandomness(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	if s, err := NewKeyring([]string{newSecret}).seal(iotest.ErrReader(broken), Flow, "n", nil); !errors.Is(err, broken) || s != "" {
		t.Errorf("%q, %v", s, err)
	}
}

func TestSealJSON(t *testing.T) {
	t.Parallel()
	type value struct {
		Name string
		At   time.Time
	}
	k := NewKeyring([]string{newSecret})
	expires := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	want := value{"é", expires.Add(-time.Hour)}
	sealed, err := k.SealJSON(nil, Recent, "n", want, expires)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		after time.Duration
		want  bool
	}{
		{-time.Hour, true}, {-time.Millisecond, true}, {0, false}, {time.Millisecond, false}, {time.Hour, false},
	} {
		var got value
		if ok := k.OpenJSON(Recent, "n", sealed, expires.Add(tt.after), &got); ok != tt.want {
			t.Errorf("%v after the expiry: %v", tt.after, ok)
		}
		if tt.want && cmp.Diff(want, got) != "" {
			t.Error(cmp.Diff(want, got))
		}
	}
	now := expires.Add(-time.Hour)
	var wrong []int
	if k.OpenJSON(Recent, "n", sealed, now, &wrong) {
		t.Error("opened into another type")
	}
	if k.OpenJSON(Recent, "m", sealed, now, new(value)) || k.OpenJSON(Flow, "n", sealed, now, new(value)) {
		t.Error("opened in another place")
	}
	if k.OpenJSON(Recent, "n", mustSeal(t, k, Recent, "n", "no JSON"), now, new(value)) {
		t.Error("opened what is no envelope")
	}
	if _, err := k.SealJSON(nil, Recent, "n", func() {}, expires); err == nil {
		t.Error("sealed a func")
	}
}

func FuzzOpen(f *testing.F) {
	k := NewKeyring([]string{newSecret, oldSecret})
	// The same in every process that fuzzes.
	valid, err := k.seal(strings.NewReader("a fixed nonce"), Flow, "n", []byte("x"))
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{
		"", "A", "AA", "AAAA", "====", "\n", "é", valid, valid[1:], valid + valid, valid[:len(valid)-2] + "AA",
		strings.Repeat("A", 37), strings.Repeat("_", 38), strings.Repeat("A", 10000),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, ok := k.open(Flow, "n", s); ok && (s != valid || string(got) != "x") {
			t.Fatalf("%q opened as %q", s, got)
		}
	})
}
