package authent

import (
	"context"
	"fmt"
	"time"

	"github.com/authent/authent/authent/secret"
)

// Adapter stores users, accounts, sessions and verification tokens. Package
// entauth generates one for an ent graph; package authenttest has one in memory.
// An application may write its own: these comments are the specification, and
// authenttest.Run checks an implementation against them.
//
// Rules for every method:
//
//   - It stores what it is given and returns what is stored. Hashing, encrypting,
//     normalising and deciding whether something has expired are the engine's
//     job. IDs and User's columns CreatedAt and UpdatedAt are the adapter's job:
//     it sets UpdatedAt with every UpdateUser. In the tables of an Auth.js
//     application it treats them as Auth.js's own adapters do: CreateUser stores
//     those that it is given, and in Drizzle's tables UpdateUser leaves UpdatedAt
//     alone.
//   - Times are UTC, whatever time zone the process, the server or the value has.
//     A time is truncated to the millisecond, or to the precision of the table's
//     columns.
//   - Keys (id, e-mail, provider and provider account id, session token,
//     identifier and token) compare byte for byte. On a table whose collation
//     folds case, accents or trailing spaces, looking up another spelling is
//     ErrNotFound, never somebody else's row; storing the second of two such keys
//     is ErrConflict. Storing a key that is longer than MaxKey (CheckKey), or
//     that its column cannot hold, is ErrInvalid, and looking one up is
//     ErrNotFound: no row is stored that cannot be found or deleted. The engine
//     stores no key that is empty or not UTF-8; looking one up, since a browser
//     may send it, is ErrNotFound.
//   - Reading or updating a row that does not exist is ErrNotFound; deleting it
//     is no error. An id that the key's type cannot hold does not exist.
//   - A key that is taken is a *ConflictError (errors.Is ErrConflict), which
//     names the key and holds neither the value nor the driver's error. A
//     UserID that no user has is ErrNotFound.
//   - A value that its column cannot hold, or that the application's own rules
//     refuse, is a *InvalidError (errors.Is ErrInvalid), which names the field.
//   - If the database cannot be reached, drops the connection, shuts down, has
//     become read-only, is overloaded or locked for too long, or does not answer
//     before a deadline, the error is ErrUnavailable: it is unknown then what is
//     stored. If the caller's own context was cancelled, the error is
//     context.Canceled and not ErrUnavailable.
//   - Storing a password, a role or a DisabledAt in a table without that column
//     is ErrUnsupported; other values without a column are left out. Columns
//     reports which columns exist.
//   - Values are complete on return: the caller may change what it passed and
//     what it got (except User.Entity) without affecting the store. Methods are
//     safe for concurrent use; those of an Adapter that InTx passed are not.
type Adapter interface {
	// Columns reports which optional columns the tables have. The answer never
	// changes.
	Columns() Columns

	// CreateUser stores a new user and returns it with its ID, which the
	// adapter makes; u.ID and u.Entity are ignored, and so are u.CreatedAt and
	// u.UpdatedAt, except values other than zero in the tables of an Auth.js
	// application. An e-mail that is taken is ErrConflict. SignUpFrom(ctx) is set
	// while a person signs up.
	CreateUser(ctx context.Context, u User) (*User, error)
	// User returns the user with the id.
	User(ctx context.Context, id string) (*User, error)
	// UsersByEmail returns the users whose e-mail is one of emails, byte for
	// byte, in no particular order; if there are none, an empty slice and no
	// error. It takes one statement. An empty string matches nobody.
	UsersByEmail(ctx context.Context, emails ...string) ([]*User, error)
	// UserByAccount returns the user who owns the provider account.
	UserByAccount(ctx context.Context, provider, providerAccountID string) (*User, error)
	// LockUser does what User does, and keeps others from writing the row until
	// the transaction ends. Outside InTx it locks nothing.
	LockUser(ctx context.Context, id string) (*User, error)
	// UpdateUser changes what u names, leaves the rest alone, and returns the
	// whole user as stored.
	UpdateUser(ctx context.Context, id string, u UserUpdate) (*User, error)
	// DeleteUser deletes the user with all accounts, sessions and, if the Adapter keeps
	// these, TOTPs and authenticators, in one transaction. Accounts and sessions are deleted even if the application keeps the
	// user's row, as a soft delete does (which must also hide the row from lookups, or
	// the user's password still works). If others delete the row, the database's own
	// foreign keys delete them. Verification tokens do not refer to a user and stay.
	DeleteUser(ctx context.Context, id string) error

	// LinkAccount stores a new account. A pair (Provider, ProviderAccountID)
	// that is taken is ErrConflict, whoever has it. An ExpiresAt that the column
	// cannot hold is stored as the nearest one that it can, and a token, scope or
	// session state that is longer than its column is left out, here and in
	// UpdateAccount: a provider may send anything.
	LinkAccount(ctx context.Context, a Account) error
	// Account returns one account.
	Account(ctx context.Context, provider, providerAccountID string) (*Account, error)
	// Accounts returns all accounts of a user, in no particular order; if there
	// are none, an empty slice and no error.
	Accounts(ctx context.Context, userID string) ([]*Account, error)
	// UpdateAccount changes what u names and leaves the rest alone.
	UpdateAccount(ctx context.Context, provider, providerAccountID string, u AccountUpdate) error
	// UnlinkAccount deletes one account.
	UnlinkAccount(ctx context.Context, provider, providerAccountID string) error

	// CreateSession stores a new session and returns it with its ID, which the
	// adapter makes and which is neither the token nor derived from it in a way
	// that lets the token be found; s.ID and s.User are ignored.
	CreateSession(ctx context.Context, s Session) (*Session, error)
	// SessionAndUser returns the session with the token and, in its User, the
	// user it belongs to. A session without a user is ErrNotFound. Every page
	// view calls it, so it takes one SQL statement that uses a unique index, or
	// two if the graph has interceptors or privacy rules.
	SessionAndUser(ctx context.Context, token Secret) (*Session, error)
	// Sessions returns all sessions of a user, including expired ones, in no
	// particular order, with User nil; if there are none, an empty slice and no
	// error.
	Sessions(ctx context.Context, userID string) ([]*Session, error)
	// UpdateSession changes what u names and leaves the rest alone. AMR, AAL and
	// AuthenticatedAt stay as CreateSession stored them.
	UpdateSession(ctx context.Context, token Secret, u SessionUpdate) error
	// DeleteSession deletes the session with the token.
	DeleteSession(ctx context.Context, token Secret) error
	// DeleteSessionByID deletes the user's session with the id and reports
	// whether there was one. Another user's session is not touched.
	DeleteSessionByID(ctx context.Context, userID, id string) (deleted bool, err error)
	// DeleteSessions deletes the user's sessions, except the one with the token
	// except ("" spares none), and returns how many it deleted.
	DeleteSessions(ctx context.Context, userID string, except Secret) (int, error)

	// CreateVerificationToken stores a token. One that exists already is
	// ErrConflict; single use can be built on that.
	CreateVerificationToken(ctx context.Context, v VerificationToken) error
	// VerificationToken returns a token without deleting it.
	VerificationToken(ctx context.Context, identifier string, token Secret) (*VerificationToken, error)
	// VerificationTokens returns all tokens of an identifier, including expired
	// ones, in no particular order; if there are none, an empty slice and no
	// error. It takes one statement.
	VerificationTokens(ctx context.Context, identifier string) ([]VerificationToken, error)
	// UseVerificationToken deletes a token and returns it. Of any number of
	// simultaneous calls, in any number of processes, exactly one gets it; the
	// others get ErrNotFound. An expired token is used up too.
	UseVerificationToken(ctx context.Context, identifier string, token Secret) (*VerificationToken, error)
	// DeleteVerificationTokens deletes the tokens of an identifier, except the
	// one with the token except ("" spares none), and returns how many it
	// deleted.
	DeleteVerificationTokens(ctx context.Context, identifier string, except Secret) (int, error)

	// DeleteExpired deletes sessions and verification tokens that expired
	// before the given time, if the Adapter is a RateLimitStore counters
	// whose window ended before it, and if it is an AuditStore events that
	// expired before it, at most limit rows in all, and returns how many it
	// deleted. Call it again while it returns limit. A limit below 1 deletes
	// none.
	DeleteExpired(ctx context.Context, before time.Time, limit int) (int, error)

	// InTx runs fn in one transaction: all that fn writes through tx is stored
	// when fn returns nil, and nothing of it otherwise; fn's error is returned
	// so that errors.Is and errors.As see it.
	//
	//   - The first error from the database dooms the transaction: fn must
	//     return it. If fn swallows it, InTx returns it and stores nothing. A
	//     read that finds nothing (ErrNotFound) does not doom it; whether a
	//     UserID that no user has does depends on the database.
	//   - tx.InTx joins: it runs its function in the same transaction. An error
	//     of that function dooms the transaction, since what it wrote cannot be
	//     undone alone.
	//   - fn may be run again from the start, after a serialization failure, a
	//     deadlock, a busy database, or a connection that broke, up to 5 times
	//     in all. It must use tx only, and must not hash, call the network, send
	//     mail, set cookies or call callbacks. Once a commit was sent and no
	//     answer came, fn is never run again, since the commit may have
	//     succeeded: that is ErrUnavailable.
	//   - A panic in fn rolls the transaction back and is passed on.
	//   - tx cannot be used after fn has returned, but the values that it
	//     returned can: an Entity queries through the adapter that InTx was
	//     called on.
	InTx(ctx context.Context, fn func(tx Adapter) error) error
}

