package authent

import (
	"slices"
	"testing"
)

// TestSecretsFromEnv: the highest number is the newest; in shared mode AUTH_SECRET
// alone counts when it is set, as in next-auth.
func TestSecretsFromEnv(t *testing.T) {
	all := map[string]string{"AUTH_SECRET": "s", "AUTH_SECRET_1": "s1", "AUTH_SECRET_3": "s3"}
	numbered := map[string]string{"AUTH_SECRET_1": "s1", "AUTH_SECRET_2": "s2"}
	for name, tc := range map[string]struct {
		env  map[string]string
		mode AuthJSMode
		want []string
	}{
		"native":           {all, AuthJSAlone, []string{"s3", "s1", "s"}},
		"shared":           {all, AuthJSShared, []string{"s"}},
		"shared, numbered": {numbered, AuthJSSharedHashed, []string{"s2", "s1"}},
		"nothing":          {nil, AuthJSAlone, nil},
	} {
		got := (&Config{AuthJS: AuthJS{Mode: tc.mode}}).secretsFromEnv(func(n string) string { return tc.env[n] })
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
