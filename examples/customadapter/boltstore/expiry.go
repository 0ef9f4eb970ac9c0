package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"time"
)

// kind says what expires.
type kind byte

const (
	aSession      kind = 's'
	aVerification kind = 'v'
	aCounter      kind = 'c'
)

// expiryKey returns a row's key in the index of expiries. bbolt orders keys by
// their bytes, so the time comes first, in eight bytes that sort as times do: the
// sign bit is flipped, or times before 1970 would come last.
func expiryKey(at time.Time, what kind, key []byte) []byte {
	ordered := uint64(at.UnixMilli()) ^ 1<<63
	return append(append(binary.BigEndian.AppendUint64(nil, ordered), byte(what)), key...)
}

// fromExpiryKey undoes expiryKey.
func fromExpiryKey(k []byte) (at time.Time, what kind, key []byte) {
	ordered := binary.BigEndian.Uint64(k)
	return time.UnixMilli(int64(ordered ^ 1<<63)), kind(k[8]), k[9:]
}

// DeleteExpired implements authent.Adapter. It reads only what has expired,
// however much is in the file.
func (s *Store) DeleteExpired(ctx context.Context, before time.Time, limit int) (n int, err error) {
	err = s.write(ctx, "delete expired", func(r rows) error {
		for _, k := range r.expired(before, limit) {
			_, what, key := fromExpiryKey(k)
			if err := r.deleteKind(what, key, k); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// expired returns the keys of at most limit rows that expired before the time,
// the oldest first.
func (r rows) expired(before time.Time, limit int) [][]byte {
	var keys [][]byte
	c := r.tx.Bucket([]byte(expiries)).Cursor()
	for k, _ := c.First(); k != nil && len(keys) < limit; k, _ = c.Next() {
		if at, _, _ := fromExpiryKey(k); !at.Before(before) {
			break
		}
		keys = append(keys, bytes.Clone(k))
	}
	return keys
}

// deleteKind deletes what expired, and its entry in the index.
func (r rows) deleteKind(what kind, key, entry []byte) error {
	switch what {
	case aSession:
		return r.deleteSession(key)
	case aCounter:
		return errors.Join(r.delete(rateLimits, key), r.delete(expiries, entry))
	}
	_, err := r.deleteVerification(key)
	return err
}
