// This file keeps what is here out of the module's zip.
module github.com/authent/authent/authent/provider/testdata

go 1.26.0
