package authent

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent/internal/oauth"
	"golang.org/x/oauth2"
)

// answered is what becomes of an answer of the token endpoint.
func answered(status int, kind, body string) (*oauth2.Token, error) {
	res := &http.Response{StatusCode: status, Status: http.StatusText(status), Header: http.Header{"Content-Type": {kind}}}
	return oauth.ReadTokens(res, []byte(body))
}

const asJSON = "application/json"

// TestExpiresIn: JSON has a number, a form a text, and nonsense is no lifetime. It
// is the sum that is bounded.
func TestExpiresIn(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for value, want := range map[string]int64{
		"60": 60, `"60"`: 60, `" 60 "`: 60, "60.9": 60, `"6e1"`: 60, "631138518": 631138518, "99999999999": 99999999999,
		"99999999999999999999": oauth.MaxSeconds - now.Unix(), "1e400": oauth.MaxSeconds - now.Unix(), `"9223372036854775807"`: oauth.MaxSeconds - now.Unix(),
		"0": 0, "-1": 0, "-99999999999999999999": 0, "-1e400": 0, `""`: 0, `"never"`: 0, `"inf"`: 0, `"NaN"`: 0, "null": 0, "true": 0, "[60]": 0, "{}": 0,
	} {
		token, err := answered(http.StatusOK, asJSON, `{"access_token":"x","expires_in":`+value+`}`)
		if err != nil {
			t.Fatalf("%s: %v", value, err)
		}
		acc := accountOf(&Provider{ID: "hub"}, "1", token, now)
		var got int64
		if !acc.ExpiresAt.IsZero() {
			got = acc.ExpiresAt.Unix() - now.Unix()
		}
		if got != want {
			t.Errorf("%s: %d s, want %d", value, got, want)
		}
	}
}

// TestTokenAnswers: what is needed is the access token; the rest may be missing, of
// another type, or in another form, under any media type.
func TestTokenAnswers(t *testing.T) {
	for _, kind := range []string{asJSON, "application/json; charset=x-odd", "application/json;;", "text/plain", "text/html; charset=utf-8", "application/x-www-form-urlencoded", "", "x"} {
		for _, body := range []string{
			`{"access_token":"x"}`, "\uFEFF" + `{"access_token":"x","token_type":"BEARER"}`, " \n" + `{"access_token":"x","token_type":"bearer","expires_in":"","scope":[1],"refresh_token":null,"id_token":{}}`,
			`{"access_token":"x","token_type":1,"refresh_token":2,"scope":{"a":1},"id_token":[],"session_state":3,"expires_in":{},"error":null,"error_description":1}`, `{"access_token":"x","error":""}`,
			"access_token=x", "access_token=x&scope=a%2Cb&token_type=bearer\n", "\uFEFFaccess_token=x&expires_in=never&error=",
		} {
			token, err := answered(http.StatusOK, kind, body)
			if err != nil || token.AccessToken != "x" || token.RefreshToken != "" || token.ExpiresIn != 0 {
				t.Errorf("%s, %q: %v", kind, body, err)
				continue
			}
			if acc := accountOf(&Provider{ID: "hub"}, "1", token, time.Now()); acc.IDToken != "" || acc.SessionState != "" || !acc.ExpiresAt.IsZero() {
				t.Errorf("%s, %q: %+v", kind, body, acc)
			}
		}
	}
}

