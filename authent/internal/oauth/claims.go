package oauth

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"strconv"
	"strings"
)

// Claims is what a provider says about a person, as decoded from JSON. Numbers
// are json.Number.
type Claims map[string]any

// String returns a string claim, or a number in decimal; "" for anything else.
func (c Claims) String(name string) string {
	switch v := c[name].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// Object returns an object inside the claims, nil if there is none.
func (c Claims) Object(name string) Claims {
	v, _ := c[name].(map[string]any)
	return v
}

// Verified reads a claim that is true or false, or one of these words as a
// string, as some providers write it. known is false for anything else.
func (c Claims) Verified(name string) (yes, known bool) {
	switch v := c[name].(type) {
	case bool:
		return v, true
	case string:
		return v == "true", v == "true" || v == "false"
	}
	return false, false
}

// MaxSeconds is the end of the year 9999, in Unix seconds: the last time that
// JSON and every database can hold.
const MaxSeconds = 253_402_300_799

// Seconds reads a number of seconds, which some providers write in quotes or with
// a fraction. One that is larger than any time becomes MaxSeconds. It returns
// false if no number can be read.
func (c Claims) Seconds(name string) (int64, bool) {
	text := strings.TrimSpace(c.String(name))
	n, err := strconv.ParseFloat(text, 64)
	outOfRange := errors.Is(err, strconv.ErrRange)
	if err != nil && !outOfRange || math.IsNaN(n) || math.IsInf(n, 0) && !outOfRange {
		return 0, false
	}
	return int64(max(-MaxSeconds, min(n, MaxSeconds))), true
}

// Texts returns the strings of a claim that is a string or a list of strings.
func (c Claims) Texts(name string) (all []string) {
	switch v := c[name].(type) {
	case string:
		return []string{v}
	case []any:
		for _, one := range v {
			if text, ok := one.(string); ok {
				all = append(all, text)
			}
		}
	}
	return all
}

// mergeClaims returns the claims of a profile together with those of an ID token,
// which count if both have one that is not null. Whether an address is verified is
// said about that very address: neither document's flag counts for a different
// address in the other.
func mergeClaims(profile, token Claims) Claims {
	all := maps.Clone(profile)
	for name, value := range token {
		if value != nil {
			all[name] = value
		}
	}
	email, _ := token["email"].(string)
	_, said := token.Verified("email_verified")
	switch other, _ := profile["email"].(string); {
	case email == "":
		all["email"], all["email_verified"] = profile["email"], profile["email_verified"]
	case said:
	case other == email:
		all["email_verified"] = profile["email_verified"]
	default:
		delete(all, "email_verified")
	}
	return all
}
