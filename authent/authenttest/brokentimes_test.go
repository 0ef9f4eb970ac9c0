package authenttest_test

import (
	"context"
	"time"

	"github.com/authent/authent/authent"
)

var brokenTimes = []broken{
	{name: "LocalWallClock", wrap: func(a authent.Adapter) authent.Adapter { return localWallClock{a} }, fails: []string{"TimeZone/America-New_York", "TimeZone/Asia-Kolkata"}},
	{name: "ReturnsLocal", wrap: func(a authent.Adapter) authent.Adapter { return returnsLocal{a} }, fails: inZones("Time/SessionUTC")},
	{name: "LosesZone", wrap: func(a authent.Adapter) authent.Adapter { return losesZone{a} }, fails: inZones("Time/UserUTC")},
	{name: "LosesMilliseconds", wrap: func(a authent.Adapter) authent.Adapter { return losesMilliseconds{a} }, fails: inZones("Time/VerificationTokenPrecision")},
	{name: "Rounds", wrap: func(a authent.Adapter) authent.Adapter { return rounds{a} }, fails: inZones("Time/SessionPrecision", "Time/UserPrecision")},
	{name: "ExpiresAtInMilliseconds", wrap: func(a authent.Adapter) authent.Adapter { return accountInMilliseconds{a} }, fails: inZones(
		"Account/LinkAndRead", "Account/Taken", "Account/UpdateOneColumn", "Account/UpdateSameValue",
		"Account/UpdateToNull", "AuthJS/LinkAccount", "Copies/PassedAccountUpdate", "Copies/ReturnedAccount", "Time/AccountPrecision",
		"Time/AccountUTC",
	)},
	{name: "ExpiryOverflows", wrap: func(a authent.Adapter) authent.Adapter { return expiryOverflows{a} }, fails: []string{"Account/ExpiresFarOff"}},
	{name: "ClockWithoutZone", wrap: func(a authent.Adapter) authent.Adapter { return clockWithoutZone{a} }, fails: inZones("Time/AdapterClock")},
	{name: "UpdatedAtStays", wrap: func(a authent.Adapter) authent.Adapter { return updatedAtStays{a} }, fails: []string{"User/SetsTimes"}},
	{name: "ExpiryIgnoresZone", wrap: func(a authent.Adapter) authent.Adapter { return expiryIgnoresZone{a} }, fails: inZones("Time/DeleteExpired")},
}

// wallClock returns the time that a clock in zone shows, taken for UTC.
func wallClock(t time.Time, zone *time.Location) time.Time {
	t = t.In(zone)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// localWallClock is right as long as the process runs in UTC.
type localWallClock struct{ authent.Adapter }

func (b localWallClock) CreateSession(ctx context.Context, s authent.Session) (*authent.Session, error) {
	s.Expires = wallClock(s.Expires, time.Local)
	return b.Adapter.CreateSession(ctx, s)
}

type returnsLocal struct{ authent.Adapter }

func (b returnsLocal) SessionAndUser(ctx context.Context, token authent.Secret) (*authent.Session, error) {
	s, err := b.Adapter.SessionAndUser(ctx, token)
	if err == nil {
		s.Expires = s.Expires.Local()
	}
	return s, err
}

// losesZone is what lib/pq does with timestamp without time zone.
type losesZone struct{ authent.Adapter }

func (b losesZone) UpdateUser(ctx context.Context, id string, u authent.UserUpdate) (*authent.User, error) {
	if u.EmailVerified != nil && !u.EmailVerified.IsZero() {
		u.EmailVerified = new(wallClock(*u.EmailVerified, u.EmailVerified.Location()))
	}
	return b.Adapter.UpdateUser(ctx, id, u)
}

type losesMilliseconds struct{ authent.Adapter }

func (b losesMilliseconds) CreateVerificationToken(ctx context.Context, v authent.VerificationToken) error {
	v.Expires = v.Expires.Truncate(time.Second)
	return b.Adapter.CreateVerificationToken(ctx, v)
}

// rounds is what databases do with a time finer than the column.
type rounds struct{ authent.Adapter }

func (b rounds) CreateSession(ctx context.Context, s authent.Session) (*authent.Session, error) {
	s.Expires = s.Expires.Round(time.Millisecond)
	return b.Adapter.CreateSession(ctx, s)
}

func (b rounds) CreateUser(ctx context.Context, u authent.User) (*authent.User, error) {
	if !u.EmailVerified.IsZero() {
		u.EmailVerified = u.EmailVerified.Round(time.Millisecond)
	}
	return b.Adapter.CreateUser(ctx, u)
}

// accountInMilliseconds keeps more of ExpiresAt than Auth.js's column can.
type accountInMilliseconds struct{ authent.Adapter }

func (b accountInMilliseconds) Account(ctx context.Context, provider, id string) (*authent.Account, error) {
	a, err := b.Adapter.Account(ctx, provider, id)
	if err == nil && !a.ExpiresAt.IsZero() {
		a.ExpiresAt = a.ExpiresAt.Add(time.Millisecond).Local()
	}
	return a, err
}

// expiryOverflows keeps ExpiresAt in 32 bits.
type expiryOverflows struct{ authent.Adapter }

func (b expiryOverflows) LinkAccount(ctx context.Context, a authent.Account) error {
	if !a.ExpiresAt.IsZero() {
		a.ExpiresAt = time.Unix(int64(int32(a.ExpiresAt.Unix())), 0).UTC()
	}
	return b.Adapter.LinkAccount(ctx, a)
}

type clockWithoutZone struct{ authent.Adapter }

func (b clockWithoutZone) CreateUser(ctx context.Context, u authent.User) (*authent.User, error) {
	got, err := b.Adapter.CreateUser(ctx, u)
	if err == nil {
		got.CreatedAt = got.CreatedAt.Local()
	}
	return got, err
}

type updatedAtStays struct{ authent.Adapter }

func (b updatedAtStays) UpdateUser(ctx context.Context, id string, u authent.UserUpdate) (*authent.User, error) {
	return asCreated(b.Adapter.UpdateUser(ctx, id, u))
}

func (b updatedAtStays) User(ctx context.Context, id string) (*authent.User, error) {
	return asCreated(b.Adapter.User(ctx, id))
}

func asCreated(u *authent.User, err error) (*authent.User, error) {
	if err == nil {
		u.UpdatedAt = u.CreatedAt
	}
	return u, err
}

// expiryIgnoresZone compares as text.
type expiryIgnoresZone struct{ authent.Adapter }

func (b expiryIgnoresZone) DeleteExpired(ctx context.Context, before time.Time, limit int) (int, error) {
	return b.Adapter.DeleteExpired(ctx, wallClock(before, before.Location()), limit)
}
