package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/authent/authent/authent/secret"
	"github.com/coreos/go-oidc/v3/oidc"
)

// verify checks an ID token (OpenID Connect Core §3.1.3.7) and returns its
// claims.
func (c *Client) verify(ctx context.Context, m *metadata, raw string, sent Sent) (Claims, string, error) {
	if raw == "" {
		return nil, "", errors.New("the token endpoint answered without an ID token: its answer has no id_token that is a string")
	}
	signature := &signed{keys: &c.issuer.keys}
	checked := &neededClaims{signed: signature, client: c}
	verifier := oidc.NewVerifier(c.Issuer, checked, &oidc.Config{
		ClientID: c.ClientID, SupportedSigningAlgs: m.algorithms, Now: c.now,
		SkipIssuerCheck: true, // neededClaims checks it: one server may have several names
	})
	token, err := verifier.Verify(ctx, raw)
	switch {
	case signature.err != nil:
		return nil, "", fmt.Errorf("the ID token's signature cannot be checked: %w", signature.err)
	case checked.err != nil:
		return nil, "", fmt.Errorf("the ID token is refused: %w", checked.err)
	case err != nil:
		return nil, "", fmt.Errorf("the ID token is refused: %w", printableError{err})
	}
	if err := c.checkClaims(token, checked.claims, sent.Nonce); err != nil {
		return nil, "", fmt.Errorf("the ID token is refused: %w", err)
	}
	return checked.claims, token.Issuer, checkAuthTime(checked.claims, sent)
}

// neededClaims gives the library that checks ID tokens only the claims that it
// needs: it refuses a whole token for a claim of the wrong type that nobody asked
// for. It implements oidc.KeySet.
type neededClaims struct {
	*signed
	client *Client
	// claims are all of the token's.
	claims Claims
	// err is what is wrong with the needed ones.
	err error
}

// VerifySignature implements oidc.KeySet.
func (n *neededClaims) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := n.signed.VerifySignature(ctx, token)
	if err != nil {
		return nil, err
	}
	if decodeClaims(payload, &n.claims) != nil {
		n.err = errors.New("its claims are not a JSON object")
		return nil, n.err
	}
	needed, err := n.client.needed(n.claims)
	n.err = err
	if err != nil {
		return nil, err
	}
	return json.Marshal(needed)
}

// needed returns the claims without which an ID token proves nothing, each with
// the type that it has in the standard (OpenID Connect Core §2).
func (c *Client) needed(claims Claims) (map[string]any, error) {
	issuer, _ := claims["iss"].(string)
	subject, audience := claims.String("sub"), claims.Texts("aud")
	list, _ := claims["aud"].([]any)
	expires, ok := claims.Seconds("exp")
	switch {
	case issuer == "":
		return nil, errors.New("it has no issuer (iss) that is a string")
	case c.CheckIssuer == nil && !c.isIssuer(issuer):
		return nil, fmt.Errorf("of a different provider: iss is %q, not %q", printable(issuer, maxQuoted), c.Issuer)
	case subject == "":
		return nil, errors.New("it has no subject (sub) that is a string")
	case len(audience) == 0 || len(list) > len(audience):
		return nil, errors.New("it has no audience (aud) that is a string or a list of strings")
	case !slices.Contains(audience, c.ClientID):
		return nil, fmt.Errorf("of another audience: aud is %q, not %q", printable(audience[0], maxQuoted), c.ClientID)
	case !ok:
		return nil, errors.New("it does not say when it expires: it has no exp that is a number")
	}
	needed := map[string]any{"iss": issuer, "sub": subject, "aud": audience, "exp": expires}
	if from, ok := claims.Seconds("nbf"); ok {
		needed["nbf"] = from
	}
	return needed, nil
}

// isIssuer reports whether name is one of the server's names.
func (c *Config) isIssuer(name string) bool {
	return name == c.Issuer || slices.Contains(c.OtherIssuers, name)
}

// checkAuthTime checks that people signed in at the provider as lately as the
// request asked for: a provider may have ignored max_age (OpenID Connect Core
// §3.1.3.7). It counts from the request, since people may take their time after
// it.
func checkAuthTime(claims Claims, sent Sent) error {
	maxAge, asked := ParseMaxAge(sent.MaxAge)
	if !asked {
		return nil
	}
	authTime, ok := claims.Seconds("auth_time")
	at, latest := time.Unix(authTime, 0), sent.Expires.Add(ClockSkew)
	earliest := sent.Started.Add(-time.Duration(maxAge)*time.Second - ClockSkew)
	if !ok || at.Before(earliest) || at.After(latest) {
		return errors.New("the ID token is refused: it does not show a sign-in as recent as was asked for (auth_time)")
	}
	return nil
}

// checkClaims checks what the library leaves to its caller.
func (c *Client) checkClaims(token *oidc.IDToken, claims Claims, nonce string) error {
	azp, given := claims.String("azp"), claims.String("nonce")
	unmarked := c.NoNonce && claims["nonce"] == nil // the server puts none into any
	switch {
	case nonce == "" || !unmarked && !secret.Secret(given).Equal(secret.Secret(nonce)):
		return errors.New("it was not made for this sign-in (nonce)")
	case claims["azp"] != nil && azp != c.ClientID, len(token.Audience) > 1 && azp == "":
		return errors.New("it was made for another application (azp)")
	case c.CheckIssuer != nil:
		return c.CheckIssuer(token.Issuer, claims)
	}
	return nil
}
