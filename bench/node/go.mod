// This file keeps the programs for Node.js out of the module's zip.
module github.com/authent/authent/bench/node

go 1.26.0
