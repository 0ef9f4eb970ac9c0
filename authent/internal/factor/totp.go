package factor

import (
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"github.com/authent/authent/authent/internal/seal"
	"github.com/authent/authent/authent/secret"
)

// What authenticator apps agree on: SHA-1, codes of six digits, a new one every 30 seconds.
// Several ignore any other value in a URI without a word.
const (
	// SecretBytes is how many random bytes a secret has, the length of an HMAC-SHA-1 (RFC
	// 4226 §4 R6).
	SecretBytes = 20
	// Digits is the length of a code.
	Digits = 6
	// Period is how long a step takes.
	Period = 30 * time.Second
)

const (
	// window is how many steps before and after the server's a code may be of. RFC 6238
	// §5.2 recommends one, for clocks that differ and for slow fingers.
	window = 1
	// driftWindow is how far Drift looks: ten minutes.
	driftWindow = 20
)

var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSecret makes the secret of a TOTP from 20 bytes of r, as the 32 letters of base32 that
// authenticator apps take. If r is nil, crypto/rand.Reader.
func NewSecret(r io.Reader) (secret.Secret, error) {
	b, err := seal.RandomBytes(r, SecretBytes)
	if err != nil {
		return "", err
	}
	return secret.Secret(base32Text.EncodeToString(b)), nil
}

// Code returns the code of a secret at a time (RFC 6238). It fails for a secret that is not
// base32, and for times before 1970.
func Code(key secret.Secret, at time.Time) (string, error) { return codeOf(key, stepAt(at)) }

// Match reports whether typed is the code of the current step, of the one before or of the
// one after, and returns that step. Spaces, dashes and full-width digits are taken. A code
// that two of the steps share counts as the later one's, so that it cannot be used again
// when that step comes.
//
// The caller stores the step, and refuses one that is not later than the last: a code
// counts once (RFC 6238 §5.2). The time it takes does not depend on which step matches.
func Match(key secret.Secret, typed string, now time.Time) (step int64, ok bool) {
	code, ok := readCode(typed)
	if !ok {
		return 0, false
	}
	found, at := 0, 0
	for i := -window; i <= window; i++ {
		same := matches(key, code, stepAt(now)+int64(i))
		found |= same
		at = subtle.ConstantTimeSelect(same, i+window, at)
	}
	if found == 0 {
		return 0, false
	}
	return stepAt(now) + int64(at-window), true
}

// Drift returns how many steps of 30 seconds away a code is that Match refused, if it is
// one of the ten minutes before or after: less than 0 for one of the past. It is 0 if the
// code is of none of them. One code in 26,000 is of one by chance.
//
// It is for the log, which can say then that the server's clock, or the phone's, is wrong.
// Such a code is never accepted.
func Drift(key secret.Secret, typed string, now time.Time) (steps int) {
	code, ok := readCode(typed)
	if !ok {
		return 0
	}
	for i := driftWindow; i > window; i-- {
		for _, away := range []int{i, -i} {
			steps = subtle.ConstantTimeSelect(matches(key, code, stepAt(now)+int64(away)), away, steps)
		}
	}
	return steps
}

// stepAt returns the number of a time's step. It rounds down, also before 1970.
func stepAt(t time.Time) int64 {
	const seconds = int64(Period / time.Second)
	step := t.Unix() / seconds
	if t.Unix()%seconds < 0 {
		step--
	}
	return step
}

// matches returns 1 if code is that of a step, else 0.
func matches(key secret.Secret, code string, step int64) int {
	want, err := codeOf(key, step)
	if err != nil {
		return 0
	}
	return subtle.ConstantTimeCompare([]byte(want), []byte(code))
}

// codeOf returns the code of a step.
func codeOf(key secret.Secret, step int64) (string, error) {
	if step < 0 {
		return "", fmt.Errorf("make a one-time code: no step %d", step)
	}
	if b, err := base32Text.DecodeString(string(key)); err != nil || len(b) < SecretBytes {
		return "", fmt.Errorf("make a one-time code: the secret is not %d bytes in base32", SecretBytes)
	}
	code, err := hotp.GenerateCodeCustom(string(key), uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return "", fmt.Errorf("make a one-time code: %w", err)
	}
	return code, nil
}

// IsCode reports whether typed text can be a code at all: anything else costs no SQL and no
// try.
func IsCode(typed string) bool {
	_, ok := readCode(typed)
	return ok
}

// readCode returns the six digits of a code as people type it.
func readCode(typed string) (string, bool) {
	code := compact(typed)
	return code, len(code) == Digits && strings.Trim(code, "0123456789") == ""
}
