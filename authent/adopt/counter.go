package adopt

import (
	"context"
	"fmt"
	"regexp"
	"strconv"

	"entgo.io/ent/dialect"

	"github.com/authent/authent/internal/recognize"
)

// counted matches the next id in a CREATE TABLE of MySQL's.
var counted = regexp.MustCompile(`AUTO_INCREMENT=(\d+)`)

// keepCounter plans that ids of the new users go on after the highest that there ever was,
// on SQLite and MySQL. Else whoever signs up next could get the id of somebody who was
// deleted, to which other tables may still refer.
func (a *adopter) keepCounter(ctx context.Context) error {
	id, _ := a.users.Column("id")
	if recognize.KindOf(id) != recognize.Int {
		return nil
	}
	live := a.layout.tables[usersTable]
	if a.Dialect == dialect.MySQL {
		var name, create string
		if err := a.QueryRowContext(ctx, "SHOW CREATE TABLE "+a.q(live)).Scan(&name, &create); err != nil {
			return fmt.Errorf("adopt: find the next id: %w", err)
		}
		if next := counted.FindStringSubmatch(create); next != nil {
			a.execs("ALTER TABLE " + a.q(newName(usersTable)) + " AUTO_INCREMENT = " + next[1])
		}
		return nil
	}
	n, err := a.number(ctx, "SELECT COUNT(*) FROM sqlite_master WHERE name = 'sqlite_sequence'")
	if err != nil || n == 0 {
		return err
	}
	highest, err := a.readColumn(ctx, "SELECT seq FROM sqlite_sequence WHERE name = "+literal(live))
	if err != nil || len(highest) == 0 {
		return err
	}
	if _, err := strconv.ParseInt(highest[0], 10, 64); err != nil {
		return fmt.Errorf("adopt: find the next id: %w", err)
	}
	name := literal(newName(usersTable))
	a.execs("DELETE FROM sqlite_sequence WHERE name = "+name, "INSERT INTO sqlite_sequence (name, seq) VALUES ("+name+", "+highest[0]+")")
	return nil
}
