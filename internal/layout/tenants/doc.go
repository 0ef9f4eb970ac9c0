// Package tenants has tests alone, for a graph that package layout's tests generate.
package tenants
