package seal

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
)

func nativeCSRF(secrets ...string) CSRF { return CSRF{keys: NewKeyring(secrets)} }

func sharedCSRF(secrets ...string) CSRF {
	return NewAuthJSCSRF([]string{strings.Join(secrets, ",")})
}

func mustIssue(t testing.TB, c CSRF) (token, cookie string) {
	t.Helper()
	token, cookie, err := c.Issue(nil)
	if err != nil {
		t.Fatal(err)
	}
	return token, cookie
}

func TestP18_CSRFCookie(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[0-9a-f]{64}\|[0-9a-f]{64}$`)
	for name, c := range map[string]CSRF{"native": nativeCSRF(newSecret), "shared": sharedCSRF(newSecret)} {
		token, cookie := mustIssue(t, c)
		other, _ := mustIssue(t, c)
		if !form.MatchString(cookie) || !strings.HasPrefix(cookie, token+"|") || token == other {
			t.Errorf("%s: token %q, cookie %q, next token %q", name, token, cookie, other)
		}
		if got, ok := c.Verify(cookie); !ok || got != token {
			t.Errorf("%s: verify = %q, %v", name, got, ok)
		}
		hash := cookie[65:]
		for _, bad := range []string{
			"", "|", token, token + "|", "|" + hash, token + hash, other + "|" + hash, cookie + "0", cookie[:128],
			strings.ToUpper(cookie), cookie + "|" + hash, " " + cookie, token + "|" + token, token + "%7C" + hash,
			token[:63] + "g|" + hash, "|" + string(HashToken(newSecret)),
		} {
			if got, ok := c.Verify(bad); ok || got != "" {
				t.Errorf("%s: verify(%q) = %q, %v", name, bad, got, ok)
			}
		}
	}
}

// The vector is Auth.js's rule: SHA-256(token + secret).
func TestCSRFOfAuthJS(t *testing.T) {
	t.Parallel()
	const hash = "a42178b773273f5c9f24387fbea546af537d08b8c06b23631e44878b9ce47f49"
	if token, ok := sharedCSRF("secret").Verify("abc|" + hash); !ok || token != "abc" {
		t.Errorf("verify = %q, %v", token, ok)
	}
	if _, ok := nativeCSRF("secret").Verify("abc|" + hash); ok {
		t.Error("the native mode took Auth.js's hash")
	}
	// printf abcs1,s2 | sha256sum
	const joined = "abc|cc9c3a05455a428a8748c5395b0fad8dcfc803241f9b45773acf9032eb857d56"
	if _, ok := sharedCSRF("s1", "s2").Verify(joined); !ok {
		t.Error("secrets are not joined by a comma")
	}
}

func TestCSRFRotatesSecrets(t *testing.T) {
	t.Parallel()
	_, byOld := mustIssue(t, nativeCSRF(oldSecret))
	_, byNew := mustIssue(t, nativeCSRF(newSecret, oldSecret))
	tests := []struct {
		name   string
		c      CSRF
		cookie string
		want   bool
	}{
		{"old while both count", nativeCSRF(newSecret, oldSecret), byOld, true},
		{"new while both count", nativeCSRF(newSecret, oldSecret), byNew, true},
		{"new by the new secret alone", nativeCSRF(newSecret), byNew, true},
		{"old when it no longer counts", nativeCSRF(newSecret), byOld, false},
		{"no secret", nativeCSRF(), byNew, false},
	}
	for _, tt := range tests {
		if _, ok := tt.c.Verify(tt.cookie); ok != tt.want {
			t.Errorf("%s: %v", tt.name, ok)
		}
	}
}

func TestCSRFErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	if _, cookie, err := nativeCSRF(newSecret).Issue(iotest.ErrReader(broken)); !errors.Is(err, broken) || cookie != "" {
		t.Errorf("broken source: %q, %v", cookie, err)
	}
	if _, cookie, err := nativeCSRF().Issue(nil); err == nil || cookie != "" {
		t.Errorf("no secret: %q, %v", cookie, err)
	}
}

func FuzzP18_CSRFCookie(f *testing.F) {
	native, shared := nativeCSRF(newSecret), sharedCSRF(newSecret)
	// The same in every process that fuzzes.
	const random = "thirty-two bytes that are fixed."
	_, a, errA := native.Issue(strings.NewReader(random))
	_, b, errB := shared.Issue(strings.NewReader(random))
	if err := errors.Join(errA, errB); err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{"", "|", "||", "a|b", a, b, a[:64], a[64:], a + "|", strings.ToUpper(a), "é|é", "\x00|\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if _, ok := native.Verify(s); ok && s != a {
			t.Errorf("native: forged %q", s)
		}
		if _, ok := shared.Verify(s); ok && s != b {
			t.Errorf("shared: forged %q", s)
		}
	})
}
