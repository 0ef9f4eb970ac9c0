package authent

import "fmt"

// MaxKey is how many bytes a key of the Adapter's may have: an e-mail, a provider and
// its account id, a session token, an identifier and a verification token. It is 255
// letters of four bytes each, what MySQL's usual column holds.
const MaxKey = 4 * 255

// CheckKey returns the *InvalidError with which an Adapter refuses to store a key of
// more than MaxKey bytes, and nil for any other: databases differ in what they make of
// a long one, and none is to store a row that it does not find again. field is
// "Type.field", such as "Session.session_token".
func CheckKey(field, key string) error {
	if len(key) <= MaxKey {
		return nil
	}
	return &InvalidError{Field: field, Err: fmt.Errorf("it has %d bytes, and a key at most %d: store a shorter one, or its hash", len(key), MaxKey)}
}
