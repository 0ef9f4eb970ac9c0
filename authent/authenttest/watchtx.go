package authenttest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/authent/authent/authent"
)

// each runs f for each method, on rows of its own.
func (w *watched) each(f func(m watchedMethod)) {
	w.Helper()
	for _, m := range w.methods() {
		w.rows(m.name)
		f(m)
	}
}

// watchInTx tells after the commit, and not before.
func watchInTx(c *check) {
	w := c.watch("")
	w.each(func(m watchedMethod) {
		w.expect(m)
		c.must(c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
			err := m.call(w, tx)
			w.wantNothing(m.name + " before the commit")
			return err
		}), "InTx")
		w.wantTold(m, "in InTx")
	})
}

// watchNested tells after the commit of the outermost transaction.
func watchNested(c *check) {
	w := c.watch("")
	w.each(func(m watchedMethod) {
		w.expect(m)
		c.must(c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
			err := tx.InTx(c.ctx, func(inner authent.Adapter) error { return m.call(w, inner) })
			w.wantNothing(m.name + " in a nested transaction, before the outer one's commit")
			return err
		}), "InTx")
		w.wantTold(m, "in a nested transaction")
	})
}

func watchRollback(c *check) {
	w := c.watch("")
	w.each(func(m watchedMethod) {
		err := c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error { return errors.Join(m.call(w, tx), errBoom) })
		c.wantErr(err, errBoom, "InTx")
		w.wantNothing(m.name + " in a transaction that was rolled back")
	})
}

func watchPanic(c *check) {
	w := c.watch("")
	w.each(func(m watchedMethod) {
		func() {
			defer func() { c.wantSame("boom", recover(), "what InTx panicked with") }()
			_ = c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
				c.must(m.call(w, tx), m.name)
				panic("boom")
			})
		}()
		w.wantNothing(m.name + " in a transaction that panicked")
	})
}

// watchSwallowed swallows an error of the database's, which dooms the transaction.
func watchSwallowed(c *check) {
	w := c.watch("")
	w.each(func(m watchedMethod) {
		err := c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
			err := m.call(w, tx)
			_, _ = tx.CreateUser(c.ctx, authent.User{Email: w.grace.Email})
			return err
		})
		c.wantErr(err, authent.ErrConflict, "InTx")
		w.wantNothing(m.name + " in a transaction that was doomed")
	})
}

func watchNestedError(c *check) {
	w := c.watch("")
	w.each(func(m watchedMethod) {
		err := c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error {
			_ = tx.InTx(c.ctx, func(inner authent.Adapter) error { return errors.Join(m.call(w, inner), errBoom) })
			return nil
		})
		c.wantErr(err, errBoom, "InTx")
		w.wantNothing(m.name + " in a nested transaction that failed")
	})
}

// scratch makes a table for messages, and returns the statement that inserts one.
func (c *check) scratch() (statement string) {
	c.Helper()
	c.sql("CREATE TABLE authenttest_told (message VARCHAR(64) NOT NULL)")
	c.Cleanup(func() { c.sql("DROP TABLE authenttest_told") })
	return "INSERT INTO authenttest_told (message) VALUES (" + c.placeholder() + ")"
}

// placeholder returns how the subject's dialect writes a statement's first argument.
func (c *check) placeholder() string {
	if c.Dialect == "postgres" {
		return "$1"
	}
	return "?"
}

// takeMessages returns the messages in the table, sorted, and deletes them.
func (c *check) takeMessages() []string {
	c.Helper()
	rows, err := c.DB.QueryContext(c.ctx, "SELECT message FROM authenttest_told")
	c.must(err, "SELECT")
	defer rows.Close()
	var all []string
	for rows.Next() {
		var message string
		c.must(rows.Scan(&message), "Scan")
		all = append(all, message)
	}
	c.must(errors.Join(rows.Err(), rows.Close()), "SELECT")
	c.sql("DELETE FROM authenttest_told")
	slices.Sort(all)
	return slices.Compact(all)
}

// wantMessages fails unless the statement was run for what was told and is not Minor, and
// for nothing else.
func (w *watched) wantMessages(what string) {
	w.Helper()
	want := []string{}
	for _, change := range w.take() {
		if !change.Minor {
			want = append(want, change.Message())
		}
	}
	slices.Sort(want)
	w.wantSame(slices.Compact(want), w.takeMessages(), "what others are told of "+what)
}

func watchStatement(c *check) {
	w := c.watch(c.scratch())
	w.each(func(m watchedMethod) {
		c.must(m.call(w, c.Adapter), m.name)
		w.wantMessages(m.name)
	})
}

func watchStatementInTx(c *check) {
	w := c.watch(c.scratch())
	w.each(func(m watchedMethod) {
		c.must(c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error { return m.call(w, tx) }), "InTx")
		w.wantMessages(m.name + " in InTx")
	})
}

func watchStatementRollback(c *check) {
	w := c.watch(c.scratch())
	w.each(func(m watchedMethod) {
		err := c.Adapter.InTx(c.ctx, func(tx authent.Adapter) error { return errors.Join(m.call(w, tx), errBoom) })
		c.wantErr(err, errBoom, "InTx")
		if got := c.takeMessages(); len(got) > 0 {
			c.Errorf("others are told of %s, which was rolled back", m.name)
		}
	})
}

// watchStatementFails lets a method store nothing of which others cannot be told.
func watchStatementFails(c *check) {
	w := c.watch("INSERT INTO authenttest_missing (message) VALUES (" + c.placeholder() + ")")
	w.each(func(m watchedMethod) {
		err := m.call(w, c.Adapter)
		got, _ := c.Adapter.SessionAndUser(c.ctx, w.first.Token)
		switch {
		case m.minor && err != nil:
			c.Errorf("%s, which is Minor, runs the statement: %v", m.name, err)
		case !m.minor && (err == nil || m.stored(got)):
			c.Errorf("%s of which others cannot be told: error %v, stored is %t", m.name, err, m.stored(got))
		}
	})
}

// watchAnnounce has the adapter run the statement by itself, for a message that is no change.
func watchAnnounce(c *check) {
	statement, w := c.scratch(), c.Adapter.(authent.SessionWatcher)
	c.must(w.Announce(c.ctx, statement, "a message"), "Announce")
	c.wantSame([]string{"a message"}, c.takeMessages(), "what is announced")
	if err := w.Announce(c.ctx, "INSERT INTO authenttest_missing (message) VALUES ("+c.placeholder()+")", "a message"); err == nil {
		c.Error("Announce says nothing of a statement that fails")
	}
}

// sql runs a statement past the adapter.
func (c *check) sql(statement string) {
	c.Helper()
	if _, err := c.DB.Exec(statement); err != nil { // the test's context has ended when it cleans up
		c.Error(fmt.Errorf("%s: %w", statement, err))
	}
}
