package password

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestP11_PasswordLength(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, password string
		native, shared error
	}{
		{"empty", "", ErrShort, ErrShort},
		{"7 letters", "aaaaaaa", ErrShort, ErrShort},
		{"8 letters", "aaaaaaaa", nil, nil},
		{"8 spaces", "        ", nil, nil},
		{"7 code points of 28 bytes", strings.Repeat("🔑", 7), ErrShort, ErrShort},
		{"8 code points of 32 bytes", strings.Repeat("🔑", 8), nil, nil},
		{"72 bytes", strings.Repeat("a", 72), nil, nil},
		{"73 bytes", strings.Repeat("a", 73), nil, ErrLong},
		{"1,024 bytes", strings.Repeat("a", 1024), nil, ErrLong},
		{"1,025 bytes", strings.Repeat("a", 1025), ErrLong, ErrLong},
		{"1,026 bytes of 2 each", strings.Repeat("é", 513), ErrLong, ErrLong},
		{"with a NUL", "pass\x00word", nil, ErrLong},
		{"control characters", "\t\n\r\x01\x02\x03\x04\x05", nil, nil},
	}
	for _, tt := range tests {
		if err := checkPassword(tt.password, false); !errors.Is(err, tt.native) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if err := checkPassword(tt.password, true); !errors.Is(err, tt.shared) {
			t.Errorf("%s, shared: %v", tt.name, err)
		}
	}
}

// near draws a password and another one that is close to it: cut, prolonged,
// repeated, or changed in one place, within 72 bytes and beyond.
func near(t *rapid.T) (password, other string) {
	password = rapid.StringN(1, 200, 600).Draw(t, "password")
	at := rapid.IntRange(0, len(password)-1).Draw(t, "at")
	tail := rapid.StringN(1, 20, 60).Draw(t, "tail")
	other = rapid.SampledFrom([]string{
		password + tail, password[:at], password[:at] + tail + password[at:], password + "\x00", password + "\x00" + password,
		" " + password, strings.ToUpper(password), strings.TrimSpace(password), password[:at] + string(password[at]^1) + password[at+1:],
	}).Draw(t, "other")
	return password, other
}

// For a hash made here no other string verifies. The costs are low to try many.
func TestP11_NoOtherPasswordVerifies(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		password, other := near(t)
		h := argon2Hash{Argon2Params: Argon2Params{Memory: 8, Time: 1, Threads: 1}, salt: []byte("somesaltsomesalt")}
		h.key = h.compute(password, argon2KeyLen)
		if !h.matches(password) || h.matches(other) != (other == password) {
			t.Fatalf("%q and %q: %v, %v", password, other, h.matches(password), h.matches(other))
		}
	})
}

// Where bcrypt makes hashes, what it cannot tell apart is refused: of all strings
// that verify only one is let through.
func TestP11_FitsBcrypt(t *testing.T) {
	t.Parallel()
	h, ok := parseBcrypt(fixture72)
	if !ok {
		t.Fatal("fixture")
	}
	long := strings.Repeat("0123456789ab", 6)
	rapid.Check(t, func(t *rapid.T) {
		other := long + rapid.StringN(0, 10, 40).Draw(t, "tail")
		if !h.matches(other) && !strings.Contains(other, "\x00") {
			t.Fatalf("bcrypt told %q apart", other)
		}
		if fitsBcrypt(other) != (other == long) {
			t.Fatalf("%q is let through", other)
		}
	})
	if fitsBcrypt("password\x00password") || fitsBcrypt("\x00") || !fitsBcrypt("password") {
		t.Error("NULs are let through, or nothing is")
	}
}
