# `make` lists the targets. Options for the tests go in ARGS: make e2e ARGS='--grep login'

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# cargo spreads its work over the cores by itself and runs one build at a time: `make -j` has nothing to
# add, and its job server, which recipes cannot reach, would only make cargo complain.
.NOTPARALLEL:
unexport MAKEFLAGS MFLAGS

TARGET := $(or $(CARGO_TARGET_DIR),target)

# cargo-leptos takes wasm-bindgen and wasm-opt from PATH.
export PATH := $(or $(CARGO_HOME),$(HOME)/.cargo)/bin:$(CURDIR)/end2end/node_modules/.bin:$(PATH)

SETUP := $(if $(filter bench bench-quick,$(MAKECMDGOALS)),bench,$(if $(filter lighthouse ux-bench first-load profile,$(MAKECMDGOALS)),browser,$(if $(filter test e2e e2e-release screenshots api-test api-fuzz pooler-test cluster-test chaos chaos-short,$(MAKECMDGOALS)),test,$(if $(filter dev lint unit integration deny audit,$(MAKECMDGOALS)),dev,$(if $(filter sbom,$(MAKECMDGOALS)),sbom,$(if $(filter fuzz,$(MAKECMDGOALS)),fuzz,run))))))

.PHONY: help setup run dev build test lint deny audit sbom release-notes fuzz unit integration e2e screenshots api-test api-fuzz pooler-test cluster-test chaos chaos-short cargo-test site bench bench-quick lighthouse ux-bench first-load profile e2e-release icons prepare clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup:
	@.ci/setup $(SETUP)

# --- Use -------------------------------------------------------------------------------------------

# The release has a site folder of its own, so that a development build or `make test` cannot change
# the files under a running server.
build run api-fuzz bench bench-quick chaos lighthouse ux-bench first-load profile e2e-release: export LEPTOS_SITE_ROOT := $(TARGET)/site-release
build run api-fuzz bench bench-quick chaos lighthouse ux-bench first-load profile e2e-release: export LEPTOS_HASH_FILES := true

run: setup ## Build a release if anything changed and start it, with a PostgreSQL of its own
	@.ci/build --if-changed
	@echo "run: starting Docket; Ctrl+C stops it"
	@exec '$(TARGET)/release/docket' serve

build: setup ## Build a release and print the size of the first load
	@.ci/build

# --- Develop ---------------------------------------------------------------------------------------

dev: setup ## Rebuild and restart at every change (cargo leptos watch)
	@exec cargo leptos watch

test: setup lint site cargo-test cluster-test chaos-short api-test e2e ## Run everything: format, lints, unit, integration, cluster, chaos, API and browser tests

lint: setup deny ## Check licences, format, clippy for both halves, the types of the browser tests and of a client of the API, and what splits a release
	cargo fmt --check
	cargo clippy --all-targets --features ssr -- -D warnings
	cargo clippy --test chaos --features ssr -- -D warnings
	cargo clippy --all-targets --features hydrate -- -D warnings
	cd end2end && npm run --silent check
	node --test --test-reporter dot .ci/wasm

deny: setup ## Check licences, crates and where they come from, as deny.toml has it
	cargo fetch --locked --quiet
	'$(TARGET)/cargo-deny/bin/cargo-deny' --offline --log-level error check licenses bans sources

audit: setup ## Ask RustSec's database for known holes in what Docket uses; needs a network
	@.ci/audit '$(TARGET)/cargo-deny/bin/cargo-deny' $(ARGS)

sbom: setup ## Write what Docket is made of (CycloneDX) to target/sbom/docket.cdx.json
	@.ci/sbom '$(TARGET)/sbom/docket.cdx.json'

fuzz: setup ## Let libFuzzer try every parser of what others send, SECONDS_EACH=600 each
	@.ci/fuzz $(ARGS)

release-notes: ## Print what is new in a version: make release-notes VERSION=0.1.0
	@.ci/release-notes '$(VERSION)'

unit: setup ## Run the tests beside the code
	cargo test --features ssr --lib --bins $(ARGS)

