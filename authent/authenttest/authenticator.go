package authenttest

import (
	"math"
	"strings"
	"time"

	"github.com/authent/authent/authent"
)

var authenticatorCases = []testCase{
	{name: "CreateAndRead", run: authenticatorCreateAndRead},
	{name: "Minimal", run: authenticatorMinimal},
	{name: "Taken", run: authenticatorTaken},
	{name: "UnknownUser", run: authenticatorUnknownUser},
	{name: "Unknown", run: authenticatorUnknown},
	{name: "ByteForByte", run: authenticatorByteForByte},
	{name: "LongID", run: authenticatorLongID},
	{name: "LargeCounter", run: authenticatorLargeCounter},
	{name: "UpdateOneColumn", run: authenticatorUpdateOneColumn},
	{name: "List", run: authenticatorList},
	{name: "Delete", run: authenticatorDelete},
	{name: "OfDeletedUser", run: authenticatorOfDeletedUser},
	{name: "InTx", run: authenticatorInTx},
	{name: "AuthJSCreate", run: authJSCreateAuthenticator},
	{name: "AuthJSGet", run: authJSGetAuthenticator},
	{name: "AuthJSListByUserID", run: authJSListAuthenticators},
	{name: "AuthJSUpdateCounter", run: authJSUpdateCounter},
}

func isAuthenticatorStore(s Subject) bool {
	_, ok := s.Adapter.(authent.AuthenticatorStore)
	return ok
}

func (c *check) passkeys() authent.AuthenticatorStore { return c.Adapter.(authent.AuthenticatorStore) }

// fullAuthenticator returns one with a value in every column that all tables have.
func fullAuthenticator(userID, credentialID string) authent.Authenticator {
	return authent.Authenticator{
		CredentialID: credentialID, UserID: userID, ProviderAccountID: credentialID, CredentialPublicKey: "pQECAyYgASFYIA+/=",
		Counter: 7, CredentialDeviceType: "multiDevice", CredentialBackedUp: true, Transports: "usb,ble,nfc",
	}
}

// add stores an authenticator and returns it as the adapter did.
func (c *check) add(a authent.Authenticator) *authent.Authenticator {
	c.Helper()
	got, err := c.passkeys().CreateAuthenticator(c.ctx, a)
	c.must(err, "CreateAuthenticator")
	if got == nil {
		c.Fatal("CreateAuthenticator returned nil, want the authenticator")
	}
	return got
}

// wantAuthenticator compares the authenticator that is stored.
func (c *check) wantAuthenticator(want authent.Authenticator) {
	c.Helper()
	got, err := c.passkeys().Authenticator(c.ctx, want.CredentialID)
	c.must(err, "Authenticator")
	c.wantSame(&want, got, "Authenticator")
}

// wantAuthenticators compares the ids of a user's authenticators.
func (c *check) wantAuthenticators(userID string, ids ...string) {
	c.Helper()
	all, err := c.passkeys().Authenticators(c.ctx, userID)
	c.must(err, "Authenticators")
	want, got := map[string]bool{}, map[string]bool{}
	for _, id := range ids {
		want[id] = true
	}
	for _, a := range all {
		got[a.CredentialID] = true
	}
	c.wantSame(want, got, "Authenticators")
	c.wantCount(len(ids), len(all), nil, "Authenticators")
}

// authenticatorCreateAndRead stores also what not every table has a column for: there it
// reads as zero, everywhere alike.
func authenticatorCreateAndRead(c *check) {
	u := c.newUser("a@example.com")
	want := fullAuthenticator(u.ID, "Y3JlZA==")
	want.Name, want.CreatedAt, want.LastUsedAt = "Zoë's key 🦊", epoch, epoch.Add(time.Minute)
	got := c.add(want)
	for _, optional := range []struct {
		there  bool
		forget func()
	}{
		{got.Name != "", func() { want.Name = "" }},
		{!got.CreatedAt.IsZero(), func() { want.CreatedAt = time.Time{} }},
		{!got.LastUsedAt.IsZero(), func() { want.LastUsedAt = time.Time{} }},
	} {
		if !optional.there {
			optional.forget()
		}
	}
	c.wantSame(&want, got, "what CreateAuthenticator returned")
	c.wantAuthenticator(want)
	all, err := c.passkeys().Authenticators(c.ctx, u.ID)
	c.wantCount(1, len(all), err, "Authenticators")
	c.wantSame(&want, all[0], "Authenticators")
}

func authenticatorMinimal(c *check) {
	u := c.newUser("a@example.com")
	want := authent.Authenticator{CredentialID: "Y3JlZA==", UserID: u.ID, ProviderAccountID: "x", CredentialPublicKey: "key", CredentialDeviceType: "singleDevice"}
	c.wantSame(&want, c.add(want), "what CreateAuthenticator returned")
	c.wantAuthenticator(want)
}

