// Package entadapter holds what the adapters that package entauth generates have in
// common: errors, transactions and conversions, everything that does not depend on the
// graph. Applications link it, so it imports no driver. Only generated code has to call
// it.
package entadapter
