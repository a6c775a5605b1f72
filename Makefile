# `make help` prints what stands after `##`, under the headings after `##@`. Targets that take more than two lines live in
# tools/scripts, or beside what they run.

SHELL := bash
.DEFAULT_GOAL := help
.PHONY: $(shell sed -n 's/^\([a-z0-9-]*\):.*/\1/p' $(MAKEFILE_LIST))

# What `make test` runs, in this order. Each is a target by itself.
STEPS := fmt-check lint contracts deny unit nitro vectors check-generated documents wasm-check examples client explorer apps walrus-encode python

# What takes too long for every change. `make nightly` runs it in this order; .github/workflows/nightly.yml reads this line.
NIGHTLY := advisories soak kill-soak planted-bugs mutants compare-engines example-models bench-walrus bench-serve chains load packages

help: ## Lists the targets
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } /^[a-z0-9-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\nSteps of make %s, each a target:\n  %s\n' test '$(STEPS)' nightly '$(NIGHTLY)'
	@printf '\nHUB_UPDATE=1 before gas, chains, load or bench-serve writes what they find into the files that hold it.\n'

##@ See it work

demo: need-rust ## Shows all of it on this machine: a model published, served, called, paid and proven, then a market in bulk
	@cargo build --locked --manifest-path apps/Cargo.toml --bin hub --example demo
	@$${CARGO_TARGET_DIR:-apps/target}/debug/examples/demo

up: ## Brings up a chain with a Walrus, a served model, accounts and the explorer, until Ctrl-C; HUB_UP=2 runs a second one beside
	@tools/scripts/up

down: ## Stops what `make up` started with the same HUB_UP
	@tools/scripts/up down

simulate: need-rust ## Plays a market with those who fake: HUB_SCENARIO (a name or a file), report in HUB_OUT; or answers at HUB_SERVE as a node
	@cargo run --locked --bin hub-simulate -- $(if $(HUB_SERVE),--serve $(HUB_SERVE)) $(or $(HUB_SCENARIO),large) $(HUB_OUT)

devnet: ## Runs a wasmd node until Ctrl-C, on a new chain; tests/devnet/README.md names the settings
	@tests/devnet/start --wait $(if $(HUB_DEVNET_HOME),,--fresh)

devnet-stop: ## Stops the node that runs on the same HUB_DEVNET_HOME
	@tests/devnet/stop

deploy: ## Deploys to HUB_CHAIN (a name in deploy/chains, or a file), by its node or HUB_RPC; HUB_MNEMONIC signs, HUB_DRY_RUN=1 says the cost
	@deploy/run $(HUB_CHAIN) $(if $(HUB_RPC),--rpc '$(HUB_RPC)') $(if $(HUB_DRY_RUN),--dry-run)

##@ Test it

test: need-rust ## Runs everything that must pass without a node, step by step
	@tools/scripts/run-steps test $(STEPS)

e2e: wasm ## Deploys to a wasmd node and runs the whole market on it, through the client
	@tests/e2e/run

gas: wasm ## Measures gas in wasmd's own application; fails if a row left tests/gas/snapshot.json by more than 0.5 %, or is over budget
	@tests/gas/measure
	@$(if $(filter 1,$(HUB_UPDATE)),cargo xtask simulation)

chains: wasm ## Runs the end-to-end tests on nodes of older versions of wasmd: HUB_CHAINS, or all in tests/chains
	@tests/chains/run

load: wasm ## Fills HUB_LOAD_BLOCKS (default: 100; 5 take minutes) blocks of a node, kills it in the middle, recounts; HUB_LOAD_THROUGHPUT=1 says what a receipt costs the node
	@tests/e2e/load

bench-serve: need-rust ## Measures what metering a call costs beside the engine alone, TAP and x402
	@apps/hub-bench/run

packages: need-rust ## Makes every package from a clean checkout of HEAD and tries it alone: HUB_PARTS of crates, npm, python, hub, deb, container
	@tools/scripts/packages $(HUB_PARTS)

vectors: need-rust ## Runs the tests over the vectors in HUB_VECTORS (default: tests/vectors) and counts per file
	@cargo run --locked --bin vectors
	@cargo run --locked --quiet --manifest-path apps/Cargo.toml --example vectors

nightly: ## Runs what takes too long for every change, step by step: hours
	@tools/scripts/run-steps nightly $(NIGHTLY)

##@ Write it

fmt: need-rust ## Formats the Rust code
	cargo fmt --all
	cd apps && cargo fmt --all

generate: need-rust ## Writes everything that is generated and committed; `cargo xtask` lists the parts
	cargo xtask generate

check-generated: need-rust ## Fails if anything that is generated is not what the code gives
	cargo xtask generate --check

wasm: ## Builds, optimises and checks the contracts; writes artifacts/
	@tools/scripts/build-wasm

clean: ## Removes everything that was built or fetched into this folder
	rm -rf target apps/target artifacts/*.wasm clients/{ts,x402,walrus-encode}/LICENSE clients/python/.venv {.,tools/scripts,clients/ts,clients/ts/codegen}/node_modules \
		apps/explorer/{build,dist} {clients/ts,clients/x402,deploy,tests/e2e,tests/devnet,examples,examples/cosmjs,examples/agent/ts}/build \
		tests/devnet/homes tests/devnet/cw20/target

# --- Steps of `make test` ---------------------------------------------------------------------------

fmt-check: need-rust
	cargo fmt --all --check

lint: need-rust
	cargo clippy --workspace --all-targets --locked -- -D warnings

contracts: need-rust
	cargo xtask contracts
	cargo xtask integers

deny: need-rust
	@tools/scripts/deny

unit: need-rust
	cargo test --workspace --exclude hub-nitro --locked

nitro: need-rust
	@tools/scripts/test-nitro

documents: need-rust
	cargo xtask links
	cargo xtask prose

wasm-check:
	@tools/scripts/build-wasm --check

examples: need-rust
	@examples/build-wasm

client:
	@clients/ts/check

# Builds the page and tests it in Chromium; HUB_CHROMIUM says where that is.
explorer:
	@apps/explorer/check

apps: need-rust
	@tools/scripts/test-apps

walrus-encode: need-rust
	@clients/walrus-encode/check

python: need-rust
	@clients/python/check --served

# --- Steps of `make nightly` that are no commands of every day -----------------------------------------

# Looks for known vulnerabilities in the dependencies, by the RustSec database on GitHub.
advisories: need-rust
	@tools/scripts/deny advisories

# Sends HUB_MESSAGES (default: a million) random messages of HUB_SEED and checks the invariants after each.
soak: need-rust
	HUB_PROGRESS=1 HUB_MESSAGES=$(or $(HUB_MESSAGES),1000000) cargo test --locked --package hub-tests --test invariants -- --test-threads=1

# Kills the operator's server at HUB_KILLS (default: 10000) random points of HUB_SEED, under nodes that lie.
kill-soak: need-rust
	@HUB_KILLS=$(or $(HUB_KILLS),10000) cargo test --locked --manifest-path apps/Cargo.toml --package hub-serve --test settling \
		killed_at_random_points -- --nocapture

# Plants bugs in a copy of the money code and shows that the invariants catch each.
planted-bugs: need-rust
	@tools/scripts/planted-bugs

# Changes the money code in every small way there is (20 minutes or more); fails if no test notices one.
mutants: need-rust
	@tools/scripts/mutants

# Shows that ONNX Runtime answers the same bits from Rust as from Python, on models that packages on PyPI ship.
compare-engines: need-rust
	@tools/scripts/compare-engines

# Writes the models of examples/models again and fails if a committed one differs.
example-models:
	@tools/scripts/example-models

# Measures the encoder of Walrus against Walrus' own one and the published algorithm; HUB_BENCH_MAX=1 adds the longest blob.
bench-walrus: need-rust
	@clients/walrus-encode/bench

need-rust:
	@tools/scripts/need cargo cc
