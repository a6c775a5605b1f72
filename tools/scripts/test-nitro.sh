#!/usr/bin/env bash
# test-nitro.sh [ARGUMENT...] : runs the tests of packages/hub-nitro in the arithmetic that is deployed; `cargo test -p hub-nitro` alone
# uses what suits this machine.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tools/scripts/wasm-cfg.sh

CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && echo "${wasm_cfg[*]}")
export CARGO_ENCODED_RUSTFLAGS
# A folder of its own: other flags build everything anew.
exec cargo test --locked --package hub-nitro --target-dir "$(realpath -m "${CARGO_TARGET_DIR:-target}")/nitro" "$@"
