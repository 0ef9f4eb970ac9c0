package oauth

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"strconv"
	"strings"
)

// Claims is what a provider says of a person, as decoded from JSON. Numbers are
// json.Number.
type Claims map[string]any

// String returns a text, or a number in decimal; "" for all else.
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

// Verified reads a claim that is true or false, or these words in quotes, as some
// providers write it. known is false for anything else.
func (c Claims) Verified(name string) (yes, known bool) {
	switch v := c[name].(type) {
	case bool:
		return v, true
	case string:
		return v == "true", v == "true" || v == "false"
	}
	return false, false
}

// MaxSeconds is the end of the year 9999, in Unix seconds: the last that JSON and
// every database have a time for.
const MaxSeconds = 253_402_300_799

// seconds reads a number of seconds, which some write in quotes, or with a
// fraction. One that is larger than any time becomes MaxSeconds. It is false if
// there is none that can be read.
func (c Claims) Seconds(name string) (int64, bool) {
	text := strings.TrimSpace(c.String(name))
	n, err := strconv.ParseFloat(text, 64)
	outOfRange := errors.Is(err, strconv.ErrRange)
	if err != nil && !outOfRange || math.IsNaN(n) || math.IsInf(n, 0) && !outOfRange {
		return 0, false
	}
	return int64(max(-MaxSeconds, min(n, MaxSeconds))), true
}

// texts are the texts of a claim that is one or a list of them.
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

// mergeClaims are the claims of a profile with those of an ID token, which count
// where both have one that is not null. What is said of an address is said of that
// very address: neither document's flag speaks for another one in the other.
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
