package factor

import (
	"slices"
	"testing"
)

func TestAAL(t *testing.T) {
	t.Parallel()
	tests := []struct {
		list string
		want int
	}{
		{"", 1},
		{"pwd", 1},
		{"fed", 1},
		{"email", 1},
		{"pwd fed email", 1},
		{"otp", 1},
		{"recovery", 1},
		{"otp recovery", 1},
		{"pwd otp", 2},
		{"fed otp", 2},
		{"email otp", 2},
		{"pwd recovery", 2},
		{"fed recovery", 2},
		{"email recovery", 2},
		{"pop", 2},
		{"pwd pop", 2},
		{"pwd hwk", 1},
		{"pwd OTP", 1},
		{"mfa", 1},
	}
	for _, tt := range tests {
		if got := AAL(Split(tt.list)...); got != tt.want {
			t.Errorf("%q: %d, want %d", tt.list, got, tt.want)
		}
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	if got := Join(Passkey, TOTP, Password, RecoveryCode, Email, TOTP, Provider, Password, "hwk"); got != "pwd fed email otp recovery pop" {
		t.Errorf("joined: %q", got)
	}
	if got := Join(); got != "" {
		t.Errorf("none: %q", got)
	}
	if got := Split(" pop  pwd sms pwd"); !slices.Equal(got, []Method{Password, Passkey}) {
		t.Errorf("split: %q", got)
	}
	for _, m := range methods {
		if got := Split(Join(m)); !slices.Equal(got, []Method{m}) {
			t.Errorf("%s: %q", m, got)
		}
	}
}
