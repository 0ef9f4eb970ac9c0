// Package entadapter is what the adapters that package entauth generates call:
// errors, transactions and conversions, all that does not depend on the graph.
// It is linked into applications, so it imports no driver.
package entadapter
