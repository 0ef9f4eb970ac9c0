package entadapter

import (
	"database/sql"
	"sync"
)

// Columns are the columns of an entity that a statement reads, and the entity's method
// scanValues, which ent generates: it makes what each of them is scanned into.
type Columns struct {
	Names      []string
	ScanValues func(names []string) ([]any, error)
}

// Targets makes what the rows of a statement are scanned into: the same as ent's scanValues,
// which however allocates for each column. Of the types that most columns have, Targets
// makes all values of a row at once.
type Targets struct {
	columns []Columns
	plan    func() (targetPlan, error)
}

// targetPlan says what a row is scanned into.
type targetPlan struct {
	// like has a value of its type for each column.
	like                  []any
	texts, times, numbers int
}

// NewTargets returns the Targets for rows with the columns of these entities, in that order.
// It may be called before the package runtime of the graph is initialised.
func NewTargets(columns ...Columns) *Targets {
	t := &Targets{columns: columns}
	t.plan = sync.OnceValues(t.newPlan)
	return t
}

func (t *Targets) newPlan() (p targetPlan, err error) {
	for _, c := range t.columns {
		values, err := c.ScanValues(c.Names)
		if err != nil {
			return targetPlan{}, err
		}
		p.like = append(p.like, values...)
	}
	for _, v := range p.like {
		switch v.(type) {
		case *sql.NullString:
			p.texts++
		case *sql.NullTime:
			p.times++
		case *sql.NullInt64:
			p.numbers++
		}
	}
	return p, nil
}

// Make returns pointers to new values for a row, one for each column. Those of other types,
// such as the application's own, are made by scanValues, whose errors it returns.
func (t *Targets) Make() ([]any, error) {
	plan, err := t.plan()
	if err != nil {
		return nil, err
	}
	texts := make([]sql.NullString, plan.texts)
	times := make([]sql.NullTime, plan.times)
	numbers := make([]sql.NullInt64, plan.numbers)
	values := make([]any, 0, len(plan.like))
	for _, c := range t.columns {
		for i := range c.Names {
			switch plan.like[len(values)].(type) {
			case *sql.NullString:
				values, texts = append(values, &texts[0]), texts[1:]
			case *sql.NullTime:
				values, times = append(values, &times[0]), times[1:]
			case *sql.NullInt64:
				values, numbers = append(values, &numbers[0]), numbers[1:]
			default:
				own, err := c.ScanValues(c.Names[i : i+1])
				if err != nil {
					return nil, err
				}
				values = append(values, own...)
			}
		}
	}
	return values, nil
}
