package entauth

import (
	"errors"
	"fmt"
	"strings"

	"entgo.io/ent/entc/gen"
	"entgo.io/ent/schema/field"
)

// rateLimit is the type that a graph may do without. The adapter writes it by SQL of its
// own, so what is said of the other types does not hold for it.
const rateLimit = "RateLimit"

// checkRateLimit lists what RateLimit lacks, or has too much of.
func checkRateLimit(g *gen.Graph, t *gen.Type) []error {
	if t.ID == nil {
		return []error{errors.New("RateLimit has no id of one field: add field.String(\"id\")")}
	}
	faults := checkTable(t)
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if t.ID.Type.Type != field.TypeString || t.ID.HasGoType() {
		fault("RateLimit.id is not a string: make it field.String(\"id\")")
	}
	faults = append(faults, checkLayout(g, t)...)
	ours := map[string]bool{}
	for _, w := range graph[rateLimit] {
		ours[w.name] = true
		f := fieldOf(t, w.name)
		switch {
		case f == nil:
			fault("RateLimit.%s is missing: use mixin.RateLimit, or add %s", w.name, w.line())
		case f.Type.Type != w.kind || f.HasGoType():
			fault("RateLimit.%s is of type %s: make it %s", w.name, f.Type, w.line())
		case f.Optional || f.Nillable:
			fault("RateLimit.%s can hold NULL: make it %s", w.name, w.line())
		}
	}
	for _, f := range t.Fields {
		if !ours[f.Name] && !f.Optional && f.Column().Default == nil {
			fault("RateLimit.%s is required, and a hit, which is one SQL statement, does not fill it: add .Optional(), or .Annotations(entsql.Default(…))", f.Name)
		}
	}
	for _, e := range t.Edges {
		if !e.Optional && !e.IsInverse() && e.Field() == nil {
			fault("RateLimit.%s is a required edge, and a hit, which is one SQL statement, does not fill it: leave out .Required()", e.Name)
		}
	}
	for _, k := range keys(t)[1:] {
		fault("RateLimit has a unique key of %s beside its id: leave it out", strings.ReplaceAll(k.Columns, t.Table()+".", ""))
	}
	return faults
}
