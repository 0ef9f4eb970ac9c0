package entauth

import (
	"slices"

	"entgo.io/ent/entc/gen"
)

// watched is a type whose mutations may concern sessions or users.
type watched struct {
	*gen.Type
	// Edges are those by which a mutation changes rows of sessions or users other than its
	// own: their foreign keys stand there, or on both sides.
	Edges []string
	// HeldBy says that sessions or users refer to the type, perhaps through other types.
	HeldBy bool
	// Upserts says that the graph's Create may change a row.
	Upserts bool
	// Role is "Session", "User" or "".
	Role string
}

// isSubject reports whether a cache holds rows of the type.
func isSubject(t *gen.Type) bool { return t.Name == "Session" || t.Name == "User" }

// watchedTypes returns the types of the graph that a cache of sessions must watch.
func watchedTypes(g *gen.Graph) []watched {
	upserts, _ := g.FeatureEnabled(gen.FeatureUpsert.Name)
	held := heldTypes(g)
	var all []watched
	for _, t := range g.Nodes {
		w := watched{Type: t, HeldBy: slices.Contains(held, t), Upserts: upserts}
		for _, e := range t.Edges {
			if isSubject(e.Type) && !e.M2M() && (e.Bidi || !e.OwnFK()) {
				w.Edges = append(w.Edges, e.Name)
			}
		}
		if isSubject(t) {
			w.Role = t.Name
		}
		if w.Role != "" || w.HeldBy || len(w.Edges) > 0 {
			all = append(all, w)
		}
	}
	return all
}

// heldTypes returns the types that sessions and users refer to, through others too, whichever
// of the two types has the edge. That sessions refer to users is left out: a change of a user
// is one of their sessions.
func heldTypes(g *gen.Graph) []*gen.Type {
	var held []*gen.Type
	for grown := true; grown; {
		grown = false
		for _, t := range g.Nodes {
			for _, e := range t.Edges {
				from, to := t, e.Type // from has the foreign key
				if !e.OwnFK() {
					from, to = to, from
				}
				if e.M2M() || isUsersSessions(g, e) || slices.Contains(held, to) || !isSubject(from) && !slices.Contains(held, from) {
					continue
				}
				held, grown = append(held, to), true
			}
		}
	}
	return held
}

// isUsersSessions reports whether an edge is the one between a session and whose it is, on
// either side.
func isUsersSessions(g *gen.Graph, e *gen.Edge) bool {
	for _, own := range typeOf(g, "Session").Edges {
		if own.Name == "user" {
			return e.Rel.Table == own.Rel.Table && slices.Equal(e.Rel.Columns, own.Rel.Columns)
		}
	}
	return false
}
