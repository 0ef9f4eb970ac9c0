package adopt

import (
	"context"

	"ariga.io/atlas/sql/schema"
)

// rateLimitsTable is the one table of the graph that no application on Auth.js has, unless
// it already counts attempts there for authent.
const rateLimitsTable = "ratelimits"

// lacksRateLimits returns the graph's table of rate limits, if the graph has one and the
// database has not.
func (a *adopter) lacksRateLimits() (*schema.Table, bool) {
	want, wanted := a.desired.Table(rateLimitsTable)
	_, there := a.live.Table(rateLimitsTable)
	return want, wanted && !there
}

// addRateLimits plans that table: the database is recorded as being at the newest version,
// so no migration will create it. It is empty, and nothing refers to it. A run that ends
// after this leaves it there, and the next one finds it.
func (a *adopter) addRateLimits(ctx context.Context) error {
	table, lacks := a.lacksRateLimits()
	if !lacks {
		return nil
	}
	statements, err := a.ddl(ctx, &schema.AddTable{T: table})
	a.execs(statements...)
	return err
}
