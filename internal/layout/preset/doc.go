// Package preset has tests alone, for a graph that package layout's tests generate.
package preset
