package authent_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
)

func TestCheckKey(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		key, says string
	}{
		{"", ""}, {"a", ""}, {strings.Repeat("a", 1020), ""}, {strings.Repeat("🦊", 255), ""}, {"\x00\xff", ""},
		{strings.Repeat("a", 1021), "Session.session_token: not accepted: it has 1021 bytes, and a key at most 1020: store a shorter one, or its hash"},
		{strings.Repeat("🦊", 256), "1024 bytes"},
	} {
		err := authent.CheckKey("Session.session_token", tt.key)
		if tt.says == "" {
			if err != nil {
				t.Errorf("%.10q: %v", tt.key, err)
			}
			continue
		}
		if !errors.Is(err, authent.ErrInvalid) || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "aaaa") {
			t.Errorf("%.10q: %v", tt.key, err)
		}
	}
}
