# Everything that is done with this repository; `make help` lists it. CARGO_TARGET_DIR is respected.

SHELL := /bin/bash
COMETBFT := github.com/cometbft/cometbft/cmd/cometbft@v0.38.26
# podman, runc and busybox run tenants' services, and their tests.
APT := build-essential busybox-static ca-certificates clang cmake libclang-dev libssl-dev mold pkg-config pocl-opencl-icd \
  ocl-icd-opencl-dev podman runc $(if $(shell command -v npm),,nodejs npm)
TARGET := $(or $(CARGO_TARGET_DIR),target)
GOBIN := $(shell go env GOPATH 2>/dev/null)/bin
export PATH := $(PATH):$(GOBIN)

.DEFAULT_GOAL := help
.PHONY: help deps build demo demo-market localnet page test test-clients test-long test-crash bench fuzz lint budget proto proto-check contracts fmt

help: ## Lists these targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## Installs what is missing of Debian's packages and CometBFT, or says what to install.
	@missing=$$(for p in $(APT); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then \
	  if ! command -v apt-get >/dev/null; then echo "install the equivalents of:" $$missing >&2; exit 1; fi; \
	  sudo=; if [ "$$(id -u)" != 0 ]; then sudo=$$(command -v sudo) || { echo "as root: apt-get install" $$missing >&2; exit 1; }; fi; \
	  $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$missing; \
	fi
	@command -v cargo >/dev/null || { echo "Rust is missing: curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh" >&2; exit 1; }
	@command -v cometbft >/dev/null || { \
	  command -v go >/dev/null || { echo "Go is missing, which builds CometBFT: take it from https://go.dev/dl" >&2; exit 1; }; \
	  echo "installing $(COMETBFT), about a minute"; go install $(COMETBFT); }
	@command -v npm >/dev/null || { echo "Node is missing: take 20.19 or newer from https://nodejs.org" >&2; exit 1; }
	@cd app/sdk-js && { [ node_modules/.package-lock.json -nt package-lock.json ] || \
	  npm ci --ignore-scripts --no-audit --no-fund; }

# One selection of packages and one profile everywhere: another would compile the dependencies again.
build: deps ## Builds everything.
	cargo build --workspace --all-targets

demo: build ## One job from a scene file to its picture on a real network; KEEP=1 leaves it running.
	@$(TARGET)/debug/localnet demo

demo-market: build ## Three tenants, two providers and their containers; ends with everyone's balance, to the millionth.
	@$(TARGET)/debug/localnet demo-market

localnet: build ## Four validators until ctrl-c.
	@$(TARGET)/debug/localnet up --validators 4

page: build ## A validator and a provider until ctrl-c, and the page to rent a GPU on.
	@$(TARGET)/debug/localnet up --validators 1 --provider

# Tests of the doors open as many connections as a door takes.
MANY_FILES := { [ "$$(ulimit -n)" = unlimited ] || [ "$$(ulimit -n)" -ge 8192 ] || ulimit -Sn 8192 || ulimit -Sn "$$(ulimit -Hn)"; }
test: deps ## All tests; with networks of real processes, a short crash test among them.
	$(MANY_FILES) && cargo test --workspace
	@$(MAKE) --no-print-directory test-clients

test-clients: build ## The TypeScript package, then CosmJS, Keplr's libraries and a browser on a real network.
	@for p in $${CHROMIUM:-chromium} chromium-browser google-chrome; do command -v $$p && exit; done >/dev/null; \
	  $(MAKE) --no-print-directory deps APT=chromium
	cd app/sdk-js && npm run -s check && npm run -s page:check && npm test && npm run -s test:network

test-long: deps ## As test, with fifty honest jobs, ten thousand random lives of leases, more random cases, and the whole crash test.
	$(MANY_FILES) && ALIQUOT_HONEST_JOBS=50 ALIQUOT_HISTORIES=10000 ALIQUOT_SIM_OPS=1000000 PROPTEST_CASES=2048 cargo test --workspace
	$(MAKE) test-crash

test-crash: deps ## Four validators, 200 blocks under load, one of them killed every 20.
	ALIQUOT_CRASH_BLOCKS=200 ALIQUOT_CRASH_EVERY=20 \
	  cargo test --workspace crashes_lose_nothing -- --nocapture

# The dependencies as in every other build (RocksDB and libsecp256k1 at -O2), our own crates at -O3.
OPTIMISED := $(foreach c,aliquot aliquot-sdk aliquot-proto aliquot-store aliquot-kernels,--config 'profile.dev.package.$(c).opt-level=3')
bench: deps ## Measures, and prints each figure beside its ceiling.
	@cargo build -q --workspace --examples $(OPTIMISED)
	@$(TARGET)/debug/examples/node-bench
	@$(TARGET)/debug/examples/market-bench
	@$(TARGET)/debug/examples/query-bench
	@$(TARGET)/debug/examples/kernel-bench | cat
	@$(TARGET)/debug/examples/store-bench

FUZZ := $(TARGET)/fuzz
FUZZED := tx rest amino
SECONDS := 600
fuzz: deps ## Tries hostile transactions, REST requests and messages, led by coverage; SECONDS=600 for each of the three.
	@RUSTC_WORKSPACE_WRAPPER=$(CURDIR)/.ci/fuzz-rustc cargo build -q --workspace $(OPTIMISED) $(FUZZED:%=--example fuzz-%)
	@rm -rf $(FUZZ)/tmp && mkdir -p $(FUZZ)/tmp $(FUZZ)/found $(FUZZED:%=$(FUZZ)/%)
	@cp $(FUZZED:%=$(TARGET)/debug/examples/fuzz-%) $(FUZZ)
	@for target in $(FUZZED); do \
	  echo "$$target: $(SECONDS) s; what breaks it is kept in $(FUZZ)/found, its log is $(FUZZ)/$$target.log"; \
	  TMPDIR=$(FUZZ)/tmp $(FUZZ)/fuzz-$$target $(FUZZ)/$$target -max_total_time=$(SECONDS) -timeout=10 -print_final_stats=1 \
	    -artifact_prefix=$(FUZZ)/found/$$target- >$(FUZZ)/$$target.log 2>&1 || failed="$$failed $$target"; \
	  grep -aE 'cov: ' $(FUZZ)/$$target.log | tail -1; grep -aE '^Done|panicked|ERROR' $(FUZZ)/$$target.log; \
	done; rm -rf $(FUZZ)/tmp; [ -z "$$failed" ] || { echo "broken:$$failed" >&2; exit 1; }

lint: ## Format, clippy, licences and advisories, and the size budget.
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	@if command -v cargo-deny >/dev/null; then cargo deny check; else echo "cargo-deny is not installed: licences and advisories are not checked"; fi
	@$(MAKE) --no-print-directory budget

budget: ## Prints sizes of files and functions, own traits and macros.
	@.ci/budget

proto: ## Writes the generated types and descriptors again, those of TypeScript too.
	cargo run -p aliquot-proto --no-default-features --example generate
	cd app/sdk-js && npm run -s generate

proto-check: ## Fails if the generated code is not what proto/ says.
	cargo run -p aliquot-proto --no-default-features --example generate -- --check
	@cd app/sdk-js && npm run -s generate:check

contracts: ## Builds the contracts to wasm.
	contracts/build

fmt: ## Formats the code.
	cargo fmt --all