func authenticatorTaken(c *check) {
	first, second := c.newUser("first@example.com"), c.newUser("second@example.com")
	want := fullAuthenticator(first.ID, "Y3JlZA==")
	c.add(want)
	for what, u := range map[string]*authent.User{"the same user": first, "another user": second} {
		_, err := c.passkeys().CreateAuthenticator(c.ctx, authent.Authenticator{CredentialID: "Y3JlZA==", UserID: u.ID, ProviderAccountID: "other", CredentialPublicKey: "other", CredentialDeviceType: "singleDevice"})
		c.wantConflict(err, authent.KeyAuthenticator, "CreateAuthenticator by "+what)
	}
	c.wantAuthenticator(want)
	c.wantAuthenticators(second.ID)
}

func authenticatorUnknownUser(c *check) {
	gone := c.newUser("a@example.com")
	c.must(c.Adapter.DeleteUser(c.ctx, gone.ID), "DeleteUser")
	for _, id := range []string{"nope", gone.ID, "x\x00y", "\xff"} {
		_, err := c.passkeys().CreateAuthenticator(c.ctx, fullAuthenticator(id, "Y3JlZA=="))
		c.wantErr(err, authent.ErrNotFound, "CreateAuthenticator of "+short(id))
		c.wantAuthenticators(id)
	}
	_, err := c.passkeys().Authenticator(c.ctx, "Y3JlZA==")
	c.wantErr(err, authent.ErrNotFound, "Authenticator")
}

func authenticatorUnknown(c *check) {
	u := c.newUser("a@example.com")
	want := fullAuthenticator(u.ID, "Y3JlZA==")
	c.add(want)
	for _, id := range []string{"", "nope", "Y3JlZA=", "%", "x\x00y", "\xff", strings.Repeat("Y", 10_000)} {
		_, err := c.passkeys().Authenticator(c.ctx, id)
		c.wantErr(err, authent.ErrNotFound, "Authenticator "+short(id))
		for _, update := range []authent.AuthenticatorUpdate{{}, {Counter: new(int64(8))}} {
			c.wantErr(c.passkeys().UpdateAuthenticator(c.ctx, id, update), authent.ErrNotFound, "UpdateAuthenticator "+short(id))
		}
		deleted, err := c.passkeys().DeleteAuthenticator(c.ctx, u.ID, id)
		c.must(err, "DeleteAuthenticator of none")
		if deleted {
			c.Errorf("DeleteAuthenticator %s reports that there was one", short(id))
		}
	}
	c.wantAuthenticator(want)
}

// authenticatorByteForByte: base64 differs in case alone.
func authenticatorByteForByte(c *check) {
	u := c.newUser("a@example.com")
	want := fullAuthenticator(u.ID, "Y3JlZA==")
	c.add(want)
	for _, other := range []string{"y3jlza==", "Y3JlZa==", "Y3JlZA== "} {
		_, err := c.passkeys().Authenticator(c.ctx, other)
		c.wantErr(err, authent.ErrNotFound, "Authenticator "+other)
		c.wantErr(c.passkeys().UpdateAuthenticator(c.ctx, other, authent.AuthenticatorUpdate{Counter: new(int64(8))}), authent.ErrNotFound, "UpdateAuthenticator "+other)
		_, err = c.passkeys().DeleteAuthenticator(c.ctx, u.ID, other)
		c.must(err, "DeleteAuthenticator")
		_, err = c.passkeys().CreateAuthenticator(c.ctx, fullAuthenticator(u.ID, other))
		if c.Folds && err != nil {
			c.wantConflict(err, authent.KeyAuthenticator, "CreateAuthenticator "+other)
			continue
		}
		c.must(err, "CreateAuthenticator "+other)
		c.wantAuthenticator(fullAuthenticator(u.ID, other))
	}
	c.wantAuthenticator(want)
}

func authenticatorLongID(c *check) {
	u := c.newUser("a@example.com")
	_, err := c.passkeys().CreateAuthenticator(c.ctx, fullAuthenticator(u.ID, strings.Repeat("Y", authent.MaxKey+1)))
	c.wantErr(err, authent.ErrInvalid, "CreateAuthenticator")
	c.wantAuthenticators(u.ID)
}

// authenticatorLargeCounter: a counter is stored as it is, or refused, and never another
// one, by which nobody could tell a copy of the key.
func authenticatorLargeCounter(c *check) {
	u := c.newUser("a@example.com")
	large := fullAuthenticator(u.ID, "large")
	large.Counter = math.MaxUint32
	if _, err := c.passkeys().CreateAuthenticator(c.ctx, large); err == nil {
		c.wantAuthenticator(large)
	} else {
		c.wantErr(err, authent.ErrInvalid, "CreateAuthenticator")
		c.wantAuthenticators(u.ID)
	}
	want := fullAuthenticator(u.ID, "small")
	c.add(want)
	if err := c.passkeys().UpdateAuthenticator(c.ctx, "small", authent.AuthenticatorUpdate{Counter: &large.Counter}); err == nil {
		want.Counter = large.Counter
	} else {
		c.wantErr(err, authent.ErrInvalid, "UpdateAuthenticator")
	}
	c.wantAuthenticator(want)
}

