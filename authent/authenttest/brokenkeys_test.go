package authenttest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/authent/authent/authent"
)

var brokenKeys = []broken{
	{name: "LeakyConflict", wrap: func(a authent.Adapter) authent.Adapter { return leakyConflict{a} }, fails: []string{"Conflict/HoldsNoValue"}},
	{name: "UntypedConflict", wrap: func(a authent.Adapter) authent.Adapter { return untypedConflict{a} }, fails: []string{"Account/Taken"}},
	{name: "WrongKey", wrap: func(a authent.Adapter) authent.Adapter { return wrongKey{a} }, fails: []string{"Session/TokenTaken"}},
	{name: "ReturnsFirstUser", wrap: func(a authent.Adapter) authent.Adapter { return returnsFirstUser{a} }, fails: []string{"Conflict/HoldsNoValue", "User/ConcurrentCreate", "User/EmailTaken"}},
	{name: "ReplacesToken", wrap: func(a authent.Adapter) authent.Adapter { return replacesToken{a} }, fails: []string{
		"Conflict/HoldsNoValue", "VerificationToken/ConcurrentCreate", "VerificationToken/Taken",
	}},
	{name: "FoldsEmailCase", wrap: func(a authent.Adapter) authent.Adapter { return foldsEmail{a, strings.ToLower} }, fails: []string{"ByteForByte/EmailCase", "ByteForByte/EmailRespelled"}},
	{name: "FoldsEmailAccent", wrap: func(a authent.Adapter) authent.Adapter { return foldsEmail{a, foldAccent} }, fails: []string{
		"ByteForByte/EmailAccent", "ByteForByte/EmailComposition", "ByteForByte/EmailRespelled",
	}},
	{name: "FoldsEmailSpace", wrap: func(a authent.Adapter) authent.Adapter { return foldsEmail{a, trimSpace} }, fails: []string{"ByteForByte/EmailTrailingSpace"}},
	{name: "FoldsAccount", wrap: func(a authent.Adapter) authent.Adapter { return foldsAccount{a} }, fails: []string{"ByteForByte/ProviderAccountIDCase", "ByteForByte/ProviderCase"}},
	{name: "FoldsSessionCase", wrap: func(a authent.Adapter) authent.Adapter { return foldsSession{a, strings.ToLower} }, fails: []string{"ByteForByte/SessionTokenCase"}},
	{name: "FoldsSessionSpace", wrap: func(a authent.Adapter) authent.Adapter { return foldsSession{a, trimSpace} }, fails: []string{"ByteForByte/SessionTokenTrailingSpace"}},
	{name: "FoldsToken", wrap: func(a authent.Adapter) authent.Adapter { return foldsToken{a} }, fails: []string{"ByteForByte/VerificationTokenTrailingSpace"}},
	{name: "FoldsIdentifier", wrap: func(a authent.Adapter) authent.Adapter { return foldsIdentifier{a} }, fails: []string{"ByteForByte/Identifier"}},
	{name: "FoldsListedIdentifier", wrap: func(a authent.Adapter) authent.Adapter { return foldsListed{a} }, fails: []string{"ByteForByte/Identifier"}},
	{name: "FoldsExcept", wrap: func(a authent.Adapter) authent.Adapter { return foldsExcept{a} }, fails: []string{"ByteForByte/ExceptSession", "ByteForByte/ExceptVerificationToken"}},
	{name: "RefusesSecondSpelling", wrap: wrapRefusesSecond, fails: []string{"ByteForByte/EmailCase"}},
	{name: "IgnoresIdentifier", wrap: wrapIgnoresIdentifier, fails: []string{"AuthJS/UseVerificationToken", "ByteForByte/Identifier", "VerificationToken/WrongIdentifier"}},
	{name: "EmptyEmail", wrap: func(a authent.Adapter) authent.Adapter { return emptyEmail{a} }, fails: []string{"User/ByEmail"}},
}

func trimSpace(s string) string  { return strings.TrimRight(s, " ") }
func foldAccent(s string) string { return strings.ReplaceAll(s, "é", "e") }

// leakyConflict prints as MySQL's driver does.
type leakyConflict struct{ authent.Adapter }

func (b leakyConflict) CreateUser(ctx context.Context, u authent.User) (*authent.User, error) {
	got, err := b.Adapter.CreateUser(ctx, u)
	if errors.Is(err, authent.ErrConflict) {
		return nil, fmt.Errorf("duplicate entry '%s' for key 'email': %w", u.Email, err)
	}
	return got, err
}

type untypedConflict struct{ authent.Adapter }

func (b untypedConflict) LinkAccount(ctx context.Context, a authent.Account) error {
	err := b.Adapter.LinkAccount(ctx, a)
	if errors.Is(err, authent.ErrConflict) {
		return authent.ErrConflict
	}
	return err
}

type wrongKey struct{ authent.Adapter }

func (b wrongKey) CreateSession(ctx context.Context, s authent.Session) (*authent.Session, error) {
	got, err := b.Adapter.CreateSession(ctx, s)
	if errors.Is(err, authent.ErrConflict) {
		return nil, &authent.ConflictError{Key: authent.KeyUserEmail}
	}
	return got, err
}

// returnsFirstUser finds or creates.
type returnsFirstUser struct{ authent.Adapter }

func (b returnsFirstUser) CreateUser(ctx context.Context, u authent.User) (*authent.User, error) {
	got, err := b.Adapter.CreateUser(ctx, u)
	if errors.Is(err, authent.ErrConflict) {
		users, err := b.UsersByEmail(ctx, u.Email)
		return users[0], err
	}
	return got, err
}

// replacesToken inserts or updates.
type replacesToken struct{ authent.Adapter }

