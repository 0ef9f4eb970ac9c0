package mysql

import (
	"strings"
	"testing"
)

// TestURLs: what the driver is told for each form of a URL.
func TestURLs(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"mysql://ada:pw@db.example.com:3307/app":                  "tcp db.example.com:3307 ada pw app 0 kept",
		"mariadb://ada:pw@db.example.com/app":                     "tcp db.example.com:3306 ada pw app 0 kept",
		"mysql://ada@db.example.com/app":                          "tcp db.example.com:3306 ada  app 0 kept",
		"mysql:///app":                                            "tcp localhost:3306   app 0 kept",
		"mysql://ada:pw@/app?socket=/run/mysqld.sock":             "unix /run/mysqld.sock ada pw app 0 kept",
		"mysql://ada:pw@%2Frun%2Fmysqld.sock/app":                 "unix /run/mysqld.sock ada pw app 0 kept",
		"mysql://ada:pw@[::1]/app":                                "tcp [::1]:3306 ada pw app 0 kept",
		"mysql://ada:pw@[2001:db8::1]:3307/app":                   "tcp [2001:db8::1]:3307 ada pw app 0 kept",
		"mysql://a%40b:%2F%3F%23%40%3A%25@h/my%20app":             "tcp h:3306 a@b /?#@:% my app 0 kept",
		"mysql://ada:pw@h/app?connection_limit=5":                 "tcp h:3306 ada pw app 5 kept",
		"mysql://ada:pw@h/app?statement_cache=off":                "tcp h:3306 ada pw app 0 ",
		"mysql://ada:pw@h/app?charset=utf8mb4&parseTime=false":    "tcp h:3306 ada pw app 0 kept",
		"mysql://ada:pw@h/app?loc=Local&clientFoundRows=false":    "tcp h:3306 ada pw app 0 kept",
		"mysql://ada:pw@h/app?collation=utf8mb4_unicode_ci&tls=0": "tcp h:3306 ada pw app 0 kept",
	} {
		u, c, err := parse(url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		kept := map[bool]string{true: "kept"}[u.Keep]
		got := strings.Join([]string{c.Net, c.Addr, c.User, c.Passwd, c.DBName, string('0' + rune(u.Limit)), kept}, " ")
		if got != want {
			t.Errorf("%s: %q, want %q", url, got, want)
		}
		if !c.ParseTime || c.Loc.String() != "UTC" || !c.ClientFoundRows || !strings.HasPrefix(c.Collation, "utf8mb4_") || c.Params["time_zone"] != "'+00:00'" {
			t.Errorf("%s: the connection would be %+v", url, c)
		}
	}
}