func authenticatorUpdateOneColumn(c *check) {
	u := c.newUser("a@example.com")
	all := fullAuthenticator(u.ID, "Y3JlZA==")
	all.Name, all.LastUsedAt = "first", epoch
	want, other := *c.add(all), fullAuthenticator(u.ID, "b3RoZXI=")
	hasName, hasUse := want.Name != "", !want.LastUsedAt.IsZero()
	c.add(other)
	at := epoch.Add(time.Hour)
	for _, change := range []struct {
		what   string
		update authent.AuthenticatorUpdate
		expect func()
	}{
		{"nothing", authent.AuthenticatorUpdate{}, func() {}},
		{"Counter", authent.AuthenticatorUpdate{Counter: new(int64(8))}, func() { want.Counter = 8 }},
		{"the same Counter", authent.AuthenticatorUpdate{Counter: new(int64(8))}, func() {}},
		{"CredentialBackedUp", authent.AuthenticatorUpdate{CredentialBackedUp: new(false)}, func() { want.CredentialBackedUp = false }},
		{"Name", authent.AuthenticatorUpdate{Name: new("second")}, func() {
			if hasName {
				want.Name = "second"
			}
		}},
		{"LastUsedAt", authent.AuthenticatorUpdate{LastUsedAt: &at}, func() {
			if hasUse {
				want.LastUsedAt = at
			}
		}},
		{"Name to nothing", authent.AuthenticatorUpdate{Name: new("")}, func() { want.Name = "" }},
	} {
		change.expect()
		c.must(c.passkeys().UpdateAuthenticator(c.ctx, want.CredentialID, change.update), "UpdateAuthenticator of "+change.what)
		c.wantAuthenticator(want)
	}
	c.wantAuthenticator(other)
}

func authenticatorList(c *check) {
	u, other := c.newUser("a@example.com"), c.newUser("other@example.com")
	c.wantAuthenticators(u.ID)
	for _, id := range []string{"1", "2", "3"} {
		c.add(fullAuthenticator(u.ID, id))
	}
	c.add(fullAuthenticator(other.ID, "4"))
	c.wantAuthenticators(u.ID, "1", "2", "3")
	c.wantAuthenticators(other.ID, "4")
}

func authenticatorDelete(c *check) {
	u, other := c.newUser("a@example.com"), c.newUser("other@example.com")
	c.add(fullAuthenticator(u.ID, "1"))
	c.add(fullAuthenticator(u.ID, "2"))
	for _, try := range []struct {
		userID string
		want   bool
	}{{other.ID, false}, {"nope", false}, {u.ID, true}, {u.ID, false}} {
		got, err := c.passkeys().DeleteAuthenticator(c.ctx, try.userID, "1")
		c.must(err, "DeleteAuthenticator")
		if got != try.want {
			c.Errorf("DeleteAuthenticator reports %v, want %v", got, try.want)
		}
	}
	c.wantAuthenticators(u.ID, "2")
}

func authenticatorOfDeletedUser(c *check) {
	u, other := c.newUser("a@example.com"), c.newUser("other@example.com")
	c.add(fullAuthenticator(u.ID, "1"))
	c.add(fullAuthenticator(other.ID, "2"))
	c.must(c.Adapter.DeleteUser(c.ctx, u.ID), "DeleteUser")
	_, err := c.passkeys().Authenticator(c.ctx, "1")
	c.wantErr(err, authent.ErrNotFound, "Authenticator of a deleted user")
	c.wantAuthenticator(fullAuthenticator(other.ID, "2"))
}

func authenticatorInTx(c *check) {
	u := c.newUser("a@example.com")
	c.add(fullAuthenticator(u.ID, "1"))
	err := c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
		passkeys := tx.(authent.AuthenticatorStore)
		_, err := passkeys.CreateAuthenticator(c.ctx, fullAuthenticator(u.ID, "2"))
		c.must(err, "CreateAuthenticator")
		c.must(passkeys.UpdateAuthenticator(c.ctx, "1", authent.AuthenticatorUpdate{Counter: new(int64(8))}), "UpdateAuthenticator")
		return errBoom
	})
	c.wantErr(err, errBoom, "InTx")
	c.wantAuthenticators(u.ID, "1")
	c.wantAuthenticator(fullAuthenticator(u.ID, "1"))
}
