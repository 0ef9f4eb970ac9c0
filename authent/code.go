package authent

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/authent/authent/authent/internal/seal"
)

const (
	// codeLetters are those of RFC 8628 §6.1: no vowels, so no words, and none that is
	// taken for another one.
	codeLetters = "BCDFGHJKLMNPQRSTVWXZ"
	// codeLength letters are 34 bits, of which somebody who has both the mail's address
	// and the waiting browser may try five.
	codeLength = 8
	maxTries   = 5
)

// codeFlow is one mail's code. The browser that asked for the mail keeps it, sealed, in a
// cookie: the code works there alone, and the database holds nothing from which it could
// be found (P01).
type codeFlow struct {
	// ID names the flow's tries, Nonce is the key under which the code is stored.
	ID    string `json:"i"`
	Nonce string `json:"n"`
	// Purpose is what the code is for, and Address what it proves.
	Purpose string `json:"p"`
	Address string `json:"a"`
	// UserID is set where somebody is signed in already.
	UserID string `json:"u,omitempty"`
	// Link is the stored form of the link in the same mail, which ends with the code.
	Link string `json:"l"`
	// Provider is the id of the provider of a sign-in, Next where the browser goes.
	Provider string `json:"v,omitempty"`
	Next     string `json:"x,omitempty"`
	// Expires is in Unix milliseconds.
	Expires int64 `json:"e"`
}

func (f *codeFlow) expires() time.Time { return time.UnixMilli(f.Expires).UTC() }

// identifier returns that of the code and its tries.
func (f *codeFlow) identifier() string {
	if f.UserID != "" {
		return forCode.of(f.UserID)
	}
	return forCode.ofAddress(f.Address)
}

// mailed reports whether t is of the very mail that the browser waits for. Another mail
// to the same address may be a stranger's doing.
func (f *codeFlow) mailed(t ticket) bool {
	return t.identifier == f.identifier() || t.token.Equal(Secret(f.Link))
}

// newCode fills in the random values of a flow, and returns the code's row, that of the
// first try, and the code as people read it.
func (a *Auth) newCode(f *codeFlow) (rows []tokenRow, code string, err error) {
	for _, random := range []*string{&f.ID, &f.Nonce} {
		if *random, err = seal.NewToken(a.cfg.Rand); err != nil {
			return nil, "", err
		}
	}
	letters, err := a.randomLetters()
	if err != nil {
		return nil, "", err
	}
	for _, token := range []Secret{f.stored(letters), f.try(1)} {
		rows = append(rows, tokenRow{f.identifier(), string(token), f.expires()})
	}
	return rows, letters[:codeLength/2] + "-" + letters[codeLength/2:], nil
}

// randomLetters returns a code without the hyphen, each letter as likely as any other.
func (a *Auth) randomLetters() (string, error) {
	const fair = 256 - 256%len(codeLetters)
	var b strings.Builder
	for b.Len() < codeLength {
		random, err := seal.RandomBytes(a.cfg.Rand, 1)
		if err != nil {
			return "", err
		}
		if n := int(random[0]); n < fair {
			b.WriteByte(codeLetters[n%len(codeLetters)])
		}
	}
	return b.String(), nil
}

// stored returns what the database holds of a code.
func (f *codeFlow) stored(letters string) Secret {
	mac := hmac.New(sha256.New, []byte(f.Nonce))
	mac.Write([]byte(f.Purpose + "\x00" + f.Address + "\x00" + letters))
	return Secret(hex.EncodeToString(mac.Sum(nil)))
}

// try returns the token of the flow's k-th try.
func (f *codeFlow) try(k int) Secret {
	return seal.HashToken("try\x00" + f.ID + "\x00" + strconv.Itoa(k))
}

// readCode returns the letters of a code as people type it: case, spaces and hyphens do
// not count. It is "" for what cannot be one.
func readCode(typed string) string {
	letters := strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) || unicode.Is(unicode.Dash, c) {
			return -1
		}
		return unicode.ToUpper(c)
	}, typed[:min(len(typed), 64)])
	if len(letters) != codeLength || strings.Trim(letters, codeLetters) != "" {
		return ""
	}
	return letters
}

