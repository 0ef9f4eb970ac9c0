package readme

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/testdb"
)

// TestPerformanceGuide does what docs/performance.md says: two processes with caches, and
// whoever signs out at one is signed out at the other.
func TestPerformanceGuide(t *testing.T) {
	kind := testdb.Server(t, "postgres")
	database := kind.URL(t)
	g := newGuide(t, kind, database)
	g.env["DEV_DATABASE_URL"] = kind.URL(t)
	var stops []func()
	keep := func(stop func()) { stops = append(stops, stop) }
	g.starts = map[string]func(func()){"ADDR=localhost:" + g.port + " go run . &": keep, "ADDR=localhost:" + g.webPort + " go run . &": keep}
	for _, section := range sections(t, "docs/performance.md") {
		g.follow(section[0], section[1])
	}
	for _, stop := range stops {
		defer stop()
	}
	if len(stops) != 2 {
		t.Fatalf("the guide starts %d processes", len(stops))
	}
	db := kind.Connect(t, database)
	await.True(t, "both processes listen", func() bool {
		return testdb.Number(t, db, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'") == 2
	})
	await.True(t, "both answer", func() bool {
		return g.reachable("http://localhost:"+g.port+"/auth/csrf") && g.reachable("http://localhost:"+g.webPort+"/auth/csrf")
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	ada := &registrant{g: g, client: &http.Client{Jar: jar}}
	ada.send("/auth/register", "/auth/register", "email", "ada@example.com", "password", "correct horse battery")
	seen := func() bool { // at the other process: a browser sends a cookie to every port
		res, err := ada.client.Get("http://localhost:" + g.webPort + "/")
		if err != nil {
			t.Fatal(err)
		}
		return body(t, res) == "Hello, ada@example.com"
	}
	for range 3 {
		if !seen() {
			t.Fatal("who signed in at one process is not signed in at the other")
		}
	}
	home, err := url.Parse("http://localhost:" + g.port + "/")
	if err != nil {
		t.Fatal(err)
	}
	copied := jar.Cookies(home)
	if page := ada.send("/auth/signout", "/auth/signout"); strings.Contains(page, "Hello") {
		t.Fatalf("signed out: %s", page)
	}
	jar.SetCookies(home, copied) // somebody has kept a copy
	await.True(t, "the other process has heard", func() bool { return !seen() })
}
