package recognize

import (
	"maps"
	"slices"

	"github.com/authent/authent/authent/mixin"
)

// presets are the layouts that have a name.
var presets = map[string]*mixin.Layout{
	"Prisma": mixin.Prisma, "PrismaAdapter": mixin.PrismaAdapter, "PrismaV4": mixin.PrismaV4, "PrismaV4Snake": mixin.PrismaV4Snake,
	"PrismaV5": mixin.PrismaV5, "PrismaV5IDs": mixin.PrismaV5IDs, "PrismaV5Snake": mixin.PrismaV5Snake,
	"Drizzle": mixin.Drizzle, "DrizzleDefault": mixin.DrizzleDefault, "DrizzleSQLite": mixin.DrizzleSQLite,
}

// Preset returns the name of the layout of package mixin that has the same tables, ""
// for none.
func (d *Database) Preset() string {
	for _, known := range slices.Sorted(maps.Keys(presets)) {
		if len(differences(d.Dialect, d.Layout(), presets[known])) == 0 {
			return known
		}
	}
	return ""
}
