// This file keeps what is here out of the module's zip.
module github.com/authent/authent/bench/testdata

go 1.26.0
