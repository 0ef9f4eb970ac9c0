// Package factor has what second factors are made of: one-time codes by the clock (TOTP),
// recovery codes, and the assurance that ways of signing in give together. It knows
// neither Auth nor Adapter: who may use a factor, and that a code counts once, is its
// caller's affair.
package factor
