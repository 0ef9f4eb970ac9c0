package postgres_test

import (
	"fmt"
	"testing"

	"github.com/authent/authent/internal/testdb"
)

// TestQueriesRunOnce: an error that an application's own SQL raises is none of a
// kept statement, whatever its code. What took effect before is not done again,
// and statements stay kept.
func TestQueriesRunOnce(t *testing.T) {
	t.Parallel()
	db := open(t, testdb.Server(t, "postgres").URL(t))
	db.SetMaxOpenConns(1)
	run(t, db, "CREATE TABLE n (n text)")
	run(t, db, `CREATE PROCEDURE pr(what text, state text, message text) LANGUAGE plpgsql AS $$ BEGIN
		INSERT INTO n VALUES (what); COMMIT; RAISE EXCEPTION '%', message USING ERRCODE = state; END $$`)
	run(t, db, `CREATE PROCEDURE execute(what text, name text) LANGUAGE plpgsql AS $$ BEGIN
		INSERT INTO n VALUES (what); COMMIT; EXECUTE 'EXECUTE ' || quote_ident(name); END $$`)
	run(t, db, "CREATE TABLE changed (a int); PREPARE changing AS SELECT * FROM changed; ALTER TABLE changed ADD COLUMN b int")
	n := 0
	once := func(want, query string, args ...any) {
		t.Helper()
		n++
		what := fmt.Sprint(n)
		if args == nil {
			query = fmt.Sprintf(query, what)
		} else {
			args = append([]any{what}, args...)
		}
		if _, err := db.ExecContext(t.Context(), query, args...); codeOf(err) != want {
			t.Errorf("%s %q: %v, want %s", query, args, err, want)
		}
		if got := value(t, db, "SELECT count(*) FROM n WHERE n = $1", what); got != "1" {
			t.Errorf("%s %q: took effect %s times", query, args, got)
		}
	}
	once("", "INSERT INTO n VALUES (%s); COMMIT; PREPARE p AS SELECT 1")
	once("42P05", "INSERT INTO n VALUES (%s); COMMIT; PREPARE p AS SELECT 1")
	once("42P05", `INSERT INTO n VALUES (%s); COMMIT; PREPARE "999" AS SELECT 1; PREPARE "999" AS SELECT 1`)
	once("26000", `INSERT INTO n VALUES (%s); COMMIT; EXECUTE "77"`)
	once("0A000", "INSERT INTO n VALUES (%s); COMMIT; EXECUTE changing")
	for _, code := range []string{"0A000", "26000", "42P05", "08P01"} {
		for _, message := range []string{"no", `prepared statement "1"`, `bind message supplies 1 parameters, but prepared statement "1" requires 2`} {
			once(code, "CALL pr($1, $2, $3)", code, message)
		}
	}
	once("26000", "CALL execute($1, $2)", "77")
	once("0A000", "CALL execute($1, $2)", "changing")
	if n := kept(t, db); n == "0" {
		t.Error("statements are not kept any more")
	}
}
