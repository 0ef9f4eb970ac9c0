// This file keeps the patches out of the module's zip: only this repository's own
// tests read them.
module github.com/authent/authent/internal/mutant/patches

go 1.26.0
