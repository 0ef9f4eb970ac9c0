package authent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/authent/authent/authent/internal/oauth"
	"golang.org/x/oauth2"
)

// expirySlack is how long before its end a token counts as expired, so that it
// does not expire on its way.
const expirySlack = 10 * time.Second

// ErrNoToken says that a provider's access token has expired and cannot be
// refreshed: the person must sign in through the provider again.
var ErrNoToken = errors.New("there is no access token that works: sign in through the provider again")

// TokenSource gives access tokens for calls to a provider on behalf of a user
// who has signed in through it. An expired token is refreshed and stored; of any
// number of callers at once, in any number of processes, one asks the provider
// and all get the new token. A user without such an account is ErrNotFound; of
// several accounts at one provider the first by ProviderAccountID counts.
//
// Token's errors are ErrNoToken, those of the Adapter, and of the provider. An
// account that is not the user's any more is ErrNotFound. Use the source within
// ctx: it does not outlive it.
func (a *Auth) TokenSource(ctx context.Context, userID, provider string) (oauth2.TokenSource, error) {
	p, ok := a.provider(provider)
	if !ok || !p.isOAuth() {
		return nil, fmt.Errorf("authent: token source: provider %q: %w", provider, ErrUnsupported)
	}
	accounts, err := a.Accounts(ctx, userID)
	if err != nil {
		return nil, err
	}
	for _, acc := range accounts {
		if acc.Provider == provider {
			return &tokenSource{ctx, a, a.oauth[provider], p, userID, acc.ProviderAccountID}, nil
		}
	}
	return nil, fmt.Errorf("authent: token source: %w", ErrNotFound)
}

// tokenSource implements oauth2.TokenSource, whose method takes no context.
type tokenSource struct {
	ctx    context.Context
	auth   *Auth
	client *oauth.Client
	// provider is whose client that is.
	provider *Provider
	// userID is whose tokens these are, id the account's at the provider.
	userID, id string
}

// Token implements oauth2.TokenSource.
func (s *tokenSource) Token() (*oauth2.Token, error) {
	t, err := s.token()
	if err != nil {
		return nil, fmt.Errorf("authent: token of %s: %w", s.provider.ID, err)
	}
	return t, nil
}

func (s *tokenSource) token() (*oauth2.Token, error) {
	for wait := leaseWait; ; wait = min(2*wait, maxLeaseWait) {
		stored, err := s.account(s.ctx, s.auth.store)
		if err != nil {
			return nil, err
		}
		acc := *stored
		s.auth.tokens.Open(&acc)
		if t := s.valid(acc); t != nil {
			return t, nil
		}
		if acc.RefreshToken == "" {
			return nil, ErrNoToken
		}
		ends, err := s.lease()
		if err != nil {
			return nil, err
		}
		if !ends.IsZero() {
			if t, err := s.refreshed(ends); !errors.Is(err, errOvertaken) {
				return t, err
			}
			continue
		}
		select {
		case <-s.ctx.Done():
			return nil, s.ctx.Err()
		case <-time.After(wait):
		}
	}
}

// account is the account as it is stored. It may have been unlinked and linked to
// somebody else since the source was made.
func (s *tokenSource) account(ctx context.Context, store Adapter) (*Account, error) {
	acc, err := store.Account(ctx, s.provider.ID, s.id)
	if err == nil && acc.UserID != s.userID {
		err = ErrNotFound
	}
	return acc, err
}

// valid is the account's access token, if it works for a while yet.
func (s *tokenSource) valid(acc Account) *oauth2.Token {
	if acc.AccessToken == "" || !acc.ExpiresAt.IsZero() && !s.auth.now().Add(expirySlack).Before(acc.ExpiresAt) {
		return nil
	}
	return accessToken(acc)
}

// accessToken is what a call to the provider needs, and nothing besides.
func accessToken(acc Account) *oauth2.Token {
	return &oauth2.Token{AccessToken: string(acc.AccessToken), TokenType: acc.TokenType, Expiry: acc.ExpiresAt}
}

// errOvertaken says that the account changed while its token was refreshed.
var errOvertaken = errors.New("the account changed meanwhile")

// refreshed refreshes the token under a lease until ends, unless somebody did so
// just before. It is errOvertaken when the new token belongs to nothing that is
// stored.
func (s *tokenSource) refreshed(ends time.Time) (t *oauth2.Token, err error) {
	defer func() { err = errors.Join(err, s.release(ends)) }()
	stored, err := s.account(s.ctx, s.auth.store)
	if err != nil {
		return nil, err
	}
	acc := *stored
	s.auth.tokens.Open(&acc)
	if t := s.valid(acc); t != nil {
		return t, nil
	}
	if acc.RefreshToken == "" {
		return nil, ErrNoToken
	}
	answer, err := s.client.Refresh(s.ctx, acc.RefreshToken)
	if refused, ok := errors.AsType[oauth.RefusedError](err); ok && slices.Contains(spentGrant, refused.Code) {
		return nil, s.spent(stored, err)
	}
	if err != nil {
		return nil, err
	}
	fresh := accountOf(s.provider, s.id, answer, s.auth.now())
	if err := s.store(stored, fresh); err != nil {
		return nil, err
	}
	if fresh.AccessToken == "" {
		return nil, errors.New("the token endpoint answered with an access token that is no text")
	}
	return accessToken(fresh), nil
}

