package authent_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/internal/testdb"
)

// hashings are what hashing costs: next to nothing, so that the rest is seen, and what it
// costs outside of tests.
var hashings = map[string]func(b *testing.B){
	"stubbed": func(*testing.B) {},
	"real":    func(b *testing.B) { authent.ShippedHashes(b) },
}

// off are no limits at all.
var off = authent.RateLimits{SignIn: authent.Limit{Off: true}, SignInClient: authent.Limit{Off: true}, Mail: authent.Limit{Off: true}, MailClient: authent.Limit{Off: true}}

// eachDoor measures a door with and without limits, whose rounds alternate, so that
// whatever else the machine does hits both alike. It reports what each costs for one call.
func eachDoor(b *testing.B, door func(b *browser, csrf string, n int) answer) {
	for name, hashing := range hashings {
		for _, database := range []string{"sqlite", "postgres", "mariadb"} {
			b.Run(database+"/hashing "+name, func(b *testing.B) {
				kind := testdb.Server(b, database)
				hashing(b)
				var spent [2]time.Duration
				var browsers [2]*browser
				var tokens [2]string
				for i, limits := range []authent.RateLimits{unhurried, off} {
					w := newWorld(b, kind, setup{config: func(c *authent.Config) { c.RateLimits = limits }})
					w.browser().register(ada, adasWord)
					browsers[i] = w.browser()
					tokens[i] = browsers[i].csrf()
				}
				for n := 0; b.Loop(); n++ {
					for i := range browsers {
						started := time.Now()
						a := door(browsers[i], tokens[i], n)
						spent[i] += time.Since(started)
						if a.errorCode() != "" {
							b.Fatalf("%d %s", a.status, a.errorCode())
						}
					}
				}
				for i, name := range []string{"µs/limited", "µs/unlimited"} {
					b.ReportMetric(float64(spent[i].Microseconds())/float64(b.N), name)
				}
			})
		}
	}
}

// BenchmarkSignIn signs in with a password, over HTTP.
func BenchmarkSignIn(b *testing.B) {
	eachDoor(b, func(b *browser, csrf string, _ int) answer {
		return b.postWith(csrf, "/auth/callback/credentials", "email", ada, "password", adasWord)
	})
}

// BenchmarkRegister registers people, over HTTP.
func BenchmarkRegister(b *testing.B) {
	eachDoor(b, func(b *browser, csrf string, n int) answer {
		return b.postWith(csrf, "/auth/register", "email", "p"+strconv.Itoa(n)+"@example.com", "password", adasWord)
	})
}
