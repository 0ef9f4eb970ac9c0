package authent

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// SessionWatcher is an Adapter that tells what becomes of sessions and their users, as
// SessionConfig.Cache needs it. A generated one is, and so is authenttest's MemoryAdapter.
type SessionWatcher interface {
	// WatchSessions has w told from now on of each change that may make a difference to
	// what SessionAndUser returns of a session that is stored: by this Adapter's methods,
	// and by whatever else writes through the same client, with ent's hooks for example. It
	// may be called several times, which tells each w, but only before the client is used.
	// If what SessionAndUser returns depends on who asks, as with ent's interceptors and
	// privacy policies, it is an error, and so is a Statement where the store runs none.
	//
	// What the Adapter's own methods do is told exactly, so that other sessions stay in a
	// cache:
	//
	//   - UpdateUser, DeleteUser and DeleteSessions concern the sessions of that user, also
	//     if DeleteSessions spares one or the application keeps the user's row.
	//   - DeleteSession and DeleteSessionByID concern that session.
	//   - UpdateSession and TouchSessions concern these sessions, and are Minor.
	//   - All other methods concern no session that goes on.
	//
	// Only where the database changes more rows with one that is deleted, since they refer to
	// it, all sessions may be concerned.
	WatchSessions(w SessionWatch) error
	// Announce runs a SessionWatch's Statement with a message that is no change, in a
	// transaction of its own, where changes are stored: what comes of it shows whether
	// others hear of those.
	Announce(ctx context.Context, statement, message string) error
}

// SessionWatch is what a SessionWatcher tells changes to.
type SessionWatch struct {
	// Changed is called once the changes can be read by others, before the call that made
	// them, or that committed them, returns. For those made within InTx that is after the
	// commit, and never if the transaction is rolled back or run again. It is called as well
	// where it is unknown whether they were stored, and may be called for what changed
	// nothing, more than once, and from several goroutines at once. It may read from the
	// Adapter.
	Changed func(ctx context.Context, changes []SessionChange)
	// Statement is a statement that tells other processes, with SessionChange.Message as
	// its only argument. The Adapter runs it for each change that is not Minor, in the
	// transaction of the change, so that others are told if and only if the change is
	// stored. Its own methods begin a transaction for it where there is none, and store
	// nothing if the statement fails. After what the application wrote outside a transaction
	// it is run by itself, and a failure is logged. If "", none.
	Statement string
}

// SessionChange says which sessions a change concerns: the one with the Token, or the ID, or
// all of the user UserID. If all three are "", any.
type SessionChange struct {
	// Token is the stored form of the session's token.
	Token Secret
	// ID is the session's.
	ID string
	// UserID is of the user who was changed, or whose sessions were.
	UserID string
	// Minor says that the sessions go on as before, and were only used: rolled on, or
	// touched. Others need not be told.
	Minor bool
}

// Message returns what other processes are told of the change: which sessions it concerns, as
// a hash of at most 30 letters. No token can be found from it; an id can, by trying all, where
// ids are numbers.
func (c SessionChange) Message() string { return changePrefix + string(c.tag()) }

// changePrefix is what messages begin with that are no heartbeats.
const changePrefix = "change "

// tag returns what entries of the cache depend on; "" for all of them.
func (c SessionChange) tag() string {
	switch {
	case c.Token != "":
		return changeTag("token", string(c.Token))
	case c.ID != "":
		return changeTag("id", c.ID)
	case c.UserID != "":
		return changeTag("user", c.UserID)
	}
	return ""
}

// changeTag hashes what a change names, since every role of the database may listen. An
// application may write a key in another way than the row has it, where the column's type or
// collation compares loosely: case and spaces at the end make no difference here.
func changeTag(kind, value string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + strings.ToLower(strings.TrimRight(value, " "))))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}
