// This file keeps what was measured out of the module's zip: the document tells it.
module github.com/authent/authent/bench/results

go 1.26.0
