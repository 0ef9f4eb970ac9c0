package adopt

import (
	"context"
	"database/sql"
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
	for _, check := range []func(context.Context, *faults) error{a.checkEmpty, a.checkNulls, a.checkQueries, a.checkSequence, a.checkSpelling, a.checkLengths, a.checkTimes, a.checkSessions, a.checkTokens, a.checkOAuth1} {
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
	a.before, err = a.tally(ctx, a.layout.tables, a.layout.columns[sessionsTable]["session_token"], a.layout.columns[sessionsTable]["expires"])
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

// checkEmpty refuses native tables that hold rows beside those that are adopted, and tables
// with rows that would be dropped with these.
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
	for _, name := range a.ofBeside() {
		n, err := a.number(ctx, "SELECT COUNT(*) FROM "+a.q(name))
		if err != nil {
			return err
		}
		if n > 0 {
			f.add("there is a table %s with %s, which refers to the empty table users: empty it, or drop the foreign key", name, amountOf(n, "row"))
		}
	}
	return nil
}

func (a *adopter) number(ctx context.Context, query string) (n int, err error) {
	return n, a.QueryRowContext(ctx, query).Scan(&n)
}

// checkNulls refuses rows without a value that authent needs.
func (a *adopter) checkNulls(ctx context.Context, f *faults) error {
	for _, native := range []string{accountsTable, sessionsTable} {
		for _, c := range authJS[native] {
			if c.null || !a.liveColumn(native, c.name).Type.Null {
				continue
			}
			rows := "FROM " + a.from(native) + " WHERE " + a.col(native, c.name) + " IS NULL"
			n, err := a.number(ctx, "SELECT COUNT(*) "+rows)
			if err != nil {
				return err
			}
			if n > 0 {
				f.add("%s of %s without %s: fill it in, or delete them (SELECT * %s)", amountOf(n, "row"), a.layout.tables[native], a.layout.columns[native][c.name], rows)
			}
		}
	}
	return nil
}

// checkQueries adds the faults that SQL can find; each query selects ids.
func (a *adopter) checkQueries(ctx context.Context, f *faults) error {
	users, email, id := a.from(usersTable), a.col(usersTable, "email"), a.col(usersTable, "id")
	if err := a.checkQuery(ctx, f, fmt.Sprintf("SELECT %s FROM %s WHERE %s IS NULL OR TRIM(%s) = ''", id, users, email, email),
		"users have no e-mail address, which authent needs: give each of them one, or delete them"); err != nil {
		return err
	}
	if err := a.checkTwice(ctx, f, usersTable, "id", []string{"email"}, "users have an e-mail address that another user has too: change one of the addresses"); err != nil {
		return err
	}
	if err := a.checkTwice(ctx, f, accountsTable, "user_id", unique[accountsTable], "users have the same account at a provider twice: delete one of the two"); err != nil {
		return err
	}
	if err := a.checkTwice(ctx, f, sessionsTable, "user_id", unique[sessionsTable], "users have two sessions with the same token: delete one of the two"); err != nil {
		return err
	}
	for _, native := range []string{accountsTable, sessionsTable} {
		user := "o." + a.col(native, "user_id")
		refers := "u." + id + " = " + user
		if a.Dialect == dialect.MySQL {
			// The present collation may match users whose ids differ in case.
			refers += " AND BINARY u." + id + " = BINARY " + user
		}
		if err := a.checkQuery(ctx, f, fmt.Sprintf("SELECT DISTINCT %s FROM %s o WHERE %s IS NOT NULL AND NOT EXISTS (SELECT 1 FROM %s u WHERE %s)", user, a.from(native), user, users, refers),
			"rows of "+a.layout.tables[native]+" refer to users that do not exist: delete these rows"); err != nil {
			return err
		}
	}
	return nil
}

// checkTwice refuses rows that have the same values in the columns of a native key. It
// names the first user of each, and says how all of them are found.
func (a *adopter) checkTwice(ctx context.Context, f *faults, native, user string, key []string, what string) error {
	if t := a.table(native); t.PrimaryKey != nil && slices.Equal(orders(t.PrimaryKey), a.liveNames(native, key)) {
		return nil
	}
	var same, there []string
	for _, name := range key {
		same, there = append(same, a.exact(a.col(native, name))), append(there, a.col(native, name)+" IS NOT NULL")
	}
	query := fmt.Sprintf("SELECT MIN(%s) FROM %s WHERE %s GROUP BY %s HAVING COUNT(*) > 1",
		a.asWords(a.col(native, user)), a.from(native), strings.Join(there, " AND "), strings.Join(same, ", "))
	ids, err := a.readColumn(ctx, query)
	if err != nil {
		return err
	}
	before := len(*f)
	f.users(ids, what)
	if len(*f) > before {
		(*f)[before] += " (" + query + ")"
	}
	return nil
}

// liveNames returns the live names of columns.
func (a *adopter) liveNames(native string, names []string) (all []string) {
	for _, name := range names {
		all = append(all, a.layout.columns[native][name])
	}
	return all
}

// checkQuery adds a fault if the query finds users.
func (a *adopter) checkQuery(ctx context.Context, f *faults, query, what string) error {
	ids, err := a.readColumn(ctx, query)
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

// readColumn reads a column of text.
func (a *adopter) readColumn(ctx context.Context, query string) (all []string, err error) {
	rows, err := a.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s sql.NullString // of rows without a user, who is named elsewhere
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		if s.Valid {
			all = append(all, s.String)
		}
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
		user := "user_id"
		if native == usersTable {
			user = "id"
		}
		for _, c := range authJS[native] {
			live := a.liveColumn(native, c.name)
			to, ok := a.wanted(native, c.name)
			if live == nil || !ok || c.name == "session_token" {
				continue
			}
			limit := longer(live, to, a.q(live.Name))
			if slices.Contains(providerTokens, c.name) {
				// A sealed token is a third longer, and MySQL's text ends at 64 KB.
				limit = fmt.Sprintf("LENGTH(%s) > 49000", a.q(live.Name))
			}
			if limit == "" {
				continue
			}
			if err := a.checkQuery(ctx, f, fmt.Sprintf("SELECT DISTINCT %s FROM %s WHERE %s", a.col(native, user), a.from(native), limit),
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

// checkTimes refuses values of users, and of when sessions were last used, that are not
// times.
func (a *adopter) checkTimes(ctx context.Context, f *faults) error {
	for _, native := range []string{usersTable, sessionsTable} {
		for _, c := range authJS[native] {
			if !c.isTime() || !c.null || !a.layout.has(native, c.name) {
				continue
			}
			user, what := "id", "users have a value"
			if native == sessionsTable {
				user, what = "user_id", "users have a session with a value"
			}
			live := a.layout.columns[native][c.name]
			var wrong []string
			err := a.times(ctx, fmt.Sprintf("SELECT %s, %s FROM %s", a.col(native, user), a.timeOf(live), a.from(native)), func(id string, _ time.Time, err error) {
				if err != nil {
					wrong = append(wrong, id)
				}
			})
			if err != nil {
				return err
			}
			f.users(wrong, fmt.Sprintf("%s in %s.%s that is not a time%s: correct it, or make it NULL", what, a.layout.tables[native], live, a.timeHint()))
		}
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
		if live := a.col(accountsTable, c); a.layout.has(accountsTable, c) {
			plain = append(plain, fmt.Sprintf("(%s <> '' AND %s NOT LIKE 'authent.v1.%%')", live, live))
		}
	}
	if len(plain) == 0 {
		return nil
	}
	n, err := a.number(ctx, fmt.Sprintf("SELECT COUNT(*) FROM %s WHERE %s", a.from(accountsTable), strings.Join(plain, " OR ")))
	if n > 0 {
		f.add("the table %s holds providers' tokens (%s), and there is no secret to seal them under: set AUTH_SECRET (adopt.Config.Tokens) to the secret that the new application will use", a.layout.tables[accountsTable], amountOf(n, "row"))
	}
	return err
}

// checkOAuth1 refuses the tokens of OAuth 1.0 that next-auth 4 stored for some providers.
// authent has no use for them and seals only its own columns, so they would stay readable.
func (a *adopter) checkOAuth1(ctx context.Context, f *faults) error {
	for _, c := range a.extra[accountsTable] {
		if name := strings.ToLower(strings.ReplaceAll(c.Name, "_", "")); name != "oauthtoken" && name != "oauthtokensecret" {
			continue
		}
		n, err := a.number(ctx, "SELECT COUNT(*) FROM "+a.from(accountsTable)+" WHERE "+a.q(c.Name)+" <> ''")
		if err != nil {
			return err
		}
		if n > 0 {
			f.add("column %s.%s holds tokens of OAuth 1.0 (%s), which authent cannot use and would not seal: drop the column", a.layout.tables[accountsTable], c.Name, amountOf(n, "row"))
		}
	}
	return nil
}

// checkEmails finds addresses that are not in the form that authent looks up unless it
// is typed exactly so. If only capital letters differ, the address is rewritten. All
// others are listed in a note, because no program can decide who owns which.
func (a *adopter) checkEmails(ctx context.Context) error {
	rows, err := a.QueryContext(ctx, fmt.Sprintf("SELECT %s, %s FROM %s WHERE %s IS NOT NULL ORDER BY 1", a.col(usersTable, "id"), a.col(usersTable, "email"), a.from(usersTable), a.col(usersTable, "email")))
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
