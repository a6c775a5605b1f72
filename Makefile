# `make help` prints what stands after `##`, under the headings after `##@`. Targets that take more than two lines live in
# tools/scripts, or beside what they run.

SHELL := bash
.DEFAULT_GOAL := help
.PHONY: $(shell sed -n 's/^\([a-z0-9-]*\):.*/\1/p' $(MAKEFILE_LIST))

# What `make test` runs, in this order. Each is a target by itself.
STEPS := fmt-check lint contracts deny unit nitro vectors check-generated documents wasm-check examples client explorer apps walrus-encode python

help: ## Lists the targets
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } /^[a-z0-9-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\nSteps of make test, each a target:\n  %s\n' '$(STEPS)'

##@ See it work

demo: need-rust ## Shows all of it on this machine: a model published, served, called, paid and proven, then a market in bulk
	@cargo build --locked --manifest-path apps/Cargo.toml --bin hub --example demo
	@$${CARGO_TARGET_DIR:-apps/target}/debug/examples/demo

up: ## Brings up a chain with a Walrus, a served model, accounts and the explorer, until Ctrl-C; HUB_UP=2 runs a second one beside
	@tools/scripts/up

down: ## Stops what `make up` started with the same HUB_UP
	@tools/scripts/up down

simulate: need-rust ## Plays a market with those who fake: SCENARIO (a name in tests/simulation/scenarios, or a file), report in OUT; or answers at SERVE as a node
	@cargo run --locked --bin hub-simulate -- $(if $(SERVE),--serve $(SERVE)) $(or $(SCENARIO),large) $(OUT)

devnet: ## Runs a wasmd node until Ctrl-C, on a new chain; tests/devnet/README.md names the settings
	@tests/devnet/start --wait $(if $(HUB_DEVNET_HOME),,--fresh)

devnet-stop: ## Stops the node that runs on the same HUB_DEVNET_HOME
	@tests/devnet/stop

deploy: ## Deploys to CHAIN (a name in deploy/chains, or a file), by its node or RPC; HUB_MNEMONIC signs, DRY_RUN=1 says the cost
	@deploy/run $(CHAIN) $(if $(RPC),--rpc '$(RPC)') $(if $(DRY_RUN),--dry-run)

##@ Test it

test: need-rust ## Runs everything that must pass without a node, step by step
	@tools/scripts/run-steps $(STEPS)

e2e: wasm ## Deploys to a wasmd node and runs the whole market on it, through the client
	@tests/e2e/run

gas: wasm ## Measures gas in wasmd's own application; fails if a row left tests/gas/snapshot.json by more than 0.5 %, or is over budget
	@tests/gas/measure

chains: wasm ## Runs the end-to-end tests on nodes of older versions of wasmd: HUB_CHAINS, or all in tests/chains
	@tests/chains/run

load: wasm ## Fills HUB_LOAD_BLOCKS (default: 100; 5 take minutes) blocks of a node, kills it in the middle, recounts every receipt
	@tests/e2e/load

bench-walrus: need-rust ## Measures the encoder of Walrus against Walrus' own one and the published algorithm; HUB_BENCH_MAX=1 adds the longest blob
	@clients/walrus-encode/bench

bench-serve: need-rust ## Measures what metering a call costs beside the engine alone, TAP and x402; HUB_UPDATE=1 writes docs/SERVING.md
	@apps/hub-bench/run

packages: need-rust ## Makes every package from a clean checkout of HEAD and tries it alone: PARTS of crates, npm, python, hub, deb, container
	@tools/scripts/packages $(PARTS)

kill-soak: need-rust ## Kills the operator's server at HUB_KILLS (default: 10000) random points of HUB_SEED, under nodes that lie
	@HUB_KILLS=$(or $(HUB_KILLS),10000) cargo test --locked --manifest-path apps/Cargo.toml --package hub-serve --test settling \
		killed_at_random_points -- --nocapture

compare-engines: need-rust ## Shows that ONNX Runtime answers the same bits from Rust as from Python, on models that packages on PyPI ship
	@tools/scripts/compare-engines

example-models: ## Writes the models of examples/models again and fails if a committed one differs
	@tools/scripts/example-models

soak: need-rust ## Sends HUB_MESSAGES (default: a million) random messages of HUB_SEED and checks the invariants after each
	HUB_PROGRESS=1 HUB_MESSAGES=$(or $(HUB_MESSAGES),1000000) cargo test --locked --package hub-tests --test invariants -- --test-threads=1

planted-bugs: need-rust ## Plants nine bugs in a copy of the money code and shows that the invariants catch each
	@tools/scripts/planted-bugs

mutants: need-rust ## Changes the money code in every small way there is (20 minutes or more); fails if no test notices one
	@tools/scripts/mutants

vectors: need-rust ## Runs the tests over the vectors in HUB_VECTORS (default: tests/vectors) and counts per file
	@cargo run --locked --bin vectors
	@cargo run --locked --quiet --manifest-path apps/Cargo.toml --example vectors

advisories: need-rust ## Looks for known vulnerabilities in the dependencies, by the RustSec database on GitHub
	@tools/scripts/deny advisories

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

gas-update: wasm ## Measures gas and writes tests/gas, and the report of the simulation, which counts with it
	@HUB_UPDATE=1 tests/gas/measure
	@cargo xtask simulation

chains-update: wasm ## Runs them and writes what was found: tests/chains/results.json and docs/CHAINS.md
	@HUB_UPDATE=1 tests/chains/run

load-update: wasm ## Runs the load and writes its figures: tests/e2e/load.json and docs/LOAD.md
	@HUB_UPDATE=1 tests/e2e/load

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

explorer: ## Builds the page and tests it in Chromium; HUB_CHROMIUM says where that is
	@apps/explorer/check

apps: need-rust
	@tools/scripts/test-apps

walrus-encode: need-rust
	@clients/walrus-encode/check

python: need-rust
	@clients/python/check --served

need-rust:
	@tools/scripts/need cargo cc
