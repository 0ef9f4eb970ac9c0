package layout_test

import (
	"testing"

	"entgo.io/ent/entc/gen"
)

// TestTenants generates a graph in which users and sessions depend on other rows, and runs
// the tests of package tenants with it. Nothing of it is written into this folder.
func TestTenants(t *testing.T) {
	runGenerated(t, "tenants", generate(t, "tenants", "./tenants/schema", gen.FeatureUpsert))
}
