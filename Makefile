# `make help` prints the text behind `##`. Targets that take more than two lines live in tools/scripts/.

SHELL := bash
.DEFAULT_GOAL := help

STEPS := fmt-check lint deny unit nitro vectors vectors-check schema-check attacks-check spec-check simulate-check wasm-check examples client

.PHONY: help
help: ## Lists every target
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: need-rust ## Shows the whole market at work on an embedded chain
	@cargo run --locked --package hub-demo

.PHONY: simulate
simulate: need-rust ## Plays a market with those who fake: SCENARIO (a name in tests/simulation/scenarios, default large, or a file), report in OUT
	@cargo run --locked --package hub-simulate -- $(or $(SCENARIO),large) $(OUT)

.PHONY: simulate-docs
simulate-docs: need-rust ## Plays the largest scenario and writes docs/simulation
	@cargo run --locked --package hub-simulate -- --docs docs/simulation large

.PHONY: simulate-check
simulate-check: need-rust ## Fails if docs/simulation is not what the largest scenario writes
	@cargo run --locked --package hub-simulate -- --check docs/simulation large

.PHONY: test
test: need-rust ## Runs everything that must pass, step by step
	@tools/scripts/run-steps.sh $(STEPS)

.PHONY: unit
unit: need-rust ## Runs the unit, integration and property tests, but for those of packages/hub-nitro
	cargo test --workspace --exclude hub-nitro --locked

.PHONY: nitro
nitro: need-rust ## Runs the tests of packages/hub-nitro in the arithmetic that is deployed
	@tools/scripts/test-nitro.sh

.PHONY: soak
soak: need-rust ## Sends HUB_MESSAGES (default: a million) random messages of HUB_SEED and holds the Hub to its invariants after each
	HUB_PROGRESS=1 HUB_MESSAGES=$(or $(HUB_MESSAGES),1000000) cargo test --locked --package hub-tests --test invariants -- --test-threads=1

.PHONY: planted-bugs
planted-bugs: need-rust ## Plants five bugs in a copy of the money code and shows that the invariants catch each
	@tools/scripts/planted-bugs.sh

.PHONY: mutants
mutants: need-rust ## Changes the money code in every small way there is (20 minutes or more); fails if no test notices one
	@tools/scripts/mutants.sh

.PHONY: vectors
vectors: need-rust ## Runs the tests over the vectors in HUB_VECTORS (default: tests/vectors) and counts per file
	@cargo run --locked --package hub-tests --bin vectors

.PHONY: vectors-check
vectors-check: need-rust ## Fails if the committed vectors are not what the code writes
	cargo vectors --check

.PHONY: vectors-write
vectors-write: need-rust ## Writes tests/vectors
	cargo vectors

.PHONY: schema
schema: need-rust ## Writes schema/<contract>.json
	cargo schema

.PHONY: schema-check
schema-check: need-rust ## Fails if the committed schemas are not what the code writes
	cargo schema --check

.PHONY: spec
spec: need-rust ## Writes the generated parts of docs/spec
	cargo spec

.PHONY: spec-check
spec-check: need-rust ## Fails if docs/spec is not what the code says
	cargo spec --check

.PHONY: trust
trust: need-rust ## Writes the generated tables of docs/TRUST.md
	HUB_TRUST_UPDATE=1 cargo test --locked --package hub-nitro --test nitro -- trust

.PHONY: attacks
attacks: need-rust ## Writes the catalogue of attacks in docs/THREATS.md from the tests that run them
	cargo attacks

.PHONY: attacks-check
attacks-check: need-rust ## Fails if the catalogue of attacks is not what the tests say
	cargo attacks --check

.PHONY: wasm
wasm: ## Builds, optimises and checks the contracts; writes artifacts/
	@tools/scripts/build-wasm.sh

.PHONY: wasm-check
wasm-check: ## Fails if the contracts do not build to the committed checksums
	@tools/scripts/build-wasm.sh --check

.PHONY: examples
examples: need-rust ## Builds the example contracts to wasm and checks them; needs what `make wasm` installs
	@examples/build-wasm

.PHONY: devnet
devnet: ## Runs a wasmd node until Ctrl-C, on a new chain; tests/devnet/README.md names the settings
	@tests/devnet/start --wait $(if $(DEVNET_HOME),,--fresh)

.PHONY: devnet-stop
devnet-stop: ## Stops the node that runs on the same DEVNET_HOME
	@tests/devnet/stop

.PHONY: client
client: ## Checks the TypeScript client: types, generated code, tests over the vectors
	@clients/ts/check

.PHONY: deploy
deploy: ## Deploys to CHAIN (a name in deploy/chains, or a file), by its node or RPC; HUB_MNEMONIC signs (on the devnet a public one), DRY_RUN=1 says the cost
	@deploy/run $(CHAIN) $(if $(RPC),--rpc '$(RPC)') $(if $(DRY_RUN),--dry-run)

.PHONY: e2e
e2e: wasm ## Deploys to a wasmd node and runs the whole market on it, through the client
	@tests/e2e/run

.PHONY: load
load: wasm ## Fills HUB_LOAD_BLOCKS (default: 100; 5 take minutes) blocks of a wasmd node, kills it in the middle, recounts every receipt
	@tests/e2e/load

.PHONY: load-update
load-update: wasm ## The same, and writes the figures: tests/e2e/load.json and README.md
	@HUB_LOAD_UPDATE=1 tests/e2e/load

.PHONY: gas
gas: wasm ## Measures gas in wasmd's own application; fails if a row left tests/gas/snapshot.json by more than 0.5 %, or is over budget
	@tests/gas/measure

.PHONY: gas-update
gas-update: wasm ## Measures gas and writes tests/gas/
	@HUB_GAS_UPDATE=1 tests/gas/measure

.PHONY: fmt
fmt: need-rust ## Formats the Rust code
	cargo fmt --all

.PHONY: fmt-check
fmt-check: need-rust ## Fails if the Rust code is not formatted
	cargo fmt --all --check

.PHONY: lint
lint: need-rust ## Runs clippy, warnings denied
	cargo clippy --workspace --all-targets --locked -- -D warnings

.PHONY: deny
deny: need-rust ## Checks licences, duplicate versions and sources of all dependencies, without network
	@tools/scripts/deny.sh

.PHONY: advisories
advisories: need-rust ## The same, and known vulnerabilities, by the RustSec database on GitHub
	@tools/scripts/deny.sh advisories

.PHONY: clean
clean: ## Removes everything that was built or fetched into this folder
	rm -rf target artifacts/*.wasm clients/ts/LICENSE {.,tools/scripts,clients/ts,clients/ts/codegen}/node_modules {clients/ts,deploy,tests/e2e,tests/devnet,examples,examples/cosmjs}/build tests/devnet/homes tests/devnet/cw20/target

.PHONY: need-rust
need-rust:
	@tools/scripts/need.sh cargo cc