// spent is what a refused refresh token means: a sign-in may have brought another
// meanwhile, at which providers count the old one as used.
func (s *tokenSource) spent(old *Account, refused error) error {
	now, err := s.account(s.ctx, s.auth.store)
	switch {
	case err != nil:
		return err
	case now.RefreshToken != old.RefreshToken:
		return errOvertaken
	}
	return fmt.Errorf("%w (%w)", ErrNoToken, refused)
}

// spentGrant are the codes by which a token endpoint tells that a refresh token is
// no good any more: RFC 6749 §5.2's, and GitHub's.
var spentGrant = []string{"invalid_grant", "bad_refresh_token"}

// store writes the new tokens, if the account is still as it was when old was
// read: it may be somebody else's by now, or have newer tokens of a sign-in. The
// provider may already count the old ones as used, so it does so even when the
// caller has gone.
func (s *tokenSource) store(old *Account, fresh Account) error {
	acc := fresh
	if err := s.auth.sealAccount(&acc); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), oauth.Timeout)
	defer cancel()
	err := s.locked(ctx, func(tx Adapter) error {
		now, err := s.account(ctx, tx)
		if err != nil {
			return err
		}
		if now.RefreshToken != old.RefreshToken {
			return errOvertaken
		}
		return tx.UpdateAccount(ctx, acc.Provider, acc.ProviderAccountID, acc.update())
	})
	return orNotFound(err, errOvertaken)
}

const (
	// leaseWait is how long those who wait for somebody else's refresh sleep at
	// first; it doubles up to maxLeaseWait.
	leaseWait    = 50 * time.Millisecond
	maxLeaseWait = 500 * time.Millisecond
	// leaseSlack is what a lease lasts longer than the work under it may take.
	leaseSlack = 10 * time.Second
)

// leaseAge is how long somebody may take to refresh a token: to find the
// provider's endpoints, to ask it, and to store what it answered.
func (s *tokenSource) leaseAge() time.Duration {
	return 2*s.client.Timeout() + oauth.Timeout + leaseSlack
}

// lease takes the right to refresh and returns when it ends: the zero time when
// somebody else has it. It is a row, so that it counts in every process; one
// whose holder died is taken over after it has expired.
func (s *tokenSource) lease() (ends time.Time, err error) {
	// Those who wait do not hold up others: they look without a lock.
	held, err := s.auth.store.VerificationToken(s.ctx, forRefresh.name, s.leaseToken())
	if err == nil && !s.expired(held) {
		return time.Time{}, nil
	}
	if err = orNotFound(err, nil); err != nil {
		return time.Time{}, err
	}
	err = s.locked(s.ctx, func(tx Adapter) (err error) {
		ends, err = s.takeLease(tx)
		return err
	})
	if err != nil {
		ends = time.Time{}
	}
	// Whoever was faster has it, or there is no such user any more.
	if errors.Is(err, ErrConflict) || errors.Is(err, ErrNotFound) {
		err = nil
	}
	return ends, err
}

// locked runs fn in a transaction that holds the user's row.
func (s *tokenSource) locked(ctx context.Context, fn func(tx Adapter) error) error {
	return s.auth.store.InTx(ctx, func(tx Adapter) error {
		if _, err := tx.LockUser(ctx, s.userID); err != nil {
			return err
		}
		return fn(tx)
	})
}

// takeLease is lease under the user's lock. It looks again: of two who found an
// expired lease, the second would remove the one that the first has taken since.
func (s *tokenSource) takeLease(tx Adapter) (ends time.Time, err error) {
	held, err := tx.VerificationToken(s.ctx, forRefresh.name, s.leaseToken())
	switch {
	case err == nil && !s.expired(held):
		return time.Time{}, nil
	case err == nil:
		_, err = tx.UseVerificationToken(s.ctx, forRefresh.name, s.leaseToken())
	default:
		err = orNotFound(err, nil)
	}
	if err != nil {
		return time.Time{}, err
	}
	// The lock may have been waited for: the time counts from now.
	ends = s.auth.now().Add(s.leaseAge())
	return ends, tx.CreateVerificationToken(s.ctx, VerificationToken{Identifier: forRefresh.name, Token: s.leaseToken(), Expires: ends})
}

func (s *tokenSource) expired(lease *VerificationToken) bool {
	return !s.auth.now().Before(lease.Expires)
}

// release gives back the lease until ends. One that ends later is somebody else's,
// who took it over. It does so also when the caller has gone, since others wait
// for it.
func (s *tokenSource) release(ends time.Time) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), oauth.Timeout)
	defer cancel()
	err := s.locked(ctx, func(tx Adapter) error {
		held, err := tx.VerificationToken(ctx, forRefresh.name, s.leaseToken())
		if err != nil || held.Expires.After(ends) {
			return err
		}
		_, err = tx.UseVerificationToken(ctx, forRefresh.name, s.leaseToken())
		return err
	})
	return orNotFound(err, nil)
}

// leaseToken names the lease. The user is part of it, since it is their row that
// is locked.
func (s *tokenSource) leaseToken() Secret {
	sum := sha256.Sum256([]byte(s.provider.ID + "\x00" + s.id + "\x00" + s.userID))
	return Secret(hex.EncodeToString(sum[:]))
}