// TestTokenAnswersThatAreNone: the error names what was needed and missing, and
// holds nothing else of the answer.
func TestTokenAnswersThatAreNone(t *testing.T) {
	const secret = "swordfish"
	for _, tc := range []struct {
		status           int
		kind, body, want string
	}{
		{200, asJSON, "", "its answer is empty"},
		{200, asJSON, " null ", "its answer is a JSON value that is no object"},
		{200, asJSON, `["swordfish"]`, "its answer is a list in JSON"},
		{200, asJSON, `{"access_token":"swordfish"`, "its answer is no JSON (its media type is application/json)"},
		{200, "text/html", "<p>swordfish=1", "its answer is no JSON (its media type is text/html)"},
		{200, "text/html", `<a href="/x?y=1&access_token=swordfish&z=2">`, "its answer is no JSON (its media type is text/html)"},
		{500, "text/html", "<p>code=swordfish&error=swordfish", "answered Internal Server Error : no token"},
		{200, asJSON, `{"token":"swordfish"}`, "its answer has no access_token that is a string"},
		{200, asJSON, `{"access_token":["swordfish"]}`, "its answer has no access_token that is a string"},
		{200, "text/plain", "access_token=&refresh_token=swordfish", "its answer has no access_token that is a string"},
		{200, asJSON, `{"access_token":"swordfish","token_type":"mac"}`, "not a bearer token: its token_type is mac"},
		{200, asJSON, `{"access_token":"swordfish","error":"expired"}`, "answered OK expired"},
		{400, asJSON, `{"error":"invalid_grant","error_description":"swordfish"}`, "answered Bad Request invalid_grant"},
		{400, asJSON, `{"error":{"type":"OAuthException","message":"swordfish"}}`, "answered Bad Request OAuthException"},
		{400, "text/plain", "error=invalid_grant", "answered Bad Request invalid_grant"},
		{500, "text/html", "swordfish", "answered Internal Server Error"},
		{302, asJSON, `{"access_token":"swordfish"}`, "answered Found"},
	} {
		token, err := answered(tc.status, tc.kind, tc.body)
		if token != nil || err == nil || !strings.Contains(err.Error(), "the token endpoint") || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%d %s %q: %v, want %q", tc.status, tc.kind, tc.body, err, tc.want)
		}
	}
	for _, code := range []string{"invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "incorrect_client_credentials", "redirect_uri_mismatch"} {
		if _, err := answered(http.StatusUnauthorized, asJSON, `{"error":"`+code+`"}`); !errors.Is(err, oauth.ErrSetup) {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// TestTextsThatNoDatabaseTakes are left out: nobody is refused for a scope.
func TestTextsThatNoDatabaseTakes(t *testing.T) {
	token, err := answered(http.StatusOK, asJSON, `{"access_token":"a\u0000","refresh_token":"b\u0000","id_token":"c\u0000","scope":["d\u0000"],"session_state":"\u0000"}`)
	if err != nil {
		t.Fatal(err)
	}
	acc := accountOf(&Provider{ID: "hub"}, "1", token, time.Now())
	if acc.AccessToken != "" || acc.RefreshToken != "" || acc.IDToken != "" || acc.Scope != "" || acc.SessionState != "" {
		t.Errorf("stored: %q %q", acc.Scope, acc.SessionState)
	}
}

// FuzzTokenAnswers: whatever a token endpoint answers, there is a token with a text
// or an error that tells nothing of the answer but a code.
func FuzzTokenAnswers(f *testing.F) {
	for _, body := range []string{
		"", "null", "[]", "{}", `{"access_token":null}`, `{"access_token":"x","expires_in":""}`, `{"access_token":"x","expires_in":"never"}`, `{"access_token":"x","expires_in":1e999}`,
		"\uFEFF" + `{"access_token":"x"}`, "access_token=x&expires_in=-1", "error=invalid_grant", `{"error":{"type":"x"}}`, `{"error":"\n"}`, "<html>", "%", "a;b", `{"access_token":"x","token_type":"\u0000"}`,
	} {
		f.Add(200, asJSON, body)
		f.Add(400, "text/plain", body)
	}
	f.Fuzz(func(t *testing.T, status int, kind, body string) {
		token, err := answered(status, kind, body)
		if (token == nil) != (err != nil) {
			t.Fatalf("%v, %v", token, err)
		}
		if err != nil {
			if text := err.Error(); len(text) > 500 || strings.ContainsAny(text, "\r\n") {
				t.Fatalf("%d bytes: %q", len(text), text)
			}
			return
		}
		if token.AccessToken == "" || status < 200 || status > 299 {
			t.Fatalf("%d: a token of nothing", status)
		}
		now := time.Unix(1_800_000_000, 0)
		if acc := accountOf(&Provider{ID: "hub"}, "1", token, now); !acc.ExpiresAt.IsZero() && (acc.ExpiresAt.Before(now) || acc.ExpiresAt.Year() > 9999) {
			t.Fatalf("it expires at %v", acc.ExpiresAt)
		}
	})
}
