package mixin_test

import (
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/authent/mixin"
)

// TestLayout_Precision: a layout's times are cut to what its columns hold on a database.
func TestLayout_Precision(t *testing.T) {
	of := func(name, kind string) *mixin.Layout {
		return &mixin.Layout{Session: mixin.Table{Columns: map[string]mixin.Column{"expires": {Types: map[string]string{name: kind}}}}}
	}
	for _, tc := range []struct {
		layout *mixin.Layout
		name   string
		want   time.Duration
	}{
		{nil, dialect.MySQL, time.Millisecond},
		{nil, "", time.Millisecond},
		{mixin.DrizzleDefault, dialect.MySQL, time.Second},
		{mixin.DrizzleDefault, dialect.Postgres, time.Millisecond},
		{mixin.DrizzleDefault, "", time.Second},
		{mixin.DrizzleSQLite, dialect.SQLite, time.Millisecond},
		{mixin.Drizzle, "", time.Millisecond},
		{mixin.PrismaV5, "", time.Millisecond},
		{of(dialect.MySQL, "datetime"), dialect.MySQL, time.Second},
		{of(dialect.MySQL, "DATETIME(2)"), dialect.MySQL, time.Second},
		{of(dialect.MySQL, "datetime(3)"), dialect.MySQL, time.Millisecond},
		{of(dialect.MySQL, "timestamp(6)"), dialect.MySQL, time.Millisecond},
		{of(dialect.Postgres, "timestamptz"), dialect.Postgres, time.Millisecond},
		{of(dialect.Postgres, "timestamp(0) without time zone"), dialect.Postgres, time.Second},
		{of(dialect.Postgres, "timestamp with time zone"), dialect.Postgres, time.Millisecond},
	} {
		if got := tc.layout.Precision(tc.name); got != tc.want {
			t.Errorf("%v on %q: %v, want %v", tc.layout, tc.name, got, tc.want)
		}
	}
}

// TestPrismaSchema: what a schema says is what the tables are called and have.
func TestPrismaSchema(t *testing.T) {
	for _, tc := range []struct {
		schema                mixin.PrismaSchema
		tokens, verified, key string
		id, made              bool
	}{
		{mixin.PrismaSchema{}, "VerificationToken", "emailVerified", "VerificationToken_pkey", false, false},
		{mixin.PrismaSchema{SnakeCase: true}, "verification_tokens", "email_verified", "verification_tokens_pkey", false, false},
		{mixin.PrismaSchema{IDs: true, Timestamps: true, VerificationTokens: "Proof"}, "Proof", "emailVerified", "Proof_identifier_token_key", true, true},
	} {
		l := tc.schema.Layout()
		indexes := l.VerificationToken.Indexes
		if l.VerificationToken.Name != tc.tokens || l.User.Columns["email_verified"].Name != tc.verified || indexes[len(indexes)-1].Name != tc.key {
			t.Errorf("%+v: %s, %s, %s", tc.schema, l.VerificationToken.Name, l.User.Columns["email_verified"].Name, indexes[len(indexes)-1].Name)
		}
		_, account := l.Account.Columns["id"]
		_, session := l.Session.Columns["id"]
		_, made := l.Session.Columns["inserted_at"]
		if account != tc.id || session != tc.id || made != tc.made {
			t.Errorf("%+v: ids %v and %v, timestamps %v", tc.schema, account, session, made)
		}
	}
}
