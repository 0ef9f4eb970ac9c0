package authent_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
)

// null is a null in JSON, where nil would leave a member out.
var null = json.RawMessage("null")

// odd are values of types that no member has.
var odd = []any{"", "never", "\x00", null, true, -1, 0.5, json.Number("1e400"), []any{}, []any{nil}, []any{1}, map[string]any{}, map[string]any{"x": nil}}

// accepted signs in through a provider that answers so.
func (w *oauthWorld) accepted(id string, bad oauthserver.Misbehaviour) {
	w.t.Helper()
	w.idp.Misbehave(bad)
	b := w.browser()
	if a := b.through("/auth/signin/" + id); a.errorCode() != "" || b.who() != ada {
		w.t.Errorf("%s: to %s, signed in as %q: %v%v%v%v%v%q", id, a.target(), b.who(), bad.TokenFields, bad.Claims, bad.UserInfoClaims, bad.DiscoveryMembers, bad.MediaTypes, bad.Answers)
	}
}

// TestOAuth_PartsOfTokens: each field of the token endpoint's answer that is not
// needed may be of any type (RFC 6749 §5.1), and so may the answer's media type.
func TestOAuth_PartsOfTokens(t *testing.T) {
	w := answersWorld(t)
	for _, name := range []string{"expires_in", "scope", "refresh_token", "session_state", "error_description", "x"} {
		for _, value := range append(slices.Clone(odd), json.Number("99999999999999999999"), "3600", 631138518) {
			w.accepted("dev", oauthserver.Misbehaviour{TokenFields: map[string]any{name: value}})
		}
	}
	hub, github := answersWorld(t), answersWorld(t)
	for _, value := range append(slices.Clone(odd[3:]), nil, "", "bearer", "BEARER") {
		hub.accepted("hub", oauthserver.Misbehaviour{TokenFields: map[string]any{"token_type": value, "id_token": value, "error": null}})
	}
	for _, kind := range []string{"text/plain", "text/html", "application/json;charset=x-odd", "application/json;;", "application/x-www-form-urlencoded", "x"} {
		w.accepted("dev", oauthserver.Misbehaviour{MediaTypes: map[string]string{"/token": kind}})
		github.accepted("github", oauthserver.Misbehaviour{TokenForm: true, MediaTypes: map[string]string{"/login/oauth/access_token": kind}})
	}
}

// TestOAuth_ByteOrderMarks before JSON mean nothing (RFC 8259 §8.1).
func TestOAuth_ByteOrderMarks(t *testing.T) {
	marked := oauthserver.Misbehaviour{Marked: []string{
		"/.well-known/openid-configuration", "/keys", "/token", "/userinfo", "/login/oauth/access_token", "/api/v3/user", "/api/v3/user/emails",
	}}
	for _, id := range []string{"dev", "merged", "hub", "github"} {
		answersWorld(t).accepted(id, marked)
	}
}

// TestOAuth_PartsOfIDTokens: claims that nobody needs may be of any type, and the
// error for one that is needed names it.
func TestOAuth_PartsOfIDTokens(t *testing.T) {
	w := answersWorld(t)
	for _, name := range []string{"iat", "at_hash", "jti", "auth_time", "acr", "amr", "name", "picture", "updated_at", "email_verified", "locale", "_claim_names", "_claim_sources", "SUB", "Exp"} {
		for _, value := range odd {
			w.accepted("dev", oauthserver.Misbehaviour{Claims: map[string]any{name: value}})
		}
	}
	expires := w.clock.now().Unix() + 60
	for _, claims := range []map[string]any{
		{"aud": []string{"client"}}, {"exp": fmt.Sprint(expires)}, {"exp": float64(expires) + 0.5}, {"exp": json.Number("1e400")}, {"nbf": fmt.Sprint(expires - 120)}, {"nbf": null}, {"nbf": ""}, {"nbf": "never"}, {"nbf": true}, {"nbf": []any{1}},
	} {
		w.accepted("dev", oauthserver.Misbehaviour{Claims: claims})
	}
	w = answersWorld(t)
	for name, values := range map[string][]any{
		"iss": odd, "aud": append(slices.Clone(odd), []any{"client", 1}, []any{"client", nil}), "exp": {nil, null, "", "never", true, []any{expires}, map[string]any{}},
		"nonce": odd, "sub": {nil, null, "", true, []any{"ada-1"}, map[string]any{}}, "azp": {"", "another", true, -1, []any{}, map[string]any{}}, "nbf": {expires + 3600, fmt.Sprint(expires + 3600), json.Number("1e400")},
	} {
		for _, value := range values {
			w.refused("dev", oauthserver.Misbehaviour{Claims: map[string]any{name: value}}, name)
		}
	}
}

// TestOAuth_PartsOfUserInfo: of a profile, too, and a number keeps its digits.
func TestOAuth_PartsOfUserInfo(t *testing.T) {
	for _, id := range []string{"hub", "merged"} {
		w := answersWorld(t)
		for _, name := range []string{"email_verified", "name", "picture", "updated_at", "address", "aud", "x"} {
			for _, value := range odd {
				w.accepted(id, oauthserver.Misbehaviour{UserInfoClaims: map[string]any{name: value}})
			}
		}
	}
	w := answersWorld(t)
	w.accepted("hub", oauthserver.Misbehaviour{UserInfoClaims: map[string]any{"sub": json.Number("12345678901234567890")}})
	if got := w.accounts(); !slices.Equal(got, []string{"hub/12345678901234567890"}) {
		t.Error(got)
	}
	w = answersWorld(t)
	for _, value := range odd {
		w.refused("hub", oauthserver.Misbehaviour{UserInfoClaims: map[string]any{"email": value}}, "no address")
	}
}

