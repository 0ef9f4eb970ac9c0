package boltstore

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/authent/authent/authent"
)

// The buckets. An entity's bucket holds its records; each of the others is an
// index, which the method that writes a record updates in the same transaction.
const (
	users         = "authent.users"          // id → userRecord
	usersByEmail  = "authent.users_by_email" // e-mail → id
	accounts      = "authent.accounts"       // provider, provider account id → accountRecord
	accountsOf    = "authent.accounts_of"    // user id, provider and provider account id → the account's key
	sessions      = "authent.sessions"       // token → sessionRecord
	sessionsOf    = "authent.sessions_of"    // user id, session id → token
	verifications = "authent.verifications"  // identifier, token → verificationRecord
	expiries      = "authent.expiries"       // time, kind, key → nothing
	rateLimits    = "authent.rate_limits"    // key → rateLimitRecord
)

var buckets = []string{users, usersByEmail, accounts, accountsOf, sessions, sessionsOf, verifications, expiries, rateLimits}

// rows are the buckets as one transaction sees them.
type rows struct{ tx *bolt.Tx }

func (r rows) get(bucket string, key []byte) []byte { return r.tx.Bucket([]byte(bucket)).Get(key) }

func (r rows) has(bucket string, key []byte) bool { return r.get(bucket, key) != nil }

func (r rows) put(bucket string, key, value []byte) error {
	return r.tx.Bucket([]byte(bucket)).Put(key, value)
}

func (r rows) delete(bucket string, key []byte) error { return r.tx.Bucket([]byte(bucket)).Delete(key) }

// valuesUnder returns the values whose keys begin with prefix. They are copies,
// taken before anything is deleted: a cursor loses its place when its bucket
// changes, and bbolt's own bytes are valid in the transaction only.
func (r rows) valuesUnder(bucket string, prefix []byte) [][]byte {
	var values [][]byte
	c := r.tx.Bucket([]byte(bucket)).Cursor()
	for k, v := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
		values = append(values, bytes.Clone(v))
	}
	return values
}

// keysUnder returns the keys that begin with prefix, as valuesUnder does for the
// values.
func (r rows) keysUnder(bucket string, prefix []byte) [][]byte {
	var keys [][]byte
	c := r.tx.Bucket([]byte(bucket)).Cursor()
	for k, _ := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		keys = append(keys, bytes.Clone(k))
	}
	return keys
}

// load reads a record; if there is none, it returns authent.ErrNotFound.
//
// Records are structs of this package, since authent's own leave secrets out of
// their JSON.
func load[T any](r rows, bucket string, key []byte) (record T, err error) {
	value := r.get(bucket, key)
	if value == nil {
		return record, authent.ErrNotFound
	}
	if err := json.Unmarshal(value, &record); err != nil {
		return record, fmt.Errorf("a record of %s is damaged: %w", bucket, err)
	}
	return record, nil
}

// save writes a record.
func save[T any](r rows, bucket string, key []byte, record T) error {
	value, err := json.Marshal(record)
	if err != nil {
		return err
	}
	return r.put(bucket, key, value)
}

// text is a string in a record. JSON holds it in base64, since in a Go string
// encoding/json replaces the bytes that are not UTF-8.
type text []byte

// pair returns the key of two strings. The length of the first one comes before
// it, so that no two pairs have the same key, whatever bytes they hold. The pairs
// that share their first string are those whose keys begin with pair(first, "").
func pair(first, second string) []byte {
	key := binary.AppendUvarint(nil, uint64(len(first)))
	return append(append(key, first...), second...)
}

// instant returns a time as the file holds it.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// set sets a column to what an update says, if it says anything.
func set[S ~string](column *text, update *S) {
	if update != nil {
		*column = text(*update)
	}
}

func setInstant(column, update *time.Time) {
	if update != nil {
		*column = instant(*update)
	}
}