// tryCode uses up one of the flow's tries and returns the ticket that the code stands
// for. A wrong code is ErrCodeWrong while there are tries left, then ErrLinkInvalid. It
// is exact in any number of processes: each try is a row that one request gets.
func (a *Auth) tryCode(ctx context.Context, c caller, f codeFlow, typed string) (ticket, error) {
	letters := readCode(typed)
	if letters == "" {
		return ticket{}, ErrCodeWrong // it costs no try
	}
	if _, err := a.limit(ctx, c, try{kind: TryCode}); err != nil {
		return ticket{}, err
	}
	k, err := a.takeTry(ctx, f)
	if err != nil {
		return ticket{}, err
	}
	t := ticket{identifier: f.identifier(), token: f.stored(letters), address: f.Address}
	err = a.check(ctx, t)
	if errors.Is(err, ErrLinkInvalid) {
		return ticket{}, a.missed(ctx, f, k)
	}
	if err != nil {
		return ticket{}, err
	}
	return t, nil
}

// takeTry uses up the try that is open and returns its number. Of several requests at
// once, each gets one or waits its turn in the rows.
func (a *Auth) takeTry(ctx context.Context, f codeFlow) (int, error) {
	for range maxTries + 1 {
		rows, err := a.store.VerificationTokens(ctx, f.identifier())
		if err != nil {
			return 0, err
		}
		k := f.openTry(rows)
		if k == 0 {
			return 0, ErrLinkInvalid
		}
		_, err = a.useToken(ctx, a.store, f.identifier(), f.try(k))
		if !errors.Is(err, ErrLinkInvalid) {
			return k, err
		}
	}
	return 0, ErrLinkInvalid
}

// openTry returns the number of the try that is among rows, 0 if there is none.
func (f *codeFlow) openTry(rows []VerificationToken) int {
	for k := 1; k <= maxTries; k++ {
		for _, r := range rows {
			if r.Token.Equal(f.try(k)) {
				return k
			}
		}
	}
	return 0
}

// missed opens the next try after a wrong code. After the last one the flow ends, its
// link too.
func (a *Auth) missed(ctx context.Context, f codeFlow, k int) error {
	if k < maxTries {
		next := VerificationToken{Identifier: f.identifier(), Token: f.try(k + 1), Expires: f.expires()}
		if err := a.store.CreateVerificationToken(ctx, next); err != nil {
			return err
		}
		return ErrCodeWrong
	}
	return errors.Join(ErrLinkInvalid, a.endCode(ctx, f))
}

// endCode deletes the code of a flow whose code nobody may type any more. The code's row is
// unknown without the code, so all of the identifier's rows of that moment go; the link
// goes by its stored form.
func (a *Auth) endCode(ctx context.Context, f codeFlow) error {
	rows, err := a.store.VerificationTokens(ctx, f.identifier())
	if err != nil {
		return err
	}
	all := []tokenRow{}
	for _, r := range rows {
		if r.Expires.Equal(f.expires()) {
			all = append(all, tokenRow{Identifier: r.Identifier, Token: string(r.Token)})
		}
	}
	link, err := a.linkIdentifier(ctx, f)
	if err != nil {
		return err
	}
	if link != "" {
		all = append(all, tokenRow{Identifier: link, Token: f.Link})
	}
	for _, r := range all {
		if _, err := a.store.UseVerificationToken(ctx, r.Identifier, Secret(r.Token)); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return nil
}

// linkIdentifier returns the identifier of the link that was mailed with the code, "" if
// nobody was sent one.
func (a *Auth) linkIdentifier(ctx context.Context, f codeFlow) (string, error) {
	if f.Purpose == forSignIn.name {
		return forSignIn.ofAddress(f.Address), nil
	}
	for _, p := range userPurposes {
		if p.name != f.Purpose {
			continue
		}
		if f.UserID != "" {
			return p.of(f.UserID), nil
		}
		u, err := userByEmail(ctx, a.store, f.Address)
		if u == nil || err != nil {
			return "", err
		}
		return p.of(u.ID), nil
	}
	return "", nil
}
