.DEFAULT_GOAL := help
FUZZTIME ?= 10s
GRAPHS = ./ent ./examples/... ./internal/layout/...

.PHONY: help
help: ## Print what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: quickstart
quickstart: ## Run the example application on http://localhost:3000
	go run ./examples/quickstart

.PHONY: deps
deps: ## Install what the tests need besides Go (Debian, as root)
	@internal/testserver/deps.sh

# make lint vets; the symbols that only a debugger reads take long to link; and the
# time-out only bounds a hang. What takes longest begins first, and four packages run
# at once, since some of them mostly wait.
.PHONY: test
test: deps ## Run all tests, on SQLite, PostgreSQL and MariaDB
	go run ./internal/testserver -- go test -p 4 -vet=off -ldflags=-w -timeout 60m ./internal/readme ./interop ./authent/adopt ./authent/migrate ./...

.PHONY: race
race: ## Run all tests under the race detector
	go test -race -timeout 90m ./...

.PHONY: generate
generate: ## Generate each graph's client and adapter from its schema
	go generate $(GRAPHS)

.PHONY: migration
migration: deps ## Write the migrations for a changed ent/schema: make migration NAME=add_avatar
	env -u DATABASE_URL -u DEV_DATABASE_URL go run ./internal/testserver -- sh -ec '\
		go run ./cmd/migrate diff $(NAME); \
		go run ./cmd/migrate diff $(NAME) --dev-url "$$AUTHENT_DEV_POSTGRES_URL"; \
		go run ./cmd/migrate diff $(NAME) --dev-url "$$AUTHENT_DEV_MYSQL_URL"; \
		for dialect in sqlite postgres mysql; do go run ./cmd/migrate schema --dialect $$dialect >migrations/schema/$$dialect.sql; done'

.PHONY: fresh
fresh: generate ## Prove that generated code is as the schema says
	@set -- ent examples internal/layout go.mod go.sum; test -z "$$(git status --porcelain -- "$$@")" || { git status --short -- "$$@"; git diff -- "$$@"; echo "generated code is stale: commit what make generate wrote"; exit 1; }

.PHONY: lint
lint: ## gofmt, go vet, staticcheck
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w on these"; exit 1; }
	go vet ./...
	go tool staticcheck ./...

.PHONY: mutants
mutants: ## Break each promise in turn and see its tests fail
	go run ./internal/mutant

# What is measured, and for how long, the environment says: see bench/options.go. The other
# programs are those of bench/node/package.json; without npm the tables do without them.
.PHONY: bench
bench: deps ## Measure the session check beside others, into docs/benchmarks.md: make bench BENCH_ONLY=postgres/check
	@if command -v npm >/dev/null; then cd bench/node && { test node_modules/.installed -nt package-lock.json || npm ci --loglevel=error; } && \
		touch node_modules/.installed && npm run --silent generate; fi
	go run ./internal/testserver -- go run ./bench

.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZTIME (10s)
	@grep -rl --include='*_test.go' '^func Fuzz' . | while read -r file; do \
		sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' "$$file" | while read -r target; do \
			go test "./$$(dirname "$$file")" -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) || exit 1; \
		done || exit 1; \
	done

.PHONY: passwords
passwords: ## Write the list of common passwords from its npm package
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
		npm pack --silent --pack-destination "$$folder" @zxcvbn-ts/language-common@4.1.3 && go run ./internal/passwordlist "$$folder"/*.tgz

.PHONY: screenshots
screenshots: deps ## Take pictures of every page, into docs/screenshots
	go test ./examples/quickstart -count=1 -run '^TestScreenshots$$' -screenshots

.PHONY: security
security: ## Write the table of promises and their tests into SECURITY.md
	go run ./internal/promise

.PHONY: reference
reference: ## Write the endpoints and error codes into docs/endpoints.md
	go test ./authent -count=1 -run '^TestReference$$' -reference
