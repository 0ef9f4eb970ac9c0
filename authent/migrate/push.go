package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
	entschema "entgo.io/ent/dialect/sql/schema"
)

// PushConfig says what Push may do.
type PushConfig struct {
	// AllowDestructive lets it drop tables and columns, and narrow types.
	AllowDestructive bool
	// Exclude lists patterns of tables to leave alone, as in Drift.
	Exclude []string
	// Reset makes Push first drop all tables and views of the connected schema, with
	// everything in them. Those that Exclude names stay, and so do those of extensions,
	// and on SQLite virtual tables and what a host keeps there. So that no other
	// database is lost, Reset must be the name of this one: on PostgreSQL DATABASE, or
	// DATABASE.SCHEMA if the schema is not public; on SQLite the file's name without
	// its folder. A database with a history of migrations, even one of Prisma, Drizzle
	// or another program, needs AllowDestructive too; then the connected schema's own
	// history is dropped with the rest. If empty, nothing is dropped.
	Reset string
}

// Plan is what Push does, or would do.
type Plan struct {
	Differences []Difference
	Statements  []Statement
}

// Push makes the database match the schema, without a migration and without writing
// history. It is for development, where the schema changes many times an hour. It
// refuses a plan that destroys data with ErrDestructive, unless that is allowed. With
// Config.DryRun it only plans. PostgreSQL and SQLite take the plan as a whole or not at
// all.
func (m *Migrator) Push(ctx context.Context, tables []*entschema.Table, c PushConfig) (*Plan, error) {
	plan := &Plan{}
	if err := checkPatterns(c.Exclude); err != nil {
		return plan, err
	}
	err := m.locked(ctx, func(s *session) error {
		desired, err := s.desired(ctx, tables)
		if err != nil {
			return err
		}
		loosen(desired, c.Exclude)
		within := s.inTx
		if m.config.Dialect == dialect.MySQL || m.config.DryRun {
			within = s.inNoTx
		}
		return s.withoutForeignKeys(ctx, func() error {
			return within(ctx, func() error { return s.push(ctx, desired, c, plan) })
		})
	})
	return plan, advised(err)
}

func (s *session) push(ctx context.Context, desired *schema.Schema, c PushConfig, plan *Plan) error {
	if c.Reset != "" {
		if err := s.planReset(ctx, desired, c, plan); err != nil {
			return err
		}
		return s.carryOut(ctx, plan)
	}
	changes, err := s.differences(ctx, desired, c.Exclude)
	if err != nil || len(changes) == 0 {
		return err
	}
	if err := s.plan(ctx, changes, plan); err != nil {
		return err
	}
	if lost := plan.lost(); len(lost) > 0 && !c.AllowDestructive {
		return fmt.Errorf("migrate: %w:\n%s\n  allow it with --allow-destructive, or leave tables alone with --exclude", ErrDestructive, strings.Join(lost, "\n"))
	}
	return s.carryOut(ctx, plan)
}

// carryOut executes a plan, unless this is a dry run.
func (s *session) carryOut(ctx context.Context, plan *Plan) error {
	if s.config.DryRun {
		return nil
	}
	for _, stmt := range plan.Statements {
		if err := s.executeAlone(ctx, stmt, nil); err != nil {
			return fmt.Errorf("migrate: push: %w", err)
		}
	}
	return nil
}

// plan adds the statements for changes to a plan.
func (s *session) plan(ctx context.Context, changes []schema.Change, plan *Plan) error {
	if len(changes) == 0 {
		return nil
	}
	for _, change := range changes {
		plan.Differences = append(plan.Differences, describe(s.config.Dialect, change)...)
	}
	if err := s.checkNames(changes); err != nil {
		return err
	}
	planned, err := s.driver.PlanChanges(ctx, "push", withColumns(changes), unqualified)
	if err != nil {
		return fmt.Errorf("migrate: plan: %w", err)
	}
	for _, change := range planned.Changes {
		if len(change.Args) > 0 {
			return errors.New("migrate: plan: a statement with arguments cannot be shown: use go tool migrate diff")
		}
		plan.Statements = append(plan.Statements, s.statement(change.Cmd))
	}
	s.mark(ctx, plan)
	return nil
}

// withColumns adds a column to tables that are dropped and that Atlas could not
// inspect. Without one, Atlas cannot plan how to undo the drop.
func withColumns(changes []schema.Change) []schema.Change {
	changes = slices.Clone(changes)
	for i, c := range changes {
		if d, ok := c.(*schema.DropTable); ok && len(d.T.Columns) == 0 {
			changes[i] = &schema.DropTable{T: schema.NewTable(d.T.Name).AddColumns(schema.NewIntColumn("unknown", "int"))}
		}
	}
	return changes
}

// mark adds the risks of the plan's statements, as if they were in a file.
func (s *session) mark(ctx context.Context, plan *Plan) {
	var text strings.Builder
	for i := range plan.Statements {
		plan.Statements[i].Pos = text.Len()
		text.WriteString(plan.Statements[i].SQL + ";\n")
	}
	m := &migration{session: s, file: atlas.NewLocalFile("plan.sql", []byte(text.String())), revision: &atlas.Revision{}, statements: plan.Statements}
	for _, stmt := range plan.Statements {
		m.declared = append(m.declared, &atlas.Stmt{Pos: stmt.Pos, Text: stmt.SQL})
	}
	s.follows = s.live(ctx)
	m.mark(ctx)
}

// lost lists everything that the plan destroys: each difference, and each statement
// with its code and what to do about it.
func (p *Plan) lost() (lines []string) {
	for _, d := range p.Differences {
		if d.Destroys {
			lines = append(lines, "  "+d.String())
		}
	}
	if len(lines) == 0 {
		return nil
	}
	for _, stmt := range p.Statements {
		for _, r := range stmt.Risks {
			if r.Grave {
				lines = append(lines, "  "+oneLine(stmt.SQL), "    "+r.Code+": "+r.Text, "      "+strings.ReplaceAll(r.Do, "\n", "\n      "))
			}
		}
	}
	return lines
}
