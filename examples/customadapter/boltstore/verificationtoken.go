package boltstore

import (
	"context"
	"errors"
	"time"

	"github.com/authent/authent/authent"
)

// verificationRecord is a verification token in the file.
type verificationRecord struct {
	Identifier, Token text
	Expires           time.Time
}

// check refuses a key that is longer than the engine ever asks for.
func (v verificationRecord) check() error {
	return errors.Join(
		authent.CheckKey("VerificationToken.identifier", string(v.Identifier)),
		authent.CheckKey("VerificationToken.token", string(v.Token)))
}

func (v verificationRecord) key() []byte { return pair(string(v.Identifier), string(v.Token)) }

// token turns a record into what the engine sees.
func (v verificationRecord) token() *authent.VerificationToken {
	return &authent.VerificationToken{Identifier: string(v.Identifier), Token: authent.Secret(v.Token), Expires: v.Expires}
}

// CreateVerificationToken implements authent.Adapter.
func (s *Store) CreateVerificationToken(ctx context.Context, v authent.VerificationToken) error {
	record := verificationRecord{text(v.Identifier), text(v.Token), instant(v.Expires)}
	if err := record.check(); err != nil {
		return err
	}
	return s.write(ctx, "create verification token", func(r rows) error {
		if r.has(verifications, record.key()) {
			return &authent.ConflictError{Key: authent.KeyVerificationToken}
		}
		if err := save(r, verifications, record.key(), record); err != nil {
			return err
		}
		return r.put(expiries, expiryKey(record.Expires, aVerification, record.key()), nil)
	})
}

// VerificationToken implements authent.Adapter.
func (s *Store) VerificationToken(ctx context.Context, identifier string, token authent.Secret) (v *authent.VerificationToken, err error) {
	err = s.read(ctx, "verification token", func(r rows) error {
		record, err := load[verificationRecord](r, verifications, pair(identifier, string(token)))
		if err != nil {
			return err
		}
		v = record.token()
		return nil
	})
	return v, err
}

// VerificationTokens implements authent.Adapter. The key begins with the identifier, so
// it needs no index.
func (s *Store) VerificationTokens(ctx context.Context, identifier string) (all []authent.VerificationToken, err error) {
	err = s.read(ctx, "verification tokens", func(r rows) error {
		for _, key := range r.keysUnder(verifications, pair(identifier, "")) {
			record, err := load[verificationRecord](r, verifications, key)
			if err != nil {
				return err
			}
			all = append(all, *record.token())
		}
		return nil
	})
	return all, err
}

// UseVerificationToken implements authent.Adapter. Since there is one writer at a
// time, reading and deleting are one step.
func (s *Store) UseVerificationToken(ctx context.Context, identifier string, token authent.Secret) (*authent.VerificationToken, error) {
	var used verificationRecord
	err := s.write(ctx, "use verification token", func(r rows) (err error) {
		used, err = r.deleteVerification(pair(identifier, string(token)))
		return err
	})
	if err != nil {
		return nil, err
	}
	return used.token(), nil
}

// DeleteVerificationTokens implements authent.Adapter.
func (s *Store) DeleteVerificationTokens(ctx context.Context, identifier string, except authent.Secret) (n int, err error) {
	err = s.write(ctx, "delete verification tokens", func(r rows) error {
		for _, key := range r.keysUnder(verifications, pair(identifier, "")) {
			if except != "" && string(key) == string(pair(identifier, string(except))) {
				continue
			}
			if _, err := r.deleteVerification(key); err != nil {
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

// deleteVerification deletes a token and its entry in the index, and returns the
// token.
func (r rows) deleteVerification(key []byte) (verificationRecord, error) {
	record, err := load[verificationRecord](r, verifications, key)
	if err != nil {
		return record, err
	}
	if err := r.delete(expiries, expiryKey(record.Expires, aVerification, key)); err != nil {
		return record, err
	}
	return record, r.delete(verifications, key)
}