// TestOAuth_PartsOfDiscovery: of a discovery document, what another program needs.
func TestOAuth_PartsOfDiscovery(t *testing.T) {
	for _, value := range odd {
		members := map[string]any{}
		for _, name := range []string{
			"userinfo_endpoint", "scopes_supported", "response_types_supported", "code_challenge_methods_supported", "id_token_signing_alg_values_supported",
			"authorization_response_iss_parameter_supported", "claims_supported", "Issuer", "x",
		} {
			members[name] = value
		}
		w := answersWorld(t)
		w.accepted("dev", oauthserver.Misbehaviour{DiscoveryMembers: members})
		w = answersWorld(t)
		w.refused("merged", oauthserver.Misbehaviour{DiscoveryMembers: map[string]any{"userinfo_endpoint": value}}, "userinfo_endpoint")
	}
	w := newOAuthWorld(t, testdb.SQLite, setup{}, oauthserver.Config{Auto: adaThere(), Algorithm: "ES256"})
	w.accepted("dev", oauthserver.Misbehaviour{DiscoveryMembers: map[string]any{"id_token_signing_alg_values_supported": []any{1, "ES256", nil}}})
}

// TestOAuth_PartsOfKeys: of a key, what is not needed to check a signature; whatever
// is wrong with other keys, also under the same name.
func TestOAuth_PartsOfKeys(t *testing.T) {
	const enough = "n e kty kid"
	for _, name := range []string{"use", "alg", "key_ops", "x5c", "x5t", "x5u", "ext", "x"} {
		for _, value := range odd {
			w := answersWorld(t)
			key := keyOf(t, w.idp.URL)
			key[name] = value
			w.accepted("dev", answering("/keys", keySet(t, key)))
		}
	}
	w := answersWorld(t)
	good := keyOf(t, w.idp.URL)
	other, err := oauthserver.Start(oauthserver.Config{Algorithm: "ES256"})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	changed := func(change map[string]any) map[string]any {
		key := maps.Clone(good)
		maps.Copy(key, change)
		return key
	}
	for _, bad := range []any{
		changed(map[string]any{"use": "enc"}), changed(map[string]any{"n": "AQAB"}), changed(map[string]any{"n": "*"}), changed(map[string]any{"n": 1}), changed(map[string]any{"kty": "XYZ"}), changed(map[string]any{"kid": 7}),
		changed(map[string]any{"e": nil}), changed(map[string]any{"kty": "oct", "k": "c2VjcmV0"}), keyOf(t, other.URL), good,
		map[string]any{"kty": "EC", "crv": "secp256k1", "use": "sig", "kid": "x", "x": "AA", "y": "AA"}, map[string]any{"kty": "EC", "crv": "P-256", "kid": "key-1", "x": good["n"], "y": good["n"]},
		map[string]any{"kty": "OKP", "crv": "Ed25519", "kid": "key-1", "x": "AA"}, map[string]any{"kty": "OKP", "crv": "Ed25519", "kid": "key-1"}, nil, 1, "key", []any{good}, map[string]any{},
	} {
		w := answersWorld(t)
		w.accepted("dev", answering("/keys", keySet(t, bad, good, bad)))
	}
	w = answersWorld(t)
	w.refused("dev", answering("/keys", keySet(t, changed(map[string]any{"n": 1}), 7)), "/keys has no key that can be used: it has 2, none of them a public key")
	for name := range strings.FieldsSeq(enough) {
		if good[name] == nil {
			t.Errorf("the server's key has no %s", name)
		}
	}
}

// keyOf is the key that a server publishes.
func keyOf(t *testing.T, server string) map[string]any {
	t.Helper()
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal([]byte(keysOf(t, server)), &set); err != nil {
		t.Fatal(err)
	}
	return set.Keys[0]
}

func keySet(t *testing.T, keys ...any) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestOAuth_CausesAreWhole: the reason comes to the log, also behind a long name.
func TestOAuth_CausesAreWhole(t *testing.T) {
	long := "/" + strings.Repeat("a-folder/", 20)
	w := newOAuthWorld(t, testdb.SQLite, setup{config: func(c *authent.Config) {
		hub := c.Providers[4].OAuth
		hub.UserInfoURL = strings.TrimSuffix(hub.UserInfoURL, "/userinfo") + long + "profile"
	}}, oauthserver.Config{Auto: adaThere()})
	w.refused("hub", oauthserver.Misbehaviour{}, long+"profile answered 404 Not Found")
	w.refused("hub", answering(long+"profile", "null"), long+"profile did not answer with JSON as expected: its answer is a JSON value that is no object")
	w.refused("dev", oauthserver.Misbehaviour{AlgHS256: true}, `unexpected signature algorithm "HS256"; expected ["RS256"]`)
	w.refused("dev", oauthserver.Misbehaviour{UnknownKey: true}, "none of the server's keys made it")
	w.refused("dev", oauthserver.Misbehaviour{Expired: true}, "token is expired (Token Expiry: ")
	w.refused("dev", oauthserver.Misbehaviour{DiscoveryMembers: map[string]any{}, Claims: map[string]any{"iss": "https://login.example.com/" + strings.Repeat("x", 3000)}}, `...", not "`+w.idp.URL+`"`)
}
