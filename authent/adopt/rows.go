package adopt

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
	"golang.org/x/text/unicode/norm"
)

// checkRows refuses rows that would not fit, and counts the others. It names users and
// accounts by their ids, and never shows a session's token.
func (a *adopter) checkRows(ctx context.Context, f *faults) error {
	for _, check := range []func(context.Context, *faults) error{a.checkEmpty, a.checkQueries, a.checkLengths, a.checkUserTimes, a.checkSessions, a.checkTokens} {
		if err := check(ctx, f); err != nil {
			return err
		}
	}
	if err := a.checkEmails(ctx); err != nil {
		return err
	}
	links, err := a.number(ctx, "SELECT COUNT(*) FROM "+a.from(tokensTable))
	if links > 0 {
		a.note("sign-in links that were sent by mail stop working (%s), since Auth.js's hashes cannot be verified: people can ask for new ones", amountOf(links, "row")+" of "+a.layout.tables[tokensTable])
	}
	if err != nil {
		return err
	}
	a.before, err = a.tally(ctx, a.layout.tables, a.layout.column("session_token"), a.layout.column("expires"))
	a.Users, a.Accounts, a.Sessions, a.Expired = a.before.users, a.before.accounts, a.before.sessions, a.before.expired
	return err
}

func amountOf(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case strings.HasSuffix(what, "s"):
		what += "e"
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// from quotes the live name of a table, and col that of a column.
func (a *adopter) from(native string) string { return a.q(a.layout.tables[native]) }

func (a *adopter) col(native string) string { return a.q(a.layout.column(native)) }

// checkEmpty refuses native tables that hold rows beside Drizzle's.
func (a *adopter) checkEmpty(ctx context.Context, f *faults) error {
	for _, native := range nativeTables {
		if _, ok := a.live.Table(native); !ok || a.isOurs(native) {
			continue
		}
		n, err := a.number(ctx, "SELECT COUNT(*) FROM "+a.q(native))
		if err != nil {
			return err
		}
		if n > 0 {
			f.add("there is a table %s with %s beside %s: empty it, or rename it", native, amountOf(n, "row"), a.layout.tables[native])
		}
	}
	return nil
}

func (a *adopter) number(ctx context.Context, query string) (n int, err error) {
	return n, a.QueryRowContext(ctx, query).Scan(&n)
}

// checkQueries adds the faults that SQL can find; each query selects ids.
func (a *adopter) checkQueries(ctx context.Context, f *faults) error {
	users, email, id := a.from(usersTable), a.col("email"), a.q("id")
	if err := a.checkQuery(ctx, f, fmt.Sprintf("SELECT %s FROM %s WHERE %s IS NULL OR TRIM(%s) = ''", id, users, email, email),
		"users have no e-mail address, which authent needs: give each of them one, or delete them"); err != nil {
		return err
	}
	if err := a.checkQuery(ctx, f, fmt.Sprintf("SELECT MIN(%s) FROM %s WHERE %s IS NOT NULL GROUP BY %s HAVING COUNT(*) > 1", id, users, email, email),
		"users have an e-mail address that another user has too: change one of the addresses"); err != nil {
		return err
	}
	if !a.layout.camel { // Drizzle's primary keys rule these out.
		if err := a.checkQuery(ctx, f, fmt.Sprintf("SELECT MIN(%s) FROM %s GROUP BY provider, provider_account_id HAVING COUNT(*) > 1", a.col("user_id"), a.from(accountsTable)),
			"users have the same account at a provider twice: delete one of the two"); err != nil {
			return err
		}
		if err := a.checkQuery(ctx, f, fmt.Sprintf("SELECT MIN(%s) FROM %s GROUP BY session_token HAVING COUNT(*) > 1", a.col("user_id"), a.from(sessionsTable)),
			"users have two sessions with the same token: delete one of the two"); err != nil {
			return err
		}
	}
	refers := "u.id = o." + a.col("user_id")
	if a.Dialect == dialect.MySQL {
		// The present collation may match users whose ids differ in case.
		refers += " AND BINARY u.id = BINARY o." + a.col("user_id")
	}
	for _, native := range []string{accountsTable, sessionsTable} {
		if err := a.checkQuery(ctx, f, fmt.Sprintf("SELECT DISTINCT o.%s FROM %s o WHERE NOT EXISTS (SELECT 1 FROM %s u WHERE %s)", a.col("user_id"), a.from(native), users, refers),
			"rows of "+a.layout.tables[native]+" refer to users that do not exist: delete these rows"); err != nil {
			return err
		}
	}
	return nil
}

// checkQuery adds a fault if the query finds users.
func (a *adopter) checkQuery(ctx context.Context, f *faults, query, what string) error {
	ids, err := a.column(ctx, query)
	if err != nil {
		return err
	}
	f.users(ids, what)
	return nil
}

// users adds a fault that names at most ten of the users.
func (f *faults) users(ids []string, what string) {
	if len(ids) == 0 {
		return
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	const most = 10
	names := strings.Join(ids[:min(most, len(ids))], ", ")
	if more := len(ids) - most; more > 0 {
		names += fmt.Sprintf(" and %d more", more)
	}
	f.add("%s: %d, %s", what, len(ids), names)
}

// column reads a column of text.
func (a *adopter) column(ctx context.Context, query string) (all []string, err error) {
	rows, err := a.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// checkLengths refuses values that are longer than MySQL's columns allow. The layouts'
// columns are not, but an application may have widened one.
func (a *adopter) checkLengths(ctx context.Context, f *faults) error {
	if a.Dialect != dialect.MySQL {
		return nil
	}
	for _, native := range nativeTables[:3] {
		want, _ := a.desired.Table(native)
		for _, c := range a.layout.columns(native) {
			live, there := a.table(native).Column(a.layout.column(c.name))
			to, ok := want.Column(c.name)
			if !there || !ok || c.name == "session_token" {
				continue
			}
			id := a.col("user_id")
			if native == usersTable {
				id = a.q("id")
			}
			limit := longer(live, to, a.q(live.Name))
			if slices.Contains(providerTokens, c.name) {
				// A sealed token is a third longer, and MySQL's text ends at 64 KB.
				limit = fmt.Sprintf("LENGTH(%s) > 49000", a.q(live.Name))
			}
			if limit == "" {
				continue
			}
			if err := a.checkQuery(ctx, f, fmt.Sprintf("SELECT DISTINCT %s FROM %s WHERE %s", id, a.from(native), limit),
				fmt.Sprintf("users have a value in %s.%s that is too long for %s.%s: shorten it", a.layout.tables[native], live.Name, native, c.name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// maxText is how many bytes MySQL's type text holds.
const maxText = 1<<16 - 1

// longer returns an SQL condition that is true if a value of a live column is too long
// for the native one, "" if none can be.
func longer(live, to *schema.Column, name string) string {
	from, ok1 := live.Type.Type.(*schema.StringType)
	t, ok2 := to.Type.Type.(*schema.StringType)
	switch {
	case !ok1 || !ok2:
	case t.T == "varchar" && (from.T != "varchar" || from.Size > t.Size):
		return fmt.Sprintf("CHAR_LENGTH(%s) > %d", name, t.Size)
	case t.T == "text" && from.T != "text" && from.T != "tinytext":
		return fmt.Sprintf("LENGTH(CONVERT(%s USING utf8mb4)) > %d", name, maxText)
	}
	return ""
}

// checkUserTimes refuses values that are not times.
func (a *adopter) checkUserTimes(ctx context.Context, f *faults) error {
	for _, c := range authJS[usersTable] {
		live, ok := a.table(usersTable).Column(a.layout.column(c.name))
		if c.kind != kindTime || !ok {
			continue
		}
		var wrong []string
		err := a.times(ctx, fmt.Sprintf("SELECT id, %s FROM %s", a.timeOf(live.Name), a.from(usersTable)), func(id string, _ time.Time, err error) {
			if err != nil {
				wrong = append(wrong, id)
			}
		})
		if err != nil {
			return err
		}
		f.users(wrong, fmt.Sprintf("users have a value in %s.%s that is not a time%s: correct it, or make it NULL", a.layout.tables[usersTable], live.Name, a.timeHint()))
	}
	return nil
}

var providerTokens = []string{"refresh_token", "access_token", "id_token"}

// checkTokens refuses providers' tokens that cannot be sealed.
func (a *adopter) checkTokens(ctx context.Context, f *faults) error {
	if a.Tokens != nil {
		return nil
	}
	var plain []string
	for _, c := range providerTokens {
		plain = append(plain, fmt.Sprintf("(%s <> '' AND %s NOT LIKE 'authent.v1.%%')", a.q(c), a.q(c)))
	}
	n, err := a.number(ctx, fmt.Sprintf("SELECT COUNT(*) FROM %s WHERE %s", a.from(accountsTable), strings.Join(plain, " OR ")))
	if n > 0 {
		f.add("the table %s holds providers' tokens (%s), and there is no secret to seal them under: set AUTH_SECRET (adopt.Config.Tokens) to the secret that the new application will use", a.layout.tables[accountsTable], amountOf(n, "row"))
	}
	return err
}

// checkEmails finds addresses that are not in the form that authent looks up unless it
// is typed exactly so. If only capital letters differ, the address is rewritten. All
// others are listed in a note, because no program can decide who owns which.
func (a *adopter) checkEmails(ctx context.Context) error {
	rows, err := a.QueryContext(ctx, fmt.Sprintf("SELECT id, %s FROM %s WHERE %s IS NOT NULL ORDER BY id", a.col("email"), a.from(usersTable), a.col("email")))
	if err != nil {
		return err
	}
	defer rows.Close()
	type user struct{ id, email string }
	same := map[string][]user{}
	for rows.Next() {
		var u user
		if err := rows.Scan(&u.id, &u.email); err != nil {
			return err
		}
		folded := foldEmail(u.email)
		same[folded] = append(same[folded], u)
	}
	a.lower = map[string]string{}
	var notes, odd []string
	for folded, all := range same {
		switch {
		case len(all) > 1:
			var both []string
			for _, u := range all {
				both = append(both, fmt.Sprintf("%s (user %s)", u.email, u.id))
			}
			notes = append(notes, "these addresses count as the same one: each person signs in only with the exact spelling given here, and any other spelling means "+folded+": "+strings.Join(both, ", "))
		case all[0].email == folded:
		case strings.ToLower(all[0].email) == folded && isASCII(folded):
			a.lower[all[0].id] = folded
		default:
			odd = append(odd, all[0].id)
		}
	}
	slices.Sort(notes)
	a.Notes = append(a.Notes, notes...)
	if len(a.lower) > 0 {
		a.note("e-mail addresses with capital letters are rewritten in lower case, as authent looks them up: %d", len(a.lower))
	}
	if slices.Sort(odd); len(odd) > 0 {
		var f faults
		f.users(odd, "users have an e-mail address with letters that authent normalizes, and sign in only with its exact spelling")
		a.Notes = append(a.Notes, f...)
	}
	return rows.Err()
}

// foldEmail does the part of the engine's normalisation that can make two addresses
// equal: NFKC, lower case as in JavaScript, and no surrounding spaces.
func foldEmail(s string) string {
	s = norm.NFKC.String(s)
	return strings.TrimSpace(strings.ToLower(strings.ReplaceAll(s, "İ", "i\u0307")))
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 127 })
}
