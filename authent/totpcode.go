package authent

import (
	"context"
	"errors"
	"fmt"

	"github.com/authent/authent/authent/internal/factor"
)

// checkedCode is a code that is right, and is still to be used up.
type checkedCode struct {
	method factor.Method
	// step is a TOTP's, row the stored form of a recovery code.
	step int64
	row  Secret
	// tried is what the try was counted on, for a TOTP on the counters of 15 minutes and
	// of a day. admitted says that a limit has let it pass.
	tried    []counted
	admitted bool
}

// checkCode counts a try and checks what u has typed: the code of the authenticator app, or
// a recovery code. A wrong one is ErrCodeWrong, and so is a right one that is used already;
// if the app's secret does not open it is ErrFactorUnavailable, and a recovery code still
// works.
func (a *Auth) checkCode(ctx context.Context, c caller, u *User, typed string) (checkedCode, error) {
	store, ok := a.totpsIn(a.store)
	if !ok {
		return checkedCode{}, fmt.Errorf("authent: check a code: Factors are off: %w", ErrUnsupported)
	}
	if code, ok := factor.ParseRecoveryCode(typed); ok {
		return a.checkRecoveryCode(ctx, c, u, code)
	}
	checked := checkedCode{method: factor.TOTP}
	if !factor.IsCode(typed) {
		return checked, ErrCodeWrong // it costs no try
	}
	var err error
	if checked.tried, err = a.limitCode(ctx, c, u); err != nil {
		return checked, err
	}
	checked.admitted = true
	t, err := store.find(ctx, u.ID)
	if err != nil {
		return checked, err
	}
	if t == nil {
		return checked, ErrCodeWrong
	}
	key, ok := a.openTOTP(ctx, t)
	if !ok {
		return checked, ErrFactorUnavailable
	}
	if checked.step, ok = factor.Match(key, typed, a.now()); !ok {
		a.noticeDrift(ctx, key, typed)
		return checked, ErrCodeWrong
	}
	if checked.step <= t.LastStep {
		return checked, ErrCodeWrong
	}
	return checked, nil
}

// noticeDrift logs that a wrong code is the right one of another time: the server's clock
// may be off, or the phone's. Nobody is let in by it.
func (a *Auth) noticeDrift(ctx context.Context, key Secret, typed string) {
	steps := factor.Drift(key, typed, a.now())
	if steps == 0 || !a.clockOff.over(a.now()) {
		return
	}
	a.cfg.Logger.WarnContext(ctx, "authent: a one-time code is that of another time: if this is told of many people, set this server's clock (NTP)",
		"minutes", float64(steps)*factor.Period.Minutes())
}

// limitCode counts a try of a code that can be guessed: all of an account's share one
// counter for 15 minutes and one for a day, whichever page they are typed on.
func (a *Auth) limitCode(ctx context.Context, c caller, u *User) ([]counted, error) {
	var all []counted
	for _, kind := range []TryKind{TryFactor, TryFactorDay} {
		tried, err := a.limit(ctx, c, try{kind: kind, account: u.ID})
		if err != nil {
			return nil, err
		}
		all = append(all, tried)
	}
	return all, nil
}

// checkRecoveryCode counts and checks a recovery code of u's. It has counters of its own:
// nobody guesses one, and whoever uses up the tries of the app's codes keeps nobody from
// using these.
func (a *Auth) checkRecoveryCode(ctx context.Context, c caller, u *User, code Secret) (checkedCode, error) {
	checked := checkedCode{method: factor.RecoveryCode, row: factor.HashRecoveryCode(u.ID, code)}
	tried, err := a.limit(ctx, c, try{kind: TryRecoveryCode, account: u.ID})
	if err != nil {
		return checked, err
	}
	checked.tried, checked.admitted = []counted{tried}, true
	_, err = a.findToken(ctx, forRecovery.of(u.ID), checked.row)
	if errors.Is(err, ErrLinkInvalid) {
		err = ErrCodeWrong
	}
	return checked, err
}

