package main

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"entgo.io/ent/dialect"
)

// baseline is the lookup as you would write it by hand with database/sql: the
// same join and columns as the adapter's, prepared once, scanned into plain
// variables.
type baseline struct{ lookup *sql.Stmt }

func newBaseline(ctx context.Context, name string, db *sql.DB) (*baseline, error) {
	query := `
SELECT s.id, s.session_token, s.user_id, s.expires, s.created_at, s.last_used_at, s.ip_address, s.user_agent,
       u.id, u.name, u.email, u.email_verified, u.image, u.password, u.role, u.disabled_at, u.created_at, u.updated_at
FROM sessions s JOIN users u ON s.user_id = u.id
WHERE s.session_token = ?`
	if name == dialect.Postgres {
		query = strings.Replace(query, "?", "$1", 1)
	}
	lookup, err := db.PrepareContext(ctx, query)
	return &baseline{lookup}, err
}

// row is a session with its user.
type row struct {
	sessionID, token, userID     string
	expires                      time.Time
	sessionCreatedAt, lastUsedAt sql.NullTime
	ipAddress, userAgent         sql.NullString
	id, email, role              string
	name, image, password        sql.NullString
	emailVerified, disabledAt    sql.NullTime
	createdAt, updatedAt         time.Time
}

func (b *baseline) sessionAndUser(ctx context.Context, token string) (*row, error) {
	var r row
	err := b.lookup.QueryRowContext(ctx, token).Scan(
		&r.sessionID, &r.token, &r.userID, &r.expires, &r.sessionCreatedAt, &r.lastUsedAt, &r.ipAddress, &r.userAgent,
		&r.id, &r.name, &r.email, &r.emailVerified, &r.image, &r.password, &r.role, &r.disabledAt, &r.createdAt, &r.updatedAt)
	return &r, err
}