integration: setup site ## Run tests/ on a real PostgreSQL
	cargo test --features ssr --test it $(ARGS)

cargo-test: setup
	cargo test --features ssr

site: setup
	cargo leptos build

e2e: setup site ## Run the browser tests
	cd end2end && playwright test $(ARGS)

e2e-release: setup ## Run the browser tests with scripts on the release, whose WebAssembly comes in two halves
	@.ci/build --if-changed
	cd end2end && DOCKET_E2E_BUILD='$(abspath $(TARGET))/release' DOCKET_E2E_SITE='$(abspath $(TARGET))/site-release' playwright test --project scripts $(ARGS)

screenshots: setup site ## Take a picture of every page, into target/screenshots
	cd end2end && playwright test --config screenshots.config.ts $(ARGS)

api-test: setup site ## Try the API from outside: schemathesis, PyJWT, the tour of docs/api.md
	'$(TARGET)/python/bin/python3' tests/api/run.py $(ARGS) '$(TARGET)/debug/docket' target/site

api-fuzz: setup ## Let schemathesis try the release for long, another way each time
	@.ci/build --if-changed
	'$(TARGET)/python/bin/python3' tests/api/run.py --only fuzz --verbose --seed 0 --examples 1000 $(ARGS) '$(TARGET)/release/docket' '$(TARGET)/site-release'

pooler-test: setup site ## Run the integration tests through PgBouncer in session mode
	DOCKET_TEST_POOLER=session cargo test --features ssr --test it $(ARGS)

cluster-test: setup site ## Two nodes behind HAProxy, a primary and a replica: stop and kill each while people work
	node tests/cluster/run.mjs '$(TARGET)/debug/docket' target/site

chaos: setup ## Kill, cut off, fill up and flood the release, and look whether all that it acknowledged is there (15 minutes for each of SEEDS='1 2 3')
	@.ci/build --if-changed
	cargo test --features ssr --test chaos --no-run
	@for seed in $(or $(SEEDS),1 2 3); do \
	  cargo test --quiet --features ssr --test chaos -- --program '$(TARGET)/release/docket' --site '$(TARGET)/site-release' --logs '$(TARGET)/chaos' --seed $$seed $(ARGS); \
	done

chaos-short: setup site ## The same in five minutes with a development build, times being no limits, and with faults that have to be found
	cargo test --features ssr --test chaos -- --program '$(TARGET)/debug/docket' --site target/site --logs '$(TARGET)/chaos' --short $(ARGS)

bench: setup ## Measure the release beside its peers and PostgreSQL alone, and write docs/performance.md (25 minutes; a quiet machine)
	@.ci/build --if-changed
	node bench/run.mjs '$(TARGET)/release/docket' '$(TARGET)/site-release' $(ARGS)

bench-quick: setup ## The same in two minutes: only the main ratios, in one round
	@.ci/build --if-changed
	node bench/run.mjs '$(TARGET)/release/docket' '$(TARGET)/site-release' --quick $(ARGS)

lighthouse: setup ## Print Lighthouse's scores of the release, as a phone sees it
	@.ci/build --if-changed
	node end2end/bench/lighthouse.mjs '$(TARGET)/release/docket' '$(TARGET)/site-release'

ux-bench: setup ## Print how long it takes on the release until a change is seen while the server is slow
	@.ci/build --if-changed
	node end2end/bench/ux.mjs '$(TARGET)/release/docket' '$(TARGET)/site-release'

icons: ## Paint the icons of the installed program anew, from public/favicon.svg
	node end2end/icons.mjs

first-load: setup ## Check on the release that the first pages come alive without the part that is loaded later
	@.ci/build --if-changed
	node end2end/bench/first.mjs '$(TARGET)/release/docket' '$(TARGET)/site-release'

profile: setup ## Find out anew what pages need at first, after a change that made `make build` or `make first-load` fail
	@.ci/build --profile

prepare: setup ## Refresh .sqlx after a change to a query or a migration
	@.ci/prepare

clean: ## Remove everything built; the data in .docket stays
	cargo clean
	rm -rf end2end/test-results end2end/playwright-report