// Columns says which optional columns an Adapter's tables have.
type Columns struct {
	UserPassword   bool
	UserRole       bool
	UserDisabledAt bool
	UserCreatedAt  bool
	UserUpdatedAt  bool

	SessionCreatedAt  bool
	SessionLastUsedAt bool
	SessionIPAddress  bool
	SessionUserAgent  bool

	SessionAMR             bool
	SessionAAL             bool
	SessionAuthenticatedAt bool
}

// RateLimitStore counts attempts. An Adapter may implement it too; the generated
// one does if the graph has an entity RateLimit.
type RateLimitStore interface {
	// HitRateLimit adds one to the counter of key in one atomic statement of
	// its own, never within a transaction, and returns the new count and when
	// the counter's window ends, in UTC, cut to the millisecond. The first hit,
	// and the first after the window has ended at now, starts a window that
	// ends after the given duration. A key has at most 100 bytes: a kind, a
	// colon and a hash in hexadecimal digits.
	HitRateLimit(ctx context.Context, key string, now time.Time, window time.Duration) (count int64, ends time.Time, err error)
	// ResetRateLimit sets the counter of key back to zero.
	ResetRateLimit(ctx context.Context, key string) error
}

// MaxKey is how many bytes a key of an Adapter may have: an e-mail, a provider and
// its account id, a session token, an identifier and a verification token. It is 255
// letters of four bytes each, what MySQL's usual column holds.
const MaxKey = 4 * 255

// CheckKey returns the *InvalidError with which an Adapter refuses to store a key of
// more than MaxKey bytes, and nil for any other. Databases treat a longer key
// differently, and none may store a row that it does not find again. field is
// "Type.field", such as "Session.session_token".
func CheckKey(field, key string) error {
	if len(key) <= MaxKey {
		return nil
	}
	return &InvalidError{Field: field, Err: fmt.Errorf("it has %d bytes, and a key at most %d: store a shorter one, or its hash", len(key), MaxKey)}
}

// Secret is a string that must not be printed: a token in its stored form, a
// password hash, a provider's access token. Every way in which Go prints a
// value (fmt verbs, encoding/json, encoding/text, log/slog) prints
// "[redacted]" for it, so that a struct that holds one can be logged. A
// conversion, string(s), yields the value.
//
// It is a package of its own so that a schema does not link all of this one.
type Secret = secret.Secret
