package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/authent/authent/authent/database"
	"github.com/authent/authent/internal/recognize"
)

// from reads the tables of a live database and writes the schemas that map them.
func (c command) from(ctx context.Context, out io.Writer) error {
	url := c.From
	if strings.HasPrefix(url, "file:") && !strings.Contains(url, "mode=") {
		url += map[bool]string{true: "&", false: "?"}[strings.Contains(url, "?")] + "mode=ro" // else a mistyped name makes a file
	}
	h := recognize.Hints{Tables: c.Table, Columns: c.Column}
	if err := h.Check(); err != nil {
		return err
	}
	name, db, err := database.Open(url)
	if err != nil {
		return err
	}
	defer db.Close()
	d, err := recognize.Read(ctx, name, db, h)
	if err != nil {
		return err
	}
	return c.accept(graph{d}, out)
}

// graph is the tables that were recognized, which become the schemas of a graph of ent's.
type graph struct{ *recognize.Database }

// accept writes the schemas, or refuses with what is to be mended.
func (c command) accept(g graph, out io.Writer) error {
	if len(g.Faults) > 0 {
		return refusal(g.Database)
	}
	c.tell(g, out)
	return c.writeFrom(g, out)
}

// refusal lists what must be mended first, and the statements that do so.
func refusal(d *recognize.Database) error {
	text := "authent cannot use this database yet; nothing was written:\n- " + strings.Join(d.Faults, "\n- ")
	if len(d.Mend) > 0 {
		text += "\nThese statements mend what statements can. Make a backup, read them, run them outside a transaction, and change the schema of the other program in the same way, or its next migration undoes them:\n  " +
			strings.Join(d.Mend, ";\n  ") + ";"
	}
	return errors.New(text)
}

// tell prints what was taken for what.
func (c command) tell(g graph, out io.Writer) {
	for _, line := range g.Found() {
		_, _ = fmt.Fprintln(out, line)
	}
	g.tellOthers(out, c.With)
	if known := g.Preset(); known != "" {
		_, _ = fmt.Fprintf(out, "They are those of mixin.%s.\n", known)
	}
}
