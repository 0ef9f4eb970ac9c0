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
// does not expire on its way to the provider.
const expirySlack = 10 * time.Second

// ErrNoToken says that a provider's access token has expired and cannot be
// refreshed: the person must sign in through the provider again.
var ErrNoToken = errors.New("there is no access token that works: sign in through the provider again")

// TokenSource gives access tokens for calls to a provider on behalf of a user
// who has signed in through it. An expired token is refreshed and stored; of any
// number of simultaneous callers, in any number of processes, one asks the
// provider and all get the new token. A user without such an account is
// ErrNotFound; if there are several accounts at one provider, the first by
// ProviderAccountID is used.
//
// Token's errors are ErrNoToken and those of the Adapter and of the provider. An
// account that is no longer the user's is ErrNotFound. The source works only
// until ctx ends.
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

// account returns the account as it is stored. It may have been unlinked, and
// linked to somebody else, since the source was made.
func (s *tokenSource) account(ctx context.Context, store Adapter) (*Account, error) {
	acc, err := store.Account(ctx, s.provider.ID, s.id)
	if err == nil && acc.UserID != s.userID {
		err = ErrNotFound
	}
	return acc, err
}

// valid returns the account's access token, or nil if it has expired or is about
// to.
func (s *tokenSource) valid(acc Account) *oauth2.Token {
	if acc.AccessToken == "" || !acc.ExpiresAt.IsZero() && !s.auth.now().Add(expirySlack).Before(acc.ExpiresAt) {
		return nil
	}
	return accessToken(acc)
}

// accessToken returns what a call to the provider needs, and nothing else.
func accessToken(acc Account) *oauth2.Token {
	return &oauth2.Token{AccessToken: string(acc.AccessToken), TokenType: acc.TokenType, Expiry: acc.ExpiresAt}
}

// errOvertaken says that the account changed while its token was refreshed.
var errOvertaken = errors.New("the account changed meanwhile")

// refreshed refreshes the token under a lease that lasts until ends, unless
// somebody did so just before. It returns errOvertaken if the account changed
// meanwhile, so that the new token could not be stored.
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
		return nil, errors.New("the token endpoint answered with an access token that is not valid text")
	}
	return accessToken(fresh), nil
}

// spent returns the error for a refused refresh token. A sign-in may have brought
// a new token meanwhile, after which providers refuse the old one.
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

// spentGrant are the codes with which a token endpoint says that a refresh token
// no longer works: RFC 6749 §5.2's, and GitHub's.
var spentGrant = []string{"invalid_grant", "bad_refresh_token"}

// store stores the new tokens if the account is still as it was when old was
// read: it may be somebody else's by now, or have newer tokens from a sign-in.
// The provider may already refuse the old ones, so the new ones are stored even
// if the caller has gone.
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
	// leaseWait is how long a caller first sleeps while somebody else refreshes;
	// it doubles up to maxLeaseWait.
	leaseWait    = 50 * time.Millisecond
	maxLeaseWait = 500 * time.Millisecond
	// leaseSlack is how much longer a lease lasts than the work under it may
	// take.
	leaseSlack = 10 * time.Second
)

// leaseAge returns how long refreshing a token may take: finding the provider's
// endpoints, asking it, and storing its answer.
func (s *tokenSource) leaseAge() time.Duration {
	return 2*s.client.Timeout() + oauth.Timeout + leaseSlack
}

// lease takes the right to refresh and returns when it ends: the zero time if
// somebody else has it. It is a row, so that every process sees it; if its holder
// died, it can be taken over once it has expired.
func (s *tokenSource) lease() (ends time.Time, err error) {
	// Callers that wait look without a lock, so that they do not hold up others.
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
	// Somebody else was faster, or the user no longer exists.
	if errors.Is(err, ErrConflict) || errors.Is(err, ErrNotFound) {
		err = nil
	}
	return ends, err
}

// locked runs fn in a transaction that has locked the user's row.
func (s *tokenSource) locked(ctx context.Context, fn func(tx Adapter) error) error {
	return s.auth.store.InTx(ctx, func(tx Adapter) error {
		if _, err := tx.LockUser(ctx, s.userID); err != nil {
			return err
		}
		return fn(tx)
	})
}

// takeLease does lease's work under the user's lock. It looks again: if two
// callers found an expired lease, the second would otherwise remove the one that
// the first has taken since.
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
	// Getting the lock may have taken a while, so the time counts from now.
	ends = s.auth.now().Add(s.leaseAge())
	return ends, tx.CreateVerificationToken(s.ctx, VerificationToken{Identifier: forRefresh.name, Token: s.leaseToken(), Expires: ends})
}

func (s *tokenSource) expired(lease *VerificationToken) bool {
	return !s.auth.now().Before(lease.Expires)
}

// release gives back the lease that lasts until ends. One that ends later belongs
// to somebody else, who took it over. It does so even if the caller has gone,
// since others wait for it.
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
