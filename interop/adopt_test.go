package interop

import (
	"database/sql"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/adopt"
	"github.com/authent/authent/authent/migrate"
	"github.com/authent/authent/authent/provider"
	"github.com/authent/authent/ent"
	entmigrate "github.com/authent/authent/ent/migrate"
	"github.com/authent/authent/internal/freeport"
	"github.com/authent/authent/internal/oauthserver"
	"github.com/authent/authent/internal/testdb"
	"github.com/authent/authent/migrations"
)

// host is a site on https whose application is exchanged while browsers stay. It
// remembers the cookies of the last request.
type host struct {
	*httptest.Server
	app     atomic.Pointer[http.Handler]
	cookies atomic.Pointer[string]
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{}
	h.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cookies := r.Header.Get("Cookie")
		h.cookies.Store(&cookies)
		(*h.app.Load()).ServeHTTP(w, r)
	}))
	h.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	h.StartTLS()
	t.Cleanup(h.Close)
	return h
}

// run makes app what serves /api/auth, beside the page of client.tsx with a version's client.
func (h *host) run(t *testing.T, app http.Handler, version authent.AuthJSVersion) {
	t.Helper()
	name := "client.js"
	if version == authent.AuthJS4 {
		name = "client4.js"
	}
	script, err := os.ReadFile(filepath.Join("node_modules/.authent", name))
	if err != nil {
		t.Fatal(err)
	}
	var mux http.Handler = clientPage(script, app)
	h.app.Store(&mux)
}

// TestAdoptedBrowser: a person who signed in at an Auth.js application is signed in
// still when the same host serves authent on the adopted database, and her
// browser's cookie has become authent's.
func TestAdoptedBrowser(t *testing.T) {
	for _, c := range slices.Concat(cells, cells4()) {
		t.Run(fmt.Sprint(c.ddl, " ", c.version), func(t *testing.T) { adoptedBrowser(t, c) })
	}
}

func adoptedBrowser(t *testing.T, c cell) {
	kind := testdb.Server(t, c.kind)
	script, err := os.ReadFile(filepath.Join("../internal/layout/testdata", c.ddl+".sql"))
	if err != nil {
		t.Fatal(err)
	}
	dsn := kind.PoolOf(t, testdb.Script(string(script)), nil).URL(t)
	verified := true
	idp, err := oauthserver.Start(oauthserver.Config{Auto: &oauthserver.Person{Subject: "1", Name: "Grace Hopper", Email: "grace@example.com", EmailVerified: &verified}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = idp.Close() })
	h := newHost(t)
	p := newPage(t)

	port := freeport.For(t)
	t.Run("Auth.js", func(t *testing.T) {
		env := []string{"ADAPTER=" + c.ddl, "DATABASE_URL=" + nodeURL(dsn), "AUTH_SECRET=" + sharedSecret, "OIDC_ISSUER=" + idp.URL, "PORT=" + port, "ORIGIN=" + h.URL}
		if c.version == authent.AuthJS4 {
			env = append(env, "NEXT_AUTH=4")
		}
		nodeWith(t, env, "node_modules/.authent/authjs.mjs")
		h.run(t, httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "127.0.0.1:" + port}), c.version)
		p.open(h.URL)
		p.click("sign-in-oauth")
		p.wait("session", "who came back from the provider", has("grace@example.com"))
	}) // and the application on Node has ended
	old := map[authent.AuthJSVersion]string{authent.AuthJS5: "__Secure-authjs.session-token=", authent.AuthJS4: "__Secure-next-auth.session-token="}[c.version]
	if !strings.Contains(*h.cookies.Load(), old) {
		t.Fatalf("the browser's cookies: %s", *h.cookies.Load())
	}

	if c.ddl == "drizzle.mysql" {
		dsn += "?time_zone=%40%40GLOBAL.time_zone"
	}
	db := kind.Connect(t, dsn)
	adopted(t, kind, db)
	h.run(t, successor(t, h, kind, db, idp.URL, authent.AuthJS{Mode: authent.AuthJSAdopted, Version: c.version}), c.version)
	p.open(h.URL)
	p.wait("session", "who was signed in before", has("grace@example.com"))
	p.click("get")
	p.wait("result", "her session", has("grace@example.com"))
	if got := *h.cookies.Load(); strings.Contains(got, old) || !strings.Contains(got, "__Host-authjs.session-token=") {
		t.Errorf("the browser's cookies afterwards: %s", got)
	}

	h.run(t, successor(t, h, kind, db, idp.URL, authent.AuthJS{Version: c.version}), c.version) // once everybody has been there
	p.open(h.URL)
	p.wait("session", "who was signed in before", has("grace@example.com"))
	p.click("sign-out")
	p.wait("status", "that nobody is signed in", is("unauthenticated"))
	p.click("sign-in-oauth")
	p.wait("session", "who came back from the provider", has("grace@example.com"))
}

// adopted moves the database, as migrate adopt does.
func adopted(t *testing.T, kind testdb.Kind, db *sql.DB) {
	t.Helper()
	sealer, err := authent.NewTokenSealer(sharedSecret)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := migrations.Dir(kind.Dialect)
	if err != nil {
		t.Fatal(err)
	}
	m, err := migrate.New(migrate.Config{DB: db, Dialect: kind.Dialect, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	done, err := adopt.AuthJS(t.Context(), m, entmigrate.Tables, adopt.Config{Tokens: sealer})
	if err != nil || done.Users != 1 || done.Sessions != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
}

// successor is the application on authent.
func successor(t *testing.T, h *host, kind testdb.Kind, db *sql.DB, issuer string, shared authent.AuthJS) http.Handler {
	t.Helper()
	auth, err := authent.New(authent.Config{
		URL: h.URL + "/api/auth", Secrets: []string{sharedSecret},
		Adapter:   ent.NewAuthAdapter(ent.NewClient(ent.Driver(entsql.OpenDB(kind.Dialect, db)))),
		Providers: []authent.Provider{provider.OIDC(issuer, provider.Client{ID: "client", Secret: "secret"})},
		AuthJS:    shared, BcryptHashes: true,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return auth.Handler()
}