func (b replacesToken) CreateVerificationToken(ctx context.Context, v authent.VerificationToken) error {
	err := b.Adapter.CreateVerificationToken(ctx, v)
	if errors.Is(err, authent.ErrConflict) {
		return nil
	}
	return err
}

// foldsEmail takes spellings of an e-mail for one.
type foldsEmail struct {
	authent.Adapter
	fold func(string) string
}

func (b foldsEmail) CreateUser(ctx context.Context, u authent.User) (*authent.User, error) {
	u.Email = b.fold(u.Email)
	return b.Adapter.CreateUser(ctx, u)
}

func (b foldsEmail) UsersByEmail(ctx context.Context, emails ...string) ([]*authent.User, error) {
	folded := make([]string, len(emails))
	for i, e := range emails {
		folded[i] = b.fold(e)
	}
	return b.Adapter.UsersByEmail(ctx, folded...)
}

// foldsAccount finds, changes and deletes accounts by another spelling.
type foldsAccount struct{ authent.Adapter }

func (b foldsAccount) UserByAccount(ctx context.Context, provider, id string) (*authent.User, error) {
	return b.Adapter.UserByAccount(ctx, provider, strings.ToLower(id))
}

func (b foldsAccount) UnlinkAccount(ctx context.Context, provider, id string) error {
	return b.Adapter.UnlinkAccount(ctx, strings.ToLower(provider), id)
}

// foldsSession finds and deletes sessions by another spelling.
type foldsSession struct {
	authent.Adapter
	fold func(string) string
}

func (b foldsSession) SessionAndUser(ctx context.Context, token authent.Secret) (*authent.Session, error) {
	return b.Adapter.SessionAndUser(ctx, authent.Secret(b.fold(string(token))))
}

func (b foldsSession) DeleteSession(ctx context.Context, token authent.Secret) error {
	return b.Adapter.DeleteSession(ctx, authent.Secret(b.fold(string(token))))
}

// foldsToken uses up a token by another spelling.
type foldsToken struct{ authent.Adapter }

func (b foldsToken) UseVerificationToken(ctx context.Context, identifier string, token authent.Secret) (*authent.VerificationToken, error) {
	return b.Adapter.UseVerificationToken(ctx, identifier, authent.Secret(trimSpace(string(token))))
}

// foldsIdentifier deletes another identifier's tokens.
type foldsIdentifier struct{ authent.Adapter }

func (b foldsIdentifier) DeleteVerificationTokens(ctx context.Context, identifier string, except authent.Secret) (int, error) {
	folded, err := b.Adapter.DeleteVerificationTokens(ctx, strings.ToLower(identifier), except)
	if err != nil || folded > 0 {
		return folded, err
	}
	return b.Adapter.DeleteVerificationTokens(ctx, identifier, except)
}

// foldsListed lists another identifier's tokens too.
type foldsListed struct{ authent.Adapter }

func (b foldsListed) VerificationTokens(ctx context.Context, identifier string) ([]authent.VerificationToken, error) {
	all, err := b.Adapter.VerificationTokens(ctx, identifier)
	if folded := strings.ToLower(identifier); err == nil && folded != identifier {
		more, err := b.Adapter.VerificationTokens(ctx, folded)
		return append(all, more...), err
	}
	return all, err
}

// foldsExcept spares what is only spelled alike.
type foldsExcept struct{ authent.Adapter }

func (b foldsExcept) DeleteSessions(ctx context.Context, userID string, except authent.Secret) (int, error) {
	return b.Adapter.DeleteSessions(ctx, userID, authent.Secret(strings.ToLower(string(except))))
}

func (b foldsExcept) DeleteVerificationTokens(ctx context.Context, identifier string, except authent.Secret) (int, error) {
	return b.Adapter.DeleteVerificationTokens(ctx, identifier, authent.Secret(trimSpace(string(except))))
}

// refusesSecond never confuses two spellings of an e-mail, and refuses the
// second: right where the subject says that its table folds, else wrong.
type refusesSecond struct {
	authent.Adapter
	folded *sync.Map // folded e-mail → e-mail
}

func wrapRefusesSecond(a authent.Adapter) authent.Adapter { return refusesSecond{a, &sync.Map{}} }

func (b refusesSecond) CreateUser(ctx context.Context, u authent.User) (*authent.User, error) {
	first, loaded := b.folded.LoadOrStore(strings.ToLower(u.Email), u.Email)
	if loaded && first != u.Email {
		return nil, &authent.ConflictError{Key: authent.KeyUserEmail}
	}
	return b.Adapter.CreateUser(ctx, u)
}

// ignoresIdentifier takes a token alone as key.
type ignoresIdentifier struct {
	authent.Adapter
	identifiers *sync.Map // token → identifier
}

func wrapIgnoresIdentifier(a authent.Adapter) authent.Adapter {
	return ignoresIdentifier{a, &sync.Map{}}
}

func (b ignoresIdentifier) CreateVerificationToken(ctx context.Context, v authent.VerificationToken) error {
	b.identifiers.Store(v.Token, v.Identifier)
	return b.Adapter.CreateVerificationToken(ctx, v)
}

func (b ignoresIdentifier) UseVerificationToken(ctx context.Context, identifier string, token authent.Secret) (*authent.VerificationToken, error) {
	if own, ok := b.identifiers.Load(token); ok {
		identifier = own.(string)
	}
	return b.Adapter.UseVerificationToken(ctx, identifier, token)
}

// emptyEmail finds everybody by no e-mail: a condition that is left out.
type emptyEmail struct{ authent.Adapter }

func (b emptyEmail) UsersByEmail(ctx context.Context, emails ...string) ([]*authent.User, error) {
	if len(emails) == 0 {
		emails = []string{"a@example.com"}
	}
	return b.Adapter.UsersByEmail(ctx, emails...)
}
