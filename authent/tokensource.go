package authent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

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
	c, ok := a.oauth[provider]
	if !ok {
		return nil, fmt.Errorf("authent: token source: provider %q: %w", provider, ErrUnsupported)
	}
	accounts, err := a.Accounts(ctx, userID)
	if err != nil {
		return nil, err
	}
	for _, acc := range accounts {
		if acc.Provider == provider {
			return &tokenSource{ctx, a, c, userID, acc.ProviderAccountID}, nil
		}
	}
	return nil, fmt.Errorf("authent: token source: %w", ErrNotFound)
}

// tokenSource implements oauth2.TokenSource, whose method takes no context.
type tokenSource struct {
	ctx    context.Context
	auth   *Auth
	client *oauthClient
	// userID is whose tokens these are, id the account's at the provider.
	userID, id string
}

// Token implements oauth2.TokenSource.
func (s *tokenSource) Token() (*oauth2.Token, error) {
	t, err := s.token()
	if err != nil {
		return nil, fmt.Errorf("authent: token of %s: %w", s.client.provider.ID, err)
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
	acc, err := store.Account(ctx, s.client.provider.ID, s.id)
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
	m, err := s.client.metadata(s.ctx)
	if err != nil {
		return nil, err
	}
	answer, err := s.client.refresh(s.ctx, m, acc.RefreshToken)
	if refused, ok := errors.AsType[errTokenRefused](err); ok && slices.Contains(spentGrant, refused.code) {
		return nil, s.spent(stored, err)
	}
	if err != nil {
		return nil, err
	}
	fresh := accountOf(s.client.provider, s.id, answer, s.auth.now())
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
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), providerTimeout)
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
