package interop

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	entschema "entgo.io/ent/dialect/sql/schema"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/migrate"
	drizzle "github.com/authent/authent/examples/nextjs-drizzle/ent"
	_ "github.com/authent/authent/examples/nextjs-drizzle/ent/runtime"
	prisma "github.com/authent/authent/examples/nextjs-prisma/ent"
	_ "github.com/authent/authent/examples/nextjs-prisma/ent/runtime"
	drizzledefault "github.com/authent/authent/internal/layout/drizzledefault/ent"
	drizzledefaulttables "github.com/authent/authent/internal/layout/drizzledefault/ent/migrate"
	_ "github.com/authent/authent/internal/layout/drizzledefault/ent/runtime"
	drizzlesqlite "github.com/authent/authent/internal/layout/drizzlesqlite/ent"
	_ "github.com/authent/authent/internal/layout/drizzlesqlite/ent/runtime"
	"github.com/authent/authent/internal/testdb"
)

// cell is a database as an Auth.js application has it: its DDL and adapter are
// named alike.
type cell struct {
	ddl, kind string
	passwords bool // its users have a column for them
	precision time.Duration
	adapter   func(*entsql.Driver) authent.Adapter
	graph     []*entschema.Table // of the adapter, where it may have more than Auth.js's DDL
	version   authent.AuthJSVersion
}

var cells = []cell{
	{"prisma.postgres", "postgres", true, time.Millisecond, onPrisma, nil, authent.AuthJS5},
	{"prisma.sqlite", "sqlite", true, time.Millisecond, onPrisma, nil, authent.AuthJS5},
	{"prisma.mysql", "mariadb", true, time.Millisecond, onPrisma, nil, authent.AuthJS5},
	{"drizzle.postgres", "postgres", true, time.Millisecond, func(d *entsql.Driver) authent.Adapter {
		return drizzle.NewAuthAdapter(drizzle.NewClient(drizzle.Driver(d)))
	}, nil, authent.AuthJS5},
	{"drizzle-defaults.postgres", "postgres", false, time.Second, onDrizzleDefault, drizzledefaulttables.Tables, authent.AuthJS5},
	{"drizzle.mysql", "mariadb", false, time.Second, onDrizzleDefault, drizzledefaulttables.Tables, authent.AuthJS5},
	{"drizzle.sqlite", "sqlite", false, time.Millisecond, func(d *entsql.Driver) authent.Adapter {
		return drizzlesqlite.NewAuthAdapter(drizzlesqlite.NewClient(drizzlesqlite.Driver(d)))
	}, nil, authent.AuthJS5},
}

// cells4 are databases of an application on next-auth 4: with its own Prisma adapter, and
// with the Drizzle adapter that both versions have.
func cells4() []cell {
	var some []cell
	for _, c := range cells {
		if slices.Contains([]string{"prisma.postgres", "prisma.sqlite", "prisma.mysql", "drizzle.mysql"}, c.ddl) {
			c.version = authent.AuthJS4
			some = append(some, c)
		}
	}
	return some
}

// statements are the cell's DDL.
func (c cell) statements(t testing.TB, dialect string) []string {
	t.Helper()
	script, err := os.ReadFile(filepath.Join("../internal/layout/testdata", c.ddl+".sql"))
	if err != nil {
		t.Fatal(err)
	}
	statements := testdb.Script(string(script))
	own := testdb.Beside(string(script), c.graph)
	if len(own) == 0 {
		return statements
	}
	ddl, err := migrate.DDL(t.Context(), dialect, own)
	if err != nil {
		t.Fatal(err)
	}
	return append(statements, testdb.Script(ddl)...)
}

func onPrisma(d *entsql.Driver) authent.Adapter {
	return prisma.NewAuthAdapter(prisma.NewClient(prisma.Driver(d)))
}

func onDrizzleDefault(d *entsql.Driver) authent.Adapter {
	return drizzledefault.NewAuthAdapter(drizzledefault.NewClient(drizzledefault.Driver(d)))
}

// sessionCookie is the name that both sides give the session cookie.
func (p *pair) sessionCookie() string {
	switch {
	case p.options != (authent.AuthJS{}):
		return p.options.Cookies.Prefix + ".session-token"
	case p.cell.version == authent.AuthJS4:
		return "next-auth.session-token"
	}
	return "authjs.session-token"
}

// token is the session token in the browser's cookie.
func (p *pair) token(b *browser) string {
	p.Helper()
	token, err := url.PathUnescape(b.cookie(p.nodeURL, p.sessionCookie()))
	if err != nil {
		p.Fatal(err)
	}
	return token
}

// linksID is the id of the provider that mails links, as Auth.js has it.
func (p *pair) linksID() string {
	if p.cell.version == authent.AuthJS4 {
		return "email"
	}
	return "nodemailer"
}

// linkSecret is what Auth.js hashes a link's token with.
func (p *pair) linkSecret() string {
	if p.options.EmailSecret != "" {
		return string(p.options.EmailSecret)
	}
	if p.cell.version == authent.AuthJS4 {
		return p.secrets[0]
	}
	return strings.Join(p.secrets, ",")
}