// useCode uses the code up, within the transaction of what it is for. Of any number of
// simultaneous uses one gets it (P34), the others ErrCodeWrong.
func (a *Auth) useCode(ctx context.Context, tx Adapter, userID string, code checkedCode) error {
	if code.method == factor.RecoveryCode {
		_, err := a.useToken(ctx, tx, forRecovery.of(userID), code.row)
		if errors.Is(err, ErrLinkInvalid) {
			return ErrCodeWrong
		}
		return err
	}
	store, ok := a.totpsIn(tx)
	if !ok {
		return errNoTOTPIn
	}
	used, err := store.use(ctx, userID, code.step)
	if err == nil && !used {
		return ErrCodeWrong
	}
	return err
}

// errNoTOTPIn is for an Adapter that somebody has wrapped by half.
var errNoTOTPIn = errors.New("the Adapter is a TOTPStore, and what its InTx passes is none: wrap that too")

// codeWorked sets the counters of a code back that let u in, and tells u that a recovery
// code was used.
func (a *Auth) codeWorked(ctx context.Context, u *User, code checkedCode) {
	if len(code.tried) > 0 {
		a.succeeded(ctx, code.tried[0]) // that of the day goes on: somebody may guess between the owner's sign-ins
	}
	if code.method == factor.RecoveryCode {
		a.notice(ctx, mailJob{Kind: MailRecoveryCodeUsed, To: u.Email})
	}
}

// totpPlace is what the secret of a user's TOTP is bound to.
func totpPlace(userID string) string { return "totp\x00" + userID + "\x00secret" }

// openTOTP returns the shared secret of t, and false if none of the application's secrets
// opens it: the factor is there all the same. One that an older secret has sealed is sealed
// anew.
func (a *Auth) openTOTP(ctx context.Context, t *TOTP) (Secret, bool) {
	plain, stale, ok := a.keys.OpenFactor(totpPlace(t.UserID), t.Secret)
	if !ok {
		a.cfg.Logger.ErrorContext(ctx, "authent: the secret of a one-time code cannot be opened: was an AUTH_SECRET taken away? Put it back as AUTH_SECRET_1, and call Auth.Reseal before it goes", "user_id", t.UserID)
		return "", false
	}
	if stale {
		if err := a.resealTOTP(ctx, t, plain); err != nil {
			a.cfg.Logger.Log(ctx, faultLevel(err), "authent: the secret of a one-time code was not sealed anew", "error", err)
		}
	}
	return plain, true
}

// resealTOTP seals the secret of t under the newest of the application's secrets.
func (a *Auth) resealTOTP(ctx context.Context, t *TOTP, plain Secret) error {
	store, ok := totpStoreOf(a.store)
	if !ok {
		return nil
	}
	sealed, err := a.keys.SealFactor(a.cfg.Rand, totpPlace(t.UserID), plain)
	if err != nil {
		return err
	}
	return store.reseal(ctx, t.UserID, t.Secret, sealed)
}

// Reseal seals the secrets of all one-time codes under the newest of Config.Secrets, and
// returns how many it has sealed anew. Call it after a new AUTH_SECRET was added and before
// an old one is taken away: what only that one opens is lost then. Secrets that none opens
// are counted in the error, and stay.
func (a *Auth) Reseal(ctx context.Context) (n int, err error) {
	store, ok := totpStoreOf(a.store)
	if !ok {
		return 0, nil
	}
	const batch = 500
	lost, after := 0, ""
	for {
		all, err := store.list(ctx, after, batch)
		if err != nil {
			return n, fmt.Errorf("authent: reseal: %w", err)
		}
		for i := range all {
			t := &all[i]
			plain, stale, ok := a.keys.OpenFactor(totpPlace(t.UserID), t.Secret)
			switch {
			case !ok:
				lost++
			case stale:
				if err := a.resealTOTP(ctx, t, plain); err != nil {
					return n, fmt.Errorf("authent: reseal: %w", err)
				}
				n++
			}
			after = t.UserID
		}
		if len(all) < batch {
			break
		}
	}
	if lost > 0 {
		return n, fmt.Errorf("authent: reseal: %d secrets are opened by none of Config.Secrets, and stay as they are", lost)
	}
	return n, nil
}
