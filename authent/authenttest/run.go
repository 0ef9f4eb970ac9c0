package authenttest

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/authent/authent/authent"
)

// Subject is an adapter under test, on an empty store of its own.
type Subject struct {
	// Adapter is what is tested.
	Adapter authent.Adapter

	// DB is the adapter's database. With it the suite also looks at raw rows,
	// deletes by SQL, and makes and drops a table of its own. If nil, those cases do not run, and Run lists them in the log.
	DB *sql.DB
	// Dialect is "sqlite", "postgres" or "mysql": how names are quoted in SQL.
	// It is needed with DB only.
	Dialect string
	// Tables names what the suite's SQL touches. In each field "" means the
	// name in the Native layout.
	Tables Tables

	// SoftDelete makes the application keep the rows of users that are deleted from
	// then on, as a hook does that only marks them. If nil, the case does not run.
	SoftDelete func()
	// Outage takes the database away from the adapter. From then on nothing can be
	// written; reads may succeed. The adapter is not used after that test. If nil, the
	// cases under Outage do not run.
	Outage func()

	// Precision is the precision of the table's times. If zero, a millisecond.
	Precision time.Duration
	// KeyLetters is how many letters the table's keys hold. If zero, as many as
	// there is room for in authent.MaxKey bytes; where Dialect is "mysql", 191 or
	// more.
	KeyLetters int
	// TakesTimes says that CreateUser stores the CreatedAt and UpdatedAt that it is
	// given, where the table has them, as Auth.js's adapters do. If false, it
	// ignores them.
	TakesTimes bool
	// LeavesUpdatedAt says that UpdateUser does not move UpdatedAt, as in Drizzle's
	// tables. If false, it does.
	LeavesUpdatedAt bool
	// DeletionsSpread says that the tables have foreign keys by which other users or
	// sessions are changed when one is deleted. Then deletions may concern all sessions,
	// which is a failure elsewhere.
	DeletionsSpread bool
	// Folds says that the table's collation folds case, accents or trailing
	// spaces of keys. Then the second of two such keys may be ErrConflict,
	// which is a failure elsewhere.
	Folds bool
}

// Tables names the tables and columns that the suite's SQL touches.
type Tables struct {
	Users              string // If "", "users".
	UserID             string // The key of Users. If "", "id".
	UserImage          string // A column of Users that may be NULL. If "", "image".
	Accounts           string // If "", "accounts".
	Sessions           string // If "", "sessions".
	VerificationTokens string // If "", "verificationtokens".
}

// Run tests an adapter against every sentence of authent.Adapter's comments.
//
// It calls open once for each case, some 170 times and from parallel tests. open must
// return an adapter on an empty store that nothing else uses, and close it with t.Cleanup.
// Some cases make 64 calls at once: a store with few connections must let them wait, and
// must not answer that it is locked.
//
// Each case is a subtest whose name says what is wrong when it fails, such as
// "VerificationToken/ConcurrentUse". The cases under TimeZone start the test
// binary again with TZ set to UTC, America/New_York and Asia/Kolkata, and run
// the cases under Time there. PGTZ is set too; open should give the sessions
// of a server that does not know PGTZ the zone os.Getenv("TZ").
//
// The cases under RateLimit run when the adapter is an authent.RateLimitStore, those under
// AuditEvent when it is an authent.AuditStore, those under TOTP when it is an
// authent.TOTPStore, those under Authenticator when it is an
// authent.AuthenticatorStore, those under Touch when it is an authent.SessionToucher, and those under
// Watch when it is an authent.SessionWatcher that does not refuse.
func Run(t *testing.T, open func(t testing.TB) Subject) {
	t.Helper()
	probe := open(t)
	if probe.Adapter == nil {
		t.Fatal("open returned a Subject without Adapter")
	}
	without := map[string][]string{}
	for _, g := range groups() {
		if g.applies != nil && !g.applies(probe) {
			continue
		}
		cases := g.cases[:0:0]
		for _, c := range g.cases {
			if c.applies != nil && !c.applies(probe) {
				continue
			}
			if field := c.lacks(probe); field != "" {
				without[field] = append(without[field], g.name+"/"+c.name)
				continue
			}
			cases = append(cases, c)
		}
		t.Run(g.name, func(t *testing.T) { runCases(t, cases, open) })
	}
	for field, names := range without {
		t.Logf("not run, Subject.%s is nil: %s", field, strings.Join(names, ", "))
	}
	runTimeZones(t)
}

// A testCase is one promise of the contract. Its name is the subtest's.
type testCase struct {
	name string
	run  func(c *check)
	// The fields of Subject without which the case does not run.
	needsDB, needsSoftDelete, needsOutage bool
	// needsAdapter leaves the case out for a store of counters alone.
	needsAdapter bool
	// applies tells whether the case is for the subject. If nil, it is.
	applies func(s Subject) bool
}

// lacks returns the field of Subject that the case needs and s does not have, or "".
func (c testCase) lacks(s Subject) string {
	switch {
	case c.needsDB && s.DB == nil:
		return "DB"
	case c.needsSoftDelete && s.SoftDelete == nil:
		return "SoftDelete"
	case c.needsOutage && s.Outage == nil:
		return "Outage"
	}
	return ""
}

// A group holds the cases of one noun.
type group struct {
	name  string
	cases []testCase
	// applies tells whether the group is for the subject. If nil, it is.
	applies func(s Subject) bool
}

// groups lists the cases, in the order in which they run.
func groups() []group {
	return []group{
		{name: "User", cases: userCases},
		{name: "UserUpdate", cases: userUpdateCases},
		{name: "Account", cases: accountCases},
		{name: "Session", cases: sessionCases},
		{name: "SessionDelete", cases: sessionDeleteCases},
		{name: "Touch", cases: touchCases, applies: isSessionToucher},
		{name: "Watch", cases: watchCases, applies: isSessionWatcher},
		{name: "VerificationToken", cases: verificationTokenCases},
		{name: "DeleteExpired", cases: expiredCases},
		{name: "ByteForByte", cases: keyCases},
		{name: "KeyLength", cases: keyLengthCases()},
		{name: "Conflict", cases: conflictCases},
		{name: "Copies", cases: copyCases},
		{name: "InTx", cases: inTxCases},
		{name: "Doomed", cases: doomedCases},
		{name: "Outage", cases: outageCases},
		{name: "Time", cases: timeCases},
		{name: "RateLimit", cases: rateLimitCases, applies: isRateLimitStore},
		{name: "AuditEvent", cases: auditEventCases, applies: isAuditStore},
		{name: "TOTP", cases: totpCases, applies: isTOTPStore},
		{name: "Authenticator", cases: authenticatorCases, applies: isAuthenticatorStore},
		{name: "AuthJS", cases: authJSCases},
	}
}

func runCases(t *testing.T, cases []testCase, open func(t testing.TB) Subject) {
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			if s.Precision == 0 {
				s.Precision = time.Millisecond
			}
			tc.run(&check{T: t, Subject: s, ctx: t.Context()})
		})
	}
}
