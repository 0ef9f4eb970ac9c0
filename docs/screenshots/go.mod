// This file keeps the pictures out of the module's zip.
module github.com/authent/authent/docs/screenshots

go 1.26.0
