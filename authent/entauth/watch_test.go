package entauth

import (
	"slices"
	"testing"

	"entgo.io/ent/entc/gen"
	"github.com/google/go-cmp/cmp"
)

// TestWatchedTypes: watched are the types whose rows are those of sessions and users, from
// which these hang, or by whose edges they are changed, and no others.
func TestWatchedTypes(t *testing.T) {
	type about struct {
		Role   string
		Edges  []string
		HeldBy bool
	}
	for graph, want := range map[string]map[string]about{
		"../../../ent/schema": {
			"Session": {Role: "Session"},
			"User":    {Role: "User", Edges: []string{"sessions"}},
		},
		"../../../internal/layout/tenants/schema": {
			"Session":      {Role: "Session"},
			"User":         {Role: "User", Edges: []string{"sessions", "children", "spouse"}, HeldBy: true},
			"Device":       {Edges: []string{"sessions"}, HeldBy: true},
			"Tenant":       {Edges: []string{"users", "admin"}, HeldBy: true},
			"Organisation": {HeldBy: true},
		},
		"held": {
			"Session": {Role: "Session", Edges: []string{"renewals"}, HeldBy: true},
			"User":    {Role: "User", Edges: []string{"sessions", "next"}, HeldBy: true},
			"Device":  {Edges: []string{"sessions"}, HeldBy: true},
			"Licence": {Edges: []string{"users"}, HeldBy: true},
		},
	} {
		g, got := load(t, graph), map[string]about{}
		for _, w := range watchedTypes(g) {
			slices.Sort(w.Edges)
			got[w.Name] = about{w.Role, w.Edges, w.HeldBy}
			if w.Upserts {
				t.Errorf("%s: %s may be changed by a creation", graph, w.Name)
			}
		}
		for _, w := range want {
			slices.Sort(w.Edges)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", graph, diff)
		}
	}
}

// TestWatchedTypes_Upsert: where creations may change rows, all of them are watched.
func TestWatchedTypes_Upsert(t *testing.T) {
	g := load(t, "../../../ent/schema")
	g.Features = append(g.Features, gen.FeatureUpsert)
	for _, w := range watchedTypes(g) {
		if !w.Upserts {
			t.Errorf("%s is not watched", w.Name)
		}
	}
}
